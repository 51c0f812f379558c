"""Estimate what would have been used without an event: the high X of Y baseline."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, float_array, require


@jitted
def _highest_days(load: Float, keep: int) -> Float:
    """Return 1 for each of the keep highest-energy complete days, 0 else; ties go to the later day."""
    days = load.shape[0]
    energy = np.full(days, -np.inf)
    for day in range(days):
        total = load[day].sum()
        energy[day] = -np.inf if np.isnan(total) else total
    chosen = np.zeros(days)
    for _ in range(keep):
        best = -1
        for day in range(days):
            if chosen[day] == 0.0 and energy[day] > -np.inf and (best < 0 or energy[day] >= energy[best]):
                best = day
        if best < 0:
            return np.zeros(days)
        chosen[best] = 1.0
    return chosen


@parallel_kernel
def _high_x_of_y_batch(load_w: Float, keep: int, baseline_w: Float) -> None:
    for usage_point in prange(load_w.shape[0]):
        chosen = _highest_days(load_w[usage_point], keep)
        complete = chosen.sum() == keep
        for slot in range(load_w.shape[2]):
            total = 0.0 if complete else np.nan
            for day in range(load_w.shape[1]):
                if chosen[day] > 0.0:
                    total += load_w[usage_point, day, slot]
            baseline_w[usage_point, slot] = total / keep


def high_x_of_y(load_w: NDArray[Any], *, x: int = 5) -> Float:
    """Return the mean load of the x highest-energy days out of y.

    Parameters
    ----------
    load_w : ndarray, shape (usage_point, day, slot)
        Active power of the y days to choose from, oldest first, import positive; NaN marks a missing slot.
        The caller leaves out event days and holidays. [W]
    x : int, default 5
        Days to keep, ``1 <= x <= y``. [days]

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Baseline; NaN where a usage point has fewer than x complete days. [W]

    Notes
    -----
    A day with a missing slot is not complete and is never kept. Of two days of the same energy the later
    one is kept. O(usage_point * day * slot).

    References
    ----------
    .. [1] Goldberg, M. L., Agnew, G. K. (2013). Measurement and verification for demand response.
       National Forum on the National Action Plan on Demand Response.

    Examples
    --------
    >>> import numpy as np
    >>> high_x_of_y(np.array([[[1.0, 1.0], [3.0, 5.0], [5.0, 3.0]]]), x=2)
    array([[4., 4.]])
    """
    load = float_array("load_w", load_w, axes=(None, None, None))
    require(1 <= x <= load.shape[1], "x lies between 1 and the number of days.", x=x, days=load.shape[1])
    require(not np.isinf(load).any(), "load_w must be finite or NaN.")
    baseline = np.empty((load.shape[0], load.shape[2]))
    _high_x_of_y_batch(load, x, baseline)
    return baseline


def adjust_same_day(baseline_w: NDArray[Any], observed_w: NDArray[Any], adjustment_slot: NDArray[np.bool_]) -> Float:
    """Shift a baseline by how far the same day ran from it before the event.

    Parameters
    ----------
    baseline_w : ndarray, shape (usage_point, slot)
        From `high_x_of_y`. [W]
    observed_w : ndarray, shape (usage_point, slot)
        Load of the event day; only the adjustment slots are read; NaN marks a missing slot. [W]
    adjustment_slot : ndarray of bool, shape (slot,)
        The slots before the event that count.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Baseline plus the mean of observed minus baseline over the adjustment slots; unchanged where none
        of them was measured. [W]

    Notes
    -----
    Heating ahead of an event raises the adjustment and with it the reduction: report both baselines.

    Examples
    --------
    >>> import numpy as np
    >>> adjust_same_day(np.array([[4.0, 4.0]]), np.array([[5.0, 1.0]]), np.array([True, False]))
    array([[5., 5.]])
    """
    baseline = float_array("baseline_w", baseline_w, axes=(None, None))
    observed = float_array("observed_w", observed_w, axes=baseline.shape)
    mask = np.asarray(adjustment_slot)
    require(mask.dtype == np.bool_ and mask.shape == baseline.shape[1:], "adjustment_slot is bool per slot.")
    difference = (observed - baseline)[:, mask]
    known = ~np.isnan(difference)
    total = np.where(known, difference, 0.0).sum(axis=1)
    shift: Float = total / np.maximum(known.sum(axis=1), 1)
    return baseline + shift[:, np.newaxis]
