"""How probable it is that a load exceeds a limit, from the quantiles of its forecast.

Between two stated quantiles the distribution is a straight line. Beyond the outermost ones it falls off exponentially,
with the density that it has beside them: nothing is said there by the forecast, and this is the tail that needs no
further parameter, never ends and never rises. Where there is no density to go on with (one quantile only, or the two
outermost equal), nothing lies beyond the outermost one.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Float, float_array, require


@leaf
def _tail_scale(outer: float, inner: float, outer_level: float, inner_level: float, beyond: float) -> float:
    """Return the scale of the exponential tail of the mass `beyond` that goes on with the density beside it. [W]."""
    mass = abs(outer_level - inner_level)
    return beyond * abs(outer - inner) / mass if mass > 0 else 0.0


@leaf
def _exceedance(level: Float, load: Float, limit: float) -> float:
    """Return the probability that a load is above a limit, given its quantiles."""
    last = level.size - 1
    if limit >= load[last]:
        beyond = 1.0 - level[last]
        scale = _tail_scale(load[last], load[last - 1], level[last], level[last - 1], beyond) if last > 0 else 0.0
        return beyond * math.exp((load[last] - limit) / scale) if scale > 0 else 0.0
    if limit < load[0]:
        scale = _tail_scale(load[0], load[1], level[0], level[1], level[0]) if last > 0 else 0.0
        return 1.0 - level[0] * math.exp((limit - load[0]) / scale) if scale > 0 else 1.0
    at = 0
    while limit >= load[at + 1]:
        at += 1
    share = (limit - load[at]) / (load[at + 1] - load[at])
    return float(1.0 - level[at] - share * (level[at + 1] - level[at]))


@leaf
def _load_at(level: Float, load: Float, wanted: float) -> float:
    """Return the load that is exceeded with the probability one less `wanted`."""
    last = level.size - 1
    if wanted >= level[last]:
        beyond = 1.0 - level[last]
        scale = _tail_scale(load[last], load[last - 1], level[last], level[last - 1], beyond) if last > 0 else 0.0
        return float(load[last] + scale * math.log(beyond / (1.0 - wanted)))
    if wanted < level[0]:
        scale = _tail_scale(load[0], load[1], level[0], level[1], level[0]) if last > 0 else 0.0
        return float(load[0] - scale * math.log(level[0] / wanted))
    at = 0
    while wanted >= level[at + 1]:
        at += 1
    share = (wanted - level[at]) / (level[at + 1] - level[at])
    return float(load[at] + share * (load[at + 1] - load[at]))


@leaf
def _is_known(load: Float) -> bool:
    known = True
    for one in load:
        known = known and math.isfinite(one)
    return known


@parallel_kernel
def _probability_batch(level: Float, load: Float, limit: Float, probability: Float) -> None:
    for place in prange(load.shape[0]):
        for slot in range(load.shape[1]):
            if _is_known(load[place, slot]) and not math.isnan(limit[place, slot]):
                probability[place, slot] = _exceedance(level, load[place, slot], limit[place, slot])


@parallel_kernel
def _load_at_batch(level: Float, load: Float, wanted: float, found: Float) -> None:
    for place in prange(load.shape[0]):
        for slot in range(load.shape[1]):
            if _is_known(load[place, slot]):
                found[place, slot] = _load_at(level, load[place, slot], wanted)


def overload_probability(level: NDArray[Any], quantile_load_w: NDArray[Any], limit_w: NDArray[Any]) -> Float:
    """Return how probable it is that the load of each slot exceeds the limit.

    Parameters
    ----------
    level : ndarray, shape (quantile,)
        Levels of the quantiles, rising, in (0, 1). [ratio]
    quantile_load_w : ndarray, shape (place, slot, quantile)
        Quantiles of the mean load, import positive; brought into order where they cross. NaN: not forecast. [W]
    limit_w : ndarray, shape (place, slot)
        Most load; infinite where there is no limit, NaN where it is not known. [W]

    Returns
    -------
    ndarray, shape (place, slot), float64
        Probability in [0, 1] that never rises with the limit; NaN where load or limit is not known. [ratio]

    Examples
    --------
    >>> import numpy as np
    >>> overload_probability(np.array([0.1, 0.5, 0.9]), np.array([[[10.0, 20.0, 40.0]]]), np.array([[30.0]])).round(3)
    array([[0.3]])
    """
    levels, load = _checked(level, quantile_load_w)
    limit = float_array("limit_w", limit_w, axes=load.shape[:2])
    probability = np.full(limit.shape, np.nan)
    _probability_batch(levels, load, limit, probability)
    return probability


def load_at(level: NDArray[Any], quantile_load_w: NDArray[Any], wanted: float) -> Float:
    """Return the load of each slot at any level, of the same distribution as `overload_probability`.

    Parameters
    ----------
    level, quantile_load_w
        As in `overload_probability`.
    wanted : float
        Level, in (0, 1). [ratio]

    Returns
    -------
    ndarray, shape (place, slot), float64
        Load that is exceeded with the probability ``1 - wanted``; NaN where it is not known. [W]

    Examples
    --------
    >>> import numpy as np
    >>> load_at(np.array([0.1, 0.5, 0.9]), np.array([[[10.0, 20.0, 40.0]]]), 0.7)
    array([[30.]])
    """
    levels, load = _checked(level, quantile_load_w)
    require(0.0 < wanted < 1.0, "A level lies in (0, 1).", wanted=wanted)
    found = np.full(load.shape[:2], np.nan)
    _load_at_batch(levels, load, float(wanted), found)
    return found


def _checked(level: NDArray[Any], quantile_load_w: NDArray[Any]) -> tuple[Float, Float]:
    levels = float_array("level", level, axes=(None,))
    rising = bool(levels.size and (np.diff(levels) > 0).all() and levels[0] > 0 and levels[-1] < 1)
    require(rising, "Levels rise in (0, 1).")
    load = float_array("quantile_load_w", quantile_load_w, axes=(None, None, levels.size))
    return levels, np.maximum.accumulate(load, axis=2)
