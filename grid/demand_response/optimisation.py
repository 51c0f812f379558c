"""The plan itself: prices, transformer limits and the exact dispatch, arrays in and arrays out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.demand_response.flexibility import Fleet
from grid.demand_response.limits import Limits, group_offsets, headroom_w
from grid.kernels.dispatch import DispatchPlan, dispatch

Float = NDArray[np.float64]

#: About the French day-ahead mean of recent years; it scales the objective and changes no plan. [EUR/MWh]
ENERGY_EUR_PER_MWH: Final = 80.0
#: What drawing inside the event costs more, so much that energy leaves the event if it can. [EUR/MWh]
EVENT_EUR_PER_MWH: Final = 1_000.0
#: What each slot of waiting costs: the least that makes a plan draw as soon as a resource would by itself. [EUR/MWh]
WAITING_EUR_PER_MWH: Final = 0.01


@dataclass(frozen=True, slots=True)
class Optimum:
    """Hold the plan of a fleet.

    Attributes
    ----------
    power_w : ndarray, shape (device, slot), float64
        Planned mean power. [W]
    reduction_w : ndarray, shape (event slot,), float64
        Natural less planned load of the fleet, in the slots of the event. [W]
    cost_eur, bound_eur : float
        Cost under the plan's prices, and the least that any plan serving as much energy can cost. [EUR]
    missing_wh : ndarray, shape (transformer,), float64
        Energy that does not fit behind each transformer. [Wh]
    cut_slot : ndarray, shape (transformer, slot), bool
        Slots that are full, where energy is missing.
    """

    power_w: Float
    reduction_w: Float
    cost_eur: float
    bound_eur: float
    missing_wh: Float
    cut_slot: NDArray[np.bool_]


def prices_eur_per_mwh(fleet: Fleet) -> Float:
    """Return the price vector of a plan, shape (slot,): flat, rising a little with waiting, far higher in the event.

    With no limit in the way, the cheapest plan under it is the natural schedule with the event's slots left out: energy
    that would have been drawn in the event is drawn as soon as possible after it, or in a gap before it.
    """
    price = ENERGY_EUR_PER_MWH + WAITING_EUR_PER_MWH * np.arange(fleet.slot_count, dtype=np.float64)
    price[fleet.event_slots] += EVENT_EUR_PER_MWH
    return price


def optimise(fleet: Fleet, limits: Limits) -> Optimum:
    """Plan a fleet exactly: the most energy first, then the least cost, within every transformer's room."""
    if not fleet.end_device_id.size:
        return _nothing_to_plan(fleet)
    plan = dispatch(
        prices_eur_per_mwh(fleet),
        headroom_w(limits, fleet),
        group_offsets(fleet),
        need_wh=fleet.need_wh,
        power_cap_w=fleet.power_cap_w,
        first_slot=fleet.first_slot,
        last_slot=fleet.last_slot,
    )
    return _as_optimum(fleet, plan)


def _as_optimum(fleet: Fleet, plan: DispatchPlan) -> Optimum:
    power_w = plan.power_w + fleet.fixed_w
    moved_w = (fleet.natural_w - power_w).sum(axis=0)
    return Optimum(
        power_w,
        moved_w[fleet.event_slots],
        float(plan.cost_eur.sum()),
        float(plan.bound_eur.sum()),
        plan.missing_wh,
        plan.cut_slot,
    )


def _nothing_to_plan(fleet: Fleet) -> Optimum:
    event_slots = fleet.event_slots.stop - fleet.event_slots.start
    no_room = np.zeros((0, fleet.slot_count), dtype=np.bool_)
    return Optimum(fleet.natural_w, np.zeros(event_slots), 0.0, 0.0, np.zeros(0), no_room)
