r"""Forecast by regression, one small model for each lead: lags, calendar and weather, many series at a time.

For the lead :math:`k` of a forecast issued every day at the same slot, the load of the slot is

.. math:: y_{o+k} = x_{o,k}^\top \beta_k + \varepsilon,

with lags that were known at the origin :math:`o`, and what is known ahead of the target slot: calendar, weather as
forecast. :math:`\beta_k` minimises the squared errors of the days before, each day counting :math:`\lambda` times as
much as the day after it, plus a penalty on the size of each feature's part [1]_. The sums are kept from day to day, so
that a fit at every past origin costs one solution of a small system, and no forecast knows anything of a slot that had
not ended when it was issued.

References
----------
.. [1] Hoerl, A. E., Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal problems.
   Technometrics 12, 55-67.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, require

#: One, two days, two weeks, and how the last slots compare with those a day and a week before.
_OWN_FEATURES = 7
#: No pivot is smaller than this part of the days learned from. [1]
_SMALLEST_RATIO = 1e-9
#: Days whose features wait to be added together.
_AT_ONCE = 4
#: Newer days weigh more instead of older ones less; before that overflows, all is scaled down.
_HEAVIEST = 1e100
#: A forecast may leave the range of the load seen so far by this part of it. [1]
_BEYOND_RATIO = 0.25


@dataclass(frozen=True, slots=True)
class Ridge:
    """Say how to fit.

    Attributes
    ----------
    day, week : int
        Slots. The week is a multiple of the day. [slots]
    recent : int
        Slots before the origin whose mean is compared with that of a day and of a week before. [slots]
    forgetting : float
        Weight of a day relative to the day after it, in (0, 1]. [1]
    penalty : float
        Relative to the sum of squares of each feature; at least 0. [1]
    fewest : int
        Days to learn from before the first forecast. [days]
    refit : int
        Days for which coefficients are kept; they are always fresh at the last origin. At least 1. [days]
    """

    day: int = 48
    week: int = 336
    recent: int = 12
    forgetting: float = 0.995
    penalty: float = 1e-3
    fewest: int = 14
    refit: int = 7


@jitted
def _known_or(load: Float, slot: int, other: float) -> float:
    """Return the load of a slot, or the other value where there is none."""
    if slot < 0 or np.isnan(load[slot]):
        return other
    return float(load[slot])


@jitted
def _mean_change(load: Float, origin: int, recent: int, back: int) -> float:
    """Return by how much the last slots exceed those before them on average; 0 where nothing can be compared."""
    total, count = 0.0, 0
    for slot in range(max(origin - recent, back), origin):
        change = load[slot] - load[slot - back]
        if not np.isnan(change):
            total += change
            count += 1
    return total / count if count > 0 else 0.0


@jitted
def _describe(
    load: Float,
    ahead: Float,
    lagged: Int,
    origin: int,
    lead: int,
    day: int,
    week: int,
    changes: Float,
    features: Float,
) -> bool:
    """Fill the features of a target slot as known at the origin; return whether all could be."""
    slot = origin + lead
    near, far = slot - day * (lead // day + 1), slot - week * (lead // week + 1)
    any_lag = _known_or(load, near, _known_or(load, far, _known_or(load, near - day, _known_or(load, far - week, 0.0))))
    features[0] = 1.0
    features[1], features[2] = _known_or(load, near, any_lag), _known_or(load, near - day, any_lag)
    features[3], features[4] = _known_or(load, far, any_lag), _known_or(load, far - week, any_lag)
    features[5], features[6] = changes[0], changes[1]
    row, shared, total = ahead[slot], features[_OWN_FEATURES:], 0.0
    for column in range(row.size):
        shared[column] = row[column]
        total += row[column]
    for number in range(lagged.size):
        column = lagged[number]
        shared[row.size + 2 * number] = ahead[near, column] - row[column] if near >= 0 else 0.0
        shared[row.size + 2 * number + 1] = ahead[far, column] - row[column] if far >= 0 else 0.0
        total += shared[row.size + 2 * number] + shared[row.size + 2 * number + 1]
    return not np.isnan(total)


@jitted
def _learn(features: Float, target: Float, weight: Float, gram: Float, moment: Float) -> None:
    """Add `_AT_ONCE` days, so that each sum is read and written once; only the lower half of gram is kept."""
    one, two, three, four = features[0], features[1], features[2], features[3]
    for row in range(moment.size):
        line = gram[row]
        first, second = weight[0] * one[row], weight[1] * two[row]
        third, fourth = weight[2] * three[row], weight[3] * four[row]
        moment[row] += first * target[0] + second * target[1] + third * target[2] + fourth * target[3]
        for column in range(row + 1):
            line[column] += first * one[column] + second * two[column] + third * three[column] + fourth * four[column]


@jitted
def _solve(gram: Float, moment: Float, penalty: float, factor: Float, found: Float) -> None:
    """Fill found with the coefficients: Gauss' elimination of the penalised sums, row by row along the memory."""
    size = moment.size
    for row in range(size):
        found[row] = moment[row]
        for column in range(row, size):
            factor[row, column] = gram[column, row]
        factor[row, row] += (penalty if row > 0 else 0.0) * gram[row, row] + _SMALLEST_RATIO * gram[0, 0]
    for pivot in range(size):
        for row in range(pivot + 1, size):
            share = factor[pivot, row] / factor[pivot, pivot]
            found[row] -= share * found[pivot]
            for column in range(row, size):
                factor[row, column] -= share * factor[pivot, column]
            factor[row, row] = max(factor[row, row], _SMALLEST_RATIO * gram[0, 0])
    for row in range(size - 1, -1, -1):
        value = found[row]
        for column in range(row + 1, size):
            value -= factor[row, column] * found[column]
        found[row] = value / factor[row, row]


@jitted
def _lighten(by: float, gram: Float, moment: Float, weights: Float) -> None:
    """Scale all sums down, those that wait to be added as well."""
    gram /= by
    moment /= by
    weights /= by


@jitted
def _sum_of_parts(coefficients: Float, features: Float) -> float:
    total = 0.0
    for place in range(features.size):
        total += coefficients[place] * features[place]
    return total


@jitted
def _one_lead(
    load: Float,
    ahead: Float,
    lagged: Int,
    changes: Float,
    first: int,
    lead: int,
    periods: Int,
    forgetting: float,
    penalty: float,
    found: Float,
) -> None:
    """Fill found, one value for each of the last origins, from sums that go from day to day."""
    day, week, fewest, refit = periods[0], periods[1], periods[3], periods[4]
    origins, asked_from = changes.shape[0], changes.shape[0] - found.size
    size = _OWN_FEATURES + ahead.shape[1] + 2 * lagged.size
    features, coefficients = np.empty(size), np.empty(size)
    gram, moment, factor = np.zeros((size, size)), np.zeros(size), np.empty((size, size))
    waiting, targets, weights, heaviest = np.zeros((_AT_ONCE, size)), np.zeros(_AT_ONCE), np.zeros(_AT_ONCE), 1.0
    days, lowest, highest, fitted = 0, np.inf, -np.inf, False
    for number in range(origins):
        ended = number - lead // day - 1  # the latest origin whose slot at this lead has ended
        target = load[first + ended * day + lead] if ended >= 0 else np.nan
        place = days % _AT_ONCE
        if not np.isnan(target) and _describe(
            load, ahead, lagged, first + ended * day, lead, day, week, changes[ended], features
        ):
            waiting[place], targets[place], weights[place] = features, target, heaviest
            heaviest /= forgetting
            if place == _AT_ONCE - 1:
                _learn(waiting, targets, weights, gram, moment)
                weights[:] = 0.0
            if heaviest > _HEAVIEST:
                _lighten(heaviest, gram, moment, weights)
                heaviest = 1.0
            lowest, highest, days = min(lowest, target), max(highest, target), days + 1
        if number < asked_from:
            continue
        known = _describe(load, ahead, lagged, first + number * day, lead, day, week, changes[number], features)
        found[number - asked_from] = np.nan
        if days >= fewest and (not fitted or (origins - 1 - number) % refit == 0):
            _learn(waiting, targets, weights, gram, moment)  # those that wait; the others weigh nothing by now
            weights[:] = 0.0
            _solve(gram, moment, penalty, factor, coefficients)
            fitted = True
        if known and fitted:
            beyond = _BEYOND_RATIO * (highest - lowest)
            value = _sum_of_parts(coefficients, features)
            found[number - asked_from] = min(max(value, lowest - beyond), highest + beyond)


@parallel_kernel
def _forecast_batch(
    load: Float,
    ahead: Float,
    lagged: Int,
    first: int,
    origins: int,
    periods: Int,
    forgetting: float,
    penalty: float,
    found: Float,
) -> None:
    """Fill found, (series, lead, origin); of the origins, slots first + j * day, the last ones are asked for."""
    day, week, recent = periods[0], periods[1], periods[2]
    for series in prange(load.shape[0]):
        own, changes = load[series], np.empty((origins, 2))
        for number in range(origins):
            changes[number, 0] = _mean_change(own, first + number * day, recent, day)
            changes[number, 1] = _mean_change(own, first + number * day, recent, week)
        for lead in range(found.shape[1]):
            _one_lead(own, ahead, lagged, changes, first, lead, periods, forgetting, penalty, found[series, lead])


def forecast(
    load: NDArray[Any],
    ahead: NDArray[Any],
    lagged: NDArray[np.bool_],
    *,
    horizon: int,
    origins: int,
    how: Ridge,
) -> Float:
    """Return what would have been forecast at the last daily origins, each by a fit to what was known then.

    Parameters
    ----------
    load : ndarray, shape (series, time)
        On the scale that errors are even on, best centred; NaN marks a missing slot.
    ahead : ndarray, shape (time + horizon, column)
        What is known before the target slot of every series: calendar, weather as forecast then. A NaN keeps a slot
        from being learned from, or forecast.
    lagged : ndarray of bool, shape (column,)
        Columns whose change since the day and since the week before are features, too.
    horizon : int
        At least 1. [slots]
    origins : int
        How many; the last one is the end of the series, the others lie whole days before it. At least 1.
    how : Ridge
        Periods and how to fit.

    Returns
    -------
    ndarray, shape (series, origin, lead), float64
        NaN with too little to learn from. Within the range of the load seen so far, widened by a quarter.

    Notes
    -----
    O(series * days * lead * feature^2) to learn and O(series * origin * lead * feature^3) to solve.
    """
    values = float_array("load", load, axes=(None, None))
    time = values.shape[1]
    known = float_array("ahead", ahead, axes=(time + horizon, None))
    require(lagged.shape == (known.shape[1],), "lagged has one entry a column.", shape=lagged.shape)
    require(horizon >= 1 and origins >= 1, "Horizon and origins are at least 1.")
    require(how.day >= 1 and how.week % how.day == 0, "The week must be a multiple of the day.")
    require(0.0 < how.forgetting <= 1.0 and how.penalty >= 0.0, "Forgetting is in (0, 1], penalty at least 0.")
    first, count = time % how.day, time // how.day + 1
    require(origins <= count, "Origins must lie inside the series.", origins=origins, days=count)
    found = np.empty((values.shape[0], horizon, origins))
    columns = np.flatnonzero(np.asarray(lagged, dtype=np.bool_)).astype(np.int64)
    require(how.fewest >= 1 and how.refit >= 1, "Days to learn from and to keep coefficients are at least 1.")
    periods = np.array([how.day, how.week, how.recent, how.fewest, how.refit], dtype=np.int64)
    _forecast_batch(values, known, columns, first, count, periods, how.forgetting, how.penalty, found)
    return np.ascontiguousarray(found.transpose(0, 2, 1))
