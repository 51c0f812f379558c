"""What a dataset's descriptions and answers depend on: it differs whenever any of them would."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.rows import all_rows, one_row
from db.statements import statements

_SQL: Final = statements("features")


@dataclass(frozen=True, slots=True)
class State:
    """Say how a dataset is right now.

    Attributes
    ----------
    dataset_id : int
        Dataset.
    written_by : str
        Transaction that last wrote its row, which every change of its records or its description does.
    changed_at, records_changed_at : datetime
        As its row has them; of two changes they may be the same.
    """

    dataset_id: int
    written_by: str
    changed_at: datetime
    records_changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedState:
    """Say how a dataset of a name is right now; see `State`."""

    name: str
    dataset_id: int
    written_by: str
    changed_at: datetime
    records_changed_at: datetime | None

    @property
    def state(self) -> State:
        """Return it without the name."""
        return State(self.dataset_id, self.written_by, self.changed_at, self.records_changed_at)


async def state_of(connection: Connection, name: str) -> State | None:
    """Return the state of a dataset, or None where there is none that the transaction may read.

    Row-level security decides what may be read: the connection is one that it holds for, in the role that reads.
    """
    return await one_row(connection, State, _SQL["state"], {"name": name})


async def list_states(connection: Connection, *, limit: int, after: str = "") -> list[NamedState]:
    """Return the states of all datasets that the transaction may read, by name, after one."""
    return await all_rows(connection, NamedState, _SQL["states"], {"limit": limit, "after": after})
