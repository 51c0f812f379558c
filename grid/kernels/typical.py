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
def _typical(load: Float, slot: int, period: int, count: int, of: int, seen: Float) -> float:
    """Return the mean or the median of the slots one to count periods before; NaN where none is known."""
    known = 0
    for back in range(1, count + 1):
        past = slot - back * period
        if past >= 0 and past < load.size and not np.isnan(load[past]):
            seen[known] = load[past]
            known += 1
    if known == 0:
        return np.nan
    if of == _MEAN:
        return float(seen[:known].sum() / known)
    ascending = np.sort(seen[:known])
    return float(0.5 * (ascending[(known - 1) // 2] + ascending[known // 2]))


@parallel_kernel
def _typical_batch(load_w: Float, origins: Int, period: int, count: int, of: int, ahead_w: Float) -> None:
    for series in prange(load_w.shape[0]):
        load, seen = load_w[series], np.empty(count)
        # Daily origins ask for the same slots again and again, and what is typical of one is the same for all origins
        # that do not know it: each is worked out once.
        worked_out = np.full(load.size + ahead_w.shape[2] + period, np.inf)
        for origin in range(origins.size):
            first = origins[origin]
            for lead in range(ahead_w.shape[2]):
                slot = first + lead - lead // period * period
                if worked_out[slot] == np.inf:
                    worked_out[slot] = _typical(load, slot, period, count, of, seen)
                ahead_w[series, origin, lead] = worked_out[slot]


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
    O(series * time * count log count).

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
