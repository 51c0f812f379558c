"""Records that are older than their dataset keeps them: dropped by the chunk, and deleted in bounded steps."""

from datetime import datetime
from pathlib import Path
from typing import Final

from psycopg import sql

from db.connection import Connection, translated_errors
from db.records import RecordTable
from db.rows import one_integer
from db.statements import read_file, statements

_SQL: Final = statements("retention")
_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "records.sql")}


async def drop_before(connection: Connection, table: RecordTable, instant: datetime) -> int:
    """Drop what lies in chunks that are wholly older than an instant; return how many chunks."""
    asked = {"dataset_id": table.dataset_id, "instant": instant}
    return await one_integer(connection, _SQL["drop_before"], asked) or 0


async def delete_before(connection: Connection, table: RecordTable, instant: datetime, *, most: int) -> int:
    """Delete some records that are older than an instant: by their time, or else by when they were received.

    Parameters
    ----------
    connection : Connection
        In the role that publishes, acting for the publisher; committed by the caller.
    table : RecordTable
        Where from.
    instant : datetime
        What is older goes.
    most : int
        How many at most.
    """
    names = {
        "table": sql.Identifier("record", f"d{table.dataset_id}"),
        "age": sql.Identifier(table.time or "_received_at"),
    }
    statement = sql.SQL(_TEMPLATES["forget_before"]).format(**names)  # a file of ours, no caller's words
    async with translated_errors():
        cursor = await connection.execute(statement, {"instant": instant, "most": most})
    return cursor.rowcount


async def forget_latest_before(connection: Connection, table: RecordTable, instant: datetime) -> int:
    """Delete, of the latest records, those that are older than an instant: all of their key are; return how many."""
    if table.time is None:
        return 0
    names = {
        "latest": sql.Identifier("record", f"d{table.dataset_id}_latest"),
        "time": sql.Identifier(table.time),
    }
    statement = sql.SQL(_TEMPLATES["forget_before_latest"]).format(**names)
    async with translated_errors():
        cursor = await connection.execute(statement, {"instant": instant})
    return cursor.rowcount
