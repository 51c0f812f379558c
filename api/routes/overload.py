"""How probable overload is, and the rules that draft events for it."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import StreamingResponse

from api.access import Caller, Needs
from api.context import InContext, Reading, Writing
from api.models import overload as told
from api.models.page import Page
from api.models.place import Level
from api.paging import Cursor, Limit, bounded, page_of, parsed, read_cursor, read_key
from api.routes.parameters import AsOf, End, PlaceCode, PlaceLevel, Start, place_id_of, require_span
from api.tables import Format, TableFormat, at_once, table_of
from core.errors import NotFoundError
from core.slots import SLOT
from db.audit import record
from db.connection import Connection
from db.forecasts import latest_run
from db.overload import (
    WORST,
    NewRule,
    OverloadRule,
    OverloadSlot,
    change_rule,
    delete_rule,
    find_rule,
    insert_rule,
    overload_of_place,
    overload_rules,
    places_at_risk,
    proposal_of_event,
)
from grid.demand_response.lifecycle import require_event

router = APIRouter(prefix="/v1", tags=["demand response"])

RuleId = Annotated[int, Path(ge=1, le=2_147_483_647, description="Rule", examples=[1])]
EventId = Annotated[UUID, Path(description="Event", examples=["3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"])]
Operator = Annotated[Caller, Depends(Needs("operate:grid"))]
_READ: Final = [Depends(Needs("read:grid"))]


@router.get("/places/{level}/{code}/overload", dependencies=_READ)
async def get_overload(
    request: Request,
    context: InContext,
    connection: Reading,
    *,
    level: PlaceLevel,
    code: PlaceCode,
    start: Start,
    end: End,
    as_of: AsOf = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Page[told.OverloadSlot]:
    """List how probable overload is in the slots of `[start, end)`, by the newest forecast known at `as_of`."""
    require_span(start, end)
    first = start if cursor is None else max(start, read_key(cursor, datetime.fromisoformat) + SLOT)
    place_id = await place_id_of(connection, level, code)
    known = as_of or context.clock.now()
    rows = await overload_of_place(connection, place_id, start=first, end=end, as_of=known, limit=bounded(limit) + 1)
    return page_of(request, rows, limit, item=told.OverloadSlot.model_validate, key=lambda row: [row.valid_from])


@router.get("/places/{level}/{code}/overload/table", dependencies=_READ, response_class=StreamingResponse)
async def get_overload_table(
    context: InContext,
    connection: Reading,
    *,
    level: PlaceLevel,
    code: PlaceCode,
    start: Start,
    end: End,
    as_of: AsOf = None,
    form: Format = TableFormat.CSV,
) -> StreamingResponse:
    """Take the same away as a table."""
    require_span(start, end)
    place_id = await place_id_of(connection, level, code)
    rows = await overload_of_place(connection, place_id, start=start, end=end, as_of=as_of or context.clock.now())
    return await table_of(OverloadSlot, at_once(rows), form=form, name="overload")


@router.get("/places-at-risk", dependencies=_READ)
async def get_places_at_risk(
    request: Request, context: InContext, connection: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[told.PlaceAtRisk]:
    """List the places that the newest forecast finds at risk from now on, the most probable first."""
    now = context.clock.now()
    after = WORST if cursor is None else _key_of(cursor)
    run = await latest_run(connection, as_of=now)
    rows = []
    if run is not None:
        rows = await places_at_risk(
            connection, run.forecast_run_id, start=now - SLOT, limit=bounded(limit) + 1, after=after
        )
    return page_of(
        request,
        rows,
        limit,
        item=told.PlaceAtRisk.model_validate,
        key=lambda row: [-row.probability, row.place_id],
    )


@router.get("/events/{event_id}/proposal", dependencies=_READ)
async def get_proposal(connection: Reading, event_id: EventId) -> told.Proposal:
    """Tell why a rule drafted an event, and by how much load must fall."""
    await require_event(connection, event_id)
    proposal = await proposal_of_event(connection, event_id)
    if proposal is None:
        raise NotFoundError("proposal_unknown", "No rule drafted this event.", event_id=str(event_id))
    return told.Proposal.model_validate(proposal)


@router.get("/overload-rules", dependencies=_READ)
async def get_rules(connection: Reading) -> told.Rules:
    """List the rules."""
    return told.Rules(items=[_told(rule) for rule in await overload_rules(connection)])


@router.post("/overload-rules", status_code=HTTPStatus.CREATED)
async def post_rule(context: InContext, connection: Writing, caller: Operator, body: told.NewRule) -> told.Rule:
    """Make a rule; it is followed from the next step of the grid process on."""
    rule = await _given(connection, body, caller, context.clock.now())
    rule_id = await insert_rule(connection, rule)
    await _record(connection, rule_id, rule, "overload_rule.created")
    return _told(await _found(connection, rule_id))


@router.put("/overload-rules/{rule_id}")
async def put_rule(
    context: InContext, connection: Writing, caller: Operator, rule_id: RuleId, body: told.NewRule
) -> told.Rule:
    """Change a rule; what it drafted stays."""
    rule = await _given(connection, body, caller, context.clock.now())
    if not await change_rule(connection, rule_id, rule):
        raise _unknown(rule_id)
    await _record(connection, rule_id, rule, "overload_rule.changed")
    return _told(await _found(connection, rule_id))


@router.delete("/overload-rules/{rule_id}", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def remove_rule(context: InContext, connection: Writing, caller: Operator, rule_id: RuleId) -> None:
    """Delete a rule; what it drafted stays."""
    if not await delete_rule(connection, rule_id):
        raise _unknown(rule_id)
    await record(
        connection,
        at=context.clock.now(),
        actor=f"token/{caller.name}",
        action="overload_rule.deleted",
        subject=f"overload_rule/{rule_id}",
        facts={},
    )


async def _given(connection: Connection, body: told.NewRule, caller: Caller, now: datetime) -> NewRule:
    place_id = None if body.code is None else await place_id_of(connection, body.level, body.code)
    return NewRule(
        body.name,
        place_id,
        str(body.level) if place_id is None else None,
        body.probability_threshold,
        body.notice_s,
        body.min_duration_s,
        body.is_enabled,
        now,
        f"token/{caller.name}",
    )


async def _record(connection: Connection, rule_id: int, rule: NewRule, action: str) -> None:
    names = ("name", "place_id", "level", "probability_threshold", "notice_s", "min_duration_s", "is_enabled")
    await record(
        connection,
        at=rule.changed_at,
        actor=rule.changed_by,
        action=action,
        subject=f"overload_rule/{rule_id}",
        facts={name: getattr(rule, name) for name in names},
    )


async def _found(connection: Connection, rule_id: int) -> OverloadRule:
    rule = await find_rule(connection, rule_id)
    if rule is None:
        raise _unknown(rule_id)
    return rule


def _unknown(rule_id: int) -> NotFoundError:
    return NotFoundError("overload_rule_unknown", f"There is no rule {rule_id}.", overload_rule_id=rule_id)


def _told(rule: OverloadRule) -> told.Rule:
    return told.Rule(
        overload_rule_id=rule.overload_rule_id,
        name=rule.name,
        level=Level(rule.level),
        code=rule.code,
        probability_threshold=rule.probability_threshold,
        notice_s=rule.notice_s,
        min_duration_s=rule.min_duration_s,
        is_enabled=rule.is_enabled,
        changed_at=rule.changed_at,
        changed_by=rule.changed_by,
    )


def _key_of(cursor: str) -> tuple[float, int]:
    probability, place_id = read_cursor(cursor, 2)
    return parsed(probability, float), parsed(place_id, int)
