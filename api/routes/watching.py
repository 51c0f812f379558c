"""Before an event and while it runs: what its plan would be, and how it goes."""

from datetime import datetime

from fastapi import APIRouter, Depends

from api.access import Needs
from api.context import InContext, Reading, Writing
from api.errors import problem_of
from api.models import event, tracking
from api.models import what_if as told
from api.routes.parameters import EventId, place_id_of
from db.closed_loop import adjustments_of_event, tracking_of_event
from db.connection import Connection
from grid.demand_response.lifecycle import require_event
from grid.demand_response.planning import shortages_in
from grid.demand_response.what_if import Outlook, Wish, what_if

router = APIRouter(prefix="/v1", tags=["demand response"])


@router.post("/events/what-if", dependencies=[Depends(Needs("operate:grid"))])
async def post_what_if(context: InContext, connection: Writing, body: told.WhatIf) -> told.Outlooks:
    """Plan variants of an event side by side with what is known now; nothing is stored and nobody is asked."""
    now = context.clock.now()
    wishes = [await _wish(connection, variant) for variant in body.variants]
    outlooks = await what_if(connection, wishes, now=now)
    return told.Outlooks(items=[_told(outlook, now) for outlook in outlooks])


@router.get("/events/{event_id}/tracking", dependencies=[Depends(Needs("read:grid"))])
async def get_tracking(connection: Reading, event_id: EventId) -> tracking.Tracking:
    """Say how an event goes, half-hour by half-hour, and what was decided after its plan was approved."""
    await require_event(connection, event_id)
    rows, decided = await tracking_of_event(connection, event_id), await adjustments_of_event(connection, event_id)
    return tracking.Tracking(
        items=[tracking.TrackedSlot.model_validate(row) for row in rows],
        adjustments=[tracking.Adjustment.model_validate(row) for row in decided],
    )


async def _wish(connection: Connection, variant: event.NewEvent) -> Wish:
    place_id = await place_id_of(connection, variant.place_level, variant.place_code)
    return Wish(variant.name, place_id, variant.starts_at, variant.ends_at, variant.target_w)


def _told(outlook: Outlook, now: datetime) -> told.Outlook:
    if outlook.planned is None:
        return told.Outlook(problem=problem_of(outlook.fault) if outlook.fault else None)
    optimum, shortages = outlook.planned.optimum, shortages_in(outlook.planned)
    plan = event.Plan(
        planned_at=now,
        objective=optimum.cost_eur,
        dual_bound=optimum.bound_eur,
        unserved_wh=sum(shortage.missing_wh for shortage in shortages),
        planned_reduction_w=optimum.reduction_w.tolist(),
        target_gap_w=outlook.planned.target_gap_w,
        shortages=[event.Shortage.model_validate(shortage) for shortage in shortages],
    )
    return told.Outlook(plan=plan, called=outlook.called_count)
