"""Plan an event, and put its commands into the outbox when it is approved."""

from datetime import datetime
from typing import Final
from uuid import UUID

from core.errors import ConflictError
from db.connection import Connection
from db.demand_response import (
    DispatchPlan,
    Event,
    NewPlan,
    NewShortage,
    insert_commands,
    plan_of_event,
    replace_plan,
)
from grid.demand_response.commands import commands_of
from grid.demand_response.lifecycle import (
    SYSTEM,
    EventStatus,
    change_status,
    note,
    require_event,
    require_transition,
)
from grid.demand_response.optimisation import Optimum
from grid.demand_response.planning import Planned, make_plan, shortages_in
from grid.demand_response.solution import store_solution
from grid.openadr.bridge import publish_commands

#: A plan made again for its approval must keep this share of the reduction that was looked at. [ratio]
KEPT_REDUCTION_RATIO: Final = 0.9


async def plan_event(connection: Connection, *, event_id: UUID, now: datetime, actor: str = SYSTEM) -> DispatchPlan:
    """Plan a draft with what is known now and store the plan, instead of the one it may have had.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        A draft.
    now : datetime
        The plan starts with the next slot.
    actor : str, default "process/grid"
        Who plans, for the audit log.

    Returns
    -------
    DispatchPlan
        With its objective, its dual bound and, per slot of the event, the reduction. Energy that transformers have
        no room for is in ``unserved_wh`` and, by transformer and slots, in `db.demand_response.shortages_of_event`.
        Where the event has a target, only as many resources are called as it needs by what earlier events taught of
        answers and delivery, the fairest first; what is still lacking is in ``target_gap_w``.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    ConflictError
        ``event_transition``: it is no draft; ``event_started``; ``forecast_missing``.
    """
    async with connection.transaction():
        event = await _require_plannable(connection, event_id, now)
        planned = await make_plan(connection, event, now)
        await note(connection, event, "event.planned", _told(planned), actor=actor, now=now)
        return await _store(connection, event, planned, now)


async def approve_event(connection: Connection, *, event_id: UUID, now: datetime, actor: str = SYSTEM) -> Event:
    """Schedule a planned draft: plan it once more with the newest statements, store that and issue the commands.

    What is commanded is always what is stored as the plan.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    ConflictError
        ``event_transition``; ``event_started``; ``plan_missing``: plan it first; ``plan_empty``: no resource would do
        anything else than by itself; ``plan_changed``: made again, the plan reduces much less than the one looked at.
    """
    async with connection.transaction():
        event = await _require_plannable(connection, event_id, now)
        seen = await plan_of_event(connection, event_id)
        if seen is None:
            raise ConflictError("plan_missing", "The event has to be planned before it is approved.")
        planned = await make_plan(connection, event, now)
        commands = commands_of(event, planned.fleet, planned.optimum, now=now)
        if not commands:
            raise ConflictError("plan_empty", "No resource would do anything else than by itself.")
        _require_kept(seen, planned.optimum)
        await _store(connection, event, planned, now)
        await insert_commands(connection, commands)
        await change_status(connection, event, EventStatus.SCHEDULED, now)
        facts = _told(planned) | {"commands": len(commands)}
        await note(connection, event, "event.approved", facts, actor=actor, now=now)
        await publish_commands(connection, now=now)
        return await require_event(connection, event_id)


async def _require_plannable(connection: Connection, event_id: UUID, now: datetime) -> Event:
    event = await require_event(connection, event_id, lock=True)
    require_transition(event, EventStatus.SCHEDULED)
    if event.starts_at < now:
        raise ConflictError(
            "event_started", "The event has begun; it can no longer be planned.", starts_at=event.starts_at
        )
    return event


def _told(planned: Planned) -> dict[str, object]:
    """Return what the audit log says of a plan."""
    optimum = planned.optimum
    return {
        "planned_reduction_w": [round(watts) for watts in optimum.reduction_w.tolist()],
        "target_gap_w": [round(watts) for watts in planned.target_gap_w],
        "objective": optimum.cost_eur,
        "dual_bound": optimum.bound_eur,
        "unserved_wh": round(float(optimum.missing_wh.sum())),
    }


def _require_kept(seen: DispatchPlan, optimum: Optimum) -> None:
    before_w, after_w = sum(seen.planned_reduction_w), float(optimum.reduction_w.sum())
    if after_w < KEPT_REDUCTION_RATIO * before_w:
        message = "Resources have changed since the event was planned; plan it again and look at the result."
        raise ConflictError("plan_changed", message, planned_w=before_w, possible_w=after_w)


async def _store(connection: Connection, event: Event, planned: Planned, now: datetime) -> DispatchPlan:
    fleet, optimum = planned.fleet, planned.optimum
    shortages = [NewShortage(one.place_id, one.slot_starts, one.missing_wh) for one in shortages_in(planned)]
    plan = NewPlan(
        event.event_id,
        now,
        fleet.start_at,
        fleet.slot_count,
        optimum.cost_eur,
        optimum.bound_eur,
        sum(shortage.missing_wh for shortage in shortages),
        optimum.reduction_w.tolist(),
        planned.target_gap_w,
    )
    stored = await replace_plan(connection, plan, shortages)
    await store_solution(connection, stored, optimum)
    return stored
