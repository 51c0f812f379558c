"""News of the database as it happens: which table changed, by LISTEN."""

from collections.abc import AsyncGenerator

from db.connection import Role, connect, translated_errors


async def listen(url: str) -> AsyncGenerator[str, None]:
    """Yield the name of a table whenever a transaction that changed it commits; first of all an empty name.

    The empty name says that listening has begun: what changed before is not told.

    Raises
    ------
    RetryableError
        ``database_unavailable`` when the connection is lost; call again.
    """
    async with await connect(url, Role.READ, autocommit=True) as connection:
        async with translated_errors():
            await connection.execute("LISTEN somel")
        yield ""
        async with translated_errors():
            async for notice in connection.notifies():
                yield notice.payload
