"""Turn past errors into forecast quantiles: conformal, per lead time, smoothed over its neighbours.

At one moment (`error_quantiles`), the errors of ``2 h + 1`` neighbouring leads are pooled; with the n finite ones in
ascending order, the quantile of probability p is the order statistic of rank :math:`(n + 1) p`, between two ranks by
linear interpolation and clamped to 1..n [1]_. A new error exchangeable with the pool then falls at or below it with
probability p, up to :math:`1/(n + 1)` [2]_.

Day after day (`adaptive_quantiles`), the probability that is looked up moves whenever too many or too few loads come to
lie below the quantile, so that in the long run the right share does, however the errors drift [3]_.

References
----------
.. [1] Hyndman, R. J., Fan, Y. (1996). Sample quantiles in statistical packages. Am. Stat. 50, 361-365 (definition 6).
.. [2] Lei, J. et al. (2018). Distribution-free predictive inference for regression. J. Am. Stat. Assoc.
   113, 1094-1111.
.. [3] Gibbs, I., Candes, E. (2021). Adaptive conformal inference under distribution shift. NeurIPS 34, 1660-1672.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, float_array, require

#: By how much a day that lay wholly below a quantile, or above it, moves the probability looked up. [1]
ADAPTATION = 0.02


@leaf
def _pool(error: Float, first: int, stop: int, pooled: Float) -> int:
    """Copy the finite errors of leads ``[first, stop)`` into pooled and return how many there are."""
    count = 0
    for origin in range(error.shape[0]):
        for lead in range(first, stop):
            if not np.isnan(error[origin, lead]):
                pooled[count] = error[origin, lead]
                count += 1
    return count


@leaf
def _quantile(ascending: Float, probability: float) -> float:
    """Return the quantile of definition 6 of a non-empty ascending sample."""
    count = ascending.size
    rank = min(max((count + 1) * probability, 1.0), float(count))
    below = int(rank)
    above = min(below + 1, count)
    return float(ascending[below - 1] + (rank - below) * (ascending[above - 1] - ascending[below - 1]))


@parallel_kernel
def _quantile_batch(error_w: Float, probabilities: Float, half_width: int, quantile_w: Float) -> None:
    for series in prange(error_w.shape[0]):
        leads = error_w.shape[2]
        pooled = np.empty(error_w.shape[1] * (2 * half_width + 1))
        for lead in range(leads):
            first, stop = max(lead - half_width, 0), min(lead + half_width + 1, leads)
            count = _pool(error_w[series], first, stop, pooled)
            ascending = np.sort(pooled[:count])
            for level in range(probabilities.size):
                value = _quantile(ascending, probabilities[level]) if count > 0 else np.nan
                quantile_w[series, lead, level] = value


def error_quantiles(error_w: NDArray[Any], probabilities: NDArray[Any], *, half_width: int = 2) -> Float:
    """Return the quantiles of past errors per lead time.

    Parameters
    ----------
    error_w : ndarray, shape (series, origin, lead)
        Load minus forecast of a backtest; NaN marks a missing slot. Origins at the same time of day as the
        forecast to come tell apart hours that are easy and hours that are not. [W]
    probabilities : ndarray, shape (quantile,)
        Ascending, each in (0, 1). [1]
    half_width : int, default 2
        Neighbouring leads pooled on either side, at least 0. [slots]

    Returns
    -------
    ndarray, shape (series, lead, quantile), float64
        Non-decreasing along the last axis; NaN where a pool is empty. [W]

    Notes
    -----
    Probabilities below ``1 / (n + 1)`` or above ``n / (n + 1)`` get the smallest or largest error seen: their
    coverage cannot be promised from n errors. O(series * lead * n log n).

    Examples
    --------
    >>> import numpy as np
    >>> error_quantiles(np.arange(1.0, 10.0).reshape(1, 9, 1), np.array([0.1, 0.5, 0.9]))
    array([[[1., 5., 9.]]])
    """
    error = float_array("error_w", error_w, axes=(None, None, None))
    levels = float_array("probabilities", probabilities, axes=(None,))
    require(_are_probabilities(levels), "Probabilities must ascend inside (0, 1).")
    require(half_width >= 0, "half_width is at least 0.", half_width=half_width)
    half_width = min(half_width, max(error.shape[2] - 1, 0))
    quantile = np.empty((error.shape[0], error.shape[2], levels.size))
    _quantile_batch(error, levels, half_width, quantile)
    return quantile


@leaf
def _move_looked_up(
    error: Float, band: Float, ended: int, first: int, stop: int, wanted: Float, looked_up: Float
) -> None:
    """Move the probabilities that are looked up by what came of the quantiles of an ended origin."""
    for level in range(wanted.size):
        below, count = 0.0, 0.0
        for lead in range(first, stop):
            if not np.isnan(error[ended, lead] - band[ended, lead, level]):
                below += 1.0 if error[ended, lead] <= band[ended, lead, level] else 0.0
                count += 1.0
        if count > 0.0:
            moved = looked_up[level] + ADAPTATION * (wanted[level] - below / count)
            looked_up[level] = min(max(moved, 0.0), 1.0)


@leaf
def _few(error: Float, first: int, stop: int, ascending: Float) -> int:
    """Fill ascending with the finite errors of leads ``[first, stop)``, sorted, and return how many there are."""
    count = 0
    for lead in range(first, stop):
        value, place = error[lead], count
        if np.isnan(value):
            continue
        while place > 0 and ascending[place - 1] > value:
            ascending[place] = ascending[place - 1]
            place -= 1
        ascending[place] = value
        count += 1
    return count


@leaf
def _slide(ascending: Float, count: int, leaving: Float, entering: Float, room: Float) -> int:
    """Take some values out of the first ones, put others in, all ascending; return how many there are then."""
    kept, gone, come = 0, 0, 0
    for place in range(count):
        value = ascending[place]
        if gone < leaving.size and value == leaving[gone]:
            gone += 1
            continue
        while come < entering.size and entering[come] <= value:
            room[kept] = entering[come]
            kept, come = kept + 1, come + 1
        room[kept] = value
        kept += 1
    for place in range(come, entering.size):
        room[kept] = entering[place]
        kept += 1
    for place in range(kept):
        ascending[place] = room[place]
    return kept


@leaf
def _ascend(values: Float) -> None:
    """Sort a few values in place."""
    for at in range(1, values.size):
        value, place = values[at], at
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@leaf
def _follow(
    error: Float,
    wanted: Float,
    first: int,
    stop: int,
    ago: int,
    window: int,
    asked_from: int,
    count: int,
    looked_up: Float,
    found: Float,
    pools: tuple[Float, Float, Float, Float],
    band: Float,
) -> None:
    """Fill band of neighbouring leads, (origin, lead, quantile), origin after origin; their errors stay sorted."""
    ascending, room, leaving, entering = pools
    for origin in range(asked_from, error.shape[0]):
        known = origin - ago
        if origin > asked_from and known > 0:
            out = _few(error[known - 1 - window], first, stop, leaving) if known > window else 0
            into = _few(error[known - 1], first, stop, entering)
            count = _slide(ascending, count, leaving[:out], entering[:into], room)
        if known - 1 >= asked_from:
            _move_looked_up(error, band, known - 1, first, stop, wanted, looked_up)
        for level in range(wanted.size):
            found[level] = _quantile(ascending[:count], looked_up[level]) if count > 0 else np.nan
        _ascend(found)
        for lead in range(first, stop):
            for level in range(wanted.size):
                band[origin, lead, level] = found[level]


@jitted
def _adapt_leads(
    error: Float, wanted: Float, first: int, stop: int, day: int, window: int, asked_from: int, band: Float
) -> None:
    """Fill band of neighbouring leads, whose errors are taken together."""
    width, ago = stop - first, (stop - 1) // day  # all these leads of origins more than so many before one have ended
    ascending, room = np.empty((window + 1) * width), np.empty((window + 1) * width)
    begin, end = max(asked_from - ago - window, 0), max(asked_from - ago, 0)
    count = _pool(error[begin:end], first, stop, ascending)
    ascending[:count] = np.sort(ascending[:count])
    pools = (ascending, room, np.empty(width), np.empty(width))
    _follow(error, wanted, first, stop, ago, window, asked_from, count, wanted.copy(), wanted.copy(), pools, band)


@parallel_kernel
def _adapt_batch(
    error_w: Float, wanted: Float, day: int, pooled: int, window: int, asked_from: int, band_w: Float
) -> None:
    leads = error_w.shape[2]
    for series in prange(error_w.shape[0]):
        for first in range(0, leads, pooled):
            stop = min(first + pooled, leads)
            _adapt_leads(error_w[series], wanted, first, stop, day, window, asked_from, band_w[series])


def adaptive_quantiles(
    error_w: NDArray[Any],
    probabilities: NDArray[Any],
    *,
    asked_from: int,
    day: int = 48,
    pooled: int = 4,
    window: int = 56,
) -> Float:
    """Return the quantiles of the errors to come at daily origins, each from what was known there.

    Parameters
    ----------
    error_w : ndarray, shape (series, origin, lead)
        Load minus forecast, at origins one day apart; NaN marks what is missing or has not come. It is looked at only
        for origins after its slot. [W]
    probabilities : ndarray, shape (quantile,)
        Ascending, each in (0, 1). [1]
    asked_from : int
        First origin whose quantiles are wanted; those before it are learned from only.
    day : int, default 48
        Slots between two origins. [slots]
    pooled : int, default 4
        Neighbouring leads whose errors are taken together, at least 1; it divides the day. [slots]
    window : int, default 56
        Latest origins whose errors count, at least 1. [days]

    Returns
    -------
    ndarray, shape (series, origin, lead, quantile), float64
        Non-decreasing along the last axis; NaN before `asked_from` and where no error is known. [W]

    Notes
    -----
    O(series * origin * lead * window): errors that come and go are merged into those that stay.
    """
    error = float_array("error_w", error_w, axes=(None, None, None))
    wanted = float_array("probabilities", probabilities, axes=(None,))
    require(_are_probabilities(wanted), "Probabilities must ascend inside (0, 1).")
    require(0 <= asked_from <= error.shape[1], "asked_from is an origin.", asked_from=asked_from)
    require(pooled >= 1 and day >= 1 and day % pooled == 0 and window >= 1, "pooled divides the day, window is >= 1.")
    band = np.full((*error.shape, wanted.size), np.nan)
    _adapt_batch(error, wanted, day, pooled, window, asked_from, band)
    return band


def quantile_forecast(point_w: NDArray[Any], error_quantile_w: NDArray[Any], *, non_negative: bool = False) -> Float:
    """Add error quantiles to a point forecast.

    Parameters
    ----------
    point_w : ndarray, shape (series, lead)
        Point forecast. [W]
    error_quantile_w : ndarray, shape (series, lead, quantile)
        From `error_quantiles`. [W]
    non_negative : bool, default False
        Cut at zero: for load that cannot export.

    Returns
    -------
    ndarray, shape (series, lead, quantile), float64
        Quantiles never cross; NaN where either input is NaN. [W]
    """
    point = float_array("point_w", point_w, axes=(None, None))
    error = float_array("error_quantile_w", error_quantile_w, axes=(*point.shape, None))
    quantile = point[:, :, np.newaxis] + error
    return np.maximum(quantile, 0.0) if non_negative else quantile


def _are_probabilities(levels: Float) -> bool:
    inside = ((levels > 0.0) & (levels < 1.0)).all() and levels.size > 0
    return bool(inside and (np.diff(levels) > 0.0).all())
