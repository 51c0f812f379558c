"""Judge the forecast on the last days: from each, by what was known then, with the weights and quantiles of then."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.experts import WEEKLY_NAIVE, Ahead, Asked, ask
from grid.kernels.ml_poly import combine
from grid.kernels.quantiles import adaptive_quantiles
from grid.skill_by_lead import LeadScores, score_by_lead

Float = NDArray[np.float64]
Int = NDArray[np.int64]

QUANTILES: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LEVELS: Final = np.array(QUANTILES)
#: Days of origins that weights and quantiles are learned from, and the last of them that are scored.
MOST_DAYS, MOST_SCORED_DAYS = 84, 28
#: Holt-Winters is fitted to what comes before so many of the last days, or before this share of few.
_FITTED_DAYS_AGO, _FITTED_SHARE_AGO = 28, 0.4


@dataclass(frozen=True, slots=True)
class Scores:
    """Hold what the scored days say of each series; NaN where nothing could be scored.

    Attributes
    ----------
    origin_count : ndarray, shape (series,), int64
        Days that were forecast from and followed by at least one known load.
    mae_w, naive_mae_w, crps_w : ndarray, shape (series,), float64
        [W]
    mape_ratio, naive_mape_ratio : ndarray, shape (series,), float64
        Slots of zero load are left out. [1]
    coverage_ratio : ndarray, shape (series,), float64
        Share of loads above the lowest and not above the highest quantile. [1]
    by_lead : LeadScores
        The same and more by blocks of leads on the local grid.
    """

    origin_count: Int
    mae_w: Float
    naive_mae_w: Float
    mape_ratio: Float
    naive_mape_ratio: Float
    crps_w: Float
    coverage_ratio: Float
    by_lead: LeadScores


@dataclass(frozen=True, slots=True)
class Backtest:
    """Hold a backtest, whose last origin is the forecast itself.

    Attributes
    ----------
    load_w : ndarray, shape (series, lead), float64
        Forecast from the end of the load; NaN where no expert has one. [W]
    quantile_load_w : ndarray, shape (series, lead, quantile), float64
        Its quantiles; NaN where no error has been made yet. [W]
    weight : ndarray, shape (series, expert, lead), float64
        What each expert has to say in it. [1]
    naive_load_w : ndarray, shape (series, lead), float64
        What the weekly naive forecast says from there. [W]
    scores : Scores
        Skill on the scored days.
    asked : Asked
        What later forecasts go on with.
    error_w : ndarray, shape (series, origin, lead), float32
        Load minus forecast at all origins; NaN where the load is missing or has not come, as at the last. [W]
    scored_from : int
        First origin that was scored.
    """

    load_w: Float
    quantile_load_w: Float
    weight: Float
    naive_load_w: Float
    scores: Scores
    asked: Asked
    error_w: NDArray[np.float32]
    scored_from: int


@dataclass(frozen=True, slots=True)
class Replay:
    """Hold what was said at past origins, and what came.

    Attributes
    ----------
    asked : Asked
        What each expert said, and what it goes on with.
    actual_w : ndarray, shape (series, origin, lead), float64
        NaN where it is missing or has not come. [W]
    combined_w : ndarray, shape (series, origin, lead), float64
        The forecast. [W]
    quantile_w : ndarray, shape (series, origin, lead, quantile), float64
        Its quantiles, in the order of `QUANTILES`. [W]
    weight : ndarray, shape (series, expert, lead), float64
        Of the experts at the last origin. [1]
    """

    asked: Asked
    actual_w: Float
    combined_w: Float
    quantile_w: Float
    weight: Float

    @property
    def said_w(self) -> Float:
        """What each expert said, shape (series, expert, origin, lead). [W]."""
        return self.asked.said_w


def backtest(load_w: Float, ahead: Ahead, *, horizon: int, known_w: Float | None = None) -> Backtest:
    """Forecast every series from the last days and from now.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power on the local grid, NaN where unknown; at least one day. [W]
    ahead : Ahead
        For every slot of the load and the horizon.
    horizon : int
        Leads. [slots]
    known_w : ndarray, shape (series, time + horizon), float64, optional
        Part of the load that is known ahead: experts are asked about the rest. [W]

    Returns
    -------
    Backtest

    Notes
    -----
    With d days, the last ``min(84, 2 d / 3)`` are learned from and the last ``min(28, d / 3)`` scored: with 35 days, 23
    and 11.
    """
    days = load_w.shape[1] // SLOTS_PER_DAY
    learned, scored = min(MOST_DAYS, 2 * days // 3), min(MOST_SCORED_DAYS, days // 3)
    origins, first = learned + 1, learned - scored
    fitted_before = load_w.shape[1] - min(_FITTED_DAYS_AGO, int(_FITTED_SHARE_AGO * days)) * SLOTS_PER_DAY
    rest_w = load_w if known_w is None else load_w - known_w[:, : load_w.shape[1]]
    past = replay(rest_w, ahead, origins=origins, horizon=horizon, fitted_before=fitted_before, quantiles_from=first)
    if known_w is not None:
        _put_back(past, known_w)
    span = slice(first, learned)
    scores = _score(
        past.actual_w[:, span],
        past.combined_w[:, span],
        past.said_w[:, WEEKLY_NAIVE, span],
        past.quantile_w[:, span],
    )
    error_w = (past.actual_w - past.combined_w).astype(np.float32)
    naive_w = past.said_w[:, WEEKLY_NAIVE, -1]
    return Backtest(
        past.combined_w[:, -1], past.quantile_w[:, -1], past.weight, naive_w, scores, past.asked, error_w, first
    )


def replay(
    load_w: Float, ahead: Ahead, *, origins: int, horizon: int, fitted_before: int, quantiles_from: int
) -> Replay:
    """Forecast from the last daily origins, one after the other, the last of them the end of the load.

    Parameters
    ----------
    load_w, ahead, horizon
        As for `backtest`.
    origins : int
        How many. [days]
    fitted_before : int
        Holt-Winters' parameters for the past are fitted to load before this slot. [slots]
    quantiles_from : int
        First origin with quantiles; there have to be errors before it. [days]

    Returns
    -------
    Replay
        Nothing in it depends on load that was not known at its origin.
    """
    asked = ask(load_w, ahead, origins=origins, horizon=horizon, fitted_before=fitted_before)
    actual_w = _came(load_w, origins, horizon)
    mixed = combine(asked.said_w, actual_w, day=SLOTS_PER_DAY)
    error_w = actual_w - mixed.combined_w
    band_w = adaptive_quantiles(error_w, LEVELS, asked_from=quantiles_from, day=SLOTS_PER_DAY)
    quantile_w = mixed.combined_w[..., np.newaxis] + band_w
    return Replay(asked, actual_w, mixed.combined_w, quantile_w, mixed.weight)


def _put_back(past: Replay, known_w: Float) -> None:
    """Add what was known ahead to what came and what was said, in place; the naive forecast gets that of its week."""
    origins, horizon = past.actual_w.shape[1:]
    day, lead = np.arange(1 - origins, 1)[:, np.newaxis], np.arange(horizon)
    slot = known_w.shape[1] - horizon + SLOTS_PER_DAY * day + lead
    before = slot - SLOTS_PER_WEEK * (lead // SLOTS_PER_WEEK + 1)
    part_w = known_w[:, slot]
    past.actual_w[:] += part_w
    past.combined_w[:] += part_w
    past.quantile_w[:] += part_w[..., np.newaxis]
    past.said_w[:, WEEKLY_NAIVE] += np.where(before >= 0, known_w[:, np.maximum(before, 0)], np.nan)


def _came(load_w: Float, origins: int, horizon: int) -> Float:
    """Return the load that followed each origin, shape (series, origin, lead); NaN where it has not come. [W]."""
    first = load_w.shape[1] - SLOTS_PER_DAY * np.arange(origins - 1, -1, -1, dtype=np.int64)
    padded = np.pad(load_w, ((0, 0), (0, horizon)), constant_values=np.nan)
    return np.ascontiguousarray(padded[:, first[:, np.newaxis] + np.arange(horizon)])


def _score(actual_w: Float, point_w: Float, naive_w: Float, quantile_w: Float) -> Scores:
    """Score the forecast and its quantiles, and the weekly naive on the same slots."""
    found = score_by_lead(actual_w, point_w, naive_w, quantile_w, LEVELS)
    return Scores(
        found.origin_count[:, 0],
        found.mae_w[:, 0],
        found.naive_mae_w[:, 0],
        found.mape_ratio[:, 0],
        found.naive_mape_ratio[:, 0],
        found.crps_w[:, 0],
        found.coverage_ratio[:, 0],
        found,
    )
