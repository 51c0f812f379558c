"""The forecast itself, arrays in and arrays out: point, quantiles, the method's name and its skill."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.backtest import LEVELS, Scores, backtest
from grid.experts import combine
from grid.kernels import holt_winters
from grid.kernels.holt_winters import Method
from grid.kernels.naive import weekly_naive
from grid.kernels.quantiles import error_quantiles, quantile_forecast

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: What ``forecast_skill.method`` says of the model. Without both seasons it is a fall-back for want of history.
METHOD_NAMES: Final[dict[Method, str]] = {
    Method.DOUBLE_MULTIPLICATIVE: "holt_winters_double_multiplicative",
    Method.DOUBLE_ADDITIVE: "holt_winters_double_additive",
    Method.DAILY_MULTIPLICATIVE: "holt_winters_daily_multiplicative",
    Method.DAILY_ADDITIVE: "holt_winters_daily_additive",
    Method.LEVEL: "level",
    Method.NO_DATA: "none",
}
#: Follows the model's name where last week has a say as well.
COMBINED: Final = "_with_weekly_naive"

#: Seasons that a method knows: a backtest with fewer says nothing about a forecast with more.
_SEASONS: Final = np.array([{"NO": 0, "LEVEL": 1, "DAILY": 2, "DOUBLE": 3}[m.name.split("_")[0]] for m in Method])


@dataclass(frozen=True, slots=True)
class SeriesForecasts:
    """Hold the forecasts of a batch of series.

    Attributes
    ----------
    load_w : ndarray, shape (series, lead), float64
        Expected mean power, import positive; NaN where a series has no data. [W]
    quantile_load_w : ndarray, shape (series, lead, quantile), float64
        In the order of `grid.backtest.QUANTILES`; never crossing. [W]
    method : ndarray, shape (series,), int64
        A `grid.kernels.holt_winters.Method` each.
    judged : ndarray, shape (series,), bool
        Whether ``scores`` speak of the method that was used; last week has its say only there.
    scores : Scores
        Skill on the last days.
    """

    load_w: Float
    quantile_load_w: Float
    method: Int
    judged: NDArray[np.bool_]
    scores: Scores


def forecast_series(load_w: Float, start: datetime, *, horizon: int) -> SeriesForecasts:
    """Forecast every series for the slots that follow its last.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power on the half-hour grid, NaN where unknown; at least one day. [W]
    start : datetime
        Start of slot 0.
    horizon : int
        Leads. [slots]

    Returns
    -------
    SeriesForecasts

    Notes
    -----
    The point is Holt-Winters' forecast combined with last week's load (see `grid.experts`). Quantiles are the point and
    the quantiles of the errors that the same, fitted earlier, made at the same time of day and lead. Where it could not
    be tried out so, the point is Holt-Winters' alone and the quantiles those of the load about its own mean: wide, and
    honest.
    A series that never exported is not forecast below zero.
    """
    tried = backtest(load_w, start, horizon=horizon)
    fitted = holt_winters.fit(load_w)
    judged = (_SEASONS[tried.method] == _SEASONS[fitted.method]) & (tried.scores.origin_count > 0)
    last_week_w = weekly_naive(load_w, np.array([load_w.shape[1]]), horizon)[:, 0]
    weight = np.where(judged, tried.weight, 1.0)[:, np.newaxis]
    point_w = combine(holt_winters.forecast(fitted, horizon), last_week_w, weight)
    error_w = error_quantiles(tried.error_w, LEVELS)
    unknown = np.isnan(error_w) | ~judged[:, np.newaxis, np.newaxis]
    error_w = np.where(unknown, _own_spread(load_w), error_w)
    quantile_w = quantile_forecast(point_w, error_w)
    never_exports = (np.nan_to_num(load_w, nan=0.0) >= 0.0).all(axis=1)
    point_w[never_exports] = np.maximum(point_w[never_exports], 0.0)
    quantile_w[never_exports] = np.maximum(quantile_w[never_exports], 0.0)
    return SeriesForecasts(point_w, quantile_w, fitted.method, judged, tried.scores)


def _own_spread(load_w: Float) -> Float:
    """Return the quantiles of each series about its mean, shape (series, 1, quantile). [W]."""
    known = ~np.isnan(load_w)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean_w = np.where(known, load_w, 0.0).sum(axis=1, keepdims=True) / count
    return error_quantiles((load_w - mean_w)[:, :, np.newaxis], LEVELS)
