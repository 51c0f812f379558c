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

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, float_array, require

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
def _mix(said: Float, regret: Float, rate: Float, weight: Float) -> float:
    """Fill the weights of the experts that are awake and return their mean; NaN where all sleep."""
    total, awake = 0.0, 0
    for expert in range(said.size):
        weight[expert] = 0.0
        if not np.isnan(said[expert]):
            awake += 1
            weight[expert] = rate[expert] * max(regret[expert], 0.0)
            total += weight[expert]
    if awake == 0:
        return np.nan
    mean = 0.0
    for expert in range(said.size):
        if not np.isnan(said[expert]):
            weight[expert] = weight[expert] / total if total > 0.0 else 1.0 / awake
            mean += weight[expert] * said[expert]
    return mean


@jitted
def _middle(values: Float, count: int) -> float:
    """Sort the first values, which are few, in place and return their median, the upper one of two."""
    for place in range(1, count):
        value, before = values[place], place - 1
        while before >= 0 and values[before] > value:
            values[before + 1] = values[before]
            before -= 1
        values[before + 1] = value
    return float(values[count // 2])


@jitted
def _cut(said: Float, awake: Float, kept: Float) -> None:
    """Fill kept with what is said, cut to a wide range around the median of those that are awake; awake is room."""
    count = 0
    for expert in range(said.size):
        kept[expert] = said[expert]
        if not np.isnan(said[expert]):
            awake[count] = said[expert]
            count += 1
    if count < _FEWEST_TO_CUT:
        return
    middle = _middle(awake, count)
    for place in range(count):
        awake[place] = abs(awake[place] - middle)
    widest = _WIDEST * _middle(awake, count)
    for expert in range(said.size):
        if widest > 0.0 and not np.isnan(said[expert]):  # where most say the same, the others may know better
            kept[expert] = min(max(said[expert], middle - widest), middle + widest)


@jitted
def _account(said: Float, mean: float, actual: float, regret: Float, square: Float, largest: Float) -> None:
    """Add what each expert would have gained on the absolute error, to first order."""
    slope = 1.0 if mean > actual else (-1.0 if mean < actual else 0.0)
    for expert in range(said.size):
        if not np.isnan(said[expert]):
            gain = slope * (mean - said[expert])
            regret[expert] += gain
            square[expert] += gain * gain
            largest[expert] = max(largest[expert], gain * gain)


@jitted
def _combine_leads(
    expert_w: Float, actual_w: Float, first: int, stop: int, day: int, combined_w: Float, weight: Float
) -> None:
    """Combine neighbouring leads, which share their regrets, origin after origin."""
    experts, origins = expert_w.shape[0], expert_w.shape[1]
    kept, room = np.empty((origins, stop - first, experts)), np.empty(experts)
    share, rate = np.empty(experts), np.zeros(experts)
    regret, square, largest = np.zeros(experts), np.zeros(experts), np.zeros(experts)
    for origin in range(origins):
        for lead in range(first, stop):
            ended = origin - lead // day - 1  # the latest origin whose slot at this lead has ended
            if ended >= 0 and not np.isnan(combined_w[ended, lead] - actual_w[ended, lead]):
                mean, actual = combined_w[ended, lead], actual_w[ended, lead]
                _account(kept[ended, lead - first], mean, actual, regret, square, largest)
        for expert in range(experts):
            rate[expert] = 1.0 / (largest[expert] + square[expert]) if square[expert] > 0.0 else 0.0
        for lead in range(first, stop):
            _cut(expert_w[:, origin, lead], room, kept[origin, lead - first])
            combined_w[origin, lead] = _mix(kept[origin, lead - first], regret, rate, share)
            weight[:, lead] = share


@parallel_kernel
def _combine_batch(expert_w: Float, actual_w: Float, day: int, pooled: int, combined_w: Float, weight: Float) -> None:
    leads = expert_w.shape[3]
    for series in prange(expert_w.shape[0]):
        for first in range(0, leads, pooled):
            stop = min(first + pooled, leads)
            _combine_leads(expert_w[series], actual_w[series], first, stop, day, combined_w[series], weight[series])


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
    O(series * expert * origin * lead).

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
    experts = expert_w.shape[1]
    for series in prange(expert_w.shape[0]):
        said, room, kept = np.empty(experts), np.empty(experts), np.empty(experts)
        for lead in range(expert_w.shape[2]):
            for expert in range(experts):
                said[expert] = expert_w[series, expert, lead]
            _cut(said, room, kept)
            total, mean = 0.0, 0.0
            for expert in range(experts):
                if not np.isnan(kept[expert]):
                    total += weight[series, expert, lead]
                    mean += weight[series, expert, lead] * kept[expert]
            mixed_w[series, lead] = mean / total if total > 0.0 else np.nan


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
