r"""Plan flexible devices for the total of all: under a cap, with the lowest peak, or where valleys are.

A cap on the total is a limit above all others, so that `grid.kernels.dispatch_nested` plans under it exactly; its
shadow prices are the multipliers of the total. The lowest peak is found by Newton's method on the minimum cut: a level
too low leaves energy unserved, and the cut says by how much it has to rise at least, so that every level is a lower
bound [1]_. Valleys are filled by Wolfe's method [2]_, a Frank-Wolfe method that mixes a few exact plans: each is the
cheapest one at the present load as the price, and says how far the mix is from the optimum at the most.

References
----------
.. [1] Radzik, T. (1998). Fractional combinatorial optimization. In: Handbook of Combinatorial Optimization, 429-478.
.. [2] Wolfe, P. (1976). Finding the nearest point in a polytope. Math. Program. 11, 128-149.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Float, float_array, require
from grid.kernels.dispatch_nested import NestedPlan, dispatch_nested

Arrays = tuple[NDArray[Any], ...]

#: A level is high enough when what it leaves unserved is less than this share of the needs. [ratio]
SERVED_RATIO = 1e-9
#: Plans a mix may take; slots + 1 are enough for any. Each takes one exact plan.
MOST_STEPS = 500
#: What a mix's weight must exceed for its plan to be kept. [ratio]
TINY_WEIGHT = 1e-10


@dataclass(frozen=True, slots=True)
class PeakPlan:
    """Hold the plan with the lowest peak; `bound_w` is what no plan that serves as much can go below. [W]."""

    plan: NestedPlan
    peak_w: float
    bound_w: float


@dataclass(frozen=True, slots=True)
class ValleyPlan:
    """Hold a plan that fills valleys.

    Attributes
    ----------
    power_w : ndarray, shape (device, slot), float64
        Mean power per slot. [W]
    unserved_wh : ndarray, shape (device,), float64
        Need that is not met. [Wh]
    load_w : ndarray, shape (slot,), float64
        Total, the rest of the load included. [W]
    objective_w2, bound_w2 : float
        Sum of squares of that, and the least that any plan serving as much can have. [W²]
    mixed : int
        Exact plans in the mix.
    """

    power_w: Float
    unserved_wh: Float
    load_w: Float
    objective_w2: float
    bound_w2: float
    mixed: int


def dispatch_under_total(
    price_eur_per_mwh: NDArray[Any],
    total_w: NDArray[Any],
    limit_w: NDArray[Any],
    parent: NDArray[Any],
    *devices: NDArray[Any],
    slot_hours: float = 0.5,
    budget_s: float | None = None,
) -> NestedPlan:
    """Return the exact plan whose total stays below `total_w`, shape (slot,) [W].

    Parameters
    ----------
    price_eur_per_mwh, limit_w, parent, *devices, slot_hours, budget_s
        As in `grid.kernels.dispatch_nested.dispatch_nested`.
    total_w : ndarray, shape (slot,)
        Cap on the sum of all devices; infinite as no cap. [W]

    Returns
    -------
    NestedPlan
        With one node more, the last: the cap, its shadow prices and its shortage.

    Examples
    --------
    >>> import numpy as np
    >>> plan = dispatch_under_total(
    ...     np.array([90.0, 20.0]), np.array([3000.0, 3000.0]), np.full((2, 2), np.inf), np.array([-1, -1]),
    ...     np.array([0, 1, 2]), np.array([1000.0, 1000.0]), np.array([2000.0, 2000.0]),
    ...     np.array([0, 0]), np.array([2, 2]))
    >>> plan.shadow_price_eur_per_mwh[-1]
    array([ 0., 70.])
    """
    limit = np.vstack((limit_w, np.asarray(total_w, dtype=np.float64)[np.newaxis]))
    above = np.append(np.where(np.asarray(parent) < 0, limit.shape[0] - 1, parent), -1)
    return dispatch_nested(price_eur_per_mwh, limit, above, *devices, slot_hours=slot_hours, budget_s=budget_s)


def dispatch_lowest_peak(
    price_eur_per_mwh: NDArray[Any],
    rest_w: NDArray[Any],
    limit_w: NDArray[Any],
    parent: NDArray[Any],
    *devices: NDArray[Any],
    slot_hours: float = 0.5,
    budget_s: float | None = None,
) -> PeakPlan:
    """Return the plan that serves the most energy, with the lowest peak of the total, at the least cost.

    Parameters
    ----------
    price_eur_per_mwh, limit_w, parent, *devices, slot_hours
        As in `grid.kernels.dispatch_nested.dispatch_nested`.
    rest_w : ndarray, shape (slot,)
        Load that cannot move. [W]
    budget_s : float or None
        Seconds after which no other level is tried; the plan is then the one without a cap. [s]

    Returns
    -------
    PeakPlan

    Examples
    --------
    >>> import numpy as np
    >>> lowest = dispatch_lowest_peak(
    ...     np.array([90.0, 20.0]), np.array([1000.0, 1500.0]), np.full((1, 2), np.inf), np.array([-1]),
    ...     np.array([0, 1]), np.array([1000.0]), np.array([2000.0]), np.array([0]), np.array([2]))
    >>> lowest.peak_w, lowest.plan.power_w
    (2250.0, array([[1250.,  750.]]))
    """
    until = _until(budget_s)
    rest = float_array("rest_w", rest_w, axes=(np.size(price_eur_per_mwh),))
    best = dispatch_nested(price_eur_per_mwh, limit_w, parent, *devices, slot_hours=slot_hours)
    missing_wh = float(best.unserved_wh.sum())
    allowed_wh = missing_wh + SERVED_RATIO * max(float(best.power_w.sum()) * slot_hours, 1.0)
    level = float(rest.max())
    while time.monotonic() < until:
        total = np.maximum(level - rest, 0.0)
        plan = dispatch_under_total(price_eur_per_mwh, total, limit_w, parent, *devices, slot_hours=slot_hours)
        short_wh = float(plan.unserved_wh.sum())
        if short_wh <= allowed_wh:
            best = plan
            break
        level += (short_wh - missing_wh) / (slot_hours * int(plan.cut_slot[-1].sum()))
    return PeakPlan(best, float((rest + best.power_w.sum(axis=0)).max()), level)


def fill_valleys(
    rest_w: NDArray[Any],
    limit_w: NDArray[Any],
    parent: NDArray[Any],
    *devices: NDArray[Any],
    slot_hours: float = 0.5,
    gap_ratio: float = 1e-9,
    budget_s: float | None = None,
) -> ValleyPlan:
    """Return the plan that serves the most energy, with the least sum of squares of the total load.

    Parameters
    ----------
    rest_w : ndarray, shape (slot,)
        Load that cannot move; less a wished-for total, to come as near to that as possible. [W]
    limit_w, parent, *devices, slot_hours
        As in `grid.kernels.dispatch_nested.dispatch_nested`.
    gap_ratio : float, default 1e-9
        Gap, as a share of the sum of squares, that is near enough.
    budget_s : float or None
        Seconds after which the best mix so far is returned, with its bound. [s]

    Returns
    -------
    ValleyPlan

    Notes
    -----
    The plans mixed are not kept but made again at the end, so that memory does not grow with their number.

    Examples
    --------
    >>> import numpy as np
    >>> filled = fill_valleys(
    ...     np.array([1000.0, 1500.0]), np.full((1, 2), np.inf), np.array([-1]),
    ...     np.array([0, 1]), np.array([1000.0]), np.array([2000.0]), np.array([0]), np.array([2]))
    >>> filled.power_w.round(6), filled.load_w.round(6)
    (array([[1250.,  750.]]), array([2250., 2250.]))
    """
    until = _until(budget_s)
    rest = float_array("rest_w", rest_w, axes=(np.shape(limit_w)[1],))
    require(bool(np.isfinite(rest).all()), "The rest of the load must be known.")
    prices, totals = rest[np.newaxis], _total(rest, limit_w, parent, devices, slot_hours)[np.newaxis]
    weight, bound = np.ones(1), -np.inf
    for _ in range(MOST_STEPS):
        load = rest + weight @ totals
        found = _total(load, limit_w, parent, devices, slot_hours)
        gap = 2.0 * float(load @ (weight @ totals - found))
        bound = max(bound, float(load @ load) - gap)
        known = bool((np.abs(totals - found).max(axis=1) <= TINY_WEIGHT * np.abs(found).max()).any())
        if known or gap <= gap_ratio * float(load @ load) or time.monotonic() >= until:
            break
        prices, totals = np.vstack((prices, load)), np.vstack((totals, found))
        prices, totals, weight = _remixed(rest, prices, totals, np.append(weight, 0.0))
    return _mixed(rest, prices, weight, bound, limit_w, parent, devices, slot_hours)


def _until(budget_s: float | None) -> float:
    return np.inf if budget_s is None else time.monotonic() + budget_s


def _total(price: Float, limit_w: NDArray[Any], parent: NDArray[Any], devices: Arrays, slot_hours: float) -> Float:
    plan = dispatch_nested(price, limit_w, parent, *devices, slot_hours=slot_hours)
    total: Float = plan.power_w.sum(axis=0)
    return total


def _remixed(rest: Float, prices: Float, totals: Float, weight: Float) -> tuple[Float, Float, Float]:
    """Return the plans and the weights of the best mix of them: those that would weigh less than nothing go."""
    while True:
        wished = _affine_weights(rest + totals)
        if (wished > TINY_WEIGHT).all():
            return prices, totals, wished
        falling = (wished <= TINY_WEIGHT) & (weight > wished)
        step = float(np.min(weight[falling] / (weight[falling] - wished[falling]), initial=1.0))
        weight = weight + step * (wished - weight)
        kept = weight > TINY_WEIGHT
        prices, totals, weight = prices[kept], totals[kept], weight[kept] / weight[kept].sum()


def _affine_weights(points: Float) -> Float:
    """Return the weights, of sum 1, of the point nearest to 0 among all affine mixes."""
    scale = float(np.abs(points).max()) or 1.0
    moves = (points[1:] - points[0]).T / scale
    others = np.linalg.lstsq(moves, -points[0] / scale, rcond=None)[0]
    return np.concatenate(([1.0 - others.sum()], others))


def _mixed(
    rest: Float,
    prices: Float,
    weight: Float,
    bound: float,
    limit_w: NDArray[Any],
    parent: NDArray[Any],
    devices: Arrays,
    slot_hours: float,
) -> ValleyPlan:
    power_w, unserved_wh = np.zeros((np.size(devices[1]), rest.size)), np.zeros(np.size(devices[1]))
    for price, share in zip(prices, weight, strict=True):
        plan = dispatch_nested(price, limit_w, parent, *devices, slot_hours=slot_hours)
        np.multiply(plan.power_w, share, out=plan.power_w)
        power_w += plan.power_w
        unserved_wh += share * plan.unserved_wh
    load_w = rest + power_w.sum(axis=0)
    return ValleyPlan(power_w, unserved_wh, load_w, float(load_w @ load_w), bound, weight.size)
