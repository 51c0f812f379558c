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
from grid.kernels.naive import seasonal_naive
from grid.kernels.ridge import Ridge
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
_RIDGES: Final = (Ridge(forgetting=0.998, penalty=0.01), Ridge(forgetting=0.98, penalty=0.03))
#: Holt-Winters forgets what is older: fitting it to more costs time and changes nothing.
_FIT_SLOTS: Final = 8 * SLOTS_PER_WEEK


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


def ask(load_w: Float, ahead: Ahead, *, origins: int, horizon: int, fitted_before: int) -> Float:
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
    ndarray, shape (series, expert, origin, lead), float64
        In the order of `EXPERTS`; NaN where one has nothing to say. [W]
    """
    time = load_w.shape[1]
    at = time - SLOTS_PER_DAY * np.arange(origins - 1, -1, -1, dtype=np.int64)
    said = np.empty((load_w.shape[0], len(EXPERTS), origins, horizon))
    for number, how in enumerate(_RIDGES):
        said[:, number] = _regress(load_w, ahead, origins, horizon, how)
    said[:, 2] = _smooth(load_w, at, horizon, fitted_before)
    said[:, 3] = seasonal_naive(load_w, at, horizon, period=SLOTS_PER_WEEK)
    said[:, 4] = seasonal_naive(load_w, at, horizon, period=SLOTS_PER_DAY)
    said[:, 5] = typical(load_w, at, horizon, period=SLOTS_PER_DAY, count=7, of="mean")
    said[:, 6] = typical(load_w, at, horizon, period=SLOTS_PER_DAY, count=28, of="median")
    said[:, 7] = typical(load_w, at, horizon, period=SLOTS_PER_WEEK, count=8, of="median")
    return said


def _regress(load_w: Float, ahead: Ahead, origins: int, horizon: int, how: Ridge) -> Float:
    """Regress on loads relative to what they were before the first origin: of that, no origin learns anything new."""
    before = load_w[:, : load_w.shape[1] - (origins - 1) * SLOTS_PER_DAY]
    known = np.isfinite(before)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    centre = np.where(known, before, 0.0).sum(axis=1, keepdims=True) / count
    scale = np.abs(np.where(known, before - centre, 0.0)).sum(axis=1, keepdims=True) / count
    scale = np.where(scale > 0.0, scale, 1.0)
    even = (load_w - centre) / scale
    found = ridge.forecast(even, ahead.features, ahead.lagged, horizon=horizon, origins=origins, how=how)
    said: Float = found * scale[:, :, np.newaxis] + centre[:, :, np.newaxis]
    return said


def _smooth(load_w: Float, at: Int, horizon: int, fitted_before: int) -> Float:
    """Let Holt-Winters, corrected, speak at the origins that follow its fit, and at the last after a fit to all."""
    said = np.full((load_w.shape[0], at.size, horizon), np.nan)
    after, begin = np.flatnonzero(at >= fitted_before), max(fitted_before - _FIT_SLOTS, 0)
    if fitted_before > begin:
        fitted = holt_winters.fit(np.ascontiguousarray(load_w[:, begin:fitted_before]))
        record = np.ascontiguousarray(load_w[:, begin:])
        said[:, after] = error_patterns.backtest(fitted, record, at[after] - begin, horizon)
    last_weeks = np.ascontiguousarray(load_w[:, -_FIT_SLOTS:])
    latest, now = holt_winters.fit(last_weeks), np.array([last_weeks.shape[1]])
    said[:, -1] = error_patterns.backtest(latest, last_weeks, now, horizon)[:, 0]
    return said
