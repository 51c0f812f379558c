"""Limits of the power that flows into places."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access import Caller, Needs
from api.context import InContext, Reading, Writing
from api.models import overload as told
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_before
from api.routes.parameters import Within, place_id_of, place_named, require_span
from core.errors import ConflictError, NotFoundError
from db.audit import record
from db.capacity_limits import (
    NEWEST,
    CapacityLimit,
    NewCapacityLimit,
    find_capacity_limit,
    insert_capacity_limit,
    list_capacity_limits,
    withdraw_capacity_limit,
)
from db.connection import Connection

router = APIRouter(prefix="/v1", tags=["demand response"])

LimitId = Annotated[int, Path(ge=1, le=NEWEST, description="Limit", examples=[1])]
Operator = Annotated[Caller, Depends(Needs("operate:grid"))]
_READ = [Depends(Needs("read:grid"))]


@router.get("/capacity-limits", dependencies=_READ)
async def get_capacity_limits(
    request: Request,
    connection: Reading,
    *,
    place: Within = None,
    withdrawn: Annotated[bool, Query(description="Those taken back too")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.CapacityLimit]:
    """List limits, the newest first; ratings of transformers stand with their places."""
    before = read_before(cursor, NEWEST)
    place_id = None if place is None else (await place_named(connection, place, "place"))[1]
    rows = await list_capacity_limits(
        connection, limit=bounded(limit) + 1, place_id=place_id, before=before, withdrawn=withdrawn
    )
    return page_of(
        request, rows, limit, item=told.CapacityLimit.model_validate, key=lambda row: [row.capacity_limit_id]
    )


@router.post("/capacity-limits", status_code=HTTPStatus.CREATED)
async def post_capacity_limit(
    context: InContext, connection: Writing, caller: Operator, body: told.NewCapacityLimit
) -> told.CapacityLimit:
    """Set a limit; of several that hold at a place, and its rating, the lowest counts."""
    if body.valid_until is not None:
        require_span(body.valid_from, body.valid_until)
    now, actor = context.clock.now(), f"token/{caller.name}"
    limit = NewCapacityLimit(
        await place_id_of(connection, body.level, body.code),
        body.limit_w,
        body.valid_from,
        body.valid_until,
        "rating" if body.is_rating else "operator",
        body.reason,
        now,
        actor,
    )
    limit_id = await insert_capacity_limit(connection, limit)
    facts = body.model_dump(include={"level", "code", "limit_w", "valid_from", "valid_until", "reason"})
    subject = f"capacity_limit/{limit_id}"
    await record(connection, at=now, actor=actor, action="capacity_limit.set", subject=subject, facts=facts)
    return told.CapacityLimit.model_validate(await _found(connection, limit_id))


@router.delete("/capacity-limits/{limit_id}")
async def delete_capacity_limit(
    context: InContext, connection: Writing, caller: Operator, limit_id: LimitId
) -> told.CapacityLimit:
    """Take a limit back; twice is the same. One that follows an OpenADR event goes with that event alone."""
    now, actor = context.clock.now(), f"token/{caller.name}"
    event_id = (await _found(connection, limit_id)).openadr_event_id
    if event_id is not None:
        message = "The limit follows an OpenADR event; delete that instead."
        raise ConflictError("capacity_limit_follows_event", message, openadr_event_id=event_id)
    if await withdraw_capacity_limit(connection, limit_id, now=now):
        subject = f"capacity_limit/{limit_id}"
        await record(connection, at=now, actor=actor, action="capacity_limit.withdrawn", subject=subject, facts={})
    return told.CapacityLimit.model_validate(await _found(connection, limit_id))


async def _found(connection: Connection, limit_id: int) -> CapacityLimit:
    limit = await find_capacity_limit(connection, limit_id)
    if limit is None:
        raise NotFoundError("capacity_limit_unknown", f"There is no limit {limit_id}.", capacity_limit_id=limit_id)
    return limit
