"""The requests of readers, answered where their bytes come in: half the time of a request was the way to its route.

Whatever is not usual goes the long way, on the same connection: requests that are written otherwise, readers that were
not heard of for seconds, wrong secrets, contents that cannot be read. So there is one place for every error.
"""

import time
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from api.context import Context
from api.enjoy.passes.plain_request import ADDRESS, BEGINNING, PlainRequest, read_plain
from api.enjoy.passes.validations import Gathering, presented_now, written
from api.headers import strict_headers
from core.errors import PlatformError
from db.validations import StoredRow
from enjoy.passes.doors import Doors
from enjoy.passes.validating import Presentation

_HEADERS: Final = {
    **strict_headers(ADDRESS),
    "Content-Type": "application/json",
    "Vary": "Origin",  # which pages send, and they are answered the long way
}
_HEAD: Final = "".join(f"{name.lower()}: {content}\r\n" for name, content in _HEADERS.items()).encode()


class ShortestWay:
    """Judge what readers show, for the protocol.

    Parameters
    ----------
    context : Context
        Of the application.
    doors : Doors
        Finds readers.
    gathering : Gathering
        Judges.
    """

    def __init__(self, context: Context, doors: Doors, gathering: Gathering) -> None:
        self.context = context
        self.gathering = gathering
        self._doors = doors

    def presented(self, request: PlainRequest) -> Presentation | None:
        """Return what is shown, or None where the long way has to be gone."""
        judging, keys = self._doors.known(request.secret), self._doors.keys_known()
        if judging is None or keys is None or judging.door.revoked_at is not None:
            return None
        try:
            return presented_now(self.context, judging, request.content, keys)
        except PlatformError:
            return None


class ReaderProtocol(H11Protocol):
    """Speak HTTP as uvicorn does, and answer readers at once."""

    def __init__(self, *given: Any, way: ShortestWay, **named: Any) -> None:
        super().__init__(*given, **named)
        self._way = way
        self._idle = self.conn.our_state  # as a new connection is
        self._held: bytes | None = None  # what came while a reader was being answered
        self._is_last = False

    def data_received(self, data: bytes) -> None:
        """Answer a reader, or let the long way go on."""
        if self._held is not None:
            self._held += data
            self.flow.pause_reading()
            return
        request = read_plain(data) if data.startswith(BEGINNING) and self._is_idle() else None
        shown = None if request is None else self._way.presented(request)
        if shown is None:
            super().data_received(data)
            return
        self._unset_keepalive_if_required()
        self._held = b""
        task = self.loop.create_task(self._answer(shown, data))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def shutdown(self) -> None:
        """End the connection, once a reader has its answer."""
        if self._held is None:
            super().shutdown()
        else:
            self._is_last = True

    def _is_idle(self) -> bool:
        """Tell whether nothing else is under way on the connection."""
        is_between = self.cycle is None or self.cycle.response_complete
        unread, _ = self.conn.trailing_data
        return is_between and not unread and self.conn.our_state is self.conn.their_state is self._idle

    async def _answer(self, shown: Presentation, data: bytes) -> None:
        began_s, metrics = time.perf_counter(), self._way.context.metrics
        metrics.running(1)
        try:
            row: StoredRow | None = await self._way.gathering.judge(shown)
        except PlatformError:
            row = None  # asked the long way, it is told what is wrong; the nonce sees to it that nothing is done twice
        finally:
            metrics.running(-1)
        held, self._held = self._held, None
        if self.transport.is_closing():
            return
        if row is None:
            super().data_received(data)
        else:
            self.transport.write(self._written(row))
            metrics.observe("POST", ADDRESS, int(HTTPStatus.OK), time.perf_counter() - began_s)
            self.on_response_complete()
        if self._is_last:
            super().shutdown()
        elif held:
            self.data_received(held)

    def _written(self, row: StoredRow) -> bytes:
        content = written(row)
        given = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        ending = b"connection: close\r\n" if self._is_last else b""
        return b"HTTP/1.1 200 OK\r\n%b%b%bcontent-length: %d\r\n\r\n%b" % (given, _HEAD, ending, len(content), content)
