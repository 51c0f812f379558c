"""Rows that PostgreSQL writes as text, handed on in large blocks and never all at once.

``COPY … TO STDOUT`` sends a message a row. Awaiting some hundred thousand of them one by one costs more than making
them does, so they are taken from the driver as they lie there, until there is enough for a block.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Final

from psycopg import errors, sql
from psycopg.abc import PQGen
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.waiting import Wait

from core.datasets import GeometryType
from db.connection import Connection, translated_errors
from db.features import Selection, where
from db.statements import read_file
from db.views import GEOMETRY, View, feature_json, text_of

_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "exports.sql")}
#: Enough to make what a block costs small beside what its rows cost. [bytes]
BLOCK: Final = 256 * 1024
#: The server sends pieces of 8 KB, and to wake up for one costs more than to read it; so long, some gather. [s]
_GATHER_S: Final = 0.001
#: Names of the columns of `typed_lines` after the fields, where there is a geometry: hexadecimal WKB and its bounds.
SHAPE: Final = ("geometry", "xmin", "ymin", "xmax", "ymax")
_DIGITS: Final = 9

Rows = AsyncGenerator[list[bytes], None]


async def hold_still(connection: Connection) -> None:
    """Have a transaction that has not read anything yet see one state of the database to its end, and write nothing."""
    async with translated_errors():
        await connection.execute(_TEMPLATES["hold_still"])


def features(connection: Connection, view: View, selection: Selection, *, latest: bool = False) -> Rows:
    """Yield records as GeoJSON Features, a line each, in no order."""
    # delimiter and quote are characters that JSON never holds, so that each line is the text as it is
    return copied(connection, _statement("features", view, [feature_json(view)], selection, latest=latest))


def lines(connection: Connection, view: View, selection: Selection, *, latest: bool = False) -> Rows:
    """Yield records as CSV with a heading, in no order; points are two columns, other geometries well-known text."""
    columns = [_named(text_of(field.name, field.type), field.name) for field in view.fields] + _place(view)
    return copied(connection, _statement("lines", view, columns, selection, latest=latest))


def typed_lines(connection: Connection, view: View, selection: Selection, *, latest: bool = False) -> Rows:
    """Yield records as CSV without a heading, in no order: the fields, then `SHAPE` where there is a geometry."""
    columns = [text_of(field.name, field.type) for field in view.fields]
    if view.geometry_type is not None:
        columns.append(sql.SQL("encode(ST_AsBinary({}), 'hex')").format(GEOMETRY))
        columns += [
            sql.SQL("{}({})").format(sql.SQL(bound), GEOMETRY) for bound in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
        ]
    return copied(connection, _statement("typed_lines", view, columns, selection, latest=latest))


def _place(view: View) -> list[sql.Composable]:
    """Return where a record is, in columns whose names no field has."""
    if view.geometry_type is None:
        return []
    if view.geometry_type == GeometryType.POINT and not any(map(view.field, ("longitude", "latitude"))):
        return [
            _named(sql.SQL("{}({})").format(sql.SQL(part), GEOMETRY), name)
            for part, name in (("ST_X", "longitude"), ("ST_Y", "latitude"))
        ]
    return [_named(sql.SQL("ST_AsText({}, {})").format(GEOMETRY, sql.Literal(_DIGITS)), "geometry")]


def _statement(
    name: str, view: View, columns: Sequence[sql.Composable], selection: Selection, *, latest: bool
) -> sql.Composed:
    return sql.SQL(_TEMPLATES[name]).format(  # a file of ours, no caller's words
        columns=sql.SQL(", ").join(columns), view=view.table(latest=latest), condition=where(view, selection)
    )


def _named(column: sql.Composable, name: str) -> sql.Composed:
    return sql.SQL("{} AS {}").format(column, sql.Identifier(name))


async def copied(connection: Connection, statement: sql.SQL | sql.Composed) -> Rows:
    """Yield what a ``COPY … TO STDOUT`` sends, some rows at a time and never none.

    Parameters
    ----------
    connection : Connection
        Busy with this until the last rows are taken; when the iterator is closed before, the server is told to stop.
    statement : SQL or Composed
        ``COPY (SELECT …) TO STDOUT``.
    """
    async with translated_errors(), connection.cursor() as cursor, cursor.copy(statement):
        is_ended = False
        while not is_ended:
            rows, is_ended = await _block(connection)
            if rows:
                yield rows


async def _block(connection: Connection) -> tuple[list[bytes], bool]:
    """Take rows until they are enough for a block, and say whether they were the last."""
    driver = connection.pgconn
    rows: list[bytes] = []
    held = empty = 0
    while held < BLOCK:
        count, row = driver.get_copy_data(1)
        if count > 0:
            rows.append(bytes(row))  # nothing that the collector of garbage has to follow
            held += count
            empty = 0
        elif count == 0:
            await _more(connection, empty)
            empty += 1
        else:
            (result,) = await connection.wait(fetch_many(driver))
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result)
            return rows, True
    return rows, False


async def _more(connection: Connection, empty: int) -> None:
    """Have the driver take what has come: at once, then when some may have gathered, then when there is any."""
    if empty == 1:
        await asyncio.sleep(_GATHER_S)
    if empty > 1:
        await connection.wait(_arrival())
    connection.pgconn.consume_input()


def _arrival() -> PQGen[None]:
    while not (yield Wait.R):
        continue
