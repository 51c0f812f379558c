"""Who does the periodic work of Enjoy: one process of any number, by a lock that ends with its connection."""

from typing import Final

from db.connection import Connection, translated_errors
from db.statements import statements

_SQL: Final = statements("enjoy_work")
#: Held by the one process that works.
_LOCK: Final = 0x736F6D_656E6A79


async def lock_working(connection: Connection) -> bool:
    """Take the work, unless another connection has it; it is let go when this connection ends."""
    async with translated_errors():
        row = await (await connection.execute(_SQL["lock_working"], {"lock": _LOCK})).fetchone()
    return row is not None and bool(row[0])


async def look_alive(connection: Connection) -> None:
    """Ask the database for nothing, to learn whether the connection, and with it the lock, is still there.

    Raises
    ------
    RetryableError
        ``database_unavailable``.
    """
    async with translated_errors():
        await connection.execute(_SQL["look_alive"])
