"""The forecast itself, arrays in and arrays out: point, quantiles, the method's name and its skill."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.backtest import LEVELS, Backtest, Scores, backtest
from grid.day_features import LAGGED, day_features
from grid.experts import Ahead
from grid.kernels import holt_winters
from grid.kernels.holt_winters import Method
from grid.kernels.quantiles import error_quantiles, quantile_forecast
from grid.local_days import LocalDays
from grid.skill_by_lead import joined

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: What ``forecast_skill.method`` says where experts are combined by what they deserved.
COMBINED: Final = "expert_mix"
#: What it says of a fall-back: there was too little history to tell what experts deserve.
METHOD_NAMES: Final[dict[Method, str]] = {
    Method.DOUBLE_MULTIPLICATIVE: "holt_winters_double_multiplicative",
    Method.DOUBLE_ADDITIVE: "holt_winters_double_additive",
    Method.DAILY_MULTIPLICATIVE: "holt_winters_daily_multiplicative",
    Method.DAILY_ADDITIVE: "holt_winters_daily_additive",
    Method.LEVEL: "level",
    Method.NO_DATA: "none",
}
NOTHING: Final = METHOD_NAMES[Method.NO_DATA]
#: With fewer scored days the experts' record says too little.
FEWEST_SCORED_DAYS: Final = 7
#: So many series are forecast at a time: what all experts said of them takes 150 MB at most.
_SERIES_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class SeriesForecasts:
    """Hold the forecasts of a batch of series.

    Attributes
    ----------
    load_w : ndarray, shape (series, lead), float64
        Expected mean power, import positive; NaN where a series has no data. [W]
    quantile_load_w : ndarray, shape (series, lead, quantile), float64
        In the order of `grid.backtest.QUANTILES`; never crossing. [W]
    method : tuple of str, one for each series
        `COMBINED`, or one of `METHOD_NAMES` for want of history.
    judged : ndarray, shape (series,), bool
        Whether experts were combined; ``scores`` speak of those only.
    scores : Scores
        Skill on the last days.
    naive_load_w : ndarray, shape (series, lead), float64
        What the weekly naive forecast says; NaN where it has nothing to say. [W]
    weight : ndarray, shape (series, expert, lead), float64
        What each expert had to say in it, in the order of `grid.experts.EXPERTS`; NaN where they were not combined. [1]
    """

    load_w: Float
    quantile_load_w: Float
    method: tuple[str, ...]
    judged: NDArray[np.bool_]
    scores: Scores
    naive_load_w: Float
    weight: Float


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
    The point is the experts' mean by weights that follow their regrets (`grid.kernels.ml_poly`); quantiles are the
    point and the quantiles of the errors that such points made at the same time of day and lead
    (`grid.kernels.quantiles`). With fewer than seven days to judge by, the point is Holt-Winters' and the quantiles
    those of the load about its own mean: wide, and honest. A series that never exported is not forecast below zero.
    """
    parts = [
        _forecast_part(load_w[begin : begin + _SERIES_AT_ONCE], start, horizon)
        for begin in range(0, load_w.shape[0], _SERIES_AT_ONCE)
    ]
    return SeriesForecasts(
        np.concatenate([part.load_w for part in parts]),
        np.concatenate([part.quantile_load_w for part in parts]),
        tuple(name for part in parts for name in part.method),
        np.concatenate([part.judged for part in parts]),
        joined([part.scores for part in parts]),
        np.concatenate([part.naive_load_w for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )


def _forecast_part(load_w: Float, start: datetime, horizon: int) -> SeriesForecasts:
    tried = _tried(load_w, start, horizon)
    judged = tried.scores.origin_count >= FEWEST_SCORED_DAYS
    judged &= np.isfinite(tried.load_w).all(axis=1) & np.isfinite(tried.quantile_load_w).all(axis=(1, 2))
    method = np.full(load_w.shape[0], COMBINED, dtype=object)
    point_w, quantile_w = tried.load_w, tried.quantile_load_w
    if not judged.all():
        few = load_w[~judged]
        fitted = holt_winters.fit(few)
        point_w[~judged] = holt_winters.forecast(fitted, horizon)
        spread_w = np.repeat(_own_spread(few), horizon, axis=1)
        quantile_w[~judged] = quantile_forecast(point_w[~judged], spread_w)
        method[~judged] = [METHOD_NAMES[Method(int(code))] for code in fitted.method]
    never_exports = (np.nan_to_num(load_w, nan=0.0) >= 0.0).all(axis=1)
    point_w[never_exports] = np.maximum(point_w[never_exports], 0.0)
    quantile_w[never_exports] = np.maximum(quantile_w[never_exports], 0.0)
    weight = np.where(judged[:, np.newaxis, np.newaxis], tried.weight, np.nan)
    return SeriesForecasts(point_w, quantile_w, tuple(method), judged, tried.scores, tried.naive_load_w, weight)


def _tried(load_w: Float, start: datetime, horizon: int) -> Backtest:
    """Let the experts speak on the local grid and bring what they say back to the slots asked for."""
    slots = load_w.shape[1]
    local = LocalDays.of(start, slots + horizon)
    now = int(local.place[slots])
    leads = np.maximum(local.place[slots:] - now, 0)  # in autumn the clock may fall behind where it stood
    longest = int(leads.max()) + 1
    features = day_features(local.first, local.days(slots + horizon))
    ahead = Ahead(np.ascontiguousarray(features[: now + longest]), LAGGED)
    tried = backtest(local.spread(load_w, slots), ahead, horizon=longest)
    return Backtest(
        np.ascontiguousarray(tried.load_w[:, leads]),
        np.ascontiguousarray(tried.quantile_load_w[:, leads]),
        tried.weight[:, :, leads],
        tried.naive_load_w[:, leads],
        tried.scores,
    )


def _own_spread(load_w: Float) -> Float:
    """Return the quantiles of each series about its mean, shape (series, 1, quantile). [W]."""
    known = ~np.isnan(load_w)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean_w = np.where(known, load_w, 0.0).sum(axis=1, keepdims=True) / count
    return error_quantiles((load_w - mean_w)[:, :, np.newaxis], LEVELS)
