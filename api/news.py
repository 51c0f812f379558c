"""Live news: one connection listens to the database, any number of readers are told what kind of thing changed."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum
from typing import Final

import structlog

from core.errors import PlatformError
from core.tasks import end
from db.news import listen

_AGAIN_AFTER_S: Final = 1.0
_log = structlog.get_logger()


class Kind(StrEnum):
    """What changed."""

    INGEST = "ingest"
    FORECAST = "forecast"
    EVENT = "event"
    COMMAND = "command"


#: Tables that announce a change (migration 0008), by what it means to a reader.
KIND_OF_TABLE: Final[dict[str, Kind]] = {
    "ingest_batch": Kind.INGEST,
    "forecast_run": Kind.FORECAST,
    "event": Kind.EVENT,
    "event_result": Kind.EVENT,
    "command": Kind.COMMAND,
}


class Reader:
    """Collect the kinds that changed since they were last taken; bounded by the number of kinds."""

    def __init__(self) -> None:
        self._changed: set[Kind] = set()
        self._told = asyncio.Event()
        self._closing = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Tell whether nothing more will come."""
        return self._closing.is_set()

    def tell(self, kinds: set[Kind]) -> None:
        """Add kinds that changed."""
        self._changed |= kinds
        self._told.set()

    def close(self) -> None:
        """Say that nothing more will come."""
        self._closing.set()
        self._told.set()

    async def rest(self, pause_s: float) -> None:
        """Let changes gather for a while, or until nothing more will come. [s]."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), pause_s)

    async def take(self, *, within_s: float) -> list[Kind]:
        """Return what changed, waiting for it no longer than `within_s`; empty when nothing did. [s]."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), within_s)
        self._told.clear()
        changed, self._changed = self._changed, set()
        return sorted(changed)


class News:
    """Follow one database and tell readers.

    Parameters
    ----------
    database_url : str
        Where to listen.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._readers: set[Reader] = set()
        self._called: defaultdict[str, set[Callable[[], None]]] = defaultdict(set)
        self._closed = False
        self.listening = False

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Listen for as long as the block runs; a lost connection is made again."""
        task = asyncio.create_task(self._follow(), name="news")
        try:
            yield
        finally:
            self.close()
            await end(task)

    @contextlib.contextmanager
    def reader(self) -> Iterator[Reader]:
        """Give a reader that is told everything from now on."""
        reader = Reader()
        if self._closed:
            reader.close()
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    @contextlib.contextmanager
    def calling(self, payload: str, call: Callable[[], None]) -> Iterator[None]:
        """Call whenever exactly this is announced, may have been announced unheard, or nothing more will be."""
        self._called[payload].add(call)
        try:
            yield
        finally:
            self._called[payload].discard(call)
            if not self._called[payload]:
                del self._called[payload]

    @property
    def closed(self) -> bool:
        """Tell whether nothing more will be told."""
        return self._closed

    def close(self) -> None:
        """End all readers, now and later, so that open streams end and the server can stop."""
        self._closed = True
        for reader in self._readers:
            reader.close()
        self._call_all()

    def _tell(self, kinds: set[Kind]) -> None:
        for reader in self._readers:
            reader.tell(kinds)

    async def _follow(self) -> None:
        while True:
            try:
                async with contextlib.aclosing(listen(self._database_url)) as tables:
                    async for table in tables:
                        self._hear(table)
            except PlatformError as error:
                _log.warning("news interrupted", code=error.code, again_after_s=_AGAIN_AFTER_S)
            self.listening = False
            await asyncio.sleep(_AGAIN_AFTER_S)

    def _hear(self, table: str) -> None:
        if table:
            self._tell({KIND_OF_TABLE[table]} if table in KIND_OF_TABLE else set())
            for call in tuple(self._called.get(table, ())):
                call()
            return
        # Listening has just begun, perhaps again: anything may have changed meanwhile.
        self.listening = True
        self._tell(set(Kind))
        self._call_all()

    def _call_all(self) -> None:
        for call in [call for calls in self._called.values() for call in calls]:
            call()
