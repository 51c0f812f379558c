"""The plan itself: prices, limits and the exact dispatch, arrays in and arrays out."""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.demand_response.flexibility import Fleet
from grid.demand_response.limits import Limits, group_offsets, headroom_w
from grid.demand_response.prices import ENERGY_EUR_PER_MWH, EVENT_EUR_PER_MWH, WAITING_EUR_PER_MWH
from grid.demand_response.upper_limits import parents, upper_room_w
from grid.kernels.dispatch import DispatchPlan, dispatch
from grid.kernels.dispatch_nested import BINDING_RATIO, NestedPlan, dispatch_nested

Float = NDArray[np.float64]

#: After this a plan under nested limits is no longer made better; it keeps all limits, and says its gap. [s]
BUDGET_S: Final = 120.0


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
    place_id : tuple of int
        Places whose limits were kept: each transformer of the fleet, then those with capacity limits.
    missing_wh : ndarray, shape (place,), float64
        Energy that does not fit, by the highest limit that stands in its way. [Wh]
    cut_slot, binding : ndarray, shape (place, slot), bool
        Limits that are full where energy is missing, and all that are used to the full.
    room_w : ndarray, shape (place, slot), float64
        What limits leave to the fleet; infinite where there is none. [W]
    shadow_price_eur_per_mwh : ndarray, shape (place, slot), float64
        What one more unit of room would save. [EUR/MWh]
    gap_wh : float
        What a better plan could serve more, at the most. [Wh]
    solver : str
        transformers or nested.
    exact_slots : int
        Slots planned exactly.
    duration_s : float
        Time it took. [s]
    """

    power_w: Float
    reduction_w: Float
    cost_eur: float
    bound_eur: float
    place_id: tuple[int, ...]
    missing_wh: Float
    cut_slot: NDArray[np.bool_]
    binding: NDArray[np.bool_]
    room_w: Float
    shadow_price_eur_per_mwh: Float
    gap_wh: float
    solver: str
    exact_slots: int
    duration_s: float


def prices_eur_per_mwh(fleet: Fleet) -> Float:
    """Return the price vector of a plan, shape (slot,): flat, rising a little with waiting, far higher in the event.

    With no limit in the way, the cheapest plan under it is the natural schedule with the event's slots left out: energy
    that would have been drawn in the event is drawn as soon as possible after it, or in a gap before it.
    """
    price = ENERGY_EUR_PER_MWH + WAITING_EUR_PER_MWH * np.arange(fleet.slot_count, dtype=np.float64)
    price[fleet.event_slots] += EVENT_EUR_PER_MWH
    return price


def optimise(fleet: Fleet, limits: Limits, *, budget_s: float = BUDGET_S) -> Optimum:
    """Plan a fleet exactly: the most energy first, then the least cost, within every limit's room.

    With limits above transformers, what takes longer than `budget_s` is no longer made better. [s]
    """
    if not fleet.end_device_id.size:
        return _nothing_to_plan(fleet)
    started = time.perf_counter()
    room_w, price = headroom_w(limits, fleet), prices_eur_per_mwh(fleet)
    devices = (
        group_offsets(fleet),
        fleet.need_wh,
        fleet.power_cap_w,
        fleet.first_slot,
        fleet.last_slot,
    )
    if not limits.upper:
        return _of_transformers(fleet, limits, room_w, dispatch(price, room_w, *devices), started)
    places = [one.place_id for one in limits.rating]
    above_w = [upper_room_w(one, fleet, places, limits.forecast_w) for one in limits.upper]
    room_w = np.vstack((room_w, *above_w))
    plan = dispatch_nested(price, room_w, parents(limits.upper, places), *devices, budget_s=budget_s)
    return _of_all(fleet, limits, room_w, plan, started)


def _of_transformers(fleet: Fleet, limits: Limits, room_w: Float, plan: DispatchPlan, started: float) -> Optimum:
    load_w = np.add.reduceat(plan.power_w, group_offsets(fleet)[:-1], axis=0)
    power_w, reduction_w = _with_fixed(fleet, plan.power_w)
    return Optimum(
        power_w,
        reduction_w,
        float(plan.cost_eur.sum()),
        float(plan.bound_eur.sum()),
        tuple(one.place_id for one in limits.rating),
        plan.missing_wh,
        plan.cut_slot,
        load_w >= room_w * (1.0 - BINDING_RATIO),
        room_w,
        plan.shadow_price_eur_per_mwh,
        float(plan.unserved_wh.sum() - plan.missing_wh.sum()),
        "transformers",
        fleet.slot_count,
        time.perf_counter() - started,
    )


def _of_all(fleet: Fleet, limits: Limits, room_w: Float, plan: NestedPlan, started: float) -> Optimum:
    power_w, reduction_w = _with_fixed(fleet, plan.power_w)
    return Optimum(
        power_w,
        reduction_w,
        plan.cost_eur,
        plan.bound_eur,
        (*(one.place_id for one in limits.rating), *(one.place_id for one in limits.upper)),
        plan.missing_wh,
        plan.cut_slot,
        plan.binding,
        room_w,
        plan.shadow_price_eur_per_mwh,
        plan.gap_wh,
        "nested",
        plan.exact_slots,
        time.perf_counter() - started,
    )


def _with_fixed(fleet: Fleet, planned_w: Float) -> tuple[Float, Float]:
    """Return the power of all devices, and what less the fleet draws in the event."""
    power_w = planned_w + fleet.fixed_w
    moved_w = (fleet.natural_w - power_w).sum(axis=0)
    return power_w, moved_w[fleet.event_slots]


def _nothing_to_plan(fleet: Fleet) -> Optimum:
    event_slots = fleet.event_slots.stop - fleet.event_slots.start
    nowhere, none = np.zeros((0, fleet.slot_count), dtype=np.bool_), np.zeros((0, fleet.slot_count))
    return Optimum(
        fleet.natural_w,
        np.zeros(event_slots),
        0.0,
        0.0,
        (),
        np.zeros(0),
        nowhere,
        nowhere,
        none,
        none,
        0.0,
        "transformers",
        fleet.slot_count,
        0.0,
    )
