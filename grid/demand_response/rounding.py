"""Plan again, in whole steps, what a contact can only switch on or off: in the room that all others leave."""

import time
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.demand_response.aim import subset
from grid.demand_response.flexibility import SLOT_HOURS, Fleet
from grid.demand_response.limits import Limits, group_offsets
from grid.demand_response.optimisation import Optimum, prices_eur_per_mwh
from grid.kernels.commitment import Commitment, Effort, Stores, commit

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: The search for a better plan in whole steps ends after this; it is feasible from its first second on. [s]
BUDGET_S: Final = 10.0
WH_PER_MWH: Final = 1e6
_TINY: Final = 1e-9


def rounded(fleet: Fleet, limits: Limits, optimum: Optimum, on_off: Bool, *, budget_s: float = BUDGET_S) -> Optimum:
    """Return a plan in which devices that are on or off are so.

    Parameters
    ----------
    fleet : Fleet
        All that were planned.
    limits : Limits
        Of their transformers, and above these.
    optimum : Optimum
        Plan of `grid.demand_response.optimisation.optimise`, which lets every device draw any power up to its highest.
    on_off : ndarray, shape (device,), bool
        Devices that draw their highest power or nothing.
    budget_s : float, default `BUDGET_S`
        After this no better plan is looked for. [s]

    Returns
    -------
    Optimum
        Of the solver ``commitment``; the bound is that of the plan given, which is one for every plan in whole steps.

    Notes
    -----
    A device that needs a part of a slot is given the whole slot and ends by itself. The room of each transformer is
    what is not planned for others; under limits above it, its own part of what these have left.
    """
    if not on_off.any():
        return optimum
    started = time.perf_counter()
    switched = subset(fleet, np.flatnonzero(on_off))
    rows = np.searchsorted(np.unique(fleet.transformer_id), np.unique(switched.transformer_id))
    room_w = _room_w(fleet, limits, optimum, on_off)[rows]
    price = prices_eur_per_mwh(fleet)
    effort = Effort(seconds=budget_s)
    plan = commit(price, room_w, group_offsets(switched), _stores(switched), slot_hours=SLOT_HOURS, effort=effort)
    power_w = optimum.power_w.copy()
    power_w[on_off] = plan.power_w + fleet.fixed_w[on_off]
    moved_w = (fleet.natural_w - power_w).sum(axis=0)
    missing_wh, cut_slot = _missing(optimum, plan, fleet, on_off, rows)
    return replace(
        optimum,
        power_w=power_w,
        reduction_w=moved_w[fleet.event_slots],
        cost_eur=float(((power_w - fleet.fixed_w) @ price).sum()) * SLOT_HOURS / WH_PER_MWH,
        missing_wh=missing_wh,
        cut_slot=cut_slot,
        solver="commitment",
        duration_s=optimum.duration_s + time.perf_counter() - started,
    )


def _stores(fleet: Fleet) -> Stores:
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


def _room_w(fleet: Fleet, limits: Limits, optimum: Optimum, on_off: Bool) -> Float:
    """Return what each transformer of the fleet leaves to its on/off devices, shape (transformer, slot). [W]."""
    first = group_offsets(fleet)[:-1]
    planned_w = optimum.power_w - fleet.fixed_w
    load_w = np.add.reduceat(planned_w, first, axis=0)
    mine_w = np.add.reduceat(planned_w * on_off[:, np.newaxis], first, axis=0)
    slack_w = np.maximum(optimum.room_w[: first.size] - load_w, 0.0)
    places = np.unique(fleet.transformer_id)
    for row, upper in enumerate(limits.upper, start=first.size):
        inside = np.isin(places, upper.transformer_id)
        left_w = np.maximum(optimum.room_w[row] - load_w[inside].sum(axis=0), 0.0)
        slack_w[inside] = np.minimum(slack_w[inside], left_w / max(int(inside.sum()), 1))
    room_w: Float = mine_w + slack_w
    return room_w


def _missing(
    optimum: Optimum, plan: Commitment, fleet: Fleet, on_off: Bool, rows: NDArray[np.int64]
) -> tuple[Float, Bool]:
    """Return what is missing by place, and where: of the others their part of it, of on/off devices as planned now."""
    short_wh = np.maximum(fleet.need_wh - (optimum.power_w - fleet.fixed_w).sum(axis=1) * SLOT_HOURS, 0.0)
    of_others = short_wh[~on_off].sum() / max(float(short_wh.sum()), _TINY)
    missing_wh, cut_slot = optimum.missing_wh * of_others, optimum.cut_slot & (of_others > 0.0)
    missing_wh[rows] += plan.short_wh
    cut_slot[rows] |= plan.cut_slot
    return missing_wh, cut_slot
