"""Make the plan of an event from what is known now: resources, limits, whose turn it is, and the exact dispatch."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from core.slots import SLOT
from db.connection import Connection
from db.demand_response import DispatchShortage, Event, flexible_resources
from db.resources import parameters_of
from grid.demand_response.aim import aim
from grid.demand_response.flexibility import Fleet
from grid.demand_response.limits import Limits, read_limits
from grid.demand_response.optimisation import Optimum, optimise
from grid.demand_response.rates import learned_rates
from grid.demand_response.rounding import rounded
from grid.demand_response.stores import lay_out
from grid.demand_response.turns import rows_fairest_first

#: Joules of rounding, not a shortage. [Wh]
_TINY_WH: Final = 1e-3
#: So little of a target is not called lacking: a call is not divisible. [ratio]
_CLOSE_RATIO: Final = 0.01


@dataclass(frozen=True, slots=True)
class Planned:
    """Hold a plan with what it was made of.

    Attributes
    ----------
    fleet : Fleet
        Those who are called, or could be where there is no target.
    limits : Limits
        Of their transformers.
    optimum : Optimum
        Their plan.
    target_gap_w : list of float
        What each slot of the event is expected to lack of the target; empty without one. [W]
    """

    fleet: Fleet
    limits: Limits
    optimum: Optimum
    target_gap_w: list[float]


async def make_plan(connection: Connection, event: Event, now: datetime) -> Planned:
    """Plan an event with what is known now; nothing is stored.

    Parameters
    ----------
    connection : Connection
        In the role that computes, or one that reads as much.
    event : Event
        It need not be stored.
    now : datetime
        The plan starts with the next slot.

    Raises
    ------
    ConflictError
        ``forecast_missing``.
    """
    resources = await flexible_resources(connection, place_id=event.place_id, event_id=event.event_id, now=now)
    # Kernels on threads: they release the interpreter, and the event loop must not wait for them.
    fleet = await lay_out(connection, resources, event, now=now)
    limits = await read_limits(connection, fleet, now=now) if fleet.end_device_id.size else Limits([], fleet.natural_w)
    if event.target_w is None:
        optimum = await asyncio.to_thread(optimise, fleet, limits)
        return Planned(fleet, limits, await in_steps(connection, fleet, limits, optimum), [])
    rates = await learned_rates(connection, now=now)
    wanted_w = np.full(fleet.event_slots.stop - fleet.event_slots.start, event.target_w / rates.expected_ratio)
    order = await rows_fairest_first(connection, fleet.end_device_id, event_id=event.event_id, now=now)
    aimed = await asyncio.to_thread(aim, fleet, limits, order, wanted_w)
    optimum = await in_steps(connection, aimed.fleet, aimed.limits, aimed.optimum)
    gap_w = np.maximum(event.target_w - rates.expected_ratio * optimum.reduction_w, 0.0)
    gap_w[gap_w < _CLOSE_RATIO * event.target_w] = 0.0
    return Planned(aimed.fleet, aimed.limits, optimum, gap_w.tolist())


async def in_steps(connection: Connection, fleet: Fleet, limits: Limits, optimum: Optimum) -> Optimum:
    """Plan stores, and tanks in whole steps: a contact is closed or open. What is of unknown make follows any power."""
    known = await parameters_of(connection, fleet.end_device_id.tolist())
    tanks = [key for key, stored in known.items() if stored.kind == "water_heater"]
    on_off = np.isin(fleet.end_device_id, np.array(tanks, dtype=np.int64))
    return await asyncio.to_thread(rounded, fleet, limits, optimum, on_off)


def shortages_in(planned: Planned) -> list[DispatchShortage]:
    """Return what a plan cannot serve: by the place whose limit stands in the way, its full slots and the energy."""
    start, optimum = planned.fleet.start_at, planned.optimum
    names = {rating.place_id: ("power_transformer", rating.code) for rating in planned.limits.rating}
    names |= {upper.place_id: (upper.level, upper.code) for upper in planned.limits.upper}
    return [
        DispatchShortage(
            place_id,
            *names[place_id],
            [start + int(slot) * SLOT for slot in np.flatnonzero(optimum.cut_slot[row])],
            float(optimum.missing_wh[row]),
        )
        for row, place_id in enumerate(optimum.place_id)
        if optimum.missing_wh[row] > _TINY_WH
    ]
