"""Close the loop: follow what an event gives, call others for what lacks, keep limits, give back what is too much."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from db.closed_loop import (
    EventAdjustment,
    EventTracking,
    called_resources,
    store_tracking,
)
from db.connection import Connection
from db.demand_response import Event, flexible_resources, insert_commands
from grid.demand_response.adjustments import note_adjustment
from grid.demand_response.aim import Aimed, aim
from grid.demand_response.called import Called, gather_called
from grid.demand_response.commands import commands_of
from grid.demand_response.flexibility import gather_fleet, slot_ceil
from grid.demand_response.lifecycle import EventStatus, require_event
from grid.demand_response.rates import Rates, learned_rates
from grid.demand_response.rebalance import rebalance
from grid.demand_response.room import limits_beside
from grid.demand_response.surplus import give_back
from grid.demand_response.tracking import see, track
from grid.demand_response.turns import rows_fairest_first

Float = NDArray[np.float64]

#: A shortfall of less than this share of the target is not worth calling anybody. [ratio]
CLOSE_RATIO: Final = 0.01
#: A completed event is looked at for so long: the readings of its last slot come after it.
FOLLOWED_FOR: Final = timedelta(hours=2)
_FOLLOWED: Final = (EventStatus.SCHEDULED, EventStatus.ACTIVE, EventStatus.COMPLETED)


async def follow_event(connection: Connection, *, event_id: UUID, now: datetime) -> list[EventTracking]:
    """Look how an event goes, store it, and do what can be done about it, all in one transaction.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        Scheduled or active; a completed one is only looked at, with any other nothing is done.
    now : datetime
        Time.

    Returns
    -------
    list of EventTracking
        One for each slot, by what was known before anything was done.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    ConflictError
        ``forecast_missing``: the room behind a transformer is not known; nothing was stored.

    Notes
    -----
    A process that is killed in between has done nothing, or all of it: nobody is called twice for one shortfall.
    """
    async with connection.transaction():
        event = await require_event(connection, event_id, lock=True)
        rows = await called_resources(connection, event_id)
        if event.status not in _FOLLOWED or not rows:
            return []
        rates = await learned_rates(connection, now=now)
        called = await asyncio.to_thread(gather_called, rows, event, rates)
        tracked = track(event, called, await see(connection, event, called, now=now), now=now, rates=rates)
        await store_tracking(connection, event_id, tracked)
        if event.status == EventStatus.COMPLETED:
            return tracked
        # One correction at a time: what the next is to be is seen with the answers to this one.
        if await _redispatch(connection, event, called, tracked, rates, now):
            return tracked
        if not await rebalance(connection, event, called, now=now):
            await give_back(connection, event, called, tracked, now=now)
        return tracked


async def _redispatch(
    connection: Connection, event: Event, called: Called, tracked: list[EventTracking], rates: Rates, now: datetime
) -> bool:
    """Call others for what the slots that remain lack of the target; tell whether anybody was called."""
    start = max(slot_ceil(now), event.starts_at)
    wanted_w = np.array([max(one.shortfall_w or 0.0, 0.0) for one in tracked if one.slot_start_at >= start])
    if event.target_w is None or wanted_w.max(initial=0.0) <= CLOSE_RATIO * event.target_w:
        return False
    known = {int(device) for device in called.end_device_id}
    free = await flexible_resources(connection, place_id=event.place_id, event_id=event.event_id, now=now)
    candidates = [one for one in free if one.end_device_id not in known]
    if not candidates:
        return False
    rest = replace(event, starts_at=start)
    fleet = await asyncio.to_thread(gather_fleet, candidates, rest, now=now)
    limits = await limits_beside(connection, fleet, event, called, called.obeys, now=now)
    order = await rows_fairest_first(connection, fleet.end_device_id, event_id=event.event_id, now=now)
    aimed = await asyncio.to_thread(aim, fleet, limits, order, wanted_w / rates.expected_ratio)
    commands = [
        replace(command, purpose="redispatch") for command in commands_of(rest, aimed.fleet, aimed.optimum, now=now)
    ]
    if not commands:
        return False
    await insert_commands(connection, commands)
    await note_adjustment(connection, event, _called_further(aimed, rest, wanted_w, len(commands), now))
    return True


def _called_further(aimed: Aimed, rest: Event, wanted_w: Float, count: int, now: datetime) -> EventAdjustment:
    reduction_w = aimed.optimum.reduction_w.tolist()
    unserved_wh = float(aimed.optimum.missing_wh.sum())
    return EventAdjustment("redispatch", now, count, rest.starts_at, wanted_w.tolist(), reduction_w, unserved_wh)
