"""Changes of records: noted in the transaction that makes them, numbered by dataset without a gap, read in order."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from psycopg import sql
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from core.datasets import FieldType
from db.connection import Connection, translated_errors
from db.dataset_rows import Published
from db.rows import all_rows, one_row
from db.statements import read_file, statements

_SQL: Final = statements("changes")
_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "changes.sql")}
#: Of so many changed records or fewer the keys are kept, and what they say is told.
FEW: Final = 100
COLUMN_TYPES: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "double precision",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIMESTAMP: "timestamptz",
}


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change to be noted; see the comments of ``catalogue.record_change``."""

    dataset_id: int
    at: datetime
    inserted_count: int
    updated_count: int
    deleted_count: int
    first_at: datetime | None
    last_at: datetime | None
    keys: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A change that was noted; see the comments of ``catalogue.record_change``."""

    dataset_id: int
    number: int
    at: datetime
    inserted_count: int
    updated_count: int
    deleted_count: int
    first_at: datetime | None
    last_at: datetime | None
    keys: Any


@dataclass(frozen=True, slots=True)
class Position:
    """Say how far the changes of a dataset have come: the last number, and the first one that is kept, if any is."""

    last: int
    oldest: int | None


def changed(dataset_id: int, at: datetime, counts: tuple[int, int, int], what: Sequence[Any]) -> NewChange:
    """Return a change of so many records: inserted, updated, deleted; with what a statement said of them."""
    first_at, last_at, keys = what
    return NewChange(dataset_id, at, *counts, first_at, last_at, keys if sum(counts) <= FEW else None)


async def note_change(connection: Connection, change: NewChange) -> None:
    """Note a change under the next number of its dataset, which no other transaction can draw until this one ends."""
    facts = asdict(change) | {"keys": None if change.keys is None else Jsonb(change.keys)}
    async with translated_errors():
        await connection.execute(_SQL["note_change"], facts)


async def position_of(connection: Connection, dataset_id: int) -> Position | None:
    """Return how far a dataset has come, or None where the transaction may not read it."""
    return await one_row(connection, Position, _SQL["position_of"], {"dataset_id": dataset_id})


async def changes_after(connection: Connection, dataset_id: int, after: int, *, limit: int) -> list[RecordChange]:
    """Return changes of a dataset after a number, in order, as far as the transaction may read it."""
    wanted = {"dataset_id": dataset_id, "after": after, "limit": limit}
    return await all_rows(connection, RecordChange, _SQL["changes_after"], wanted)


async def records_now(connection: Connection, published: Published, keys: Sequence[Any]) -> list[dict[str, Any]]:
    """Return what records say now, in the newest shape, by keys as changes have them; those that are gone are left out.

    Parameters
    ----------
    connection : Connection
        In the role that serves or publishes, acting for whoever is told.
    published : Published
        Dataset.
    keys : sequence
        Of `RecordChange.keys`.
    """
    contract = published.contract()
    rows = published.fields[published.newest.version]
    named = [row for row in rows if row.name in {*contract.key_fields, contract.time_field}]
    shown: list[sql.Composable] = [sql.Identifier("kept", row.name) for row in rows]
    if contract.geometry_type is not None:
        shown.append(sql.SQL("public.ST_AsGeoJSON(kept._geometry)::jsonb AS geometry"))
    query = sql.SQL(_TEMPLATES["records_now"]).format(  # a file of ours, no caller's words
        shown=sql.SQL(", ").join(shown),
        view=sql.Identifier("enjoy", f"d{published.dataset.dataset_id}_v{published.newest.version}"),
        wanted=sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(str(row.column_name)), sql.SQL(COLUMN_TYPES[FieldType(row.type)]))
            for row in named
        ),
        same=sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier("kept", row.name), sql.Identifier("wanted", str(row.column_name)))
            for row in named
        ),
    )
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(query, {"keys": Jsonb(list(keys))})
        return list(await cursor.fetchall())
