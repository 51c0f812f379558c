"""Lay out what is no freely divisible need: heat pumps, cars that give back, batteries.

`stores_of` takes what is known of each resource and puts it on the slots of a plan. Events plan them with the contacts
of tanks in `grid.demand_response.rounding`, in the room that `grid.demand_response.optimisation.optimise` leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT_S
from grid.kernels.commitment import Stores
from grid.kernels.thermal import heat_store

Float = NDArray[np.float64]
Int = NDArray[np.int64]

SLOT_HOURS: Final = SLOT_S / 3_600


@dataclass(frozen=True, slots=True)
class HeatPump:
    """Hold a heat pump and the building that it heats.

    Attributes
    ----------
    capacity_wh_per_k, loss_w_per_k, rated_power_w : float
        Heat that warms the building by a kelvin, heat lost per kelvin above outside, electric power. [Wh/K], [W/K], [W]
    start_degc, floor_degc, ceiling_degc, end_degc : float
        Temperature now; band of comfort; what it must have at the plan's end, so that nothing is owed. [degC]
    outside_degc, cop_ratio, brought_wh : ndarray, shape (slot,)
        Forecast of the air; heat per electric energy; heat that sun and people bring. [degC], [ratio], [Wh]
    steps : int, default 1
        1: off or on; more: as many equal steps; 0: any power, as inverters have.
    minimum_run_slots : int, default 1
        Slots it stays on once it is. [slots]
    """

    capacity_wh_per_k: float
    loss_w_per_k: float
    rated_power_w: float
    start_degc: float
    floor_degc: float
    ceiling_degc: float
    end_degc: float
    outside_degc: Float
    cop_ratio: Float
    brought_wh: Float
    steps: int = 1
    minimum_run_slots: int = 1


@dataclass(frozen=True, slots=True)
class Battery:
    """Hold a battery, of a house or of a car that is plugged in for some of the slots.

    Attributes
    ----------
    start_wh, least_wh, most_wh, end_wh : float
        Energy at `first_slot`; bounds; what must be in it at the end of `last_slot` - 1: at departure. [Wh]
    charge_w, discharge_w : float
        Greatest powers; a car that only charges has a discharge of 0. [W]
    efficiency_ratio : float
        Energy that comes back out for energy put in, half of the loss each way. [ratio]
    first_slot, last_slot : int
        It is there in ``[first_slot, last_slot)``. [slots]
    """

    start_wh: float
    least_wh: float
    most_wh: float
    end_wh: float
    charge_w: float
    discharge_w: float
    efficiency_ratio: float
    first_slot: int
    last_slot: int


Resource = HeatPump | Battery


def stores_of(resources: Sequence[Resource], slots: int) -> Stores:
    """Return resources as the kernels take them, in the same order."""
    parts = [_store_of(resource, slots) for resource in resources]
    if not parts:
        return _no_stores(slots)
    return Stores(*(np.concatenate([getattr(part, name) for part in parts]) for name in Stores.__dataclass_fields__))


def _no_stores(slots: int) -> Stores:
    one, each, whole = np.zeros(0), np.zeros((0, slots)), np.zeros(0, np.int64)
    return Stores(one, one, each, one, each, each, each, each, each, whole, whole)


def _store_of(resource: Resource, slots: int) -> Stores:
    if isinstance(resource, HeatPump):
        return _heated(resource)
    return _charged(resource, slots)


def _heated(pump: HeatPump) -> Stores:
    each = np.ones((1, pump.outside_degc.size))
    floor_degc = pump.floor_degc * each
    floor_degc[0, -1] = max(pump.floor_degc, min(pump.end_degc, pump.ceiling_degc))
    heat = heat_store(
        np.array([pump.capacity_wh_per_k]),
        np.array([pump.loss_w_per_k]),
        np.array([pump.start_degc]),
        floor_degc,
        pump.ceiling_degc * each,
        pump.outside_degc * each,
        -pump.brought_wh * each,
        pump.cop_ratio * each,
        slot_hours=SLOT_HOURS,
    )
    return Stores(
        heat.start_wh,
        heat.retention_ratio,
        heat.gain_ratio,
        np.ones(1),
        heat.drift_wh,
        heat.floor_wh,
        heat.ceiling_wh,
        pump.rated_power_w * each,
        0.0 * each,
        np.array([pump.steps]),
        np.array([pump.minimum_run_slots]),
    )


def _charged(battery: Battery, slots: int) -> Stores:
    slot, each = np.arange(slots)[np.newaxis], np.ones((1, slots))
    there = (slot >= battery.first_slot) & (slot < battery.last_slot)
    gone = (slot >= battery.last_slot - 1) & there.any()
    one_way = np.sqrt(battery.efficiency_ratio)
    lowest = min(battery.least_wh, battery.start_wh)
    return Stores(
        np.array([battery.start_wh]),
        np.ones(1),
        one_way * each,
        np.array([one_way]),
        0.0 * each,
        np.where(gone, min(battery.end_wh, battery.most_wh), lowest),
        max(battery.most_wh, battery.start_wh) * each,
        battery.charge_w * there,
        battery.discharge_w * there,
        np.zeros(1, np.int64),
        np.ones(1, np.int64),
    )
