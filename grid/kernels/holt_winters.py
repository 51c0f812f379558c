r"""Forecast load with double-seasonal Holt-Winters and an AR(1) correction, many series at a time.

With :math:`y_t` the load, or its logarithm where the method is multiplicative, and
:math:`e_t = y_t - \ell_{t-1} - d_{t-m} - w_{t-n}` [1]_ [2]_:

.. math::

    \hat y_{t+k} &= \ell_t + d_{t+k-m} + w_{t+k-n} + \phi^k e_t \\
    \ell_t &= \ell_{t-1} + \alpha e_t, \quad d_t = d_{t-m} + \delta e_t, \quad w_t = w_{t-n} + \omega e_t

The four parameters minimise the squared errors one step and one day ahead, added up: Taylor's one-step
fit leans on the AR(1) term and leaves the profiles to themselves, which costs accuracy at the leads that
operators ask for. The day-ahead error comes at no extra pass. The states start from the first half of a
series (four weeks at most) and only the rest is judged, so that no slot is forecast from itself.

References
----------
.. [1] Taylor, J. W. (2003). Short-term electricity demand forecasting using double seasonal
   exponential smoothing. J. Oper. Res. Soc. 54, 799-805.
.. [2] Taylor, J. W. (2010). Exponentially weighted methods for forecasting intraday time series with
   multiple seasonal cycles. Int. J. Forecasting 26, 627-646 (the error-correction form).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels import holt_winters_fit as _fit
from grid.kernels import holt_winters_search as _search
from grid.kernels.checks import Float, Int, float_array, int_array, require
from grid.kernels.holt_winters_run import advance_batch, backtest_batch, forecast_batch

SLOTS_PER_DAY = 48
SLOTS_PER_WEEK = 336


class Method(IntEnum):
    """What a series was long and clean enough for."""

    NO_DATA = _fit.NO_DATA
    """Nothing but gaps: forecasts are NaN."""
    LEVEL = _fit.LEVEL
    """Less than two days: a smoothed level, no season."""
    DAILY_ADDITIVE = _fit.DAILY_ADDITIVE
    """Less than two weeks: the daily season only; loads near or below zero."""
    DAILY_MULTIPLICATIVE = _fit.DAILY_MULTIPLICATIVE
    """Less than two weeks: the daily season only, on the logarithm."""
    DOUBLE_ADDITIVE = _fit.DOUBLE_ADDITIVE
    """Both seasons; the least load is under a tenth of the mean, or PV exports."""
    DOUBLE_MULTIPLICATIVE = _fit.DOUBLE_MULTIPLICATIVE
    """Both seasons, on the logarithm."""


@dataclass(frozen=True, slots=True)
class HoltWintersState:
    """Hold where each series stands, on the model's scale (watts, or their logarithm).

    Attributes
    ----------
    level, residual : ndarray, shape (series,), float64
        Smoothed level and last error; the AR(1) term starts from the error.
    daily, weekly : ndarray, shape (series, phase), float64
        Seasonal profiles; the phase is the slot number modulo the period.
    elapsed : ndarray, shape (series,), int64
        Slots seen since the first of the fitted series. [slots]
    """

    level: Float
    residual: Float
    daily: Float
    weekly: Float
    elapsed: Int

    def copy(self) -> "HoltWintersState":
        """Return an independent copy."""
        return HoltWintersState(
            self.level.copy(),
            self.residual.copy(),
            self.daily.copy(),
            self.weekly.copy(),
            self.elapsed.copy(),
        )


@dataclass(frozen=True, slots=True)
class HoltWintersFit:
    """Hold the fitted batch.

    Attributes
    ----------
    method : ndarray, shape (series,), int64
        A `Method` for each series.
    parameters : ndarray, shape (series, 4), float64
        Alpha (level), delta (daily), omega (weekly), phi (AR(1)), each in [0, 1).
    floor_w : ndarray, shape (series,), float64
        Least load the logarithm is taken of; 0 where the method is additive. [W]
    start, state : HoltWintersState
        Before the first slot, and after the last slot seen. `advance` moves ``state``.
    residual_w : ndarray, shape (series, time), float64
        One-step errors, load minus forecast; NaN where the load is missing. [W]
    """

    method: Int
    parameters: Float
    floor_w: Float
    start: HoltWintersState
    state: HoltWintersState
    residual_w: Float


def fit(load_w: NDArray[Any], *, periods: tuple[int, int] = (SLOTS_PER_DAY, SLOTS_PER_WEEK)) -> HoltWintersFit:
    """Fit every series by itself and run it to its end.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power per slot, import positive; NaN marks a missing slot. [W]
    periods : tuple of int, default (48, 336)
        Slots per day and per week; the week is a multiple of the day. [slots]

    Returns
    -------
    HoltWintersFit
        Ready for `forecast`, `advance` and `backtest`.

    Notes
    -----
    About 25 passes over the series, each for eight parameter sets: O(series * time).
    A gap leaves level and profiles as they are and lets the AR(1) term die out.

    Examples
    --------
    >>> import numpy as np
    >>> day = 1000.0 + 500.0 * np.sin(np.arange(48) / 48 * 2 * np.pi)
    >>> fitted = fit(np.tile(day, (1, 28)))
    >>> Method(fitted.method[0]).name
    'DOUBLE_MULTIPLICATIVE'
    >>> bool(np.allclose(forecast(fitted, 48)[0], day))
    True
    """
    load = float_array("load_w", load_w, axes=(None, None))
    day, week = periods
    require(1 <= day <= week and week % day == 0, "The week must be a multiple of the day.", periods=periods)
    require(not np.isinf(load).any(), "load_w must be finite or NaN.")
    count = load.shape[0]
    start = HoltWintersState(
        np.empty(count),
        np.zeros(count),
        np.zeros((count, day)),
        np.zeros((count, week)),
        np.zeros(count, np.int64),
    )
    method, floor, parameters = np.empty(count, np.int64), np.empty(count), np.zeros((count, 4))
    linked, judged_from = np.empty_like(load), np.empty(count, np.int64)
    _fit.prepare_batch(load, method, floor, linked, judged_from, start.level, start.daily, start.weekly)
    _search.search_batch(linked, method, judged_from, start.level, start.daily, start.weekly, parameters)
    fitted = HoltWintersFit(method, parameters, floor, start, start.copy(), np.empty_like(load))
    _advance(fitted, load, fitted.residual_w)
    return fitted


def advance(fitted: HoltWintersFit, load_w: NDArray[Any]) -> Float:
    """Move the fitted states on by new slots, in place and without refitting.

    Parameters
    ----------
    fitted : HoltWintersFit
        Its ``state`` is updated.
    load_w : ndarray, shape (series, time)
        The slots that follow the last one seen; NaN marks a missing slot. [W]

    Returns
    -------
    ndarray, shape (series, time), float64
        One-step errors; NaN where the load is missing. [W]
    """
    load = float_array("load_w", load_w, axes=(fitted.method.size, None))
    require(not np.isinf(load).any(), "load_w must be finite or NaN.")
    one_step = np.empty_like(load)
    _advance(fitted, load, one_step)
    return one_step


def forecast(fitted: HoltWintersFit, horizon: int) -> Float:
    """Return the point forecast of the slots that follow the last one seen.

    Parameters
    ----------
    fitted : HoltWintersFit
        From `fit`, perhaps moved on by `advance`.
    horizon : int
        At least 1. [slots]

    Returns
    -------
    ndarray, shape (series, lead), float64
        NaN where the method is ``NO_DATA``. [W]
    """
    require(horizon >= 1, "The horizon is at least one slot.", horizon=horizon)
    ahead = np.empty((fitted.method.size, horizon))
    now = fitted.state
    forecast_batch(
        fitted.parameters, fitted.floor_w, now.level, now.residual, now.daily, now.weekly, now.elapsed, ahead
    )
    return ahead


def backtest(fitted: HoltWintersFit, load_w: NDArray[Any], origins: NDArray[Any], horizon: int) -> Float:
    """Return the forecasts that would have been issued at past origins, without refitting.

    Parameters
    ----------
    fitted : HoltWintersFit
        Parameters and starting states are taken from it; its ``state`` is left alone.
    load_w : ndarray, shape (series, time)
        From the first fitted slot on; may reach beyond the last fitted one. [W]
    origins : ndarray of int, shape (origin,)
        Ascending first slots to forecast, ``0 <= origin <= time``; only earlier slots are used. [slots]
    horizon : int
        At least 1. [slots]

    Returns
    -------
    ndarray, shape (series, origin, lead), float64
        Lead 0 is the slot ``origin`` itself. [W]

    Notes
    -----
    Origins inside the fitted span know the parameters, and origins in its first half also the starting
    profiles, of slots that came later: use origins of the second half to estimate errors.
    """
    load = float_array("load_w", load_w, axes=(fitted.method.size, None))
    firsts = int_array("origins", origins, axes=(None,))
    require(horizon >= 1, "The horizon is at least one slot.", horizon=horizon)
    inside = firsts.size == 0 or (firsts[0] >= 0 and firsts[-1] <= load.shape[1])
    require(bool(inside and (np.diff(firsts) >= 0).all()), "Origins must ascend inside the series.")
    ahead = np.empty((load.shape[0], firsts.size, horizon))
    start = fitted.start
    backtest_batch(
        load,
        firsts,
        fitted.parameters,
        fitted.floor_w,
        start.level,
        start.residual,
        start.daily,
        start.weekly,
        ahead,
    )
    return ahead


def _advance(fitted: HoltWintersFit, load: Float, one_step: Float) -> None:
    now = fitted.state
    advance_batch(
        load,
        fitted.parameters,
        fitted.floor_w,
        now.level,
        now.residual,
        now.daily,
        now.weekly,
        now.elapsed,
        one_step,
    )
