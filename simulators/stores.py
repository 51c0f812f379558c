"""Batteries and heat pumps of homes: which homes have one, what it is like, and how the air outside is.

A battery is of the sizes that are sold most: 5 to 13.5 kWh, half as much power as energy but at most 5 kW, and nine
tenths of what goes in come out (data sheets of Tesla's Powerwall 2 and BYD's Battery-Box HVS). A heat pump heats a home
of 70 to 140 m2 that loses 1.3 to 2.5 W/K for each (French homes of the classes C and D), with the mass of the class
*medium* of ISO 13790, 165 kJ/(m2 K), or up to half more; its coefficient of performance is 3, and it is strong enough
for 7 degC below zero, with a tenth to spare.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.resources import Battery, HeatPump
from simulators.draws import choose, uniform

Float = NDArray[np.float64]

EFFICIENCY_RATIO: Final = 0.9
COP_RATIO: Final = 3.0
#: A room is never colder or warmer than by so much than it is set to, because of a command. [K]
COMFORT_K: Final = (1.5, 2.0)
_CAPACITIES_WH: Final = (5_100, 7_700, 10_200, 13_500)
_MOST_BATTERY_W: Final = 5_000
_LEAST_RATIO: Final = 0.1  # of its energy, that a battery keeps
_DESIGN_DEGC: Final = -7.0
_SPARE_RATIO: Final = 1.1
_MASS_WH_PER_M2_K: Final = 165 / 3.6
_YEAR_S: Final = 365.25 * 86_400


@dataclass(frozen=True, slots=True)
class StoreShares:
    """Say how many homes have a battery, and how many a heat pump that obeys, ``0 <= ratio <= 1``."""

    battery_ratio: float = 0.0
    heat_pump_ratio: float = 0.0


@dataclass(frozen=True)
class HomeStores:
    """Describe the batteries and heat pumps of a fleet; every array has shape (store,).

    Attributes
    ----------
    seed : int
        The fleet's seed.
    usage_point : ndarray, int64
        Index of the usage point behind which it is.
    battery : ndarray, bool
        Whether it is a battery; else it is a heat pump.
    rated_power_w : ndarray, float64
        Highest electric power. [W]
    capacity_wh, start_wh : ndarray, float64
        Energy that a battery holds, and what is in it before it was ever told anything; 0 for a heat pump. [Wh]
    mass_wh_per_k, loss_w_per_k, set_degc : ndarray, float64
        Heat that warms a home by a kelvin, heat that it loses for a kelvin, what it is set to. [Wh/K], [W/K], [degC]
    """

    seed: int
    usage_point: NDArray[np.int64]
    battery: NDArray[np.bool_]
    rated_power_w: Float
    capacity_wh: Float
    start_wh: Float
    mass_wh_per_k: Float
    loss_w_per_k: Float
    set_degc: Float

    def __len__(self) -> int:
        return len(self.usage_point)

    @cached_property
    def names(self) -> list[str]:
        """Names: kind, and the number of the usage point's meter."""
        return [
            f"{'bat' if battery else 'hp'}-{point + 1:06d}"
            for battery, point in zip(self.battery, self.usage_point, strict=True)
        ]

    def kind(self, store: int) -> str:
        """Return what it is, as the platform calls it."""
        return "battery" if self.battery[store] else "heat_pump"

    def parameters(self, store: int) -> Battery | HeatPump:
        """Return what is registered of it."""
        if self.battery[store]:
            capacity, power = int(self.capacity_wh[store]), int(self.rated_power_w[store])
            return Battery(capacity, round(_LEAST_RATIO * capacity), capacity, power, power, EFFICIENCY_RATIO)
        set_degc = float(self.set_degc[store])
        return HeatPump(
            float(self.mass_wh_per_k[store]),
            float(self.loss_w_per_k[store]),
            set_degc - COMFORT_K[0],
            set_degc + COMFORT_K[1],
            COP_RATIO,
        )

    def least_wh(self, store: int) -> float:
        """Return what a battery never goes below. [Wh]."""
        return _LEAST_RATIO * float(self.capacity_wh[store])


def draw_stores(homes: NDArray[np.int64], heated: NDArray[np.bool_], seed: int, shares: StoreShares) -> HomeStores:
    """Draw which homes have a battery, and which a heat pump.

    Parameters
    ----------
    homes : ndarray, shape (home,), int64
        Usage points of homes.
    heated : ndarray, shape (home,), bool
        Whose curve has a heat pump in it already; they get no other.
    seed : int
        The fleet's seed.
    shares : StoreShares
        How many.
    """
    batteries = homes[uniform(seed, "battery", homes) < shares.battery_ratio]
    pumps = homes[(uniform(seed, "heat pump", homes) < shares.heat_pump_ratio) & ~heated]
    usage_point = np.concatenate([batteries, pumps])
    battery = np.arange(usage_point.size) < batteries.size
    key = usage_point * 2 + battery
    capacity_wh = np.where(battery, choose(uniform(seed, "size", key), _CAPACITIES_WH), 0).astype(np.float64)
    area_m2 = 70 + 70 * uniform(seed, "area", key)
    loss_w_per_k = np.round(area_m2 * (1.3 + 1.2 * uniform(seed, "loss", key)))
    set_degc = np.round(19 + 2 * uniform(seed, "set", key), 1)
    pump_w = np.ceil(_SPARE_RATIO * loss_w_per_k * (set_degc - _DESIGN_DEGC) / COP_RATIO / 100) * 100
    return HomeStores(
        seed=seed,
        usage_point=usage_point,
        battery=battery,
        rated_power_w=np.where(battery, np.minimum(np.floor(capacity_wh / 200) * 100, _MOST_BATTERY_W), pump_w),
        capacity_wh=capacity_wh,
        start_wh=np.round(capacity_wh * (0.5 + 0.4 * uniform(seed, "charge", key))),
        mass_wh_per_k=np.round(area_m2 * _MASS_WH_PER_M2_K * (1 + 0.5 * uniform(seed, "mass", key))),
        loss_w_per_k=loss_w_per_k,
        set_degc=set_degc,
    )


def outside_degc(at_s: NDArray[np.int64]) -> Float:
    """Return the air outside at instants, UTC epoch: the mean year and day of Lille, the same every year. [degC].

    Examples
    --------
    >>> noon = [int(datetime(2026, month, 20, 14, tzinfo=UTC).timestamp()) for month in (1, 7)]
    >>> outside_degc(np.array(noon)).round(0).tolist()
    [6.0, 22.0]
    """
    coldest_s = int(datetime(2026, 1, 20, 3, tzinfo=UTC).timestamp())
    year, day = (at_s - coldest_s) / _YEAR_S, (at_s - coldest_s) / 86_400
    return np.asarray(11.0 - 7.5 * np.cos(2 * np.pi * year) - 3.0 * np.cos(2 * np.pi * day))
