"""Batteries, heat pumps and cars that give back take part in events: planned, told, followed and let go."""

import json
from datetime import timedelta

import numpy as np
import pytest

from core.resources import Battery, EvCharger
from core.slots import SLOT
from db.closed_loop import called_resources
from db.commands import due_commands
from db.connection import Role, connect
from db.resources import State, put_state
from grid.demand_response.called import gather_called
from grid.demand_response.flexibility import Fleet
from grid.demand_response.lifecycle import advance_events, draft_event
from grid.demand_response.limits import headroom_w
from grid.demand_response.onoff import HeatPump as PlannedPump
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.planning import make_plan
from grid.demand_response.rates import Rates
from grid.demand_response.redispatch import follow_event
from grid.demand_response.release import stop_event
from grid.demand_response.stores import TAIL, holding_w
from ingest.outbox import encode_command
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, draft, forecast_flat
from tests.grid.demand_response.storing import (
    BATTERY,
    CAR,
    OUTSIDE_DEGC,
    PUMP,
    add_store,
    forecast_air,
    planned,
    town_with_stores,
)
from tests.grid.demand_response.test_measurement import add_past, result
from tests.grid.town import answer, build_town


def row_of(fleet: Fleet, device: int) -> int:
    return int(np.flatnonzero(fleet.end_device_id == device)[0])


def stored_wh(power_w: np.ndarray, known: Battery | EvCharger, start_wh: float) -> np.ndarray:
    one_way = np.sqrt(known.efficiency_ratio)
    return start_wh + np.cumsum(np.maximum(power_w, 0) * one_way - np.maximum(-power_w, 0) / one_way) / 2


def room_degc(power_w: np.ndarray, start_degc: float) -> np.ndarray:
    """Step through a room minute by minute: slow, and by another way than the planner's."""
    degc, seen = start_degc, []
    for watts in power_w:
        for _ in range(1800):
            heat_w = PUMP.cop_ratio * watts - PUMP.loss_w_per_k * (degc - OUTSIDE_DEGC)
            degc += heat_w / 3600 / PUMP.thermal_capacity_wh_per_k
        seen.append(degc)
    return np.array(seen)


async def test_stores_give_in_the_event_and_take_back_within_limits_and_comfort(database_url: str):
    town, devices = await town_with_stores(database_url, load_w=44_000.0)
    async with await connect(database_url, Role.COMPUTE) as connection:
        made = await planned(connection, town)
    fleet, power_w = made.fleet, made.optimum.power_w
    assert fleet.start_at + fleet.slot_count * SLOT >= EVENT_ENDS + TAIL
    event = fleet.event_slots
    battery_w, pump_w, car_w = (power_w[row_of(fleet, devices[name])] for name in ("battery", "pump", "car"))
    natural_w = fleet.natural_w
    # By itself a battery does nothing, a pump holds 20 degC, a car charges when it comes home.
    assert not natural_w[row_of(fleet, devices["battery"])].any()
    assert natural_w[row_of(fleet, devices["pump"])] == pytest.approx(18.0 * 200.0 / 3.0)
    assert natural_w[row_of(fleet, devices["car"])].sum() / 2 == pytest.approx(10_000.0)
    # In the event they give back, or draw nothing.
    assert (battery_w[event] < -1_000.0).all()
    assert (car_w[event] < -1_000.0).all()
    assert pump_w[event] == pytest.approx(0.0)
    # Everybody is owed nothing at the end, and nothing was left out on the way.
    kept_wh = stored_wh(battery_w, BATTERY, 8_000.0)
    assert kept_wh.min() >= 1_350.0 - 1e-3
    assert kept_wh.max() <= 13_500.0 + 1e-3
    assert kept_wh[-1] >= 8_000.0 - 1e-3
    assert stored_wh(car_w, CAR, 25_000.0)[-1] == pytest.approx(25_000.0 + 10_000.0 * np.sqrt(0.9), abs=1.0)
    assert stored_wh(car_w, CAR, 25_000.0).min() >= 10_000.0 - 1e-3
    assert not car_w[:10].any()
    degc = room_degc(pump_w, 20.0)
    assert degc.min() >= 19.0 - 0.01
    assert degc.max() <= 22.0 + 0.01
    assert degc[-1] == pytest.approx(20.0, abs=0.02)
    assert pump_w[event.stop :].max() > 1_300.0  # the rebound
    # What they do together stays in the room there is: 3.5 kW above the forecast.
    together_w = power_w.sum(axis=0) - fleet.natural_w.sum(axis=0)
    assert (44_000.0 + together_w).max() <= 0.95 * 50_000.0 + 1e-3
    assert made.optimum.missing_wh.sum() == 0.0
    assert made.optimum.reduction_w == pytest.approx(-together_w[event])
    assert made.optimum.cost_eur >= made.optimum.bound_eur
    assert made.optimum.cost_eur < 0.0  # what they gave back in the event is worth more than what they took before


async def test_who_is_a_store_and_who_is_not(database_url: str):
    town, devices = await town_with_stores(database_url)
    points = town.usage_points["T1"]
    await add_store(database_url, points[3], "bat-old", BATTERY, energy_wh=8_000, at=NOON - timedelta(hours=2))
    away = await add_store(database_url, points[4], "v2g-away", CAR, energy_wh=30_000)
    async with await connect(database_url, Role.COMPUTE) as connection:
        everybody = await planned(connection, town)
        assert sorted(everybody.fleet.stores) == sorted(devices.values())
        assert away not in everybody.fleet.end_device_id
        event = await draft_event(
            connection,
            name="Other",
            place_id=town.place["T1"],
            starts_at=EVENT_STARTS,
            ends_at=EVENT_ENDS,
            now=NOON,
        )
        await connection.execute(
            "INSERT INTO opt_out VALUES (%s, %s, %s, 'resident', 'test', NULL)",
            [event.event_id, devices["battery"], NOON],
        )
        assert devices["battery"] not in (await make_plan(connection, event, NOON)).fleet.end_device_id
    async with await connect(database_url, None) as connection:
        await connection.execute("DELETE FROM weather_forecast")
    async with await connect(database_url, Role.COMPUTE) as connection:
        assert devices["pump"] not in (await planned(connection, town)).fleet.end_device_id
    async with await connect(database_url, None) as connection:
        await connection.execute("UPDATE gateway SET specification = '1.0'")
    async with await connect(database_url, Role.COMPUTE) as connection:
        needs = await planned(connection, town)
    assert needs.fleet.end_device_id.tolist() == [devices["car"]]  # it charges later, as any car
    assert not needs.fleet.stores
    assert needs.optimum.power_w.min() >= 0.0


async def test_a_target_counts_stores_in_and_calls_no_more_than_it_needs(database_url: str):
    town, devices = await town_with_stores(database_url)
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE) as connection:
        everybody = await planned(connection, town, target_w=60_000.0)
        assert set(devices.values()) <= set(everybody.fleet.end_device_id.tolist())
        assert max(everybody.target_gap_w) > 0.0
        some = await planned(connection, town, target_w=5_000.0)
    assert some.fleet.end_device_id.size < everybody.fleet.end_device_id.size
    assert some.target_gap_w == [0.0, 0.0]
    assert (0.9 * some.optimum.reduction_w).min() >= 5_000.0 * 0.99


async def test_where_there_is_no_room_for_heat_the_owner_comes_first_and_the_place_is_named(database_url: str):
    town = await build_town(database_url, usage_points=1, rated_va=50_000)
    await forecast_flat(database_url, town, {"T1": 60_000.0})
    await forecast_air(database_url)
    pump = await add_store(database_url, town.usage_points["T1"][0], "hp-1", PUMP, temperature_degc=20.0)
    async with await connect(database_url, Role.COMPUTE) as connection:
        made = await planned(connection, town)
    row = row_of(made.fleet, pump)
    assert made.optimum.power_w[row].tolist() == made.fleet.natural_w[row].tolist()
    assert made.optimum.missing_wh.sum() > 0.0
    assert headroom_w(made.limits, made.fleet).max() == 0.0


async def test_commands_are_followed_tracked_and_let_go(database_url: str):
    town, devices = await town_with_stores(database_url)
    async with await connect(database_url, None) as connection:
        await put_state(connection, devices["battery"], State(NOON, 13_500, None))  # it cannot fill up before
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        place_id, (start, end) = town.place["T1"], (EVENT_STARTS, EVENT_ENDS)
        event = await draft_event(
            connection, name="Pointe", place_id=place_id, starts_at=start, ends_at=end, now=NOON, target_w=15_000.0
        )
        plan = await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
    async with await connect(database_url, Role.INGEST) as connection:
        due = await due_commands(connection, [0], now=NOON, attempts=8, limit=100)
    told = {one["resource"]: one for one in map(json.loads, map(encode_command, due))}
    assert min(told["bat-1"]["dispatch_setpoint_w"]) < 0.0
    assert {one["follow"] for one in told.values()} == {True}
    async with await connect(database_url, None) as connection:
        await connection.execute("UPDATE command SET status = 'accepted', attempt_count = 1")
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        (event,) = await advance_events(connection, now=EVENT_STARTS)
        tracked = await follow_event(connection, event_id=event.event_id, now=EVENT_STARTS + timedelta(minutes=1))
        assert [one.planned_w for one in tracked] == pytest.approx(plan.planned_reduction_w, rel=1e-3)
        called = gather_called(await called_resources(connection, event.event_id), event, Rates())
        assert called.is_store.all()
        stopped_at = EVENT_STARTS + timedelta(minutes=20)
        await stop_event(connection, event_id=event.event_id, now=stopped_at, actor="test", reason="enough")
        later = [row for row in await called_resources(connection, event.event_id) if row.issued_at == stopped_at]
        back = {row.end_device_id: row for row in later}
        # The battery is told to take back what it has given; the pump may draw more than by itself, and no more.
        battery = back[devices["battery"]]
        assert battery.is_followed
        given_w = -called.held_w[called.end_device_id == devices["battery"]][0]
        owed_wh = max(given_w[: called.slot_of(EVENT_STARTS)].sum() / 2 + given_w[called.slot_of(EVENT_STARTS)] / 3, 0)
        taken_wh = battery.dispatch_setpoint_w[0] / 6 + sum(battery.dispatch_setpoint_w[1:]) / 2
        assert taken_wh == pytest.approx(owed_wh, abs=5.0)
        pump = back[devices["pump"]]
        assert not pump.is_followed
        assert min(pump.dispatch_setpoint_w) >= 1_199.0


async def test_what_a_battery_gave_back_is_measured_at_its_meter(database_url: str):
    town = await build_town(database_url, usage_points=1)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    point = town.usage_points["T1"][0]
    await add_store(database_url, point, "bat-1", BATTERY, energy_wh=8_000)
    await add_past(database_url, point)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await draft(connection, town.place["T1"])
        plan = await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
        await answer(database_url, event.event_id, "accepted")
        await advance_events(connection, now=EVENT_ENDS)
    async with await connect(database_url, None) as connection:  # it gives back 3 kW more than its house draws
        await connection.execute(
            "INSERT INTO interval_reading (usage_point_id, register_id, step_s, start_at, known_at, value)"
            " SELECT %s, register_id, 1800, at, at, 1500 * (register_id - 1) FROM generate_series(1, 2) AS register_id,"
            " generate_series(%s, %s, interval '30 minutes') AS at",
            [point, EVENT_STARTS, EVENT_ENDS - SLOT],
        )
    first, _ = await result(database_url, event.event_id)
    assert (first.baseline_w, first.measured_w) == (1_700.0, -3_000.0)
    assert first.planned_reduction_w == plan.planned_reduction_w[0] > 4_000.0


def test_a_thermostat_warms_what_is_cold_and_rests_where_it_is_warm():
    slots = 6
    pump = PlannedPump(
        capacity_wh_per_k=2_000.0,
        loss_w_per_k=100.0,
        rated_power_w=1_500.0,
        start_degc=18.0,
        floor_degc=19.0,
        ceiling_degc=22.0,
        end_degc=19.0,
        outside_degc=np.array([0.0] * 4 + [30.0] * 2),
        cop_ratio=np.full(slots, 3.0),
        brought_wh=np.zeros(slots),
    )
    power_w = holding_w(pump)
    assert power_w[0] == 1_500.0
    assert power_w[3] == pytest.approx(19.0 * 100.0 / 3.0)
    assert power_w[4:].tolist() == [0.0, 0.0]
