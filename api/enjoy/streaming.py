"""Streams of events that live for long: few of them at a time, and none for who does not read."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterable, Iterator
from typing import Final

import structlog
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from core.errors import RetryableError

#: A reader that takes nothing for so long is dropped. Nothing waits for it meanwhile but its own socket's buffer. [s]
PATIENCE_S: Final = 30.0
_MOST, _MOST_OF_ONE = 1_000, 20
_log = structlog.get_logger()


class Streams:
    """Count the streams of this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextlib.contextmanager
    def one_for(self, reader: str) -> Iterator[None]:
        """Count a stream for as long as the block runs.

        Raises
        ------
        RetryableError
            ``streams_spent`` where the reader has too many, or all together have.
        """
        if self._open[reader] >= _MOST_OF_ONE or self._open.total() >= _MOST:
            raise RetryableError("streams_spent", f"There are too many streams; one reader may have {_MOST_OF_ONE}.")
        self._open[reader] += 1
        try:
            yield
        finally:
            self._open[reader] -= 1
            if not self._open[reader]:
                del self._open[reader]


class EventStream(StreamingResponse):
    """Send server-sent events, and drop a reader that does not take them.

    Parameters
    ----------
    content : async iterable of str
        Events, framed.
    counted : context manager
        Of `Streams.one_for`; entered when the answer begins.
    """

    media_type = "text/event-stream"
    patience_s = PATIENCE_S

    def __init__(self, content: AsyncIterable[str], *, counted: contextlib.AbstractContextManager[None]) -> None:
        super().__init__(content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the events or the reader's patience, or ours, end."""

        async def sending(message: Message) -> None:
            async with asyncio.timeout(self.patience_s):
                await send(message)

        with self._counted:
            try:
                await super().__call__(scope, receive, sending)
            except* TimeoutError:
                _log.info("stream dropped", path=scope["path"], patience_s=self.patience_s)
