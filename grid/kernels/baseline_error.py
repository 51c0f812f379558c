"""How wrong baselines are where the truth is known, and how sure a reduction is for it."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Float, float_array, require

#: With fewer days nothing is said about how sure a reduction is. [days]
FEWEST_DAYS: Final = 3
DRAWS: Final = 1_000
_AT_ONCE: Final = 2_000


class BaselineError(NamedTuple):
    """Say how far baselines were from what was measured on days without an event; NaN where nothing is known.

    Attributes
    ----------
    slot_count : int
        Slots compared.
    bias_w, mae_w : float
        Mean of baseline less measured load, and of its size. [W]
    cv_rmse_ratio : float
        Root of the mean square of it, over the mean measured load. [1]
    absolute_error_ratio, centring_error_ratio : float
        Sum of the sizes, and size of the sum, over the measured energy. [1]
    """

    slot_count: int
    bias_w: float
    mae_w: float
    cv_rmse_ratio: float
    absolute_error_ratio: float
    centring_error_ratio: float


class Interval(NamedTuple):
    """Hold how sure reductions are, each of shape (series,), float64; NaN with fewer than three days. [unit given].

    Attributes
    ----------
    lower, upper : ndarray
        The true reduction lies between them as often as was asked for.
    bias, deviation : ndarray
        Mean and standard deviation of the errors of the baseline.
    """

    lower: Float
    upper: Float
    bias: Float
    deviation: Float


def baseline_error(baseline_w: NDArray[Any], measured_w: NDArray[Any]) -> BaselineError:
    """Compare baselines with what was measured.

    Parameters
    ----------
    baseline_w, measured_w : ndarray, of one shape
        NaN where either is missing: not compared. [W]

    References
    ----------
    .. [1] ASHRAE Guideline 14 (2014): CV(RMSE) and normalised mean bias error.

    Examples
    --------
    >>> import numpy as np
    >>> baseline_error(np.array([110.0, 100.0]), np.array([100.0, 100.0]))[1:]
    (5.0, 5.0, 0.0707..., 0.05, 0.05)
    """
    baseline = np.asarray(baseline_w, dtype=np.float64).ravel()
    measured = np.asarray(measured_w, dtype=np.float64).ravel()
    require(baseline.size == measured.size, "Baselines and measured loads are as many.")
    known = ~np.isnan(baseline) & ~np.isnan(measured)
    error, truth = (baseline - measured)[known], measured[known]
    if not truth.size:
        return BaselineError(0, *(float("nan"),) * 5)
    size = np.abs(error)
    mean = abs(float(truth.mean()))
    figures = np.array([np.sqrt((error**2).mean()), size.mean(), abs(error.mean())])
    ratios = figures / mean if mean > 0.0 else np.full(3, np.nan)
    return BaselineError(truth.size, float(error.mean()), float(size.mean()), *(float(one) for one in ratios))


def reduction_interval(
    reduction: NDArray[Any], error: NDArray[Any], *, confidence: float = 0.9, seed: int, draws: int = DRAWS
) -> Interval:
    """Return between what reductions lie, by the errors that their baselines had on days without an event.

    Parameters
    ----------
    reduction : ndarray, shape (series,)
        Baseline less measured energy of the event. [any unit]
    error : ndarray, shape (series, day)
        Baseline less measured energy of the same hours on days without an event; NaN: not known. [same unit]
    confidence : float, default 0.9
        In ``(0, 1)``. [1]
    seed : int
        The same draws for the same seed, whatever the version of NumPy.
    draws : int, default `DRAWS`
        How many.

    Returns
    -------
    Interval

    Notes
    -----
    A bootstrap of what the reduction would be if the baseline were right: each draw loses the mean of as many errors
    drawn with replacement, for the bias is known from few days only, and the deviation of one more, for the day of the
    event was one day. O(series * draws * day).

    References
    ----------
    .. [1] Efron, B., Tibshirani, R. (1993). An Introduction to the Bootstrap, chapters 13 and 25.

    Examples
    --------
    >>> import numpy as np
    >>> found = reduction_interval(np.array([100.0]), np.array([[10.0, 10.0, 10.0]]), seed=1)
    >>> found.lower, found.upper, found.bias
    (array([90.]), array([90.]), array([10.]))
    """
    value = float_array("reduction", reduction, axes=(None,))
    errors = float_array("error", error, axes=(value.size, None))
    require(0.0 < confidence < 1.0, "Confidence lies between 0 and 1.", confidence=confidence)
    known = ~np.isnan(errors)
    ordered = np.take_along_axis(errors, np.argsort(~known, axis=1, kind="stable"), axis=1)
    count = known.sum(axis=1)
    found = Interval(*np.full((4, value.size), np.nan))
    raw = np.random.MT19937(seed).random_raw((draws, errors.shape[1] + 1))
    for days in np.unique(count[count >= FEWEST_DAYS]).tolist():
        rows = np.flatnonzero(count == days)
        for begin in range(0, rows.size, _AT_ONCE):
            part = rows[begin : begin + _AT_ONCE]
            _fill(
                found, part, value[part], ordered[part, :days], (raw[:, : days + 1] % days).astype(np.int64), confidence
            )
    return found


def _fill(
    found: Interval, rows: NDArray[np.int64], value: Float, error: Float, drawn: NDArray[np.int64], confidence: float
) -> None:
    """Fill some rows of what is found; all of them know as many days, of which `drawn`, (draw, day + 1), says which."""
    days = error.shape[1]
    times = (drawn[:, :days, np.newaxis] == np.arange(days)).sum(axis=1)
    bias = error.mean(axis=1)
    means = error @ (times.T / days)
    supposed = value[:, np.newaxis] - means - (error[:, drawn[:, days]] - bias[:, np.newaxis])
    tail = (1.0 - confidence) / 2.0
    found.lower[rows], found.upper[rows] = np.quantile(supposed, [tail, 1.0 - tail], axis=1)
    found.bias[rows], found.deviation[rows] = bias, error.std(axis=1, ddof=1)
