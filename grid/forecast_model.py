"""The forecast itself, arrays in and arrays out: point, quantiles, the method's name and its skill."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.backtest import LEVELS, Backtest, Scores, backtest
from grid.kernels import holt_winters
from grid.kernels.holt_winters import Method
from grid.kernels.quantiles import error_quantiles, quantile_forecast
from grid.known_ahead import known_ahead, part_ahead
from grid.local_days import LocalDays
from grid.rolling import Fallback, Rolling, Tail, without_record
from grid.skill_by_lead import end_to_end, in_order

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
#: So many series are forecast at a time: what all experts said of them takes 40 MB at most.
_SERIES_AT_ONCE: Final = 64


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
    rolling : tuple of Rolling
        What `grid.rolling.roll` goes on with as readings come; in the order in which series were forecast.
    error_w : ndarray, shape (series, origin, lead), float32
        Load minus forecast at past daily origins, the last of them now; NaN where it is not known, and where experts
        were not combined. [W]
    scored_from : int
        First origin that was scored, of the series with most of them.
    floor_w : ndarray, shape (series,), float64
        0 for a series that never exported, else -inf: it is not forecast below. [W]
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
    rolling: tuple[Rolling, ...]
    error_w: NDArray[np.float32]
    scored_from: int
    floor_w: Float
    naive_load_w: Float
    weight: Float


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold as many series as are forecast at a time, with all that their forecast depends on.

    Attributes
    ----------
    load_w, start, horizon, extra, known_w
        As for `forecast_series`.
    """

    load_w: Float
    start: datetime
    horizon: int
    extra: Float | None
    known_w: Float | None


def pieces_of(
    load_w: Float, start: datetime, *, horizon: int, extra: Float | None = None, known_w: Float | None = None
) -> Iterator[Piece]:
    """Yield series, as for `forecast_series`, in the pieces that they are forecast in."""
    for begin in range(0, load_w.shape[0], _SERIES_AT_ONCE):
        some = slice(begin, begin + _SERIES_AT_ONCE)
        own_w = None if known_w is None else known_w[some]
        yield Piece(np.ascontiguousarray(load_w[some]), start, horizon, extra, own_w)


def forecast_series(
    load_w: Float, start: datetime, *, horizon: int, extra: Float | None = None, known_w: Float | None = None
) -> SeriesForecasts:
    """Forecast every series for the slots that follow its last.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power on the half-hour grid, NaN where unknown; at least one day. [W]
    start : datetime
        Start of slot 0.
    horizon : int
        Leads. [slots]
    extra : ndarray, shape (time + horizon, column), float64, optional
        What else is known ahead of the slots and matters to all of the series: weather.
    known_w : ndarray, shape (series, time + horizon), float64, optional
        Part of each load that is known ahead: its panels'. Experts are asked about the rest. [W]

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
    pieces = pieces_of(load_w, start, horizon=horizon, extra=extra, known_w=known_w)
    parts = [forecast_piece(piece) for piece in pieces]
    return joined(parts, order=np.arange(load_w.shape[0]))


def joined(parts: Sequence[SeriesForecasts], *, order: Int) -> SeriesForecasts:
    """Return the series of all parts as one batch, those at the places that ``order`` names, in its order.

    Of series with a shorter past there are fewer origins, all of them the last ones; their errors before are NaN.
    """
    longest = max(parts, key=lambda part: part.error_w.shape[1])
    origins = longest.error_w.shape[1]
    names = [name for part in parts for name in part.method]
    return SeriesForecasts(
        in_order([part.load_w for part in parts], order),
        in_order([part.quantile_load_w for part in parts], order),
        tuple(names[place] for place in order),
        in_order([part.judged for part in parts], order),
        end_to_end([part.scores for part in parts], order),
        tuple(rolling for part in parts for rolling in part.rolling),
        in_order([_last_origins(part.error_w, origins) for part in parts], order),
        longest.scored_from,
        in_order([part.floor_w for part in parts], order),
        in_order([part.naive_load_w for part in parts], order),
        in_order([part.weight for part in parts], order),
    )


def _last_origins(error_w: NDArray[np.float32], origins: int) -> NDArray[np.float32]:
    """Return errors as the last of so many origins, NaN at those before."""
    missing = origins - error_w.shape[1]
    return np.pad(error_w, ((0, 0), (missing, 0), (0, 0)), constant_values=np.nan) if missing else error_w


def forecast_piece(piece: Piece) -> SeriesForecasts:
    """Forecast every series of a piece; it depends on nothing else, so that it may be done anywhere."""
    load_w, start, horizon, known_w = piece.load_w, piece.start, piece.horizon, piece.known_w
    slots = load_w.shape[1]
    local = LocalDays.of(start, slots + horizon)
    now = int(local.place[slots])
    leads = np.maximum(local.place[slots:] - now, 0)  # in autumn the clock may fall behind where it stood
    longest = int(leads.max()) + 1
    local_w = local.spread(load_w, slots)
    ahead = known_ahead(local, slots + horizon, until=now + longest, extra=piece.extra)
    part_w = None if known_w is None else part_ahead(local, known_w, until=now + longest)
    tried = backtest(local_w, ahead, horizon=longest, known_w=part_w)
    judged = tried.scores.origin_count >= FEWEST_SCORED_DAYS
    judged &= np.isfinite(tried.load_w).all(axis=1) & np.isfinite(tried.quantile_load_w).all(axis=(1, 2))
    spread_w = tried.quantile_load_w - tried.load_w[:, :, np.newaxis]
    fallback = None if judged.all() else _fall_back(load_w, judged, spread_w)
    floor_w = np.where((np.nan_to_num(load_w, nan=0.0) >= 0.0).all(axis=1), 0.0, -np.inf)
    weight = tried.weight.astype(np.float32)
    asked = without_record(tried.asked)
    rest_w = local_w if part_w is None else local_w - part_w[:, : local_w.shape[1]]
    rolling = Rolling(
        Tail.of(rest_w, local, start, slots), asked, weight, spread_w.astype(np.float32), floor_w, fallback
    )
    return _on_slots(tried, leads, judged, spread_w, rolling)


def _fall_back(load_w: Float, judged: NDArray[np.bool_], spread_w: Float) -> Fallback:
    """Fit Holt-Winters to the series that were not judged, and fill in how far loads lie from their mean."""
    spread_w[~judged] = _own_spread(load_w[~judged])
    return Fallback(np.flatnonzero(~judged), holt_winters.fit(load_w[~judged]))


def _on_slots(
    tried: Backtest, leads: Int, judged: NDArray[np.bool_], spread_w: Float, rolling: Rolling
) -> SeriesForecasts:
    """Bring what was said on the local grid back to the slots asked for; those not judged fall back."""
    point_w, method = np.ascontiguousarray(tried.load_w[:, leads]), np.full(judged.size, COMBINED, dtype=object)
    if rolling.fallback is not None:
        fitted = rolling.fallback.fitted
        point_w[~judged] = holt_winters.forecast(fitted, leads.size)
        method[~judged] = [METHOD_NAMES[Method(int(code))] for code in fitted.method]
    floor_w, error_w = rolling.floor_w[:, np.newaxis], np.ascontiguousarray(tried.error_w[:, :, leads])
    error_w[~judged] = np.nan
    return SeriesForecasts(
        np.maximum(point_w, floor_w),
        np.maximum(quantile_forecast(point_w, spread_w[:, leads]), floor_w[:, :, np.newaxis]),
        tuple(method),
        judged,
        tried.scores,
        (rolling,),
        error_w,
        tried.scored_from,
        rolling.floor_w,
        np.ascontiguousarray(tried.naive_load_w[:, leads]),
        np.ascontiguousarray(np.where(judged[:, np.newaxis, np.newaxis], tried.weight[:, :, leads], np.nan)),
    )


def _own_spread(load_w: Float) -> Float:
    """Return the quantiles of each series about its mean, shape (series, 1, quantile). [W]."""
    known = ~np.isnan(load_w)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean_w = np.where(known, load_w, 0.0).sum(axis=1, keepdims=True) / count
    return error_quantiles((load_w - mean_w)[:, :, np.newaxis], LEVELS)
