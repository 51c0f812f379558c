"""Score forecasts per lead time: absolute errors, CRPS from quantiles, coverage."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, float_array, require


@dataclass(frozen=True, slots=True)
class PointSkill:
    """Hold the error of a point forecast, shape (series, lead), float64.

    Attributes
    ----------
    mae_w : ndarray
        Mean absolute error. [W]
    rmae_ratio : ndarray
        The same over the range P99 - P1 of the series' load; NaN where that is zero. [1]
    mape_ratio : ndarray
        Mean of absolute error over absolute load; slots of zero load are left out. [1]
    count : ndarray
        Origins scored. [1]
    """

    mae_w: Float
    rmae_ratio: Float
    mape_ratio: Float
    count: Float


@dataclass(frozen=True, slots=True)
class QuantileSkill:
    """Hold the error of a quantile forecast.

    Attributes
    ----------
    crps_w : ndarray, shape (series, lead), float64
        Continuous ranked probability score. [W]
    rcrps_ratio : ndarray, shape (series, lead), float64
        The same over the range P99 - P1 of the series' load; NaN where that is zero. [1]
    pinball_w : ndarray, shape (series, lead, quantile), float64
        Mean pinball loss. [W]
    coverage_ratio : ndarray, shape (series, lead, quantile), float64
        Share of loads at or below the quantile; near its probability when calibrated. [1]
    """

    crps_w: Float
    rcrps_ratio: Float
    pinball_w: Float
    coverage_ratio: Float


@jitted
def _mean(total: float, count: float) -> float:
    return total / count if count > 0.0 else np.nan


@parallel_kernel
def _point_batch(actual_w: Float, forecast_w: Float, mae_w: Float, mape: Float, counts: Float) -> None:
    for series in prange(actual_w.shape[0]):
        for lead in range(actual_w.shape[2]):
            total, relative, count, relative_count = 0.0, 0.0, 0.0, 0.0
            for origin in range(actual_w.shape[1]):
                actual = actual_w[series, origin, lead]
                error = abs(forecast_w[series, origin, lead] - actual)
                if np.isnan(error):
                    continue
                total += error
                count += 1.0
                if actual != 0.0:
                    relative += error / abs(actual)
                    relative_count += 1.0
            mae_w[series, lead] = _mean(total, count)
            mape[series, lead] = _mean(relative, relative_count)
            counts[series, lead] = count


@parallel_kernel
def _quantile_batch(
    actual_w: Float, quantile_w: Float, probabilities: Float, pinball_w: Float, coverage: Float
) -> None:
    for series in prange(actual_w.shape[0]):
        for lead in range(actual_w.shape[2]):
            for level in range(probabilities.size):
                loss, below, count = 0.0, 0.0, 0.0
                for origin in range(actual_w.shape[1]):
                    over = actual_w[series, origin, lead] - quantile_w[series, origin, lead, level]
                    if np.isnan(over):
                        continue
                    loss += max(probabilities[level] * over, (probabilities[level] - 1.0) * over)
                    below += 1.0 if over <= 0.0 else 0.0
                    count += 1.0
                pinball_w[series, lead, level] = _mean(loss, count)
                coverage[series, lead, level] = _mean(below, count)


def point_skill(actual_w: NDArray[Any], forecast_w: NDArray[Any]) -> PointSkill:
    """Score a point forecast per lead time.

    Parameters
    ----------
    actual_w, forecast_w : ndarray, shape (series, origin, lead)
        What was measured and what was forecast; pairs with a NaN are left out. [W]

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
    shape = (actual.shape[0], actual.shape[2])
    mae, mape, count = np.empty(shape), np.empty(shape), np.empty(shape)
    _point_batch(actual, predicted, mae, mape, count)
    return PointSkill(mae, mae / _load_range(actual), mape, count)


def quantile_skill(actual_w: NDArray[Any], quantile_w: NDArray[Any], probabilities: NDArray[Any]) -> QuantileSkill:
    """Score a quantile forecast per lead time.

    Parameters
    ----------
    actual_w : ndarray, shape (series, origin, lead)
        What was measured; NaN marks a missing slot. [W]
    quantile_w : ndarray, shape (series, origin, lead, quantile)
        What was forecast. [W]
    probabilities : ndarray, shape (quantile,)
        Ascending, each in (0, 1). [1]

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
    shape = (actual.shape[0], actual.shape[2], levels.size)
    pinball, coverage = np.empty(shape), np.empty(shape)
    _quantile_batch(actual, quantile, levels, pinball, coverage)
    edges = np.concatenate(([0.0], (levels[1:] + levels[:-1]) / 2.0, [1.0]))
    crps = 2.0 * pinball @ np.diff(edges)
    return QuantileSkill(crps, crps / _load_range(actual), pinball, coverage)


def _load_range(actual: Float) -> Float:
    """Return P99 - P1 of each series, shape (series, 1); NaN where it is zero or nothing is known."""
    spread = np.full((actual.shape[0], 1), np.nan)
    for series, row in enumerate(actual):
        known = row[~np.isnan(row)]
        if known.size:
            low, high = np.percentile(known, (1.0, 99.0))
            spread[series] = high - low if high > low else np.nan
    return spread
