"""A line to the database that comes back after an outage."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from core.errors import RetryableError
from db.connection import Connection, Role, connect
from ingest.backoff import BackOff

_log = structlog.get_logger()
_Result = TypeVar("_Result")


class DatabaseLine:
    """Keep one connection in the role of ingest, opened when first needed and again after a failure.

    Parameters
    ----------
    url : str
        Database URL.
    purpose : str
        What it is for, in logs.
    autocommit : bool
        Whether each statement commits itself.
    """

    def __init__(self, url: str, *, purpose: str, autocommit: bool = False) -> None:
        self._url = url
        self._autocommit = autocommit
        self._connection: Connection | None = None
        self._log = _log.bind(line=purpose)

    async def retry(self, operation: Callable[[Connection], Awaitable[_Result]]) -> _Result:
        """Run an idempotent operation until it succeeds; back off and reconnect while the database is away."""
        back_off = BackOff()
        while True:
            try:
                return await operation(await self._open())
            except RetryableError as error:
                await self.close()
                wait_s = back_off.next_s()
                self._log.warning("database_lost", code=error.code, reason=error.message, retry_in_s=round(wait_s, 2))
                await asyncio.sleep(wait_s)

    async def close(self) -> None:
        """Hang up; what was not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._url, Role.INGEST, autocommit=self._autocommit)
        return self._connection
