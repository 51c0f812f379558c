r"""Combine experts by weights that follow their regrets: ML-Poly, for each series and lead.

At each origin the combined forecast is the mean of the experts, weighted by :math:`\eta_k (R_k)_+`; :math:`R_k` is
what would have been gained, to first order, by listening to expert :math:`k` alone, and the learning rate
:math:`\eta_k = 1 / (B_k + \sum r_k^2)` needs no tuning [1]_. For any sequence of loads, the loss of the combination
exceeds that of the best fixed mixture of experts by no more than the square root of the number of origins times
experts, on the scale of the losses.

An expert without a forecast sleeps: it gets no weight and no regret. What an expert says is cut to the range of what
the others say, widened, so that a broken one does no harm before its weight is gone.

References
----------
.. [1] Gaillard, P., Stoltz, G., van Erven, T. (2014). A second-order bound with excess losses. COLT, JMLR W&CP 35,
   176-196.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, require

#: What an expert says may lie so many times the spread of all around their median.
_WIDEST = 10.0
#: Fewer experts cannot tell which of them is broken.
_FEWEST_TO_CUT = 3


@dataclass(frozen=True, slots=True)
class Combination:
    """Hold the outcome.

    Attributes
    ----------
    combined_w : ndarray, shape (series, origin, lead), float64
        Each by weights from loads that were known at its origin; NaN where no expert has a forecast. [W]
    weight : ndarray, shape (series, expert, lead), float64
        Of the last origin; they add up to 1, or are all 0 where no expert has a forecast. [1]
    """

    combined_w: Float
    weight: Float


@jitted
def _mix(said: Float, weight: Float, mixed: Float) -> None:
    """Make weights, (expert, lead), of what each expert deserves, and fill their mean; NaN where all sleep."""
    total, awake = np.zeros(mixed.size), np.zeros(mixed.size)
    for expert in range(said.shape[0]):
        line, share = said[expert], weight[expert]
        for lead in range(mixed.size):
            sleeps = np.isnan(line[lead])
            share[lead] = 0.0 if sleeps else share[lead]
            total[lead] += share[lead]
            awake[lead] += 0.0 if sleeps else 1.0
    for lead in range(mixed.size):
        mixed[lead] = 0.0 if awake[lead] > 0.0 else np.nan
    for expert in range(said.shape[0]):
        line, share = said[expert], weight[expert]
        for lead in range(mixed.size):
            of_all = share[lead] / total[lead] if total[lead] > 0.0 else 1.0 / awake[lead]
            share[lead] = 0.0 if np.isnan(line[lead]) else of_all
            mixed[lead] += 0.0 if np.isnan(line[lead]) else share[lead] * line[lead]


@leaf
def _sort(values: Float) -> None:
    """Sort values, (expert, lead), along the first axis, which is short: all leads in vector registers at once."""
    for last in range(values.shape[0] - 1, 0, -1):
        for place in range(last):
            row, after = values[place], values[place + 1]
            for lead in range(row.size):
                one, other = row[lead], after[lead]
                row[lead] = min(one, other)
                after[lead] = max(one, other)


@leaf
def _put_asleep_last(said: Float, around: Float, values: Float) -> None:
    """Fill values, (expert, lead), with the distance from around, infinite for who sleeps."""
    for expert in range(said.shape[0]):
        line, found = said[expert], values[expert]
        for lead in range(line.size):
            distance = abs(line[lead] - around[lead])
            found[lead] = np.inf if np.isnan(distance) else distance


@jitted
def _cut(said: Float, kept: Float) -> None:
    """Fill kept with said, both (expert, lead), cut to a wide range around the median of who is awake."""
    experts, leads = said.shape
    values, middle, awake = np.empty((experts, leads)), np.zeros(leads), np.zeros(leads, np.int64)
    for expert in range(experts):
        line, found = said[expert], values[expert]
        for lead in range(leads):
            sleeps = np.isnan(line[lead])
            found[lead] = np.inf if sleeps else line[lead]
            awake[lead] += 0 if sleeps else 1
    _sort(values)
    for lead in range(leads):
        middle[lead] = values[min(awake[lead] // 2, experts - 1), lead]
    _put_asleep_last(said, middle, values)
    _sort(values)
    for lead in range(leads):
        widest = _WIDEST * values[min(awake[lead] // 2, experts - 1), lead]
        # Where most say the same, the others may know better.
        values[0, lead] = widest if awake[lead] >= _FEWEST_TO_CUT and widest > 0.0 else np.inf
    for expert in range(experts):
        line, found, widest_of = said[expert], kept[expert], values[0]
        for lead in range(leads):
            lowest, highest = middle[lead] - widest_of[lead], middle[lead] + widest_of[lead]
            found[lead] = np.nan if np.isnan(line[lead]) else min(max(line[lead], lowest), highest)


@leaf
def _account(
    said: Float, mean: Float, actual: Float, group: Int, regret: Float, square: Float, largest: Float, gain: Float
) -> None:
    """Add what each expert would have gained on the absolute error, to first order, to the sums of its leads' group."""
    for expert in range(said.shape[0]):
        line, its_regret, its_square, its_largest = said[expert], regret[expert], square[expert], largest[expert]
        for lead in range(mean.size):
            slope = 1.0 if mean[lead] > actual[lead] else (-1.0 if mean[lead] < actual[lead] else 0.0)
            value = slope * (mean[lead] - line[lead])
            gain[lead] = 0.0 if np.isnan(value) else value
        for lead in range(mean.size):
            one, of = gain[lead], group[lead]
            its_regret[of] += one
            its_square[of] += one * one
            its_largest[of] = max(its_largest[of], one * one)


@jitted
def _deserve(group: Int, regret: Float, square: Float, largest: Float, weight: Float) -> None:
    """Fill what each expert's weight is in proportion to, (expert, lead), from the sums of its leads' group."""
    rate = np.empty(regret.shape[1])
    for expert in range(regret.shape[0]):
        for of in range(rate.size):
            total = square[expert, of]
            rate[of] = max(regret[expert, of], 0.0) * (1.0 / (largest[expert, of] + total) if total > 0.0 else 0.0)
        for lead in range(group.size):
            weight[expert, lead] = rate[group[lead]]


@jitted
def _combine(expert_w: Float, actual_w: Float, day: int, pooled: int, combined_w: Float, weight: Float) -> None:
    """Combine origin after origin; neighbouring leads share their regrets."""
    experts, origins, leads = expert_w.shape
    group, pending = np.arange(leads) // pooled, (leads - 1) // day + 2
    kept = np.empty((pending, experts, leads))  # of the origins whose leads have not all ended
    shape = (experts, int(group[leads - 1]) + 1)
    regret, square, largest, room = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.empty(leads)
    for origin in range(origins):
        for first in range(0, leads, day):
            ended = origin - first // day - 1  # the latest origin whose slots at these leads have ended
            if ended >= 0:
                of = slice(first, min(first + day, leads))
                its, mean, actual = kept[ended % pending, :, of], combined_w[ended, of], actual_w[ended, of]
                _account(its, mean, actual, group[of], regret, square, largest, room[of])
        now = kept[origin % pending]
        _cut(expert_w[:, origin], now)
        _deserve(group, regret, square, largest, weight)
        _mix(now, weight, combined_w[origin])


@parallel_kernel
def _combine_batch(expert_w: Float, actual_w: Float, day: int, pooled: int, combined_w: Float, weight: Float) -> None:
    for series in prange(expert_w.shape[0]):
        _combine(expert_w[series], actual_w[series], day, pooled, combined_w[series], weight[series])


def combine(expert_w: NDArray[Any], actual_w: NDArray[Any], *, day: int = 48, pooled: int = 4) -> Combination:
    """Combine the forecasts of daily origins, one after the other.

    Parameters
    ----------
    expert_w : ndarray, shape (series, expert, origin, lead)
        What each said at origins one day apart; NaN where it had nothing to say. [W]
    actual_w : ndarray, shape (series, origin, lead)
        What came; NaN where it is missing or has not come. It is looked at only for origins after its slot. [W]
    day : int, default 48
        Slots between two origins. [slots]
    pooled : int, default 4
        Neighbouring leads that share their weights, at least 1. [slots]

    Returns
    -------
    Combination

    Notes
    -----
    O(series * expert * origin * lead). What differs by less than 1e-162 W squares to nothing in a double: no expert has
    gained by it.

    Examples
    --------
    >>> import numpy as np
    >>> said = np.array([[[[8.0]] * 9, [[1.0]] * 9]]).reshape(1, 2, 9, 1)
    >>> found = combine(said, np.full((1, 9, 1), 8.0))
    >>> found.combined_w[0, :2, 0], found.weight[0, :, 0]
    (array([4.5, 8. ]), array([1., 0.]))
    """
    said = float_array("expert_w", expert_w, axes=(None, None, None, None))
    series, _, origins, leads = said.shape
    actual = float_array("actual_w", actual_w, axes=(series, origins, leads))
    require(day >= 1 and pooled >= 1, "A day, and what shares weights, is at least one slot.")
    combined, weight = np.empty((series, origins, leads)), np.zeros((series, said.shape[1], leads))
    _combine_batch(said, actual, day, pooled, combined, weight)
    return Combination(combined, weight)


@parallel_kernel
def _mix_batch(expert_w: Float, weight: Float, mixed_w: Float) -> None:
    for series in prange(expert_w.shape[0]):
        kept, mixed, total = np.empty(expert_w.shape[1:]), mixed_w[series], np.zeros(expert_w.shape[2])
        _cut(expert_w[series], kept)
        mixed[:] = 0.0
        for expert in range(expert_w.shape[1]):
            line, share = kept[expert], weight[series, expert]
            for lead in range(total.size):
                sleeps = np.isnan(line[lead])
                total[lead] += 0.0 if sleeps else share[lead]
                mixed[lead] += 0.0 if sleeps else share[lead] * line[lead]
        for lead in range(total.size):
            mixed[lead] = mixed[lead] / total[lead] if total[lead] > 0.0 else np.nan


def mix(expert_w: NDArray[Any], weight: NDArray[Any]) -> Float:
    """Combine what experts say now by weights from before.

    Parameters
    ----------
    expert_w : ndarray, shape (series, expert, lead)
        NaN where one has nothing to say: the others then share its weight. [W]
    weight : ndarray, shape (series, expert, lead)
        From `combine`, for each lead. [1]

    Returns
    -------
    ndarray, shape (series, lead), float64
        NaN where no expert with any weight has a forecast. [W]

    Examples
    --------
    >>> import numpy as np
    >>> said = np.array([[[8.0, 8.0], [1.0, np.nan]]])
    >>> mix(said, np.array([[[0.5, 0.5], [0.5, 0.5]]]))
    array([[4.5, 8. ]])
    """
    said = float_array("expert_w", expert_w, axes=(None, None, None))
    weights = float_array("weight", weight, axes=said.shape)
    mixed = np.empty((said.shape[0], said.shape[2]))
    _mix_batch(said, weights, mixed)
    return mixed
