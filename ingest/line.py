"""A line to the database that comes back after an outage."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

import structlog

from core.errors import RetryableError
from db.connection import Connection, Role, connect
from ingest.backoff import BackOff
from ingest.outage import Outage

_log = structlog.get_logger()
_Result = TypeVar("_Result")

#: What a worker needs connections for, and whether each statement commits itself there.
_PURPOSES: Final = (
    ("write", False),
    ("stored", True),
    ("sums", False),
    ("vee", True),
    ("registry", True),
    ("quarantine", True),
    ("commands", True),
    ("openadr", True),
    ("reports", False),
    ("publications", True),
)
_NOTE: Final = "Ingest goes on trying; what is not stored yet is not acknowledged and stays with the broker."


class DatabaseLine:
    """Keep one connection in the role of ingest, opened when first needed and again after a failure.

    Parameters
    ----------
    url : str
        Database URL.
    purpose : str
        What it is for, in logs.
    outage : Outage
        Is told when the database is away.
    autocommit : bool
        Whether each statement commits itself.
    """

    def __init__(self, url: str, *, purpose: str, outage: Outage, autocommit: bool = False) -> None:
        self._url = url
        self._autocommit = autocommit
        self._connection: Connection | None = None
        self._purpose = purpose
        self._outage = outage

    async def retry(self, operation: Callable[[Connection], Awaitable[_Result]]) -> _Result:
        """Run an idempotent operation until it succeeds; back off and reconnect while the database is away."""
        back_off = BackOff()
        while True:
            try:
                result = await operation(await self._open())
            except RetryableError as error:
                await self.close()
                wait_s = back_off.next_s()
                self._outage.notice(self._purpose, error.message)
                _log.debug("database_lost", line=self._purpose, code=error.code, retry_in_s=round(wait_s, 2))
                await asyncio.sleep(wait_s)
            else:
                self._outage.end(self._purpose)
                return result

    async def close(self) -> None:
        """Hang up; what was not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._url, Role.INGEST, autocommit=self._autocommit)
        return self._connection


def database_lines(url: str) -> dict[str, DatabaseLine]:
    """Return a worker's lines to one database by purpose; they tell of an outage once."""
    outage = Outage("database", address=address_of(url), note=_NOTE)
    return {
        purpose: DatabaseLine(url, purpose=purpose, outage=outage, autocommit=autocommit)
        for purpose, autocommit in _PURPOSES
    }


def address_of(url: str) -> str:
    """Return the host and port that a URL names, without user and password; empty when it names none.

    Examples
    --------
    >>> address_of("postgresql://somel:secret@db.example:5432/somel")
    'db.example:5432'
    """
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:  # brackets in a password, which the driver takes
        return ""
