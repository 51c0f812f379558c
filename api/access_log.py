"""The access log of personal data: routes note who read what, and notes are stored together, a moment later.

A route costs no statement more. Notes of the last moment are lost if the process is killed; where the database takes
none for long, reads of single usage points are refused rather than not noted.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog

from core.errors import PlatformError, RetryableError
from core.tasks import end
from db.connection import Pool, borrow
from db.personal_access import NewAccess, insert_accesses

#: Notes gather for so long before they are stored. [s]
EVERY_S: Final = 0.5
#: So many are held while the database is away.
MOST: Final = 10_000
_AT_ONCE: Final = 1_000
_log = structlog.get_logger()


class AccessLog:
    """Gather notes and store them with connections that may write."""

    def __init__(self, writers: Pool) -> None:
        self._writers = writers
        self._notes: list[NewAccess] = []
        self._storing = asyncio.Lock()

    def note(self, access: NewAccess) -> None:
        """Note that somebody reads.

        Raises
        ------
        RetryableError
            ``access_log_full``: the database has taken no notes for long.
        """
        if len(self._notes) >= MOST:
            raise RetryableError("access_log_full", "What is read cannot be noted now, so it cannot be read either.")
        self._notes.append(access)

    async def flush(self) -> None:
        """Store what is noted."""
        async with self._storing:
            while self._notes:
                batch = self._notes[:_AT_ONCE]
                async with borrow(self._writers) as connection:
                    await insert_accesses(connection, batch)
                del self._notes[: len(batch)]

    @contextlib.asynccontextmanager
    async def storing(self) -> AsyncIterator[None]:
        """Store notes for as long as the block runs, and what is left at its end."""
        task = asyncio.create_task(self._store(), name="access log")
        try:
            yield
        finally:
            await end(task)
            await self._try()

    async def _store(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            # A batch that is being stored is stored to its end: cancelled, it might be stored twice.
            await asyncio.shield(asyncio.ensure_future(self._try()))

    async def _try(self) -> None:
        try:
            await self.flush()
        except PlatformError as error:
            _log.warning("access_log_waits", code=error.code, notes=len(self._notes))
