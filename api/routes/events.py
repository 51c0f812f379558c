"""Demand-response events: drafted and planned, approved, cancelled, followed."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api.access import Needs, WhoCalls, actor_of
from api.context import InContext, Reading, Writing
from api.models import event as told
from api.models.page import Page
from api.models.place import Level, PlaceName
from api.paging import Cursor, Limit, bounded, page_of, parsed, read_cursor
from api.routes.parameters import EventId, place_id_of
from core.errors import NotFoundError
from db.connection import Connection
from db.demand_response import EventResult, plan_of_event, results_of_event, shortages_of_event
from db.events import NEWEST, EventRow, command_counts, find_event, list_events
from grid.demand_response.lifecycle import EventStatus, draft_event
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event

router = APIRouter(prefix="/v1", tags=["demand response"])

_READ = [Depends(Needs("read:grid"))]
_OPERATE = [Depends(Needs("operate:grid"))]


@router.get("/events", dependencies=_READ)
async def get_events(
    request: Request, connection: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[told.Event]:
    """List events, the one that starts last first."""
    before = NEWEST if cursor is None else _key_of(cursor)
    rows = await list_events(connection, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=described, key=lambda row: [row.starts_at, row.event_id])


@router.get("/events/{event_id}", dependencies=_READ)
async def get_event(connection: Reading, event_id: EventId) -> told.EventDetail:
    """Describe one event: its plan, what became of its commands, and baseline against measured load."""
    return await _detail(connection, event_id)


@router.post("/events", dependencies=_OPERATE, status_code=HTTPStatus.CREATED)
async def post_event(
    request: Request,
    response: Response,
    context: InContext,
    connection: Writing,
    caller: WhoCalls,
    body: told.NewEvent,
) -> told.EventDetail:
    """Draft an event and plan it; nothing is asked of anybody until it is approved."""
    now = context.clock.now()
    place_id = await place_id_of(connection, body.place_level, body.place_code)
    event = await draft_event(
        connection,
        name=body.name,
        place_id=place_id,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        now=now,
        target_w=body.target_w,
        actor=actor_of(caller),
    )
    await plan_event(connection, event_id=event.event_id, now=now, actor=actor_of(caller))
    response.headers["Location"] = str(request.app.url_path_for("get_event", event_id=str(event.event_id)))
    return await _detail(connection, event.event_id)


@router.post("/events/{event_id}/plan", dependencies=_OPERATE)
async def post_plan(context: InContext, connection: Writing, caller: WhoCalls, event_id: EventId) -> told.EventDetail:
    """Plan a draft again, with what is known now."""
    await plan_event(connection, event_id=event_id, now=context.clock.now(), actor=actor_of(caller))
    return await _detail(connection, event_id)


@router.post("/events/{event_id}/approve", dependencies=_OPERATE)
async def post_approval(
    context: InContext, connection: Writing, caller: WhoCalls, event_id: EventId
) -> told.EventDetail:
    """Approve a planned event: it is planned once more with the newest statements and its commands are issued."""
    await approve_event(connection, event_id=event_id, now=context.clock.now(), actor=actor_of(caller))
    return await _detail(connection, event_id)


@router.post("/events/{event_id}/cancel", dependencies=_OPERATE)
async def post_cancellation(
    context: InContext, connection: Writing, caller: WhoCalls, event_id: EventId
) -> told.EventDetail:
    """Cancel an event that is not over; its commands are taken back."""
    await cancel_event(connection, event_id=event_id, now=context.clock.now(), actor=actor_of(caller))
    return await _detail(connection, event_id)


async def _detail(connection: Connection, event_id: UUID) -> told.EventDetail:
    row = await find_event(connection, event_id)
    if row is None:
        raise NotFoundError("event_unknown", "There is no such event.", event_id=str(event_id))
    counts = {count.status: count.command_count for count in await command_counts(connection, event_id)}
    return told.EventDetail(
        **described(row).model_dump(),
        plan=await _plan(connection, event_id),
        commands=told.CommandCounts(**counts),
        results=[_told_result(result) for result in await results_of_event(connection, event_id)],
    )


async def _plan(connection: Connection, event_id: UUID) -> told.Plan | None:
    plan = await plan_of_event(connection, event_id)
    if plan is None:
        return None
    return told.Plan(
        planned_at=plan.planned_at,
        objective=plan.objective,
        dual_bound=plan.dual_bound,
        unserved_wh=plan.unserved_wh,
        planned_reduction_w=plan.planned_reduction_w,
        target_gap_w=plan.target_gap_w,
        shortages=[told.Shortage.model_validate(row) for row in await shortages_of_event(connection, event_id)],
    )


def described(row: EventRow) -> told.Event:
    """Return an event as it is told."""
    return told.Event(
        event_id=row.event_id,
        name=row.name,
        place=PlaceName(level=Level(row.place_level), code=row.place_code, name=row.place_name),
        status=EventStatus(row.status),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        status_at=row.status_at,
        target_w=row.target_w,
        status_reason=row.status_reason,
    )


def _told_result(result: EventResult) -> told.Result:
    return told.Result(
        slot_start_at=result.slot_start_at,
        computed_at=result.computed_at,
        usage_point_count=result.usage_point_count,
        baseline_w=result.baseline_w,
        measured_w=result.measured_w,
        measured_reduction_w=result.baseline_w - result.measured_w,
        planned_reduction_w=result.planned_reduction_w,
    )


def _key_of(cursor: str) -> tuple[datetime, UUID]:
    starts_at, event_id = read_cursor(cursor, 2)
    return parsed(starts_at, datetime.fromisoformat), parsed(event_id, UUID)
