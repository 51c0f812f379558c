"""Estimate what would have been used without an event, from how load goes with the weather and the kind of day."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Float, float_array, require

#: No pivot is smaller than this part of the largest sum. [1]
_SMALLEST_RATIO = 1e-12
#: Buildings are heated below the one and cooled above the other. [degC]
HEATED_BELOW_DEGC: Final = 17.0
COOLED_ABOVE_DEGC: Final = 24.0


@leaf
def _add_means(load: Float, features: Float, count: Float, mean: Float) -> None:
    """Fill count with the known days of each slot and mean, (slot, 1 + feature), with those of load and features."""
    for slot in range(load.shape[1]):
        for day in range(load.shape[0]):
            if not np.isnan(load[day, slot]):
                count[slot] += 1.0
                mean[slot, 0] += load[day, slot]
                for one in range(features.shape[2]):
                    mean[slot, 1 + one] += features[day, slot, one]
        for one in range(mean.shape[1]):
            mean[slot, one] /= max(count[slot], 1.0)


@leaf
def _add_products(load: Float, features: Float, mean: Float, sums: Float) -> None:
    """Add to sums, (feature, feature + 1), products of the features' deviations; the last column is with the load's."""
    width = features.shape[2]
    for slot in range(load.shape[1]):
        for day in range(load.shape[0]):
            if np.isnan(load[day, slot]):
                continue
            for one in range(width):
                part = features[day, slot, one] - mean[slot, 1 + one]
                for two in range(width):
                    sums[one, two] += part * (features[day, slot, two] - mean[slot, 1 + two])
                sums[one, width] += part * (load[day, slot] - mean[slot, 0])


@leaf
def _solve(sums: Float, penalty: float) -> None:
    """Put the coefficients in the last column: Gaussian elimination of a symmetric matrix, no pivot near nothing."""
    width = sums.shape[0]
    largest = 0.0
    for one in range(width):
        largest = max(largest, sums[one, one])
    for one in range(width):
        sums[one, one] += penalty * sums[one, one] + max(_SMALLEST_RATIO * largest, 1e-300)
    for pivot in range(width):
        for row in range(pivot + 1, width):
            share = sums[row, pivot] / sums[pivot, pivot]
            for column in range(pivot, width + 1):
                sums[row, column] -= share * sums[pivot, column]
    for pivot in range(width - 1, -1, -1):
        for column in range(pivot + 1, width):
            sums[pivot, width] -= sums[pivot, column] * sums[column, width]
        sums[pivot, width] /= sums[pivot, pivot]


@parallel_kernel
def _regression_batch(
    load_w: Float, features: Float, ahead: Float, penalty: float, fewest: int, baseline_w: Float
) -> None:
    width = features.shape[2]
    for usage_point in prange(load_w.shape[0]):
        count, mean = np.zeros(load_w.shape[2]), np.zeros((load_w.shape[2], 1 + width))
        sums = np.zeros((width, width + 1))
        _add_means(load_w[usage_point], features, count, mean)
        _add_products(load_w[usage_point], features, mean, sums)
        _solve(sums, penalty)
        for slot in range(load_w.shape[2]):
            said = mean[slot, 0] if count[slot] >= fewest else np.nan
            for one in range(width):
                said += sums[one, width] * (ahead[slot, one] - mean[slot, 1 + one])
            baseline_w[usage_point, slot] = said


def regression(
    load_w: NDArray[Any], features: NDArray[Any], ahead: NDArray[Any], *, penalty: float = 1e-3, fewest: int = 10
) -> Float:
    """Return the load that a linear regression on features expects, each slot with a constant of its own.

    Parameters
    ----------
    load_w : ndarray, shape (usage_point, day, slot)
        Load of days without an event; NaN marks a missing slot. [W]
    features : ndarray, shape (day, slot, feature)
        Their features, from `weather_features`; a slot with a NaN among them is not learned from.
    ahead : ndarray, shape (slot, feature)
        Features of the day asked for.
    penalty : float, default 1e-3
        Ridge: part of each feature's own sum of squares that is added to it, ``>= 0``. [1]
    fewest : int, default 10
        With fewer known days a slot has no baseline. [days]

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Baseline; NaN where too few days are known or a feature of the day is not. [W]

    Notes
    -----
    The constants of the slots are eliminated by taking means per slot first (Frisch, Waugh 1933), which leaves as many
    equations as features. O(usage_point * day * slot * feature**2).

    References
    ----------
    .. [1] ASHRAE Guideline 14 (2014). Measurement of energy, demand, and water savings.

    Examples
    --------
    >>> import numpy as np
    >>> features = np.array([[[0.0]], [[1.0]], [[2.0]]])
    >>> regression(np.array([[[5.0], [7.0], [9.0]]]), features, np.array([[3.0]]), penalty=0.0, fewest=2).round(6)
    array([[11.]])
    """
    load = float_array("load_w", load_w, axes=(None, None, None))
    given = float_array("features", features, axes=(*load.shape[1:], None))
    asked = float_array("ahead", ahead, axes=(load.shape[2], given.shape[2]))
    require(penalty >= 0.0 and fewest >= 1, "The penalty is not negative, and a day at least is needed.")
    unknown = np.asarray(np.isnan(given).any(axis=2))
    learned = np.where(unknown[np.newaxis], np.nan, load)
    baseline = np.empty((load.shape[0], load.shape[2]))
    _regression_batch(learned, np.nan_to_num(given), asked, penalty, fewest, baseline)
    return baseline


def weather_features(temperature_degc: NDArray[Any], is_working_day: NDArray[np.bool_]) -> Float:
    """Return heating degrees, cooling degrees and the kind of day as features.

    Parameters
    ----------
    temperature_degc : ndarray, shape (day, slot)
        Air temperature; NaN where not known. [degC]
    is_working_day : ndarray of bool, shape (day,)
        Kind of day.

    Returns
    -------
    ndarray, shape (day, slot, 3), float64
        Degrees below `HEATED_BELOW_DEGC`, degrees above `COOLED_ABOVE_DEGC`, 1 on working days. [K], [K], [1]

    Examples
    --------
    >>> import numpy as np
    >>> weather_features(np.array([[7.0, 30.0]]), np.array([True]))
    array([[[10.,  0.,  1.],
            [ 0.,  6.,  1.]]])
    """
    temperature = float_array("temperature_degc", temperature_degc, axes=(None, None))
    working = np.broadcast_to(is_working_day[:, np.newaxis].astype(np.float64), temperature.shape)
    heating, cooling = HEATED_BELOW_DEGC - temperature, temperature - COOLED_ABOVE_DEGC
    return np.stack((np.maximum(heating, 0.0), np.maximum(cooling, 0.0), working), axis=2)
