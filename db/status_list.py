"""The list of passes that are revoked or blocked, and its changes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from core.errors import InvariantError
from db.connection import Connection
from db.pass_tokens import Whose
from db.rows import all_rows, one_integer, one_row, run
from db.statements import statements

_SQL: Final = statements("status_list")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ListHead:
    """Describe the list; see the comments of ``pass.status_list``."""

    version: int
    kept_from: int
    size: int


@dataclass(frozen=True, slots=True)
class ListWhole:
    """Hold all that the list says."""

    version: int
    kept_from: int
    size: int
    revoked: list[int]
    blocked: list[int]
    revoked_kids: list[str]


@dataclass(frozen=True, slots=True)
class ListChanges:
    """Hold what changed since a version, in growing order each."""

    version: int
    kept_from: int
    size: int
    valid: list[int]
    revoked: list[int]
    blocked: list[int]
    revoked_kids: list[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """Tell what the list says of one token, or will say."""

    status_index: int
    status: int


@dataclass(frozen=True, slots=True)
class ForgottenChange:
    """Name the last version whose changes are no longer kept."""

    version: int


async def hold_list(connection: Connection) -> ListHead:
    """Return the head of the list; nobody else changes the list until the transaction ends."""
    return _there(await one_row(connection, ListHead, _SQL["hold_list"]))


async def list_head(connection: Connection) -> ListHead:
    """Return the head of the list."""
    return _there(await one_row(connection, ListHead, _SQL["list_head"]))


async def set_head(connection: Connection, head: ListHead) -> None:
    """Store the head of the list, which the caller holds."""
    await run(connection, _SQL["set_head"], **asdict(head))


async def listed_of(connection: Connection, indices: Sequence[int]) -> dict[int, int]:
    """Return what the list says of tokens; those that it says nothing of are valid."""
    rows = await all_rows(connection, Listed, _SQL["already_listed"], {"indices": list(indices)})
    return {row.status_index: row.status for row in rows}


async def store_changes(connection: Connection, version: int, changes: Mapping[int, int], day: date) -> None:
    """Store what changes with a version, by place in the list."""
    facts = {"version": version, "indices": list(changes), "statuses": list(changes.values()), "changed_on": day}
    for step in ("note_changes", "unlist", "enlist"):
        await run(connection, _SQL[step], **facts)


async def put_off(connection: Connection, changes: Mapping[int, int], nights: Mapping[int, datetime]) -> None:
    """Note what the list will say of tokens, by their places, and from when on; of two nights the first."""
    indices, statuses = list(changes), list(changes.values())
    await run(connection, _SQL["put_off"], indices=indices, statuses=statuses, times=[nights[one] for one in indices])


async def drop_due(connection: Connection, indices: Sequence[int]) -> None:
    """Forget what the list was to say of tokens later."""
    await run(connection, _SQL["drop_due"], indices=list(indices))


async def take_due(connection: Connection, now: datetime) -> dict[int, int]:
    """Return what the list says of tokens from now on, by their places, once."""
    rows = await all_rows(connection, Listed, _SQL["take_due"], {"now": now})
    return {row.status_index: row.status for row in rows}


async def due_of(connection: Connection, whose: Whose) -> dict[int, int]:
    """Return what the list was to say of tokens later, by their places, of those that are not valid."""
    rows = await all_rows(connection, Listed, _SQL["due_of"], asdict(whose))
    return {row.status_index: row.status for row in rows}


async def token_count(connection: Connection) -> int:
    """Return how many tokens there are."""
    return await one_integer(connection, _SQL["token_count"], {}) or 0


async def forget_changes(connection: Connection, before: date) -> int | None:
    """Delete changes of days before one; return the last version of which something is gone, or None."""
    row = await one_row(connection, ForgottenChange, _SQL["forget_changes"], {"before": before})
    return None if row is None else row.version


async def list_whole(connection: Connection) -> ListWhole:
    """Return all that the list says at one moment."""
    return _there(await one_row(connection, ListWhole, _SQL["list_whole"]))


async def list_changes(connection: Connection, since: int) -> ListChanges:
    """Return what changed since a version, at one moment."""
    return _there(await one_row(connection, ListChanges, _SQL["list_changes"], {"since": since}))


def _there(row: Row | None) -> Row:
    if row is None:
        raise InvariantError("row_not_stored", "The status list has no head.")
    return row
