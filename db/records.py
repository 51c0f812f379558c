"""Records of datasets: written under their key, so that the same record twice is one.

Tables differ from dataset to dataset; their SQL is that of ``db/templates/records.sql`` with names put in by the
driver, quoted. Names come from contracts, which allow small letters, digits and ``_`` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from core.datasets import FieldType
from db.connection import Connection, translated_errors
from db.dataset_rows import Published
from db.statements import read_file

_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "records.sql")}
COLUMN_TYPES: Final = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "double precision",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIMESTAMP: "timestamptz",
}
GEOMETRY: Final = "_geometry"


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Name the table of a dataset and the columns that a version's records are written to.

    Attributes
    ----------
    dataset_id : int
        Dataset.
    columns : tuple of str
        In the order of the version's fields.
    types : tuple of FieldType
        Of these.
    subject : tuple of str
        Columns of the key.
    time : str or None
        Column of the time.
    has_geometry : bool
        Whether records have one.
    """

    dataset_id: int
    columns: tuple[str, ...]
    types: tuple[FieldType, ...]
    subject: tuple[str, ...]
    time: str | None
    has_geometry: bool

    @property
    def key(self) -> tuple[str, ...]:
        """Return what is unique, in the order of its index."""
        return self.subject if self.time is None else (self.time, *self.subject)


@dataclass(frozen=True, slots=True)
class Written:
    """Count what became of rows: new, changed, and the same as before."""

    inserted: int
    updated: int
    unchanged: int


def table_of(published: Published, version: int | None = None) -> RecordTable:
    """Return where records in the shape of a version go, the newest when left out."""
    rows = published.fields[published.newest.version if version is None else version]
    contract = published.contract(version)
    column = {row.name: str(row.column_name) for row in rows}
    stored = [row for row in rows if row.column_name is not None]
    return RecordTable(
        published.dataset.dataset_id,
        tuple(column[row.name] for row in stored),
        tuple(FieldType(row.type) for row in stored),
        tuple(column[name] for name in contract.key_fields),
        None if contract.time_field is None else column[contract.time_field],
        contract.geometry_type is not None,
    )


async def upsert(
    connection: Connection, table: RecordTable, rows: Sequence[Sequence[Any]], *, now: datetime
) -> Written:
    """Write rows under their keys; of the same key twice, the later row wins.

    Parameters
    ----------
    connection : Connection
        In the role that publishes, acting for the publisher; committed by the caller.
    table : RecordTable
        Where to.
    rows : sequence
        Values in the order of the table's columns, then the geometry as EWKB or None.
    now : datetime
        When they were received.
    """
    names = _names(table)
    async with translated_errors(), connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_sql("stage", names))
        async with cursor.copy(_sql("copy", names)) as copy:
            for number, row in enumerate(rows, start=1):
                geometry = row[-1].hex() if isinstance(row[-1], bytes) else None
                await copy.write_row((*row[:-1], geometry, number))
        await cursor.execute(_sql("count_staged", names))
        staged = (await cursor.fetchone() or (0,))[0]
        await cursor.execute(_sql("count_known", names))
        known = (await cursor.fetchone() or (0,))[0]
        await cursor.execute(_sql("merge", names), {"now": now})
        written = cursor.rowcount
        if table.time is not None:
            await cursor.execute(_sql("merge_latest", names), {"now": now})
        await cursor.execute("DROP TABLE staged")
    inserted = staged - known
    return Written(inserted, written - inserted, staged - written)


async def delete(connection: Connection, table: RecordTable, keys: Sequence[Sequence[Any]]) -> int:
    """Delete records by their keys, each in the order of `RecordTable.key`; return how many there were."""
    names = _names(table)
    async with translated_errors(), connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_sql("stage_keys", names))
        async with cursor.copy(_sql("copy_keys", names)) as copy:
            for key in keys:
                await copy.write_row(key)
        await cursor.execute(_sql("delete", names))
        deleted = cursor.rowcount
        if table.time is not None:
            await cursor.execute(_sql("forget_latest", names))
            await cursor.execute(_sql("restore_latest", names))
        await cursor.execute("DROP TABLE staged_key")
    return deleted


def _sql(name: str, names: dict[str, sql.Composable]) -> sql.Composed:
    return sql.SQL(_TEMPLATES[name]).format(**names)  # a file of ours, no caller's words


def _names(table: RecordTable) -> dict[str, sql.Composable]:
    changing = [name for name in table.columns if name not in table.key]
    values = [*changing, *([GEOMETRY] if table.has_geometry else [])]
    once = values or list(table.key)
    settings = [
        sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name)) for name in [*once, "_received_at"]
    ]
    typed = dict(zip(table.columns, table.types, strict=True))
    return {
        "table": sql.Identifier("record", f"d{table.dataset_id}"),
        "latest": sql.Identifier("record", f"d{table.dataset_id}_latest"),
        "definitions": sql.SQL(", ").join(_definition(name, typed[name]) for name in table.columns),
        "key_definitions": sql.SQL(", ").join(_definition(name, typed[name]) for name in table.key),
        "columns": _list(table.columns),
        "geometry": sql.SQL("_geometry, ") if table.has_geometry else sql.SQL(""),
        "key": _list(table.key),
        "subject": _list(table.subject),
        "time": sql.Identifier(table.time or table.key[0]),
        "same_key": _equal(table.key, "staged"),
        "same_deleted_key": _equal(table.key, "staged_key"),
        "same_subject": _equal(table.subject, "staged_key"),
        "assignments": sql.SQL(", ").join(settings),
        "kept_values": sql.SQL(", ").join(sql.Identifier("kept", name) for name in once),
        "new_values": sql.SQL(", ").join(sql.Identifier("excluded", name) for name in once),
    }


def _definition(name: str, kind: FieldType) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(COLUMN_TYPES[kind]))


def _list(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _equal(names: Sequence[str], other: str) -> sql.Composed:
    pairs = [sql.SQL("{} = {}").format(sql.Identifier("kept", name), sql.Identifier(other, name)) for name in names]
    return sql.SQL(" AND ").join(pairs)
