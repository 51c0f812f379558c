"""News as server-sent events (WHATWG HTML, section 9.2)."""

import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from api.access import Caller, Needs
from api.context import Context, InContext
from api.news import Kind

router = APIRouter(prefix="/v1", tags=["news"])

_HEARTBEAT_S: Final = 15.0
#: Changes closer together than this are told as one. [s]
_PAUSE_S: Final = 1.0
_RETRY_MS: Final = 2_000
#: A stream ends after this long; whoever reads on asks again, and shows a token that is still valid. [s]
_LONGEST_S: Final = 3_600.0
#: Kinds that need more than the stream's own scope.
_SCOPE_OF_KIND: Final = {Kind.INGEST: "read:ingest"}

_EXAMPLE: Final = 'id: 1\nevent: ingest\ndata: {"kind": "ingest", "at": "2026-01-15T12:00:00+00:00"}\n\n'


async def _told(context: Context, caller: Caller) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    numbers = itertools.count(1)
    ends_s = time.monotonic() + _LONGEST_S
    with context.news.reader() as reader:
        while not reader.closed and time.monotonic() < ends_s:
            kinds = await reader.take(within_s=_HEARTBEAT_S)
            shown = [kind for kind in kinds if caller.may(_SCOPE_OF_KIND.get(kind, "read:grid"))]
            for kind in shown:
                news = json.dumps({"kind": kind, "at": context.clock.now().isoformat()})
                yield f"id: {next(numbers)}\nevent: {kind}\ndata: {news}\n\n"
            if not kinds:
                yield ": still here\n\n"
            elif not reader.closed:
                await reader.rest(_PAUSE_S)


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events",
            "content": {"text/event-stream": {"example": _EXAMPLE, "schema": {"type": "string"}}},
        }
    },
)
async def get_stream(context: InContext, caller: Annotated[Caller, Depends(Needs("read:grid"))]) -> StreamingResponse:
    """Tell what kind of thing changed (ingest, forecast, event, command), as it changes; ask the other routes for it.

    Events are hints, not records: after a pause a reader asks for everything anew, so `Last-Event-ID` has no effect.
    """
    return StreamingResponse(
        _told(context, caller),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
