"""What is known of flexible resources, by kind: fields are columns of their tables, whose comments explain them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class HotWaterTank:
    """A tank of well-mixed water. [m3], [degC], [W/K]."""

    volume_m3: float
    floor_degc: float
    set_degc: float
    ceiling_degc: float
    loss_w_per_k: float
    is_off_peak_switched: bool


@dataclass(frozen=True, slots=True)
class EvCharger:
    """A charger and the battery of the vehicle; without a discharge power it only charges. [Wh], [W], [ratio]."""

    battery_capacity_wh: int
    min_energy_wh: int
    departure_energy_wh: int
    efficiency_ratio: float
    discharge_power_w: int


@dataclass(frozen=True, slots=True)
class Battery:
    """A stationary battery. [Wh], [W], [ratio]."""

    capacity_wh: int
    min_energy_wh: int
    max_energy_wh: int
    charge_power_w: int
    discharge_power_w: int
    efficiency_ratio: float


@dataclass(frozen=True, slots=True)
class HeatPump:
    """A heat pump and the building that it heats. [Wh/K], [W/K], [degC], [ratio]."""

    thermal_capacity_wh_per_k: float
    loss_w_per_k: float
    comfort_min_degc: float
    comfort_max_degc: float
    cop_ratio: float


Parameters: TypeAlias = HotWaterTank | EvCharger | Battery | HeatPump

#: Parameters by the kind of the end device.
PARAMETERS: Final[Mapping[str, type[Parameters]]] = {
    "water_heater": HotWaterTank,
    "ev_charger": EvCharger,
    "battery": Battery,
    "heat_pump": HeatPump,
}
