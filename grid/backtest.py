"""Judge the forecast on the last days: fitted on earlier load only, issued at past origins, scored.

The last days are the *judged* ones; their second half is *scored*. One fit ends before the judged days, another before
the scored ones. Every forecast is made with the later fit that had ended by then, and every weight and quantile that is
used for it comes from errors that had been made by then.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY
from grid.experts import Opinions, ask, joined
from grid.kernels import holt_winters
from grid.kernels.quantiles import error_quantiles, quantile_forecast
from grid.kernels.skill import point_skill, quantile_skill
from grid.origins import local_midnights, same_time_of_day

Float = NDArray[np.float64]
Int = NDArray[np.int64]

QUANTILES: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LEVELS: Final = np.array(QUANTILES)
MOST_JUDGED_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Scores:
    """Hold what the scored days say of each series; NaN where nothing could be scored.

    Attributes
    ----------
    origin_count : ndarray, shape (series,), int64
        Local midnights that were forecast from and followed by at least one known load.
    mae_w, naive_mae_w, crps_w : ndarray, shape (series,), float64
        [W]
    mape_ratio, naive_mape_ratio : ndarray, shape (series,), float64
        Slots of zero load are left out. [1]
    coverage_ratio : ndarray, shape (series,), float64
        Share of loads above the lowest and not above the highest quantile. [1]
    """

    origin_count: Int
    mae_w: Float
    naive_mae_w: Float
    mape_ratio: Float
    naive_mape_ratio: Float
    crps_w: Float
    coverage_ratio: Float


@dataclass(frozen=True, slots=True)
class Backtest:
    """Hold a backtest.

    Attributes
    ----------
    method : ndarray, shape (series,), int64
        The `grid.kernels.holt_winters.Method` that the days before the judged ones were enough for.
    weight : ndarray, shape (series,), float64
        Weight of Holt-Winters against the weekly naive, from its errors on the judged days. [1]
    error_w : ndarray, shape (series, origin, lead), float64
        Load less forecast, at origins of the time of day at which the series ends. [W]
    scores : Scores
        Skill on the scored days.
    """

    method: Int
    weight: Float
    error_w: Float
    scores: Scores


def backtest(load_w: Float, start: datetime, *, horizon: int) -> Backtest:
    """Forecast every series from past origins and compare with what came.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power, NaN where unknown; at least one day. [W]
    start : datetime
        Start of slot 0.
    horizon : int
        Leads. [slots]

    Returns
    -------
    Backtest

    Notes
    -----
    With d days, the last ``min(14, 2 d / 5)`` are judged: with 35 days, the fits end after 21 and after 28.
    """
    slots = load_w.shape[1]
    judged = min(MOST_JUDGED_DAYS, slots // SLOTS_PER_DAY * 2 // 5) * SLOTS_PER_DAY
    judged_from, scored_from = slots - judged, slots - judged // SLOTS_PER_DAY // 2 * SLOTS_PER_DAY
    early = holt_winters.fit(np.ascontiguousarray(load_w[:, :judged_from]))
    late = holt_winters.fit(np.ascontiguousarray(load_w[:, :scored_from]))
    midnights = local_midnights(start, first=judged_from // 2, stop=slots)
    before, scored = midnights[midnights < scored_from], midnights[midnights >= scored_from]
    known = before[:, np.newaxis] + np.arange(horizon) < scored_from
    earlier = ask(early, load_w, before, horizon=horizon)
    weight = earlier.weight(known & (before >= judged_from)[:, np.newaxis])
    error_w = np.where(known, earlier.actual_w - earlier.combined_w(weight), np.nan)
    scores = _score(ask(late, load_w, scored, horizon=horizon), weight, error_w)
    aligned = same_time_of_day(first=judged_from // 2, stop=slots)
    lately = joined(
        ask(early, load_w, aligned[aligned < scored_from], horizon=horizon),
        ask(late, load_w, aligned[aligned >= scored_from], horizon=horizon),
    )
    weight = lately.weight(np.repeat((aligned >= judged_from)[:, np.newaxis], horizon, axis=1))
    return Backtest(early.method, weight, lately.actual_w - lately.combined_w(weight), scores)


def _score(opinions: Opinions, weight: Float, earlier_error_w: Float) -> Scores:
    """Score the combined forecast and its quantiles, and the weekly naive on the same slots."""
    point_w, naive_w = opinions.combined_w(weight), opinions.naive_w
    actual_w = np.where(np.isnan(point_w) | np.isnan(naive_w), np.nan, opinions.actual_w)
    series, origins, horizon = point_w.shape
    leads = (series, origins * horizon)
    spread_w = np.tile(error_quantiles(earlier_error_w, LEVELS), (1, origins, 1))
    quantile_w = quantile_forecast(point_w.reshape(leads), spread_w)
    actual = actual_w.reshape(*leads, 1)
    ours = point_skill(actual, point_w.reshape(*leads, 1))
    naive = point_skill(actual, naive_w.reshape(*leads, 1))
    spread = quantile_skill(actual, quantile_w[:, :, np.newaxis], LEVELS)
    covered = spread.coverage_ratio[:, 0, -1] - spread.coverage_ratio[:, 0, 0]
    return Scores(
        (~np.isnan(actual_w)).any(axis=2).sum(axis=1).astype(np.int64),
        ours.mae_w[:, 0],
        naive.mae_w[:, 0],
        ours.mape_ratio[:, 0],
        naive.mape_ratio[:, 0],
        spread.crps_w[:, 0],
        covered,
    )
