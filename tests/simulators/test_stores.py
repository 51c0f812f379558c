"""Batteries and heat pumps: by themselves, as commanded, and what they say of themselves; what is over stays."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.broker_address import BrokerAddress
from core.registers import EXPORT_WH, IMPORT_WH
from simulators.fleet import Fleet
from simulators.store_load import StoreLoad
from simulators.stores import COMFORT_K, StoreShares, draw_stores, outside_degc
from tests.simulators.subscriber import Subscriber
from tests.simulators.test_live import EVENING, OBLIGING, SPEED, _command, _live

SHARES = StoreShares(battery_ratio=0.3, heat_pump_ratio=0.3)
STORES = draw_stores(np.arange(60), np.arange(60) % 5 == 0, 1, SHARES)
BATTERY, PUMP = int(np.argmax(STORES.battery)), int(np.argmin(STORES.battery))
START_S = int((EVENING + timedelta(minutes=10)).timestamp())
SETPOINTS = st.lists(st.sampled_from([-9_000.0, -2_500.0, 0.0, 700.0, 2_500.0, 9_000.0]), min_size=1, max_size=20)


def energy_wh(load: StoreLoad, slots: int = 60) -> np.ndarray:
    return load.slot_wh(START_S, slots)


@settings(max_examples=12, deadline=None)
@given(setpoints=SETPOINTS, step_s=st.sampled_from([300, 1800]), known_min=st.integers(0, 90))
def test_stores_come_as_near_to_their_setpoints_as_they_can(
    setpoints: list[float], step_s: int, known_min: int
) -> None:
    load, free = StoreLoad(STORES), StoreLoad(STORES)
    known_s = START_S + 60 * known_min
    for store in (BATTERY, PUMP):
        load.tell(store, known_s, START_S, step_s, setpoints, follow=True)
    energies, temperatures = [], []
    for minute in range(0, 400, 7):
        at_s = START_S + 60 * minute
        power_w, stored = load.power_w(at_s), dict(load.states(at_s))
        energies.append(stored[BATTERY])
        temperatures.append(stored[PUMP])
        step = (at_s - START_S) // step_s
        if at_s < known_s:
            assert power_w.tolist() == free.power_w(at_s).tolist()
        elif step < len(setpoints):
            assert abs(power_w[BATTERY]) <= abs(setpoints[step])
            assert power_w[BATTERY] * setpoints[step] >= 0.0
        else:
            assert power_w[BATTERY] == 0.0
        assert 0.0 <= power_w[PUMP] <= STORES.rated_power_w[PUMP]
    assert min(energies) >= STORES.least_wh(BATTERY) - 1e-6
    assert max(energies) <= STORES.capacity_wh[BATTERY] + 1e-6
    assert min(temperatures) >= STORES.set_degc[PUMP] - COMFORT_K[0] - 0.01
    assert max(temperatures) <= STORES.set_degc[PUMP] + COMFORT_K[1] + 0.01


def test_a_heat_pump_that_rested_takes_more_afterwards_and_its_home_is_as_it_was() -> None:
    load, free = StoreLoad(STORES), StoreLoad(STORES)
    natural_wh = energy_wh(free)[PUMP]
    assert natural_wh[0] == pytest.approx(
        STORES.loss_w_per_k[PUMP] * (STORES.set_degc[PUMP] - outside_degc(np.array([START_S + 900]))[0]) / 3.0 / 2
    )
    load.tell(PUMP, START_S, START_S, 1800, [0.0, 0.0], follow=False)
    told_wh = energy_wh(load)[PUMP]
    assert told_wh[:2].tolist() == [0.0, 0.0]
    assert told_wh[2] > 1.3 * natural_wh[2]
    assert dict(load.states(START_S + 3600))[PUMP] < STORES.set_degc[PUMP] - 0.2
    assert dict(load.states(START_S + 12 * 3600))[PUMP] == pytest.approx(STORES.set_degc[PUMP], abs=0.01)
    assert told_wh.sum() == pytest.approx(natural_wh.sum(), rel=0.03)


def test_a_battery_keeps_what_a_later_command_finds() -> None:
    load = StoreLoad(STORES)
    before_wh = dict(load.states(START_S))[BATTERY]
    load.tell(BATTERY, START_S, START_S, 1800, [-1_000.0], follow=True)
    assert load.told_w(BATTERY, START_S) == -1_000.0
    after_wh = dict(load.states(START_S + 1800))[BATTERY]
    assert after_wh == pytest.approx(before_wh - 500.0 / np.sqrt(0.9))
    week_s = START_S + 7 * 86_400
    load.tell(BATTERY, week_s, week_s, 1800, [500.0], follow=True)
    assert dict(load.states(week_s))[BATTERY] == pytest.approx(after_wh)
    assert load.slot_wh(week_s, 1)[BATTERY, 0] == pytest.approx(250.0)


def test_without_a_share_nobody_has_a_store_and_nothing_changes(make_fleet: Callable[..., Fleet]) -> None:
    usual, same, with_stores = make_fleet(), make_fleet(shares=StoreShares()), make_fleet(shares=SHARES)
    assert not len(usual.stores.stores)
    assert usual.network == same.network
    names = {device.name for device in with_stores.network.end_devices}
    assert names > {device.name for device in usual.network.end_devices}
    assert {name[:3] for name in names - {device.name for device in usual.network.end_devices}} == {"bat", "hp-"}


async def test_a_battery_told_below_zero_gives_back_and_its_meter_shows_it(
    make_fleet: Callable[..., Fleet], address: BrokerAddress
) -> None:
    fleet, fresh = make_fleet(temper=OBLIGING, shares=SHARES), make_fleet(shares=SHARES)
    stores = fleet.stores.stores
    battery = int(np.argmax(stores.battery & (stores.rated_power_w >= 5_000)))
    name, point = stores.names[battery], int(stores.usage_point[battery])
    start = EVENING + timedelta(minutes=70)
    start_s = int(start.timestamp())
    with Subscriber(address.host, address.port, "stores") as subscriber:
        running = asyncio.create_task(_live(fleet, address, 135, 2 * SPEED))
        await asyncio.sleep(0.3)
        command = _command(subscriber, fleet, name, start, [-5_000.0, 1_000.0], follow=True)
        await running
        await asyncio.sleep(0.3)
        answers = [json.loads(payload) for _, _, payload, _ in subscriber.of_kind("answer")]
        events = [json.loads(payload) for _, _, payload, _ in subscriber.of_kind("event")]
        intervals = subscriber.intervals()
    assert [(answer["command"], answer["status"]) for answer in answers] == [(command, "accepted")]
    base_wh = fresh.curves.net_wh(start_s, 2)[point] + sum(
        (fresh.load.slot_wh(start_s, 2)[row] for row in np.flatnonzero(fresh.load.flexible.usage_point == point)),
        np.zeros(2),
    )
    meter = fleet.meters[point]
    net_wh = [
        intervals[meter, IMPORT_WH.register_id, start_s + 1800 * slot]
        - intervals[meter, EXPORT_WH.register_id, start_s + 1800 * slot]
        for slot in range(2)
    ]
    assert net_wh == pytest.approx([base_wh[0] - 2_500.0, base_wh[1] + 500.0], abs=1.5)
    schema = json.loads((Path(__file__).parents[2] / "firmware_specs/schemas/event.schema.json").read_text())
    said = [one for event in events for one in event.get("states", []) if one["resource"] == name]
    for event in events:
        jsonschema.validate(event, schema)
    assert len(said) >= 3
    assert said[-1]["energy_wh"] < said[0]["energy_wh"]
