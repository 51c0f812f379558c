"""Forecast by repeating: the same slot of the day or the week before, the mark every forecast must beat."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, int_array, require


@jitted
def _latest_of_phase(load: Float, slot: int, origin: int, period: int) -> float:
    """Return the latest finite load before origin that is whole periods before slot, else NaN."""
    past = slot - period * ((slot - origin) // period + 1)
    while past >= 0 and np.isnan(load[past]):
        past -= period
    return float(load[past]) if past >= 0 else np.nan


@parallel_kernel
def _repeat_batch(load_w: Float, origins: Int, period: int, ahead_w: Float) -> None:
    for series in prange(load_w.shape[0]):
        for origin in range(origins.size):
            first = origins[origin]
            for lead in range(ahead_w.shape[2]):
                ahead_w[series, origin, lead] = _latest_of_phase(load_w[series], first + lead, first, period)


def seasonal_naive(load_w: NDArray[Any], origins: NDArray[Any], horizon: int, *, period: int) -> Float:
    """Repeat the latest known value of the same phase.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        Mean power per slot, import positive; NaN marks a missing slot. [W]
    origins : ndarray of int, shape (origin,)
        First slots to forecast, ``0 <= origin <= time``; only earlier slots are read. [slots]
    horizon : int
        At least 1. [slots]
    period : int
        At least 1; 48 for a day of half-hours, 336 for a week. [slots]

    Returns
    -------
    ndarray, shape (series, origin, lead), float64
        A gap is filled from the period before it; NaN where the phase was never seen. [W]

    Notes
    -----
    O(series * origin * lead) without gaps.

    References
    ----------
    .. [1] Hyndman, R. J., Athanasopoulos, G. (2021). Forecasting: principles and practice, 3rd ed.,
       section 5.2 (the seasonal naive method).

    Examples
    --------
    >>> import numpy as np
    >>> seasonal_naive(np.array([[1.0, 2.0, 3.0, np.nan]]), np.array([4]), 3, period=2)
    array([[[3., 2., 3.]]])
    """
    load = float_array("load_w", load_w, axes=(None, None))
    firsts = int_array("origins", origins, axes=(None,))
    require(horizon >= 1 and period >= 1, "Horizon and period are at least one slot.")
    inside = bool(((firsts >= 0) & (firsts <= load.shape[1])).all())
    require(inside, "Origins must lie inside the series.", time=load.shape[1])
    ahead = np.empty((load.shape[0], firsts.size, horizon))
    _repeat_batch(load, firsts, period, ahead)
    return ahead


def weekly_naive(load_w: NDArray[Any], origins: NDArray[Any], horizon: int, *, week: int = 336) -> Float:
    """Repeat the same slot of the week before: `seasonal_naive` with a period of `week` slots."""
    return seasonal_naive(load_w, origins, horizon, period=week)
