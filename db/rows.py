"""Run one named statement, and read its rows as dataclasses."""

from collections.abc import Mapping
from typing import TypeVar

from psycopg.rows import class_row, scalar_row

from core.errors import InvariantError
from db.connection import Connection, translated_errors

Row = TypeVar("Row")


async def all_rows(
    connection: Connection, row: type[Row], statement: str, parameters: Mapping[str, object] | None = None
) -> list[Row]:
    """Return every row of a statement as instances of the dataclass `row`."""
    async with translated_errors(), connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(statement, parameters)
        return await cursor.fetchall()


async def one_row(
    connection: Connection, row: type[Row], statement: str, parameters: Mapping[str, object] | None = None
) -> Row | None:
    """Return the first row of a statement as an instance of the dataclass `row`, or None when there is none."""
    async with translated_errors(), connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(statement, parameters)
        return await cursor.fetchone()


async def one_integer(connection: Connection, statement: str, parameters: Mapping[str, object]) -> int | None:
    """Return the only column of the first row, or None when there is none."""
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(statement, parameters)
        number: int | None = await cursor.fetchone()
        return number


async def run(connection: Connection, statement: str, /, **facts: object) -> int:
    """Run a statement for what it does; return how many rows it did it to."""
    async with translated_errors():
        return (await connection.execute(statement, facts)).rowcount


def stored(made: Row | None) -> Row:
    """Return what a statement stored and gave back.

    Raises
    ------
    InvariantError
        ``row_not_stored``: it gave nothing back.
    """
    if made is None:
        raise InvariantError("row_not_stored", "A row was stored and not returned.")
    return made
