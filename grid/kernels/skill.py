"""Score forecasts per lead time or group of leads: absolute errors, CRPS from quantiles, coverage."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, int_array, require

#: Bounds of the range that errors are set against. [1]
_LOW, _HIGH = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class PointSkill:
    """Hold the error of a point forecast, shape (series, group of leads), float64.

    Attributes
    ----------
    mae_w : ndarray
        Mean absolute error. [W]
    rmae_ratio : ndarray
        The same over the range P99 - P1 of the series' load; NaN where that is zero. [1]
    mape_ratio : ndarray
        Mean of absolute error over absolute load; slots of zero load are left out. [1]
    count : ndarray
        Pairs scored. [1]
    origin_count : ndarray
        Origins with at least one pair. [1]
    """

    mae_w: Float
    rmae_ratio: Float
    mape_ratio: Float
    count: Float
    origin_count: Float


@dataclass(frozen=True, slots=True)
class QuantileSkill:
    """Hold the error of a quantile forecast.

    Attributes
    ----------
    crps_w : ndarray, shape (series, group of leads), float64
        Continuous ranked probability score. [W]
    rcrps_ratio : ndarray, shape (series, group of leads), float64
        The same over the range P99 - P1 of the series' load; NaN where that is zero. [1]
    pinball_w : ndarray, shape (series, group of leads, quantile), float64
        Mean pinball loss. [W]
    coverage_ratio : ndarray, shape (series, group of leads, quantile), float64
        Share of loads at or below the quantile; near its probability when calibrated. [1]
    """

    crps_w: Float
    rcrps_ratio: Float
    pinball_w: Float
    coverage_ratio: Float


@leaf
def _mean(total: float, count: float) -> float:
    return total / count if count > 0.0 else np.nan


@leaf
def _percentile(ascending: Float, share: float) -> float:
    """Return a percentile of sorted values, between two of them where it falls there."""
    place = share * (ascending.size - 1)
    below = int(place)
    above = min(below + 1, ascending.size - 1)
    return float(ascending[below] + (place - below) * (ascending[above] - ascending[below]))


@parallel_kernel
def _point_batch(
    actual_w: Float, forecast_w: Float, groups: Int, mae_w: Float, mape: Float, counts: Float, origins: Float
) -> None:
    for series in prange(actual_w.shape[0]):
        for group in range(groups.shape[0]):
            total, relative, count, relative_count, origin_count = 0.0, 0.0, 0.0, 0.0, 0.0
            for origin in range(actual_w.shape[1]):
                before = count
                for lead in range(groups[group, 0], groups[group, 1]):
                    actual = actual_w[series, origin, lead]
                    error = abs(forecast_w[series, origin, lead] - actual)
                    if np.isnan(error):
                        continue
                    total += error
                    count += 1.0
                    if actual != 0.0:
                        relative += error / abs(actual)
                        relative_count += 1.0
                origin_count += 1.0 if count > before else 0.0
            mae_w[series, group] = _mean(total, count)
            mape[series, group] = _mean(relative, relative_count)
            counts[series, group] = count
            origins[series, group] = origin_count


@parallel_kernel
def _quantile_batch(
    actual_w: Float, quantile_w: Float, probabilities: Float, groups: Int, pinball_w: Float, coverage: Float
) -> None:
    for series in prange(actual_w.shape[0]):
        for group in range(groups.shape[0]):
            for level in range(probabilities.size):
                loss, below, count = 0.0, 0.0, 0.0
                for origin in range(actual_w.shape[1]):
                    for lead in range(groups[group, 0], groups[group, 1]):
                        over = actual_w[series, origin, lead] - quantile_w[series, origin, lead, level]
                        if np.isnan(over):
                            continue
                        loss += max(probabilities[level] * over, (probabilities[level] - 1.0) * over)
                        below += 1.0 if over <= 0.0 else 0.0
                        count += 1.0
                pinball_w[series, group, level] = _mean(loss, count)
                coverage[series, group, level] = _mean(below, count)


@parallel_kernel
def _range_batch(load_w: Float, low: float, high: float, spread_w: Float) -> None:
    for series in prange(load_w.shape[0]):
        known = load_w[series][~np.isnan(load_w[series])]
        spread_w[series] = np.nan
        if known.size:
            known.sort()
            spread = _percentile(known, high) - _percentile(known, low)
            if spread > 0.0:
                spread_w[series] = spread


def point_skill(actual_w: NDArray[Any], forecast_w: NDArray[Any], *, groups: NDArray[Any] | None = None) -> PointSkill:
    """Score a point forecast per group of leads.

    Parameters
    ----------
    actual_w, forecast_w : ndarray, shape (series, origin, lead)
        What was measured and what was forecast; pairs with a NaN are left out. [W]
    groups : ndarray of int, shape (group, 2), optional
        Leads ``[first, end)`` scored together; groups may overlap. Left out: each lead by itself. [slots]

    Returns
    -------
    PointSkill

    Examples
    --------
    >>> import numpy as np
    >>> point_skill(np.array([[[100.0], [200.0]]]), np.array([[[110.0], [180.0]]])).mape_ratio
    array([[0.1]])
    """
    actual = float_array("actual_w", actual_w, axes=(None, None, None))
    predicted = float_array("forecast_w", forecast_w, axes=actual.shape)
    spans = _lead_groups(groups, actual.shape[2])
    mae, mape, count, origins = np.empty((4, actual.shape[0], spans.shape[0]))
    _point_batch(actual, predicted, spans, mae, mape, count, origins)
    return PointSkill(mae, mae / _load_range(actual), mape, count, origins)


def quantile_skill(
    actual_w: NDArray[Any],
    quantile_w: NDArray[Any],
    probabilities: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
) -> QuantileSkill:
    """Score a quantile forecast per group of leads.

    Parameters
    ----------
    actual_w : ndarray, shape (series, origin, lead)
        What was measured; NaN marks a missing slot. [W]
    quantile_w : ndarray, shape (series, origin, lead, quantile)
        What was forecast. [W]
    probabilities : ndarray, shape (quantile,)
        Ascending, each in (0, 1). [1]
    groups : ndarray of int, shape (group, 2), optional
        As for `point_skill`. [slots]

    Returns
    -------
    QuantileSkill

    Notes
    -----
    The CRPS is twice the pinball loss integrated over the probability [1]_. Each level stands for the
    probabilities nearest to it, so that the median alone gives the mean absolute error.

    References
    ----------
    .. [1] Gneiting, T., Ranjan, R. (2011). Comparing density forecasts using threshold- and
       quantile-weighted scoring rules. J. Bus. Econ. Stat. 29, 411-422.
    """
    actual = float_array("actual_w", actual_w, axes=(None, None, None))
    levels = float_array("probabilities", probabilities, axes=(None,))
    quantile = float_array("quantile_w", quantile_w, axes=(*actual.shape, levels.size))
    ascending = levels.size > 0 and bool((np.diff(levels) > 0.0).all())
    inside = bool(((levels > 0.0) & (levels < 1.0)).all())
    require(ascending and inside, "Probabilities must ascend inside (0, 1).")
    spans = _lead_groups(groups, actual.shape[2])
    pinball, coverage = np.empty((2, actual.shape[0], spans.shape[0], levels.size))
    _quantile_batch(actual, quantile, levels, spans, pinball, coverage)
    edges = np.concatenate(([0.0], (levels[1:] + levels[:-1]) / 2.0, [1.0]))
    crps = 2.0 * pinball @ np.diff(edges)
    return QuantileSkill(crps, crps / _load_range(actual), pinball, coverage)


def _lead_groups(groups: NDArray[Any] | None, leads: int) -> Int:
    if groups is None:
        return np.stack([np.arange(leads), np.arange(1, leads + 1)], axis=1)
    spans = int_array("groups", groups, axes=(None, 2))
    inside = bool(((spans[:, 0] >= 0) & (spans[:, 0] < spans[:, 1]) & (spans[:, 1] <= leads)).all())
    require(inside, "A group holds leads of the forecast, and at least one.", leads=leads)
    return spans


def _load_range(actual: Float) -> Float:
    """Return P99 - P1 of each series, shape (series, 1); NaN where it is zero or nothing is known. [W]."""
    spread = np.empty(actual.shape[0])
    _range_batch(actual.reshape(actual.shape[0], -1), _LOW, _HIGH, spread)
    return spread[:, np.newaxis]
