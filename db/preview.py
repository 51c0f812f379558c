"""A few records of a dataset, for people who look whether it is what they search for; every query has an end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from core.datasets import FieldType
from db.changes import COLUMN_TYPES
from db.connection import Connection, translated_errors
from db.dataset_rows import Published
from db.statements import read_file
from db.views import view_of

_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "preview.sql")}
_NUMERIC: Final = frozenset({FieldType.INTEGER, FieldType.NUMBER})


@dataclass(frozen=True, slots=True)
class Rows:
    """Hold records as rows.

    Attributes
    ----------
    names : tuple of str
        Fields, in their order.
    rows : list of tuple
        Values in this order, then the geometry as GeoJSON text or None.
    """

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


async def newest_rows(connection: Connection, published: Published, *, limit: int) -> Rows:
    """Return the latest records: the newest first where there is a time, else by key."""
    return await _rows(connection, published, "newest_rows", {"limit": limit})


async def shapes(connection: Connection, published: Published, *, tolerance: float, limit: int) -> Rows:
    """Return the latest records that have a geometry, with geometries as coarse as `tolerance` [degrees]."""
    return await _rows(connection, published, "shapes", {"tolerance": tolerance, "limit": limit})


async def series(connection: Connection, published: Published, subject: Mapping[str, str], *, limit: int) -> Rows:
    """Return times and numbers of one key, the newest first; none where the dataset has no time or no numbers.

    Raises
    ------
    InputError
        ``value_not_storable`` when a part of the key is not of its field's type.
    """
    contract = published.contract()
    names = numeric_fields(published)
    if contract.time_field is None or not names:
        return Rows((), [])
    key = {field.name: field for field in contract.fields if field.name in contract.key_fields}
    parts = [
        sql.SQL("{} = {}::{}").format(
            sql.Identifier(name), sql.Placeholder(f"key_{at}"), sql.SQL(COLUMN_TYPES[field.type])
        )
        for at, (name, field) in enumerate(key.items())
    ]
    asked = {f"key_{at}": subject.get(name) for at, name in enumerate(key)}
    found = {
        "columns": _list([contract.time_field, *names]),
        "view": view_of(published).table(),
        "subject": sql.SQL(" AND ").join(parts),
        "time": sql.Identifier(contract.time_field),
    }
    rows = await _fetched(connection, "series", found, {**asked, "limit": limit})
    return Rows((contract.time_field, *names), rows)


def numeric_fields(published: Published) -> tuple[str, ...]:
    """Return the fields of the newest version that a curve can be drawn of."""
    contract = published.contract()
    return tuple(one.name for one in contract.fields if one.type in _NUMERIC and one.name not in contract.key_fields)


async def _rows(connection: Connection, published: Published, name: str, asked: Mapping[str, Any]) -> Rows:
    contract = published.contract()
    names = tuple(field.name for field in contract.fields)
    order = _list(contract.key_fields)
    if contract.time_field is not None and name == "newest_rows":
        order = sql.SQL("{} DESC, {}").format(sql.Identifier(contract.time_field), order)
    found = {
        "columns": _list(names),
        "view": view_of(published).table(latest=True),
        "order": order,
    }
    return Rows(names, await _fetched(connection, name, found, asked))


async def _fetched(
    connection: Connection, name: str, names: Mapping[str, sql.Composable], asked: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    statement = sql.SQL(_TEMPLATES[name]).format(**names)  # a file of ours, no caller's words
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statement, asked)
        return await cursor.fetchall()


def _list(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
