"""Call no more resources than a target needs: the fairest first, in a plan that is exact for those called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.demand_response.flexibility import SLOT_HOURS, Fleet, subset
from grid.demand_response.limits import Limits
from grid.demand_response.optimisation import Optimum, optimise

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Limits may leave less than was aimed at; then more are called, at most so often.
_ATTEMPTS: Final = 6
#: So much of the target is not worth another call. [ratio]
_CLOSE_RATIO: Final = 0.005
#: First come those of whose load in the event at least this share is wanted. [ratio]
_USEFUL_RATIO: Final = 0.5
_TINY_W: Final = 1.0


@dataclass(frozen=True, slots=True)
class Aimed:
    """Hold a plan for those who are called, and what it lacks.

    Attributes
    ----------
    fleet : Fleet
        Those called.
    limits : Limits
        Of their transformers.
    optimum : Optimum
        Their plan.
    gap_w : ndarray, shape (event slot,), float64
        What the plan's reduction lacks of what was wanted, at least 0. [W]
    """

    fleet: Fleet
    limits: Limits
    optimum: Optimum
    gap_w: Float


def aim(fleet: Fleet, limits: Limits, order: Sequence[int], wanted_w: Float) -> Aimed:
    """Choose resources and plan them, so that each slot of the event is reduced by as much as is wanted.

    Parameters
    ----------
    fleet : Fleet
        Who could be called.
    limits : Limits
        Of their transformers.
    order : sequence of int
        Rows of the fleet, the fairest to be called first.
    wanted_w : ndarray, shape (event slot,), float64
        Reduction wanted if all obey. [W]

    Returns
    -------
    Aimed
        What misses the target is in ``gap_w``; then all that could help are called.

    Notes
    -----
    Those not called are part of the load that cannot move. Where a slot has more than is wanted, those called last may
    draw in it as they would by themselves; stores give what they can. What these give is taken as if no limit stood in
    the way, here: `grid.demand_response.rounding` plans them, and its sums count.
    """
    nominal_w = wanted_w.astype(np.float64)
    best = _planned(fleet, limits, np.empty(0, dtype=np.int64), wanted_w)
    for _ in range(_ATTEMPTS):
        chosen = choose(_movable_w(fleet), order, nominal_w)
        spared = _with_slack(fleet, chosen, nominal_w)
        made = _planned(spared, limits, chosen, wanted_w)
        if made.gap_w.sum() < best.gap_w.sum():
            best = made
        if best.gap_w.max(initial=0.0) <= _CLOSE_RATIO * wanted_w.max(initial=0.0) or chosen.size == len(order):
            break
        nominal_w = nominal_w + made.gap_w
    return best


def choose(natural_w: Float, order: Sequence[int], wanted_w: Float) -> Int:
    """Return the rows to be called, in the order of their call.

    Parameters
    ----------
    natural_w : ndarray, shape (device, event slot), float64
        What each would draw in the event, or a store could give. [W]
    order : sequence of int
        The fairest to be called first.
    wanted_w : ndarray, shape (event slot,), float64
        Reduction wanted. [W]

    Examples
    --------
    >>> choose(np.array([[5.0, 5.0], [5.0, 0.0], [5.0, 5.0]]), [1, 2, 0], np.array([5.0, 5.0])).tolist()
    [1, 2]
    """
    left_w, chosen, seen = wanted_w.astype(np.float64), [], np.zeros(len(natural_w), dtype=np.bool_)
    total_w = natural_w.sum(axis=1)
    for least in (_USEFUL_RATIO, 0.0):
        for row in order:
            if left_w.max(initial=0.0) <= _TINY_W:
                break
            useful_w = np.minimum(natural_w[row], np.maximum(left_w, 0.0)).sum()
            if not seen[row] and useful_w > max(least * total_w[row], _TINY_W):
                left_w -= natural_w[row]
                seen[row] = True
                chosen.append(row)
    return np.array(chosen, dtype=np.int64)


def limits_of(limits: Limits, places: Int) -> Limits:
    """Return the limits of some transformers."""
    kept = [row for row, rating in enumerate(limits.rating) if rating.place_id in set(places.tolist())]
    return replace(limits, rating=[limits.rating[row] for row in kept], forecast_w=limits.forecast_w[kept])


def _planned(fleet: Fleet, limits: Limits, chosen: Int, wanted_w: Float) -> Aimed:
    mine = subset(fleet, np.sort(chosen))
    its_limits = limits_of(limits, np.unique(mine.transformer_id))
    optimum = optimise(mine, its_limits)
    given_w = _given_w(mine).sum(axis=0)
    return Aimed(mine, its_limits, optimum, np.maximum(wanted_w - optimum.reduction_w - given_w, 0.0))


def _movable_w(fleet: Fleet) -> Float:
    """Return what each could give in the slots of the event. [W]."""
    event = fleet.event_slots
    return fleet.natural_w[:, event] - fleet.fixed_w[:, event] + _given_w(fleet)


def _given_w(fleet: Fleet) -> Float:
    """Return what stores could give, 0 for others, shape (device, event slot). [W]."""
    given_w = np.zeros_like(fleet.natural_w[:, fleet.event_slots])
    for row in np.flatnonzero(fleet.is_store):
        given_w[row] = fleet.stores[int(fleet.end_device_id[row])].gives_w[fleet.event_slots]
    return given_w


def _with_slack(fleet: Fleet, chosen: Int, wanted_w: Float) -> Fleet:
    """Leave alone what is drawn in a slot beyond what is wanted there, of those called last."""
    event_w = fleet.natural_w[:, fleet.event_slots] - fleet.fixed_w[:, fleet.event_slots]
    surplus_w = _movable_w(fleet)[chosen].sum(axis=0) - wanted_w
    left_w = np.zeros_like(event_w)
    for row in chosen[::-1]:
        spared = (event_w[row] > 0) & (event_w[row] <= surplus_w)
        left_w[row, spared] = event_w[row, spared]
        surplus_w -= left_w[row]
    fixed_w = fleet.fixed_w.copy()
    fixed_w[:, fleet.event_slots] += left_w
    need_wh = np.maximum(fleet.need_wh - left_w.sum(axis=1) * SLOT_HOURS, 0.0)
    return replace(fleet, fixed_w=fixed_w, need_wh=need_wh)
