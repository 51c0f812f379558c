"""Events."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from api.context import InContext, Reading, Writing
from api.openadr import operations
from api.openadr.access import EventWriter, TargetReader
from api.openadr.models.event import Event, EventRequest
from api.openadr.operations import Told
from api.openadr.parameters import EventId, Limit, ProgramAsked, Skip, TargetsAsked
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from core.openadr_periods import end_of
from db.openadr import NewObject, Search
from grid.openadr import objects
from grid.openadr.nouns import ObjectType
from grid.openadr.objects import MOST
from grid.openadr.telling import told

router = router_of("events")
_KIND = ObjectType.EVENT

_ActiveAsked = Annotated[bool | None, Query(alias="active", description="Leave out events that have transpired")]


@router.get("", operation_id="searchAllEvents", response_model=list[Event], responses=refusals(403))
async def search_events(
    context: InContext,
    connection: Reading,
    viewer: TargetReader,
    program_id: ProgramAsked = None,
    targets: TargetsAsked = None,
    skip: Skip = 0,
    limit: Limit = MOST,
    active: _ActiveAsked = None,
) -> list[Told]:
    """List events, the oldest first."""
    ends_after = context.clock.now() if active else None
    wanted = Search(_KIND, limit, skip, program_id=program_id, ends_after=ends_after)
    return await operations.search(connection, viewer, wanted, targets)


@router.post(
    "", operation_id="createEvent", status_code=HTTPStatus.CREATED, response_model=Event, responses=refusals(403, 409)
)
async def create_event(context: InContext, connection: Writing, viewer: EventWriter, body: EventRequest) -> Told:
    """Create an event of a program."""
    new = _new(body, context.clock.now())
    return told(await operations.create(context, connection, viewer, new), viewer)


@router.get("/{eventID}", operation_id="searchEventsByID", response_model=Event, responses=refusals(403, 404))
async def show_event(connection: Reading, viewer: TargetReader, event_id: EventId) -> Told:
    """Return one event."""
    return await operations.show(connection, viewer, _KIND, event_id)


@router.put("/{eventID}", operation_id="updateEvent", response_model=Event, responses=refusals(403, 404, 409))
async def change_event(
    context: InContext, connection: Writing, viewer: EventWriter, event_id: EventId, body: EventRequest
) -> Told:
    """Replace an event."""
    row = await objects.find(connection, viewer, _KIND, event_id, lock=True)
    new = _new(body, context.clock.now())
    return told(await operations.change(context, connection, viewer, row, new), viewer)


@router.delete("/{eventID}", operation_id="deleteEvent", response_model=Event, responses=refusals(403, 404))
async def delete_event(context: InContext, connection: Writing, viewer: EventWriter, event_id: EventId) -> Told:
    """Delete an event and the reports of it."""
    return await operations.remove(context, connection, viewer, _KIND, event_id)


def _new(body: EventRequest, now: datetime) -> NewObject:
    content = body.content()
    return NewObject(
        _KIND,
        content,
        name=body.event_name,
        program_id=body.program_id,
        targets=body.targets or (),
        ends_at=end_of(content, now),
    )
