"""Estimate what would have been used without an event, from whole days before it: x of y days, mean, median."""

from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Bool, Float, Int, float_array, require

Which = Literal["high", "mid", "low"]
_PLACES: Final = {"low": 0, "mid": 1, "high": 2}


class DayBaseline(NamedTuple):
    """Hold a baseline and the days that it is made of.

    Attributes
    ----------
    baseline_w : ndarray, shape (usage_point, slot), float64
        NaN where a usage point has too few complete days. [W]
    is_kept : ndarray, shape (usage_point, day), bool
        Days that count; none where there is no baseline.
    """

    baseline_w: Float
    is_kept: Bool


@jitted
def _rank_days(load: Float, order: Int) -> int:
    """Fill order with the complete days by rising energy, of equals the later one last; return how many there are."""
    energy = np.empty(load.shape[0])
    count = 0
    for day in range(load.shape[0]):
        total = load[day].sum()
        if np.isnan(total):
            continue
        place = count
        while place > 0 and energy[place - 1] > total:
            energy[place], order[place] = energy[place - 1], order[place - 1]
            place -= 1
        energy[place], order[place] = total, day
        count += 1
    return count


@parallel_kernel
def _x_of_y_batch(load_w: Float, keep: int, which: int, baseline_w: Float, is_kept: Bool) -> None:
    for usage_point in prange(load_w.shape[0]):
        order = np.empty(load_w.shape[1], np.int64)
        count = _rank_days(load_w[usage_point], order)
        first = (count - keep) * which // 2
        for place in range(first, first + keep if count >= keep else first):
            is_kept[usage_point, order[place]] = True
        for slot in range(load_w.shape[2]):
            total = 0.0 if count >= keep else np.nan
            for day in range(load_w.shape[1]):
                if is_kept[usage_point, day]:
                    total += load_w[usage_point, day, slot]
            baseline_w[usage_point, slot] = total / keep


def x_of_y(load_w: NDArray[Any], *, x: int, which: Which) -> DayBaseline:
    """Return the mean load of x days out of y, by their energy.

    Parameters
    ----------
    load_w : ndarray, shape (usage_point, day, slot)
        Active power of the y days to choose from, oldest first, import positive; NaN marks a missing slot.
        The caller leaves out event days and holidays. [W]
    x : int
        Days to keep, ``1 <= x <= y``. [days]
    which : {"high", "mid", "low"}
        The days with the most energy, those in the middle, or those with the least.

    Returns
    -------
    DayBaseline

    Notes
    -----
    A day with a missing slot is not complete and is never kept. Of two days of the same energy the later one counts as
    the higher. Where an odd number is left over around the middle, one more of the high days is. O(usage_point * day *
    (day + slot)).

    References
    ----------
    .. [1] Goldberg, M. L., Agnew, G. K. (2013). Measurement and verification for demand response.
       National Forum on the National Action Plan on Demand Response.

    Examples
    --------
    >>> import numpy as np
    >>> found = x_of_y(np.array([[[1.0, 1.0], [3.0, 5.0], [5.0, 3.0], [9.0, 9.0]]]), x=2, which="mid")
    >>> found.baseline_w, found.is_kept
    (array([[4., 4.]]), array([[False,  True,  True, False]]))
    """
    load = float_array("load_w", load_w, axes=(None, None, None))
    require(1 <= x <= load.shape[1], "x lies between 1 and the number of days.", x=x, days=load.shape[1])
    require(which in _PLACES, "which is high, mid or low.", which=which)
    require(not np.isinf(load).any(), "load_w must be finite or NaN.")
    found = DayBaseline(np.empty((load.shape[0], load.shape[2])), np.zeros(load.shape[:2], np.bool_))
    _x_of_y_batch(load, x, _PLACES[which], *found)
    return found


def high_x_of_y(load_w: NDArray[Any], *, x: int = 5) -> Float:
    """Return the mean load of the x highest-energy days out of y: see `x_of_y`.

    Parameters
    ----------
    load_w : ndarray, shape (usage_point, day, slot)
        As `x_of_y` takes it. [W]
    x : int, default 5
        Days to keep, ``1 <= x <= y``. [days]

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Baseline; NaN where a usage point has fewer than x complete days. [W]

    Examples
    --------
    >>> import numpy as np
    >>> high_x_of_y(np.array([[[1.0, 1.0], [3.0, 5.0], [5.0, 3.0]]]), x=2)
    array([[4., 4.]])
    """
    return x_of_y(load_w, x=x, which="high").baseline_w


def of_history(load_w: NDArray[Any], *, of: Literal["mean", "median"]) -> DayBaseline:
    """Return the mean or the median of all complete days, slot by slot.

    Parameters
    ----------
    load_w : ndarray, shape (usage_point, day, slot)
        As `x_of_y` takes it: the last ten days, or the last four of the same weekday. [W]
    of : {"mean", "median"}
        Which.

    Returns
    -------
    DayBaseline
        None where not even half of the days are complete.

    Notes
    -----
    The method *historique* of NEBCO by its published description; indicative, no conformity is claimed.

    Examples
    --------
    >>> import numpy as np
    >>> of_history(np.array([[[1.0], [2.0], [9.0], [np.nan]]]), of="median").baseline_w
    array([[2.]])
    """
    load = float_array("load_w", load_w, axes=(None, None, None))
    require(of in {"mean", "median"}, "of is mean or median.", of=of)
    is_kept: Bool = np.asarray(~np.isnan(load).any(axis=2))
    is_kept[2 * is_kept.sum(axis=1) < load.shape[1]] = False
    return DayBaseline(of_kept_days(load, is_kept, of=of), is_kept)


def of_kept_days(load_w: NDArray[Any], is_kept: NDArray[np.bool_], *, of: Literal["mean", "median"] = "mean") -> Float:
    """Return the mean or median of the days kept for each usage point, shape (usage_point, slot).

    A slot of which no day is known is NaN; of others the days that are known count. [W]

    Examples
    --------
    >>> import numpy as np
    >>> of_kept_days(np.array([[[1.0], [4.0], [9.0]]]), np.array([[True, True, False]]))
    array([[2.5]])
    """
    load = np.where(is_kept[:, :, np.newaxis], load_w, np.nan)
    known = ~np.isnan(load)
    count = known.sum(axis=1)
    if of == "mean":
        total = np.where(known, load, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
    ranked = np.sort(load, axis=1)  # what is not known comes last
    places = np.stack((np.maximum(count - 1, 0) // 2, count // 2), axis=1)
    middle: Float = np.take_along_axis(ranked, np.minimum(places, max(load.shape[1] - 1, 0)), axis=1).mean(axis=1)
    return np.where(count > 0, middle, np.nan)


def adjust_same_day(baseline_w: NDArray[Any], observed_w: NDArray[Any], adjustment_slot: NDArray[np.bool_]) -> Float:
    """Shift a baseline by how far the same day ran from it before the event.

    Parameters
    ----------
    baseline_w : ndarray, shape (usage_point, slot)
        From any method. [W]
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
