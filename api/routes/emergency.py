"""The emergency stop: one event, or all of them, ended at once with a reason."""

from fastapi import APIRouter, Depends

from api.access import Needs, WhoCalls, actor_of
from api.context import InContext, Writing
from api.models import event as told
from api.routes.events import described
from api.routes.parameters import EventId
from core.errors import NotFoundError
from db.connection import Connection
from db.demand_response import Event
from db.events import find_event
from grid.demand_response.release import stop_event, stop_events

router = APIRouter(prefix="/v1", tags=["demand response"])

_OPERATE = [Depends(Needs("operate:grid"))]


@router.post("/events/{event_id}/stop", dependencies=_OPERATE)
async def post_stop(
    context: InContext, connection: Writing, caller: WhoCalls, event_id: EventId, body: told.Stop
) -> told.Event:
    """Stop an event: its commands are taken back at once, and who is held back comes back spread out."""
    actor, now = actor_of(caller), context.clock.now()
    stopped = await stop_event(connection, event_id=event_id, now=now, actor=actor, reason=body.reason)
    return await _told(connection, stopped)


@router.post("/events/stop", dependencies=_OPERATE)
async def post_stop_of_all(
    context: InContext, connection: Writing, caller: WhoCalls, body: told.Stop
) -> list[told.Event]:
    """Stop all events that are scheduled or active."""
    actor, now = actor_of(caller), context.clock.now()
    stopped = await stop_events(connection, now=now, actor=actor, reason=body.reason)
    return [await _told(connection, event) for event in stopped]


async def _told(connection: Connection, event: Event) -> told.Event:
    row = await find_event(connection, event.event_id)
    if row is None:
        raise NotFoundError("event_unknown", "There is no such event.", event_id=str(event.event_id))
    return described(row)
