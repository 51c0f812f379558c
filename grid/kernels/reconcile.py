r"""Make forecasts add up: the least change, weighed by how far each forecast errs (minimum trace).

With :math:`\hat y` the forecasts of all places, :math:`W` the covariance of their errors and :math:`U'y = 0` saying
that every total less its parts is nothing, the coherent forecast of least variance is
:math:`\tilde y = \hat y - W U (U' W U)^{-1} U' \hat y`, which is :math:`S (S' W^{-1} S)^{-1} S' W^{-1} \hat y` in
terms of the summing matrix :math:`S` [1]_. Here :math:`W = D + f f'`: what each place errs by itself, and one error
that all share, each by its part :math:`f`. With :math:`f = 0` this is variance scaling.

In one hierarchy :math:`U' D U` is the matrix of a tree: eliminated from the leaves to the root it fills in nowhere, and
two sweeps solve it exactly. Hierarchies that cross are solved by conjugate gradients that start each step from the
sweeps of all of them [2]_. The common error is one more right-hand side (Sherman and Morrison).

References
----------
.. [1] Wickramasuriya, S. L., Athanasopoulos, G., Hyndman, R. J. (2019). Optimal forecast reconciliation for
   hierarchical and grouped time series through trace minimization. J. Am. Stat. Assoc. 114, 804-819.
.. [2] Saad, Y. (2003). Iterative methods for sparse linear systems, 2nd ed., SIAM, 9.2 and 10.2.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Bool, Float, Int, float_array, require
from grid.kernels.sums import Sums

Walk = tuple[Int, Int, Int, Int]  # total, first, part, above

#: Powers are told in steps of this, so that sums of doubles are exact in whatever order they are taken. [W]
STEP_W = 2.0**-10
#: Steps of conjugate gradients at most; with the sweeps before each, ten to thirty are needed.
_MOST_STEPS = 200
#: The error that is left, squared, over the one at the beginning, in the measure of the sweeps.
_SMALL_ENOUGH = 1e-20
#: A direction in which the equations say so little is one that they say nothing about.
_NOTHING = 1e-10
#: How often places that fell below their floor are put on it and the rest is shared anew.
_MOST_ROUNDS = 10


@jitted
def _gaps(value: Float, closed: Bool, walk: Walk, gap: Float) -> None:
    """Fill by how much each total exceeds its parts; 0 where the sum is open."""
    total, first, part, _ = walk
    for number in range(total.size):
        gap[number] = 0.0
        if closed[number]:
            gap[number] = value[total[number]]
            for entry in range(first[number], first[number + 1]):
                gap[number] -= value[part[entry]]


@jitted
def _moves(pull: Float, weight: Float, closed: Bool, walk: Walk, moved: Float) -> None:
    """Fill by how much places move when sums pull: totals with the pull, parts against it, each by its weight."""
    total, first, part, _ = walk
    moved[:] = 0.0
    for number in range(total.size):
        if closed[number]:
            moved[total[number]] += pull[number]
            for entry in range(first[number], first[number + 1]):
                moved[part[entry]] -= pull[number]
    for place in range(weight.size):
        moved[place] *= weight[place]


@jitted
def _pivots(weight: Float, closed: Bool, walk: Walk, pivot: Float) -> None:
    """Eliminate every hierarchy from its leaves up; a pivot of 0 marks a sum in which nothing can move."""
    total, first, part, above = walk
    for number in range(total.size):
        pivot[number] = weight[total[number]] if closed[number] else 0.0
        for entry in range(first[number], first[number + 1]):
            pivot[number] += weight[part[entry]] if closed[number] else 0.0
    for number in range(total.size):
        own, up = weight[total[number]], above[number]
        if up >= 0 and closed[up] and pivot[number] > 0.0:
            left = pivot[up] - own * own / pivot[number]
            pivot[up] = left if left > _NOTHING * pivot[up] else 0.0


@jitted
def _sweep(gap: Float, weight: Float, closed: Bool, walk: Walk, pivot: Float, pull: Float) -> None:
    """Fill the pulls that close the gaps of each hierarchy by itself: up from the leaves, down from the roots."""
    total, _, _, above = walk
    pull[:] = gap
    for number in range(total.size):
        up = above[number]
        if up >= 0 and closed[up] and pivot[number] > 0.0:
            pull[up] += weight[total[number]] / pivot[number] * pull[number]
    for number in range(total.size - 1, -1, -1):
        if pivot[number] > 0.0:
            up = above[number]
            from_above = weight[total[number]] * pull[up] if up >= 0 and closed[up] else 0.0
            pull[number] = (pull[number] + from_above) / pivot[number]
        else:
            pull[number] = 0.0


@jitted
def _settle(value: Float, weight: Float, closed: Bool, walk: Walk, pivot: Float, pull: Float, moved: Float) -> None:
    """Fill the pulls that close all gaps of value, and the moves that they make."""
    sums = pull.size
    gap, ahead, change = np.empty(sums), np.empty(sums), np.empty(sums)
    step, swept = np.zeros(sums), np.empty(sums)
    way = np.empty(weight.size)
    pull[:], moved[:] = 0.0, 0.0
    _gaps(value, closed, walk, gap)
    before, at_first, length = 1.0, 0.0, 0.0
    for count in range(_MOST_STEPS):
        _sweep(gap, weight, closed, walk, pivot, swept)
        now = np.sum(gap * swept)
        at_first = now if count == 0 else at_first
        if not now > _SMALL_ENOUGH * at_first:
            break
        turn = now / before if count > 0 else 0.0
        step[:] = swept + turn * step
        length = now + turn * turn * length
        before = now
        _moves(step, weight, closed, walk, way)
        _gaps(way, closed, walk, change)
        curvature = np.sum(step * change)
        if not curvature > _NOTHING * length:
            break
        ahead[:] = now / curvature * step
        pull += ahead
        moved += now / curvature * way
        gap -= now / curvature * change


@jitted
def _share(value: Float, weight: Float, common: Float, closed: Bool, walk: Walk, found: Float) -> None:
    """Fill the coherent values by both kinds of error."""
    sums, places = walk[0].size, value.size
    pivot, pull, moved = np.empty(sums), np.empty(sums), np.empty(places)
    _pivots(weight, closed, walk, pivot)
    _settle(value, weight, closed, walk, pivot, pull, moved)
    found[:] = value - moved
    if np.any(common != 0.0):
        gap, pull_of_common = np.empty(sums), np.empty(sums)
        _gaps(common, closed, walk, gap)
        _settle(common, weight, closed, walk, pivot, pull_of_common, moved)
        amount = np.sum(gap * pull) / (1.0 + np.sum(gap * pull_of_common))
        found += amount * (moved - common)


@jitted
def _add_up(found: Float, floor: Float, closed: Bool, walk: Walk) -> None:
    """Put what is no sum on the steps and above its floor, and make every closed sum of its parts."""
    total, first, part, _ = walk
    summed = np.zeros(found.size, dtype=np.bool_)
    for number in range(total.size):
        summed[total[number]] |= closed[number]
    for place in range(found.size):
        if not summed[place] and not np.isnan(found[place]):
            found[place] = np.rint(max(found[place], floor[place]) / STEP_W) * STEP_W
    for number in range(total.size):
        if closed[number] and summed[total[number]]:
            summed[total[number]] = False  # where two hierarchies sum a place, the first one does
            found[total[number]] = 0.0
            for entry in range(first[number], first[number + 1]):
                found[total[number]] += found[part[entry]]


@jitted
def _close(known: Bool, walk: Walk, closed: Bool) -> None:
    """Fill which sums have a forecast of the total and of all parts."""
    total, first, part, _ = walk
    for number in range(total.size):
        closed[number] = known[total[number]]
        for entry in range(first[number], first[number + 1]):
            closed[number] &= known[part[entry]]


@jitted
def _put_on_floor(found: Float, floor: Float, value: Float, weight: Float, shared: Float) -> int:
    """Hold places that were found below their floor on it, and return how many there are."""
    below = 0
    for place in range(found.size):
        if found[place] < floor[place] - STEP_W / 2.0:
            value[place], weight[place], shared[place] = floor[place], 0.0, 0.0
            below += 1
    return below


@jitted
def _one_lead(base: Float, variance: Float, common: Float, floor: Float, walk: Walk, found: Float) -> None:
    known, closed = ~np.isnan(base), np.empty(walk[0].size, dtype=np.bool_)
    value, weight, shared = np.where(known, base, 0.0), np.where(known, variance, 0.0), np.where(known, common, 0.0)
    _close(known, walk, closed)
    for _ in range(_MOST_ROUNDS):
        _share(value, weight, shared, closed, walk, found)
        if _put_on_floor(found, floor, value, weight, shared) == 0:
            break
    for place in range(base.size):
        if not known[place]:
            found[place] = np.nan
    _add_up(found, floor, closed, walk)


@parallel_kernel
def _reconcile_batch(base: Float, variance: Float, common: Float, floor: Float, walk: Walk, found: Float) -> None:
    for lead in prange(base.shape[0]):
        _one_lead(base[lead], variance, common, floor, walk, found[lead])


def reconcile(
    base_w: NDArray[Any],
    variance_w2: NDArray[Any],
    sums: Sums,
    *,
    common_w: NDArray[Any] | None = None,
    floor_w: NDArray[Any] | None = None,
) -> Float:
    """Return forecasts that add up, with the least change by the errors of each.

    Parameters
    ----------
    base_w : ndarray, shape (place, lead)
        Forecasts made of each place by itself; NaN where there is none. [W]
    variance_w2 : ndarray, shape (place,)
        Variance of each place's own error, at least 0: a place with 0 does not move. [W²]
    sums : Sums
        Which places are sums of which.
    common_w : ndarray, shape (place,), optional
        Part of each place in the error that all share; left out: none. [W]
    floor_w : ndarray, shape (place,), optional
        Least value of each place; -inf or left out: none. [W]

    Returns
    -------
    ndarray, shape (place, lead), float64
        In steps of `STEP_W`. Where a total and all of its parts have a forecast, the total is the sum of its parts to
        the last bit, in the hierarchy that is given first. Where one has none, the sum is open: its places follow the
        other sums they belong to, and what is NaN stays so. [W]

    Notes
    -----
    Forecasts that add up and keep to their floors are left as they are. Places that would fall below their floor are
    put on it and the rest is shared anew, up to ten times: near the best such forecast, and not always it. A total
    stays above its own floor where its parts do. O(lead * (place + parts)) in one hierarchy; where several cross, times
    ten to thirty steps.

    Examples
    --------
    >>> import numpy as np
    >>> from grid.kernels.sums import sums_of
    >>> reconcile(np.array([[10.0], [20.0], [36.0]]), np.array([1.0, 1.0, 2.0]), sums_of(np.array([[2, 2, -1]]))).T
    array([[11.5, 21.5, 33. ]])
    """
    base = float_array("base_w", base_w, axes=(sums.place_count, None))
    places = (sums.place_count,)
    variance = float_array("variance_w2", variance_w2, axes=places)
    common = float_array("common_w", np.zeros(places) if common_w is None else common_w, axes=places)
    floor = float_array("floor_w", np.full(places, -np.inf) if floor_w is None else floor_w, axes=places)
    sound = np.isfinite(variance) & (variance >= 0.0) & np.isfinite(common) & ~np.isnan(floor)
    require(bool(sound.all()), "Variances are finite and at least 0, parts of the common error finite, floors not NaN.")
    by_lead = np.ascontiguousarray(base.T)
    found = np.empty_like(by_lead)
    walk = (sums.total, sums.first, sums.part, sums.above)
    _reconcile_batch(by_lead, variance, common, floor, walk, found)
    return np.ascontiguousarray(found.T)
