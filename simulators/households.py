"""Who lives at each usage point: drawn once per index, the same whatever the size of the fleet."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_WEEK
from simulators.draws import choose, lognormal, uniform
from simulators.pool import CurvePool

_BUSINESS_RATIO: Final = 0.07
_HEATING_RATIO: Final = 0.06
_SOLAR_RATIO: Final = 0.08
_WEEK_SHIFTS: Final = tuple(range(-5, 6))
_SLOT_SHIFTS: Final = (-1, 0, 1)
_HEATING_SLOT_SHIFTS: Final = tuple(range(-4, 5))  # the weather is everybody's, the minute a pump starts is not
_SOLAR_PEAKS_W: Final = (3_000.0, 3_000.0, 4_500.0, 6_000.0)


@dataclass(frozen=True, slots=True)
class Households:
    """Describe what each usage point draws its load from; every array has shape (usage_point,).

    Attributes
    ----------
    business : ndarray, bool
        Whether it draws a business curve.
    curve : ndarray, int64
        Row of its base curve among homes or businesses.
    slot_shift : ndarray, int64
        Whole weeks, and at most one slot, by which it lives apart from the curve. [slots]
    year_wh : ndarray, float64
        Energy of a year without heating, solar and flexible devices. [Wh]
    heating_curve, solar_curve : ndarray, int64
        Row of its heat pump's or its roof's curve; -1 for none.
    heating_slot_shift : ndarray, int64
        Slots by which its heat pump runs apart from the curve; never a day. [slots]
    heating_wh : ndarray, float64
        Energy of a year of heating; 0 for none. [Wh]
    solar_peak_w : ndarray, float64
        Peak power of its roof; 0 for none. [W]
    """

    business: NDArray[np.bool_]
    curve: NDArray[np.int64]
    slot_shift: NDArray[np.int64]
    year_wh: NDArray[np.float64]
    heating_curve: NDArray[np.int64]
    solar_curve: NDArray[np.int64]
    heating_slot_shift: NDArray[np.int64]
    heating_wh: NDArray[np.float64]
    solar_peak_w: NDArray[np.float64]


def draw_households(pool: CurvePool, count: int, seed: int) -> Households:
    """Draw the households of a fleet; a pool that is replayed as measured gives each point one meter, unchanged."""
    key = np.arange(count)
    if pool.home_year_wh is not None:
        return _as_measured(key, pool.home_year_wh)
    business = uniform(seed, "business", key) < _BUSINESS_RATIO
    homes = _rows(uniform(seed, "curve", key), pool.homes)
    year_wh = np.where(
        business,
        np.clip(lognormal(seed, "year", key, median=8e6, sigma=0.7), 1.5e6, 60e6),
        # An assumption of the order of French homes without electric heating, their tank and their car.
        np.clip(lognormal(seed, "year", key, median=2.3e6, sigma=0.55), 0.6e6, 9e6),
    )
    heated = ~business & (uniform(seed, "heated", key) < _HEATING_RATIO)
    solar = uniform(seed, "solar", key) < _SOLAR_RATIO
    weeks = choose(uniform(seed, "weeks", key), _WEEK_SHIFTS)
    return Households(
        business=business,
        curve=np.where(business, _rows(uniform(seed, "curve", key), pool.businesses), homes),
        slot_shift=weeks * SLOTS_PER_WEEK + choose(uniform(seed, "slots", key), _SLOT_SHIFTS),
        year_wh=year_wh,
        heating_curve=np.where(heated, _rows(uniform(seed, "heating", key), pool.heating), -1),
        solar_curve=np.where(solar, _rows(uniform(seed, "roof", key), pool.solar), -1),
        heating_slot_shift=choose(uniform(seed, "pump", key), _HEATING_SLOT_SHIFTS),
        heating_wh=np.where(heated, lognormal(seed, "heat", key, median=3.5e6, sigma=0.35), 0.0),
        solar_peak_w=np.where(solar, choose(uniform(seed, "peak", key), _SOLAR_PEAKS_W), 0.0),
    )


def subscribed_va(households: Households, flexible_w: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each usage point's subscribed power, a French step with room for its flexible devices. [VA]."""
    mean_w = (households.year_wh + households.heating_wh) / 8_760
    wish_va = 2_000 + 6 * mean_w + 0.7 * flexible_w
    steps = np.array([3_000, 6_000, 9_000, 12_000, 18_000, 24_000, 36_000])
    highest = np.where(households.business, 6, 3)
    return np.asarray(steps[np.minimum(np.searchsorted(steps, wish_va), highest)])


def _as_measured(key: NDArray[np.int64], year_wh: NDArray[np.float64]) -> Households:
    row = key % len(year_wh)
    none, nothing = np.full(len(key), -1), np.zeros(len(key))
    return Households(
        business=np.zeros(len(key), dtype=np.bool_),
        curve=row,
        slot_shift=np.zeros(len(key), dtype=np.int64),
        year_wh=year_wh[row],
        heating_curve=none,
        solar_curve=none,
        heating_slot_shift=np.zeros(len(key), dtype=np.int64),
        heating_wh=nothing,
        solar_peak_w=nothing,
    )


def _rows(u: NDArray[np.float64], curves: NDArray[np.float32]) -> NDArray[np.int64]:
    return (u * len(curves)).astype(np.int64)
