"""Forecast by what is typical of a slot: the mean or the median of the same slot of several days or weeks before.

Where every day is different, as in a home, a median is off by less than any single day is, and by less than a mean.
"""

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, int_array, require

_MEAN, _MEDIAN = 0, 1
_OF: Final = {"mean": _MEAN, "median": _MEDIAN}


@jitted
def _read(load: Float, slot: int, values: Float) -> None:
    """Fill values with the load from a slot on; what is missing is put behind all others."""
    begin = min(max(-slot, 0), values.size)
    stop = max(min(load.size - slot, values.size), begin)
    values[:begin] = np.inf
    values[stop:] = np.inf
    inside, known = values[begin:stop], load[slot + begin : slot + stop]
    for phase in range(inside.size):
        inside[phase] = np.inf if np.isnan(known[phase]) else known[phase]


@leaf
def _put_in_order(lower: Float, higher: Float) -> None:
    """Put the lesser of each two values into the first row."""
    for phase in range(lower.size):
        one, other = lower[phase], higher[phase]
        lower[phase] = min(one, other)
        higher[phase] = max(one, other)


@leaf
def _sort(seen: Float) -> None:
    """Sort each column by Batcher's merge exchange, which compares the same rows whatever is in them.

    References
    ----------
    .. [1] Knuth, D. E. (1998). The art of computer programming, vol. 3, 2nd ed., section 5.2.2, algorithm M.
    """
    rows, largest = seen.shape[0], 1
    while 2 * largest < rows:
        largest *= 2
    apart = largest
    while apart > 0:
        merged, remainder, distance = largest, 0, apart
        while distance > 0:
            for row in range(rows - distance):
                if row & apart == remainder:
                    _put_in_order(seen[row], seen[row + distance])
            distance, remainder = merged - apart, apart
            merged //= 2
        apart //= 2


@jitted
def _replace(seen: Float, old: Float, new: Float) -> None:
    """Take the old value of each phase out of its column, which ascends, and put the new one in; it is spoilt."""
    for place in range(seen.shape[0] - 1):
        row, following = seen[place], seen[place + 1]
        for phase in range(new.size):
            here, after, gone, carried = row[phase], following[phase], old[phase], new[phase]
            held = here if here < gone else after
            row[phase] = min(carried, held)
            new[phase] = max(held, carried)
    seen[-1] = new


@leaf
def _middles(seen: Float, found: Float) -> None:
    """Fill found with the median of each column; NaN where it holds nothing."""
    for phase in range(found.size):
        known = seen.shape[0]
        while known > 0 and seen[known - 1, phase] == np.inf:
            known -= 1
        found[phase] = np.nan if known == 0 else 0.5 * (seen[(known - 1) // 2, phase] + seen[known // 2, phase])


@jitted
def _means(seen: Float, found: Float) -> None:
    """Fill found with the mean of each column; NaN where it holds nothing."""
    count = np.zeros(found.size)
    found[:] = 0.0
    for place in range(seen.shape[0]):
        row = seen[place]
        for phase in range(found.size):
            known = row[phase] < np.inf
            found[phase] += row[phase] if known else 0.0
            count[phase] += 1.0 if known else 0.0
    for phase in range(found.size):
        found[phase] = found[phase] / count[phase] if count[phase] > 0.0 else np.nan


@jitted
def _follow(load: Float, begin: int, period: int, of: int, seen: Float, found: Float) -> None:
    """Fill found, whose first slot is begin, with what is typical of each slot, for all phases side by side.

    A column of seen holds the last loads of a phase, ascending: vector registers put one into many columns at once.
    """
    count, width = seen.shape[0], min(period, found.size)
    old, new = np.empty(width), np.empty(width)
    for row in range(count):
        _read(load, begin - (row + 1) * period, seen[row])
    _sort(seen)
    for first in range(0, found.size, period):
        if first > 0:
            _read(load, begin + first - (count + 1) * period, old)
            _read(load, begin + first - period, new)
            _replace(seen, old, new)
        if of == _MEAN:
            _means(seen, found[first : first + width])
        else:
            _middles(seen, found[first : first + width])


@jitted
def _repeat(found: Float, ahead: Float) -> None:
    """Fill ahead with what was found, again and again."""
    for begin in range(0, ahead.size, found.size):
        part = ahead[begin : begin + found.size]
        part[:] = found[: part.size]


@parallel_kernel
def _typical_batch(load_w: Float, origins: Int, period: int, count: int, of: int, ahead_w: Float) -> None:
    """Fill ahead_w. What is typical of a slot is the same for all origins that do not know it, so it is found once."""
    first, reach = origins[0], min(period, ahead_w.shape[2])
    for series in prange(load_w.shape[0]):
        found = np.empty(origins[-1] - first + reach)
        _follow(load_w[series], first, period, of, np.empty((count, min(period, found.size))), found)
        for origin in range(origins.size):
            begin = origins[origin] - first
            _repeat(found[begin : begin + reach], ahead_w[series, origin])


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
