"""A town with a battery, a heat pump and a car that gives back, and the air around it."""

from datetime import datetime, timedelta

import numpy as np

from core.resources import Battery, EvCharger, HeatPump, Parameters
from db.connection import Connection, Role, connect
from db.resources import State, put_parameters, put_state
from db.weather import Coordinates, WeatherColumns, add_weather_point, insert_weather, weather_points
from grid.demand_response.lifecycle import draft_event
from grid.demand_response.planning import Planned, make_plan
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, forecast_flat
from tests.grid.town import Town, add_resource, build_town, say

BATTERY = Battery(
    capacity_wh=13_500,
    min_energy_wh=1_350,
    max_energy_wh=13_500,
    charge_power_w=5_000,
    discharge_power_w=5_000,
    efficiency_ratio=0.9,
)
PUMP = HeatPump(
    thermal_capacity_wh_per_k=8_000.0, loss_w_per_k=200.0, comfort_min_degc=19.0, comfort_max_degc=22.0, cop_ratio=3.0
)
CAR = EvCharger(
    battery_capacity_wh=50_000,
    min_energy_wh=10_000,
    departure_energy_wh=40_000,
    efficiency_ratio=0.9,
    discharge_power_w=7_000,
)
OUTSIDE_DEGC = 2.0


async def add_store(
    url: str,
    usage_point: int,
    name: str,
    known: Parameters,
    *,
    energy_wh: int | None = None,
    temperature_degc: float | None = None,
    at: datetime = NOON,
    rated_power_w: int = 5_000,
) -> int:
    """Register a battery, heat pump or charger with its parameters and how it stands; its gateway follows 1.1."""
    device = await add_resource(url, usage_point, name, rated_power_w=rated_power_w)
    kind = {Battery: "battery", HeatPump: "heat_pump", EvCharger: "ev_charger"}[type(known)]
    async with await connect(url, None) as connection:
        await connection.execute("UPDATE end_device SET kind = %s WHERE end_device_id = %s", [kind, device])
        await connection.execute("UPDATE gateway SET specification = '1.1'")
        await put_parameters(connection, device, kind, known)
        await put_state(connection, device, State(at, energy_wh, temperature_degc))
    return device


async def forecast_air(url: str) -> None:
    """Say that it will be 2 degC for two days."""
    async with await connect(url, Role.COMPUTE) as connection:
        await add_weather_point(connection, "Lille", Coordinates(50.63, 3.06))
        (point,) = await weather_points(connection)
        hours = np.arange(48)
        none = np.full(hours.size, np.nan)
        told = WeatherColumns(
            np.full(hours.size, point.weather_point_id),
            int(NOON.timestamp()) + 3_600 * hours,
            np.full(hours.size, int(NOON.timestamp()) - 3_600),
            np.full(hours.size, OUTSIDE_DEGC),
            none,
            none,
            none,
        )
        await insert_weather(connection, "test", told)


async def town_with_stores(url: str, *, load_w: float = 20_000.0) -> tuple[Town, dict[str, int]]:
    """Build a transformer of 50 kVA with a battery, a heat pump, a car that gives back and two chargers."""
    town = await build_town(url, usage_points=5, rated_va=50_000)
    await forecast_flat(url, town, {"T1": load_w})
    await forecast_air(url)
    points = town.usage_points["T1"]
    devices = {
        "battery": await add_store(url, points[0], "bat-1", BATTERY, energy_wh=8_000),
        "pump": await add_store(url, points[1], "hp-1", PUMP, temperature_degc=20.0, rated_power_w=3_000),
        "car": await add_store(url, points[2], "v2g-1", CAR, energy_wh=25_000, rated_power_w=7_000),
    }
    await say(
        url,
        devices["car"],
        reported_at=NOON,
        opens=NOON + timedelta(hours=5),
        ready_by=NOON + timedelta(hours=15),
        need_wh=10_000,
        power_w=7_000,
    )
    return town, devices


async def planned(connection: Connection, town: Town, target_w: float | None = None) -> Planned:
    event = await draft_event(
        connection,
        name="Pointe",
        place_id=town.place["T1"],
        starts_at=EVENT_STARTS,
        ends_at=EVENT_ENDS,
        now=NOON,
        target_w=target_w,
    )
    return await make_plan(connection, event, NOON)
