"""Changes of a dataset as server-sent events (WHATWG HTML, section 9.2), each a CloudEvent."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from api.context import Context, InContext
from api.enjoy.access import Sharing, WhoCalls
from api.enjoy.limits import address_of
from api.enjoy.routes.datasets import DatasetName, dataset_named
from api.enjoy.streaming import EventStream
from core.errors import InputError
from db.changes import changes_after, position_of
from db.connection import Connection, borrow
from db.datasets import act_for, find_published
from enjoy.events import event_of, missed_event

router = APIRouter(prefix="/v1", tags=["events"])

_HEARTBEAT_S: Final = 15.0
_RETRY_MS: Final = 2_000
#: A stream ends after this long; a browser asks again by itself, and shows a key that is still good. [s]
_LONGEST_S: Final = 3_600.0
#: Changes that are read at a time: so much of a stream is in memory, and no more.
_AT_ONCE: Final = 50
_LAST: Final = 2**53
_EXAMPLE: Final = (
    'id: 7\nevent: somel.enjoy.records.changed\ndata: {"specversion": "1.0", "id": "velo-stations/7", ...}\n\n'
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Name a reader of a stream: whom it reads for, and by which secret, which may be revoked meanwhile."""

    dataset: str
    dataset_id: int
    reads_for: list[int]
    secret: str | None


@router.get(
    "/datasets/{name}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events",
            "content": {"text/event-stream": {"example": _EXAMPLE, "schema": {"type": "string"}}},
        }
    },
)
async def get_events(
    request: Request,
    context: InContext,
    connection: Sharing,
    caller: WhoCalls,
    name: DatasetName,
    last_event_id: Annotated[
        str | None, Header(description="Number of the last event that was read; what came after is told first")
    ] = None,
    since: Annotated[
        int | None, Query(ge=0, le=_LAST, description="The same, for who cannot send headers; 0: all that is kept")
    ] = None,
) -> EventStream:
    """Tell changes of a dataset as they happen, in their order and without a gap: each is a CloudEvent 1.0.

    An event's `id` is its number in the dataset, from 1 on. Changes are kept for seven days; a reader who comes back
    later is told which numbers it has missed.
    """
    published = await dataset_named(connection, name)
    position = await position_of(connection, published.dataset.dataset_id)
    last = 0 if position is None else position.last
    asked = last if last_event_id is None and since is None else _number(last_event_id, since or 0)
    secret = request.headers.get("authorization", "").partition(" ")[2].strip() or None
    reader = Reader(name, published.dataset.dataset_id, caller.reads_for, secret)
    who = address_of(request.scope) if caller.api_key_id is None else f"key/{caller.api_key_id}"
    return EventStream(_told(context, reader, min(asked, last)), counted=context.traffic.streams.one_for(who))


def _number(last_event_id: str | None, since: int) -> int:
    if last_event_id is None:
        return since
    if not (last_event_id.isascii() and last_event_id.isdigit()) or int(last_event_id[:20]) > _LAST:
        raise InputError("event_id_invalid", "Last-Event-ID is the number of an event.", field="Last-Event-ID")
    return int(last_event_id)


async def _told(context: Context, reader: Reader, after: int) -> AsyncIterator[str]:
    told, ends_s = asyncio.Event(), time.monotonic() + _LONGEST_S
    told.set()
    with context.news.calling(f"record_change/{reader.dataset_id}", told.set):
        yield f"retry: {_RETRY_MS}\n\n"
        while not context.news.closed and time.monotonic() < ends_s and await _may_go_on(context, reader):
            told.clear()
            events = await _read(context, reader, after)
            if events is None:
                return
            for number, event in events:
                yield _framed(number, event)
                after = number
            if events:
                told.set()  # there may be more
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), _HEARTBEAT_S)
            if not told.is_set():
                yield ": still here\n\n"


async def _may_go_on(context: Context, reader: Reader) -> bool:
    return reader.secret is None or await context.traffic.keyring.find(reader.secret) is not None


async def _read(context: Context, reader: Reader, after: int) -> list[tuple[int, dict[str, Any]]] | None:
    """Return the next events, or None where the dataset may not be read any more."""
    async with borrow(context.sharing) as connection:
        await act_for(connection, reader.reads_for)
        published = await find_published(connection, reader.dataset)
        if published is None:
            return None
        changes = await changes_after(connection, reader.dataset_id, after, limit=_AT_ONCE)
        missed = await _missed(context, connection, reader, after, changes[0].number if changes else None)
        return missed + [(one.number, await event_of(connection, published, one)) for one in changes]


async def _missed(
    context: Context, connection: Connection, reader: Reader, after: int, first: int | None
) -> list[tuple[int, dict[str, Any]]]:
    """Return the event that names what is not kept any more, where a reader would take a gap for silence."""
    if first is None:
        position = await position_of(connection, reader.dataset_id)
        first = after + 1 if position is None else position.last + 1
    if first <= after + 1:
        return []
    return [(first - 1, missed_event(reader.dataset, after + 1, first - 1, context.clock.now()))]


def _framed(number: int, event: Mapping[str, Any]) -> str:
    return f"id: {number}\nevent: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
