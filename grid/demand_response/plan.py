"""Plan an event, and put its commands into the outbox when it is approved."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np

from core.errors import ConflictError
from core.slots import SLOT
from db.connection import Connection
from db.demand_response import (
    DispatchPlan,
    Event,
    NewPlan,
    NewShortage,
    flexible_resources,
    insert_commands,
    plan_of_event,
    replace_plan,
)
from grid.demand_response.commands import commands_of
from grid.demand_response.flexibility import Fleet, gather_fleet
from grid.demand_response.lifecycle import EventStatus, change_status, require_event, require_transition
from grid.demand_response.limits import Limits, read_limits
from grid.demand_response.optimisation import Optimum, optimise
from grid.demand_response.solution import store_solution

#: Joules of rounding, not a shortage. [Wh]
_TINY_WH: Final = 1e-3
#: A plan made again for its approval must keep this share of the reduction that was looked at. [ratio]
KEPT_REDUCTION_RATIO: Final = 0.9


@dataclass(frozen=True, slots=True)
class _Planned:
    fleet: Fleet
    limits: Limits
    optimum: Optimum


async def plan_event(connection: Connection, *, event_id: UUID, now: datetime) -> DispatchPlan:
    """Plan a draft with what is known now and store the plan, instead of the one it may have had.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        A draft.
    now : datetime
        The plan starts with the next slot.

    Returns
    -------
    DispatchPlan
        With its objective, its dual bound and, per slot of the event, the reduction. Energy that transformers have
        no room for is in ``unserved_wh`` and, by transformer and slots, in `db.demand_response.shortages_of_event`.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    ConflictError
        ``event_transition``: it is no draft; ``event_started``; ``forecast_missing``.
    """
    async with connection.transaction():
        event = await _require_plannable(connection, event_id, now)
        return await _store(connection, event, await _plan(connection, event, now), now)


async def approve_event(connection: Connection, *, event_id: UUID, now: datetime) -> Event:
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
        planned = await _plan(connection, event, now)
        commands = commands_of(event, planned.fleet, planned.optimum, now=now)
        if not commands:
            raise ConflictError("plan_empty", "No resource would do anything else than by itself.")
        _require_kept(seen, planned.optimum)
        await _store(connection, event, planned, now)
        await insert_commands(connection, commands)
        await change_status(connection, event, EventStatus.SCHEDULED, now)
        return await require_event(connection, event_id)


async def _require_plannable(connection: Connection, event_id: UUID, now: datetime) -> Event:
    event = await require_event(connection, event_id, lock=True)
    require_transition(event, EventStatus.SCHEDULED)
    if event.starts_at < now:
        raise ConflictError(
            "event_started", "The event has begun; it can no longer be planned.", starts_at=event.starts_at
        )
    return event


async def _plan(connection: Connection, event: Event, now: datetime) -> _Planned:
    resources = await flexible_resources(connection, place_id=event.place_id, event_id=event.event_id, now=now)
    # On threads: kernels release the interpreter, and the event loop must not wait for them.
    fleet = await asyncio.to_thread(gather_fleet, resources, event, now=now)
    limits = await read_limits(connection, fleet, now=now) if resources else Limits([], fleet.natural_w)
    return _Planned(fleet, limits, await asyncio.to_thread(optimise, fleet, limits))


def _require_kept(seen: DispatchPlan, optimum: Optimum) -> None:
    before_w, after_w = sum(seen.planned_reduction_w), float(optimum.reduction_w.sum())
    if after_w < KEPT_REDUCTION_RATIO * before_w:
        message = "Resources have changed since the event was planned; plan it again and look at the result."
        raise ConflictError("plan_changed", message, planned_w=before_w, possible_w=after_w)


async def _store(connection: Connection, event: Event, planned: _Planned, now: datetime) -> DispatchPlan:
    fleet, optimum = planned.fleet, planned.optimum
    shortages = [
        NewShortage(
            place_id,
            [fleet.start_at + int(slot) * SLOT for slot in np.flatnonzero(optimum.cut_slot[row])],
            float(optimum.missing_wh[row]),
        )
        for row, place_id in enumerate(optimum.place_id)
        if optimum.missing_wh[row] > _TINY_WH
    ]
    plan = NewPlan(
        event.event_id,
        now,
        fleet.start_at,
        fleet.slot_count,
        optimum.cost_eur,
        optimum.bound_eur,
        sum(shortage.missing_wh for shortage in shortages),
        optimum.reduction_w.tolist(),
    )
    stored = await replace_plan(connection, plan, shortages)
    await store_solution(connection, stored, optimum)
    return stored
