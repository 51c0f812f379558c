"""Batteries, heat pumps and cars that give back, as an event plans them: what they would do, could give, and owe.

What each would do by itself is its natural load. A battery does nothing: what a house does with it is not known. A heat
pump holds the temperature that it has, in its band of comfort, by the forecast of the air. A car charges as it said. A
battery or car that has said what it needs has that in it at the end of its window; a battery that has not, what it had.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.resources import EvCharger, HotWaterTank
from core.resources import HeatPump as KnownHeatPump
from db.connection import Connection
from db.demand_response import Event, FlexibleResource
from db.resources import StoredParameters, parameters_of
from grid.demand_response.flexibility import SLOT_HOURS, Fleet, Store, gather_fleet, subset
from grid.demand_response.onoff import Battery, HeatPump, Resource, stores_of
from grid.demand_response.optimisation import prices_eur_per_mwh
from grid.demand_response.prices import WH_PER_MWH
from grid.kernels.commitment import Effort, Stores, commit
from grid.weather.outside import outside_degc

Float = NDArray[np.float64]

#: A plan reaches so far beyond its event, for what was given has to be taken back, and not all at once: a battery of
#: 13.5 kWh at 3 kW takes five hours.
TAIL: Final = timedelta(hours=8)


async def lay_out(
    connection: Connection, resources: Sequence[FlexibleResource], event: Event, *, now: datetime
) -> Fleet:
    """Lay resources on the slots of a plan, those that are stores as such.

    Parameters
    ----------
    connection : Connection
        A role that reads parameters, states and weather.
    resources : sequence of FlexibleResource
        Ordered by transformer. A heat pump where nobody forecasts the air is left out: nobody knows what it will draw.
    event : Event
        The event, or what is left of it.
    now : datetime
        The plan starts with the next slot.
    """
    storing = [one.end_device_id for one in resources if one.is_store]
    if not storing:
        return await asyncio.to_thread(gather_fleet, resources, event, now=now)
    known = await parameters_of(connection, storing)
    until = event.ends_at + TAIL
    places = {one.power_transformer_place_id for one in resources if one.is_store and one.kind == "heat_pump"}
    fleet = await asyncio.to_thread(gather_fleet, resources, event, now=now, until=until)
    outside = await outside_degc(connection, places, start=fleet.start_at, slots=fleet.slot_count, now=now)
    unknown = [
        one.is_store and one.kind == "heat_pump" and one.power_transformer_place_id not in outside for one in resources
    ]
    if any(unknown):
        fleet = subset(fleet, np.flatnonzero(~np.array(unknown)))
    kept = [one for one, left_out in zip(resources, unknown, strict=True) if not left_out]
    found = {
        row: _resource_of(one, known[one.end_device_id], fleet, row, outside)
        for row, one in enumerate(kept)
        if one.is_store
    }
    return await asyncio.to_thread(with_stores, fleet, found)


def with_stores(fleet: Fleet, resources: Mapping[int, Resource]) -> Fleet:
    """Return a fleet some of whose rows are stores: without a need, and left as they are by themselves at first.

    Parameters
    ----------
    fleet : Fleet
        Natural load of batteries and cars is theirs already.
    resources : mapping of int to Resource
        What is known of a row.
    """
    if not resources:
        return fleet
    rows = np.array(sorted(resources), dtype=np.int64)
    told = [resources[int(row)] for row in rows]
    natural_w, need_wh, cap_w = fleet.natural_w.copy(), fleet.need_wh.copy(), fleet.power_cap_w.copy()
    for row, resource in zip(rows, told, strict=True):
        if isinstance(resource, HeatPump):
            natural_w[row] = holding_w(resource)
    beside_w = np.stack([_beside(one, natural_w[row]) for row, one in zip(rows, told, strict=True)])
    free_w, bound_eur = _free(stores_of(told, fleet.slot_count), prices_eur_per_mwh(fleet))
    need_wh[rows], cap_w[rows] = 0.0, 0.0
    fixed_w = fleet.fixed_w.copy()
    fixed_w[rows] = natural_w[rows]
    natural_eur = (natural_w[rows] - beside_w) @ prices_eur_per_mwh(fleet) * SLOT_HOURS / WH_PER_MWH
    stores = {
        int(fleet.end_device_id[row]): Store(
            told[number],
            beside_w[number],
            natural_w[row] - beside_w[number] - free_w[number],
            float(bound_eur[number] - natural_eur[number]),
        )
        for number, row in enumerate(rows)
    }
    return replace(fleet, natural_w=natural_w, need_wh=need_wh, power_cap_w=cap_w, fixed_w=fixed_w, stores=stores)


def holding_w(pump: HeatPump) -> Float:
    """Return what a thermostat draws that holds a temperature in the band of comfort, shape (slot,). [W].

    Notes
    -----
    It is the temperature that the building has, or the end of the band that is next to it. Where the pump is too weak
    the building cools, and where it is warm outside it warms by itself.
    """
    model = stores_of([pump], pump.outside_degc.size)
    hold_wh = pump.capacity_wh_per_k * min(max(pump.start_degc, pump.floor_degc), pump.ceiling_degc)
    heat_wh, power_w = float(model.start_wh[0]), np.zeros(pump.outside_degc.size)
    for slot in range(power_w.size):
        left_wh = float(model.retention_ratio[0] * heat_wh + model.drift_wh[0, slot])
        wanted_w = (hold_wh - left_wh) / float(model.gain_ratio[0, slot]) / SLOT_HOURS
        power_w[slot] = min(max(wanted_w, 0.0), pump.rated_power_w)
        heat_wh = left_wh + float(model.gain_ratio[0, slot]) * power_w[slot] * SLOT_HOURS
    return power_w


def _free(stores: Stores, price: Float) -> tuple[Float, Float]:
    """Return what stores draw with no limit in the way, each by itself, and what that costs at least. [W], [EUR]."""
    count = stores.start_wh.size
    room_w = np.full((count, price.size), np.inf)
    plan = commit(price, room_w, np.arange(count + 1), stores, slot_hours=SLOT_HOURS, effort=Effort(0, 0, 0))
    return plan.power_w, np.minimum(plan.bound_eur - plan.penalty_eur, plan.cost_eur)


def _beside(resource: Resource, natural_w: Float) -> Float:
    """Return what is drawn outside of the slots that are planned. [W]."""
    if not isinstance(resource, Battery):
        return np.zeros_like(natural_w)
    slot = np.arange(natural_w.size)
    return np.where((slot >= resource.first_slot) & (slot < resource.last_slot), 0.0, natural_w)


def _resource_of(
    one: FlexibleResource, stored: StoredParameters, fleet: Fleet, row: int, outside: Mapping[int, Float]
) -> Resource:
    known = stored.known
    if isinstance(known, KnownHeatPump):
        return _pump(known, stored, one.rated_power_w, outside[one.power_transformer_place_id][: fleet.slot_count])
    if isinstance(known, HotWaterTank):  # the query tells no tank to be a store
        raise TypeError(known)
    energy_wh = float(stored.energy_wh or 0)
    has_said = one.ready_by > one.available_from
    first, last = (int(fleet.first_slot[row]), int(fleet.last_slot[row])) if has_said else (0, fleet.slot_count)
    before_wh = fleet.natural_w[row, :first].sum() * SLOT_HOURS
    one_way = np.sqrt(known.efficiency_ratio)
    later_wh = (fleet.natural_w[row].sum() * SLOT_HOURS - before_wh) * one_way if has_said else 0.0
    start_wh = energy_wh + before_wh * one_way
    charge_w = float(min(one.rated_power_w, one.max_power_w))
    if isinstance(known, EvCharger):
        least_wh, most_wh = known.min_energy_wh, known.battery_capacity_wh
    else:
        least_wh, most_wh = known.min_energy_wh, known.max_energy_wh
        charge_w = min(charge_w, float(known.charge_power_w))
    return Battery(
        start_wh=start_wh,
        least_wh=float(least_wh),
        most_wh=float(most_wh),
        end_wh=start_wh + later_wh,
        charge_w=charge_w,
        discharge_w=float(known.discharge_power_w),
        efficiency_ratio=known.efficiency_ratio,
        first_slot=first,
        last_slot=last,
    )


def _pump(known: KnownHeatPump, stored: StoredParameters, rated_power_w: float, outside_degc: Float) -> HeatPump:
    """Return a pump that follows any power, as those with an inverter do; what sun and people bring is not known."""
    start_degc = float(stored.temperature_degc or 0.0)
    return HeatPump(
        capacity_wh_per_k=known.thermal_capacity_wh_per_k,
        loss_w_per_k=known.loss_w_per_k,
        rated_power_w=float(rated_power_w),
        start_degc=start_degc,
        floor_degc=known.comfort_min_degc,
        ceiling_degc=known.comfort_max_degc,
        end_degc=min(max(start_degc, known.comfort_min_degc), known.comfort_max_degc),
        outside_degc=outside_degc,
        cop_ratio=np.full(outside_degc.size, known.cop_ratio),
        brought_wh=np.zeros(outside_degc.size),
        steps=0,
    )
