"""Solar power behind the meters: how much of a load's fall the sun explains, and what it will be.

The part of the panels is estimated from loads and weather alone, since no register tells it: meters count what is left
over. It is taken out before experts are asked and put back by the irradiance forecast, so that also those see through
the clouds that look at loads only. Docs/decisions/0030 says what that is worth.
"""

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: With fewer days, estimate and trial, of half each, say too little. [days]
FEWEST_DAYS: Final = 14
#: Panels are believed in when they explain so much of how sunlit slots differ from the day before, in other days.
_EXPLAINED_RATIO: Final = 0.1
#: Slots count as sunlit when the sun brings so much on one of the two days. [W/m2]
_SUNLIT_W_M2: Final = 50.0
#: Weights of neighbouring slots of the day in an estimate, and what pulls it to zero where the sun hardly changes.
_NEIGHBOURS: Final = (1.0, 2.0, 3.0, 2.0, 1.0)
_SHRINKAGE_RATIO: Final = 0.02


def panel_area_m2(load_w: Float, irradiance_w_m2: Float, start: datetime) -> Float:
    r"""Return by how much loads fall with the irradiance, by time of day.

    Parameters
    ----------
    load_w : ndarray, shape (series, time), float64
        Whole days, import positive; NaN where unknown. [W]
    irradiance_w_m2 : ndarray, shape (time,), float64
        Of the same slots; NaN where unknown. [W/m2]
    start : datetime
        Start of slot 0.

    Returns
    -------
    ndarray, shape (series, 48), float64
        By slot of the day in UTC, which the sun follows; at least 0: perfect panels that would do the same. [m2]

    Notes
    -----
    The regression, without constant, of the loads' change since the day before on the irradiance's,

    .. math:: a_t = -\frac{\sum_d \Delta L_{d,t} \Delta I_{d,t}}{\sum_d \Delta I_{d,t}^2 + \lambda},

    with sums over neighbouring slots, too. Differences from day to day know nothing of the season.
    """
    load_w, irradiance = _by_day(load_w), _by_day(irradiance_w_m2[np.newaxis])
    less_w, more = -np.diff(load_w, axis=1), np.diff(irradiance, axis=1)
    known = np.isfinite(less_w) & np.isfinite(more)
    less_w, more = np.where(known, less_w, 0.0), np.where(known, more, 0.0)
    product, square = _with_neighbours((less_w * more).sum(axis=1)), _with_neighbours((more * more).sum(axis=1))
    penalty = _SHRINKAGE_RATIO * square.max(axis=1, keepdims=True)
    area = np.maximum(product / np.where(penalty > 0.0, square + penalty, 1.0), 0.0)
    return np.roll(area, _slot_of_day(start), axis=1)


def panel_load_w(area_m2: Float, irradiance_w_m2: Float, start: datetime) -> Float:
    """Return the panels' part in loads, shape (series, slot), at most 0; NaN where the irradiance is unknown. [W]."""
    slot = (_slot_of_day(start) + np.arange(irradiance_w_m2.size)) % SLOTS_PER_DAY
    return np.asarray(-area_m2[:, slot] * irradiance_w_m2, dtype=np.float64)


def has_panels(load_w: Float, irradiance_w_m2: Float, start: datetime) -> Bool:
    """Tell which series fall with the sun as panels make them: as estimated in the first half, in the second.

    Parameters
    ----------
    load_w, irradiance_w_m2, start
        As for `panel_area_m2`.

    Returns
    -------
    ndarray, shape (series,), bool
        None with less than `FEWEST_DAYS` days.
    """
    days = load_w.shape[1] // SLOTS_PER_DAY
    if days < FEWEST_DAYS:
        return np.zeros(load_w.shape[0], dtype=np.bool_)
    half = days // 2 * SLOTS_PER_DAY
    area = panel_area_m2(load_w[:, :half], irradiance_w_m2[:half], start)
    panels_w = panel_load_w(area, irradiance_w_m2, start)
    sun = irradiance_w_m2[half:]
    before = np.diff(_by_day(load_w[:, half:]), axis=1)
    after = np.diff(_by_day((load_w - panels_w)[:, half:]), axis=1)
    sunlit = _by_day(sun[np.newaxis]) > _SUNLIT_W_M2
    counts = (sunlit[:, 1:] | sunlit[:, :-1]) & np.isfinite(before) & np.isfinite(after)
    left, whole = (np.where(counts, change**2, 0.0).sum(axis=(1, 2)) for change in (after, before))
    return np.asarray(left < (1.0 - _EXPLAINED_RATIO) * whole, dtype=np.bool_)


def _by_day(values: Float) -> Float:
    days = values.shape[1] // SLOTS_PER_DAY
    return values[:, : days * SLOTS_PER_DAY].reshape(values.shape[0], days, SLOTS_PER_DAY)


def _with_neighbours(sums: Float) -> Float:
    """Return sums with those of the slots beside them, shape (series, slot of the day)."""
    reach = len(_NEIGHBOURS) // 2
    moved = [
        weight * np.roll(sums, by, axis=1) for by, weight in zip(range(-reach, reach + 1), _NEIGHBOURS, strict=True)
    ]
    return np.asarray(sum(moved), dtype=np.float64)


def _slot_of_day(instant: datetime) -> int:
    return int(instant.timestamp()) // int(SLOT.total_seconds()) % SLOTS_PER_DAY
