"""Many opinions on the same slots, and one made of them: each expert counts for as much as it deserved so far.

No single way is best for a nation, a feeder and a home. Regressions follow weather, calendar and lags; Holt-Winters
follows a season as it turns; where days jump about, what is typical of a slot is hard to beat.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.kernels import error_patterns, holt_winters, ridge
from grid.kernels.error_patterns import Started
from grid.kernels.naive import seasonal_naive
from grid.kernels.ridge import Memory, Regressions, Ridge
from grid.kernels.typical import typical

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: In the order of the second axis of what `ask` returns; the weekly naive is also the mark to beat.
EXPERTS: Final = (
    *("ridge_slow", "ridge_fast", "holt_winters"),
    *("weekly_naive", "daily_naive", "mean_of_7_days", "median_of_28_days", "median_of_8_weeks"),
)
WEEKLY_NAIVE: Final = EXPERTS.index("weekly_naive")
#: One that learns from a year, and one that lives in the last two months.
REGRESSION: Final = Ridge((Memory(forgetting=0.998, penalty=0.01), Memory(forgetting=0.98, penalty=0.03)))
#: How far the longest of them look back. [weeks]
WEEKS_BACK: Final = 8
#: How far regressions look back: two weeks before a slot of the next week, and the hours before now of a week before.
_LAG_SLOTS: Final = 4 * SLOTS_PER_WEEK
#: Holt-Winters forgets what is older: fitting it to more, or again four weeks later, costs time and changes nothing.
_FIT_SLOTS: Final = 8 * SLOTS_PER_WEEK
#: What all but the regressions look at to speak for now: their weeks, and the one that the horizon may begin before.
_TAIL_SLOTS: Final = (WEEKS_BACK + 1) * SLOTS_PER_WEEK


@dataclass(frozen=True, slots=True)
class Ahead:
    """Hold what is known before a slot comes, on the local grid.

    Attributes
    ----------
    features : ndarray, shape (slot, column), float64
        Calendar, and weather as forecast; reaches beyond the load by the horizon.
    lagged : ndarray, shape (column,), bool
        Columns whose change against the day and the week before counts, too.
    """

    features: Float
    lagged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what experts said, and what they go on with.

    Attributes
    ----------
    said_w : ndarray, shape (series, expert, origin, lead), float64
        In the order of `EXPERTS`; NaN where one has nothing to say. [W]
    regressions : Regressions
        On loads relative to centre and scale.
    centre_w, scale_w : ndarray, shape (series, 1), float64
        Mean of the loads before the first origin, and their mean distance from it. [W]
    smoothed : Started or None
        On the last weeks, which `tail_from` names; None where there was nothing to fit to.
    """

    said_w: Float
    regressions: Regressions
    centre_w: Float
    scale_w: Float
    smoothed: Started | None


def ask(load_w: Float, ahead: Ahead, *, origins: int, horizon: int, fitted_before: int) -> Asked:
    """Return what every expert said at the last daily origins, the last of them the end of the load.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power on the local grid; NaN where unknown. [W]
    ahead : Ahead
        For every slot of the load and the horizon.
    origins : int
        How many. [days]
    horizon : int
        Leads. [slots]
    fitted_before : int
        Holt-Winters' parameters are fitted to load before this slot, so that it has an honest record after it. [slots]

    Returns
    -------
    Asked
    """
    at = load_w.shape[1] - SLOTS_PER_DAY * np.arange(origins - 1, -1, -1, dtype=np.int64)
    said = np.empty((load_w.shape[0], len(EXPERTS), origins, horizon))
    centre_w, scale_w = _scale(load_w[:, : at[0]])
    even = (load_w - centre_w) / scale_w
    regressions = ridge.fit(even, ahead.features, ahead.lagged, horizon=horizon, origins=origins, how=REGRESSION)
    said[:, :2] = _to_watts(regressions.said, centre_w, scale_w)
    said[:, 2], smoothed = _smooth(load_w, at, horizon, fitted_before)
    _ask_the_simple(load_w, at, said)
    return Asked(said, regressions, centre_w, scale_w, smoothed)


def ask_again(asked: Asked, load_w: Float, ahead: Ahead, *, later: int) -> Float:
    """Return what every expert says some slots later, from what it goes on with.

    Parameters
    ----------
    asked : Asked
        Is left as it is.
    load_w : ndarray, shape (series, time)
        On the local grid, from the slot that `tail_from` named, ending `later` slots after the load that was fitted
        to. [W]
    ahead : Ahead
        From the same slot on; reaches beyond the load by the horizon.
    later : int
        Less than a day. [slots]

    Returns
    -------
    ndarray, shape (series, expert, lead), float64
        In the order of `EXPERTS`. [W]
    """
    time = load_w.shape[1]
    horizon = ahead.features.shape[0] - time
    said = np.empty((load_w.shape[0], len(EXPERTS), 1, horizon))
    begin = max(time - _LAG_SLOTS, 0) // SLOTS_PER_DAY * SLOTS_PER_DAY
    even = load_w[:, begin:] - asked.centre_w
    even /= asked.scale_w
    rolled = ridge.roll(asked.regressions, even, ahead.features[begin:], ahead.lagged, later=later, how=REGRESSION)
    said[:, :2] = _to_watts(rolled[:, :, np.newaxis], asked.centre_w, asked.scale_w)
    said[:, 2] = np.nan
    if asked.smoothed is not None:
        said[:, 2, 0] = error_patterns.forecast(asked.smoothed, load_w[:, time - later :], horizon)
    _ask_the_simple(load_w, np.array([time]), said)
    return said[:, :, 0]


def tail_from(time: int) -> int:
    """Return the first slot, one that begins a day, that is looked at to speak for what follows so many. [slots]."""
    return max(time - _TAIL_SLOTS, 0) // SLOTS_PER_DAY * SLOTS_PER_DAY


def _ask_the_simple(load_w: Float, at: Int, said: Float) -> None:
    """Fill what those say at the origins that need no fit."""
    horizon = said.shape[3]
    said[:, 3] = seasonal_naive(load_w, at, horizon, period=SLOTS_PER_WEEK)
    said[:, 4] = seasonal_naive(load_w, at, horizon, period=SLOTS_PER_DAY)
    said[:, 5] = typical(load_w, at, horizon, period=SLOTS_PER_DAY, count=7, of="mean")
    said[:, 6] = typical(load_w, at, horizon, period=SLOTS_PER_DAY, count=28, of="median")
    said[:, 7] = typical(load_w, at, horizon, period=SLOTS_PER_WEEK, count=WEEKS_BACK, of="median")


def _scale(before: Float) -> tuple[Float, Float]:
    """Return the mean of what was before the first origin, of which no origin learns anything new, and the spread."""
    known = np.isfinite(before)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    centre = np.where(known, before, 0.0).sum(axis=1, keepdims=True) / count
    scale = np.abs(np.where(known, before - centre, 0.0)).sum(axis=1, keepdims=True) / count
    return centre, np.where(scale > 0.0, scale, 1.0)


def _to_watts(even: Float, centre_w: Float, scale_w: Float) -> Float:
    """Put values of shape (series, memory, origin, lead) back on the scale of loads, in place."""
    even *= scale_w[:, :, np.newaxis, np.newaxis]
    even += centre_w[:, :, np.newaxis, np.newaxis]
    return even


def _smooth(load_w: Float, at: Int, horizon: int, fitted_before: int) -> tuple[Float, Started | None]:
    """Let Holt-Winters, corrected, speak after its fit; at the last, if that was short, after another."""
    said, fitted, smoothed = np.full((load_w.shape[0], at.size, horizon), np.nan), None, None
    after, begin = np.flatnonzero(at >= fitted_before), max(fitted_before - _FIT_SLOTS, 0)
    if fitted_before > begin:
        fitted = holt_winters.fit(np.ascontiguousarray(load_w[:, begin:fitted_before]))
        record = np.ascontiguousarray(load_w[:, begin:])
        said[:, after] = error_patterns.backtest(fitted, record, at[after] - begin, horizon)
    if fitted_before - begin < _FIT_SLOTS:
        fitted = holt_winters.fit(np.ascontiguousarray(load_w[:, -_FIT_SLOTS:]))
    if fitted is not None:
        tail_w = load_w[:, tail_from(load_w.shape[1]) :]
        smoothed, said[:, -1] = error_patterns.start_anew(fitted, tail_w, horizon)
    return said, smoothed
