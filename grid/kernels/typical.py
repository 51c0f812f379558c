"""Forecast by what is typical of a slot: the mean or the median of the same slot of several days or weeks before.

Where every day is different, as in a home, a median is off by less than any single day is, and by less than a mean.
"""

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, int_array, require

_MEAN, _MEDIAN = 0, 1
_OF: Final = {"mean": _MEAN, "median": _MEDIAN}


@jitted
def _put(ascending: Float, count: int, value: float) -> int:
    """Insert a value among the first ones, which ascend; return how many there are then."""
    if np.isnan(value):
        return count
    place = count
    while place > 0 and ascending[place - 1] > value:
        ascending[place] = ascending[place - 1]
        place -= 1
    ascending[place] = value
    return count + 1


@jitted
def _take_out(ascending: Float, count: int, value: float) -> int:
    """Take a value out that is among the first ones; return how many there are then."""
    if np.isnan(value):
        return count
    place = 0
    while ascending[place] != value:
        place += 1
    for behind in range(place, count - 1):
        ascending[behind] = ascending[behind + 1]
    return count - 1


@jitted
def _typical(ascending: Float, known: int, of: int) -> float:
    """Return the mean or the median of the first values; NaN where there are none."""
    if known == 0:
        return np.nan
    if of == _MEAN:
        return float(ascending[:known].sum() / known)
    return float(0.5 * (ascending[(known - 1) // 2] + ascending[known // 2]))


@jitted
def _follow_phase(load: Float, begin: int, period: int, count: int, of: int, seen: Float, found: Float) -> None:
    """Fill found, whose first slot is begin, with what is typical of each slot of begin's phase."""
    known, slot = 0, begin - count * period
    while slot < begin + found.size:
        if slot >= begin:
            found[slot - begin] = _typical(seen, known, of)
        oldest = slot - count * period
        if oldest >= max(begin - count * period, 0):
            known = _take_out(seen, known, load[oldest])
        if 0 <= slot < load.size:
            known = _put(seen, known, load[slot])
        slot += period


@parallel_kernel
def _typical_batch(load_w: Float, origins: Int, period: int, count: int, of: int, ahead_w: Float) -> None:
    """Fill ahead_w. What is typical of a slot is the same for all origins that do not know it, so it is found once."""
    first, reach = origins[0], min(period, ahead_w.shape[2])
    for series in prange(load_w.shape[0]):
        load, seen = load_w[series], np.empty(count + 1)
        found = np.empty(origins[-1] - first + reach)
        for phase in range(min(period, found.size)):
            _follow_phase(load, first + phase, period, count, of, seen, found[phase:])
        for origin in range(origins.size):
            begin = origins[origin] - first
            for lead in range(ahead_w.shape[2]):
                ahead_w[series, origin, lead] = found[begin + lead % period]


def typical(
    load_w: NDArray[Any],
    origins: NDArray[Any],
    horizon: int,
    *,
    period: int,
    count: int,
    of: Literal["mean", "median"],
) -> Float:
    """Forecast each slot by the same slot of the last periods.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power per slot, import positive; NaN marks a missing slot. [W]
    origins : ndarray of int, shape (origin,)
        Ascending first slots to forecast, ``0 <= origin <= time``; only earlier slots are read. [slots]
    horizon : int
        At least 1. [slots]
    period : int
        At least 1; 48 for a day of half-hours, 336 for a week. [slots]
    count : int
        Periods to look back, at least 1, from the last one that was known at the origin.
    of : {'mean', 'median'}
        Which.

    Returns
    -------
    ndarray, shape (series, origin, lead), float64
        NaN where none of the periods is known. [W]

    Notes
    -----
    O(series * (span of the origins + count * period) * count).

    Examples
    --------
    >>> import numpy as np
    >>> load = np.array([[1.0, 9.0, 2.0, 9.0, 60.0, 9.0]])
    >>> typical(load, np.array([6]), 3, period=2, count=3, of="median")
    array([[[2., 9., 2.]]])
    """
    load = float_array("load_w", load_w, axes=(None, None))
    firsts = int_array("origins", origins, axes=(None,))
    require(horizon >= 1 and period >= 1 and count >= 1, "Horizon, period and count are at least 1.")
    require(of in _OF, "A typical value is a mean or a median.", of=of)
    inside = firsts.size == 0 or bool(firsts[0] >= 0 and firsts[-1] <= load.shape[1])
    require(inside and bool((np.diff(firsts) >= 0).all()), "Origins must ascend inside the series.")
    ahead = np.empty((load.shape[0], firsts.size, horizon))
    if firsts.size:
        _typical_batch(load, firsts, period, count, _OF[of], ahead)
    return ahead
