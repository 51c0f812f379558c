"""Plan what is no freely divisible need: contacts that are closed or open, batteries, heat pumps, cars that give back.

The exact dispatch plans the others first, with the contacts as if they followed any power and the stores as they are by
themselves. Then contacts and stores are planned together, in the room that the others leave.
"""

import time
from dataclasses import fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.demand_response.flexibility import SLOT_HOURS, Fleet, subset
from grid.demand_response.limits import Limits, group_offsets, headroom_w
from grid.demand_response.onoff import HeatPump, stores_of
from grid.demand_response.optimisation import Optimum, prices_eur_per_mwh
from grid.demand_response.prices import WH_PER_MWH
from grid.demand_response.upper_limits import upper_room_w
from grid.kernels.commitment import Commitment, Effort, Stores, commit

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: The search for a better plan in whole steps ends after this; it is feasible from its first second on. [s]
BUDGET_S: Final = 10.0
#: So much missing heat is no rounding. [Wh]
_COLD_WH: Final = 1.0
_TINY: Final = 1e-9


def rounded(fleet: Fleet, limits: Limits, optimum: Optimum, on_off: Bool, *, budget_s: float = BUDGET_S) -> Optimum:
    """Return a plan in which devices that are on or off are so, and stores are planned.

    Parameters
    ----------
    fleet : Fleet
        All that were planned.
    limits : Limits
        Of their transformers, and above these.
    optimum : Optimum
        Plan of `grid.demand_response.optimisation.optimise`, which lets every device draw any power up to its highest,
        and leaves stores alone.
    on_off : ndarray, shape (device,), bool
        Devices that draw their highest power or nothing; no stores.
    budget_s : float, default `BUDGET_S`
        After this no better plan is looked for. [s]

    Returns
    -------
    Optimum
        Of the solver ``commitment``. The bound is that of the plan given, which is one for every plan in whole steps,
        and that of each store by itself, without limits. Stores cost what they cost more than by themselves.

    Notes
    -----
    A device that needs a part of a slot is given the whole slot and ends by itself. The room of each transformer is
    what is not planned for others; under limits above it, its own part of what these have left. Comfort goes before
    limits: a heat pump that the room would leave colder than its owner allows is left to itself, and its transformer
    is named with what is missing.
    """
    chosen = on_off | fleet.is_store
    if not chosen.any():
        return optimum
    started = time.perf_counter()
    some = subset(fleet, np.flatnonzero(chosen))
    rows = np.searchsorted(np.unique(fleet.transformer_id), np.unique(some.transformer_id))
    room_w = _room_w(fleet, limits, optimum, chosen)[rows]
    price, effort = prices_eur_per_mwh(fleet), Effort(seconds=budget_s)
    plan = commit(price, room_w, group_offsets(some), _kernel_stores(some), slot_hours=SLOT_HOURS, effort=effort)
    power_w = optimum.power_w.copy()
    power_w[chosen] = np.where(_cold(some, plan)[:, np.newaxis], some.natural_w, plan.power_w + _beside_w(some))
    moved_w = (fleet.natural_w - power_w).sum(axis=0)
    missing_wh, cut_slot = _missing(optimum, plan, fleet, chosen, rows)
    cost_eur = float(((power_w - fleet.fixed_w) @ price).sum()) * SLOT_HOURS / WH_PER_MWH
    alone_eur = sum(fleet.stores[int(device)].bound_eur for device in fleet.end_device_id[fleet.is_store])
    return replace(
        optimum,
        power_w=power_w,
        reduction_w=moved_w[fleet.event_slots],
        cost_eur=cost_eur,
        bound_eur=optimum.bound_eur + alone_eur,
        missing_wh=missing_wh,
        cut_slot=cut_slot,
        solver="commitment",
        duration_s=optimum.duration_s + time.perf_counter() - started,
    )


def _kernel_stores(fleet: Fleet) -> Stores:
    """Return contacts and stores as the kernels take them, in the order of the fleet."""
    is_store, slots = fleet.is_store, fleet.slot_count
    known = stores_of([fleet.stores[int(device)].resource for device in fleet.end_device_id[is_store]], slots)
    needs = _needs(subset(fleet, np.flatnonzero(~is_store)))
    order = np.argsort(np.concatenate((np.flatnonzero(~is_store), np.flatnonzero(is_store))))
    both = {one.name: np.concatenate((getattr(needs, one.name), getattr(known, one.name))) for one in fields(Stores)}
    return Stores(**{name: values[order] for name, values in both.items()})


def _needs(fleet: Fleet) -> Stores:
    """Return needs as stores: empty now, and full enough by the end of each window."""
    devices, slots = fleet.natural_w.shape
    slot = np.arange(slots)
    within = (slot >= fleet.first_slot[:, np.newaxis]) & (slot < fleet.last_slot[:, np.newaxis])
    step_wh = np.maximum(fleet.power_cap_w * SLOT_HOURS, _TINY)
    full_wh = np.ceil(fleet.need_wh / step_wh - _TINY) * step_wh
    over = slot >= fleet.last_slot[:, np.newaxis] - 1
    one, each = np.ones(devices), np.ones((devices, slots))
    return Stores(
        start_wh=0.0 * one,
        retention_ratio=one,
        gain_ratio=each,
        give_ratio=one,
        drift_wh=0.0 * each,
        floor_wh=over * fleet.need_wh[:, np.newaxis],
        ceiling_wh=each * np.maximum(full_wh, fleet.need_wh)[:, np.newaxis],
        draw_w=within * fleet.power_cap_w[:, np.newaxis],
        give_w=0.0 * each,
        steps=np.ones(devices, dtype=np.int64),
        minimum_run_slots=np.ones(devices, dtype=np.int64),
    )


def _room_w(fleet: Fleet, limits: Limits, optimum: Optimum, chosen: Bool) -> Float:
    """Return what each transformer of the fleet leaves to its contacts and stores, shape (transformer, slot). [W]."""
    first, is_store = group_offsets(fleet)[:-1], fleet.is_store[:, np.newaxis]
    planned_w = optimum.power_w - fleet.fixed_w
    load_w = np.add.reduceat(planned_w, first, axis=0)
    by_itself_w = is_store * (fleet.natural_w - _beside_w(fleet))
    mine_w = np.add.reduceat(planned_w * chosen[:, np.newaxis] + by_itself_w, first, axis=0)
    slack_w = headroom_w(limits, fleet, signed=True) - load_w
    places, has_some = np.unique(fleet.transformer_id), np.logical_or.reduceat(chosen, first)
    rated = [one.place_id for one in limits.rating]
    for upper in limits.upper:
        inside = np.isin(places, upper.transformer_id)
        room_w = upper_room_w(upper, fleet, rated, limits.forecast_w, signed=True)
        left_w = room_w - load_w[inside].sum(axis=0)
        slack_w[inside] = np.minimum(slack_w[inside], left_w / max(int((inside & has_some).sum()), 1))
    return np.asarray(np.maximum(mine_w + slack_w, 0.0))


def _beside_w(fleet: Fleet) -> Float:
    """Return what is drawn beside what is planned, shape (device, slot). [W]."""
    beside_w = fleet.fixed_w.copy()
    for row in np.flatnonzero(fleet.is_store):
        beside_w[row] = fleet.stores[int(fleet.end_device_id[row])].beside_w
    return beside_w


def _cold(fleet: Fleet, plan: Commitment) -> Bool:
    """Tell which heat pumps the room leaves colder than they may be."""
    pumps = [
        int(device) in fleet.stores and isinstance(fleet.stores[int(device)].resource, HeatPump)
        for device in fleet.end_device_id
    ]
    cold: Bool = np.array(pumps, dtype=np.bool_) & (plan.missing_wh.sum(axis=1) > plan.own_missing_wh + _COLD_WH)
    return cold


def _missing(
    optimum: Optimum, plan: Commitment, fleet: Fleet, chosen: Bool, rows: NDArray[np.int64]
) -> tuple[Float, Bool]:
    """Return what is missing by place, and where: of the others their part of it, of those chosen as planned now."""
    short_wh = np.maximum(fleet.need_wh - (optimum.power_w - fleet.fixed_w).sum(axis=1) * SLOT_HOURS, 0.0)
    of_others = short_wh[~chosen].sum() / max(float(short_wh.sum()), _TINY)
    missing_wh, cut_slot = optimum.missing_wh * of_others, optimum.cut_slot & (of_others > 0.0)
    missing_wh[rows] += plan.short_wh
    cut_slot[rows] |= plan.cut_slot
    return missing_wh, cut_slot
