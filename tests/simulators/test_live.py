"""A live fleet on a fast clock: what it publishes by itself, and how it obeys."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cbor2
import jsonschema
import numpy as np
import pycddl
import pytest

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.registers import IMPORT_WH, POWER_W
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.live import live
from simulators.orders import Temper
from tests.simulators.subscriber import Subscriber, typed

ROOT = Path(__file__).resolve().parents[2]
#: A Thursday in winter; 16:20 UTC is 17:20 in Lille, when the first cars have come home.
EVENING = datetime(2026, 1, 15, 16, 20, tzinfo=UTC)
SPEED = 600.0
OBLIGING = Temper(opt_out_ratio=0.0)


async def _live(fleet: Fleet, address: BrokerAddress, minutes: int, speed: float = SPEED, **options: object) -> Counts:
    clock = Clock(datetime.now(UTC), EVENING, speed)
    return await live(
        fleet,
        clock=clock,
        broker=address,
        until=EVENING + timedelta(minutes=minutes),
        **options,  # type: ignore[arg-type]
    )


def _topic(fleet: Fleet, gateway: int, kind: str) -> str:
    described = fleet.network.gateways[gateway]
    return f"somel/v1/{described.shard}/{described.name}/{kind}"


async def test_a_live_fleet_publishes_what_the_backfill_would_have(
    make_fleet: Callable[..., Fleet], address: BrokerAddress
) -> None:
    fleet, fresh = make_fleet(), make_fleet()
    with Subscriber(address.host, address.port, "live") as subscriber:
        counts = await _live(fleet, address, 45, since=EVENING - timedelta(minutes=80))
        await asyncio.sleep(0.5)
        intervals = subscriber.intervals()
        snapshots = [cbor2.loads(payload) for _, _, payload, _ in subscriber.of_kind("live")]
    first_s = int((EVENING - timedelta(minutes=80)).timestamp())
    import_wh, _ = fresh.slot_wh(first_s, 4)
    for point, meter in enumerate(fleet.meters):
        for slot in range(4):
            assert intervals[meter, IMPORT_WH.register_id, first_s + 1800 * slot] == import_wh[point, slot]
    assert len({start_s for _, _, start_s in intervals}) == 4
    gateways = len(fleet.network.gateways)
    assert 40 * gateways <= len(snapshots) <= 46 * gateways  # connecting takes a few replayed minutes
    assert len({(snapshot[1], snapshot[2][0]) for snapshot in snapshots}) == len(snapshots)
    in_snapshots = sum(len(snapshot[2]) for snapshot in snapshots)
    assert counts.values_published == counts.values_acknowledged == in_snapshots + len(intervals)


async def test_snapshots_hold_the_power_of_that_minute(
    make_fleet: Callable[..., Fleet], address: BrokerAddress
) -> None:
    fleet, fresh = make_fleet(), make_fleet()
    with Subscriber(address.host, address.port, "snapshots") as subscriber:
        await _live(fleet, address, 12, live_every_s=600)
        await asyncio.sleep(0.3)
        snapshots = [cbor2.loads(payload) for _, _, payload, _ in subscriber.of_kind("live")]
    at_s = int(EVENING.timestamp()) + 600
    assert at_s in {snapshot[1] for snapshot in snapshots} <= {at_s - 600, at_s}
    power_w = fresh.power_w(at_s)
    for snapshot in snapshots:
        if snapshot[1] == at_s:
            points = [fleet.meters.index(meter) for meter in snapshot[2]]
            assert typed(snapshot[3][POWER_W.register_id]) == pytest.approx(power_w[points], abs=0.01)


async def test_needs_are_announced_when_the_evening_is_under_way(fleet: Fleet, address: BrokerAddress) -> None:
    with Subscriber(address.host, address.port, "needs") as subscriber:
        counts = await _live(fleet, address, 6)
        await asyncio.sleep(0.3)
        events = [json.loads(payload) for _, _, payload, _ in subscriber.of_kind("event")]
    needs = {need["resource"]: need for event in events for need in event["flexibility"]}
    assert len(needs) == counts.events_published
    cars = [row for row in fleet.network.end_devices if row.kind == "ev_charger"]
    heaters = [row for row in fleet.network.end_devices if row.kind == "water_heater"]
    assert {row.name for row in heaters} <= set(needs)
    assert 0.5 < sum(row.name in needs for row in cars) / len(cars) <= 1
    for need in needs.values():
        assert 0 <= need["at"] - int(EVENING.timestamp()) <= 300
        assert need["at"] <= need["available_from"] < need["ready_by"]
        assert 0 < need["energy_needed_wh"] <= 20_000


async def test_a_gateway_says_what_is_attached_and_that_it_is_there_and_then_gone(
    fleet: Fleet, address: BrokerAddress
) -> None:
    await _live(fleet, address, 1)
    with Subscriber(address.host, address.port, "afterwards") as subscriber:  # sees what was retained
        await asyncio.sleep(0.5)
        retained = {
            topic: json.loads(payload) for topic, _, payload, was_retained in subscriber.messages if was_retained
        }
    for gateway, described in enumerate(fleet.network.gateways):
        meta = retained[_topic(fleet, gateway, "meta")]
        assert meta["gateway"] == described.name
        assert meta["meters"] == [fleet.meters[point] for point in fleet.points_of(gateway)]
        assert retained[_topic(fleet, gateway, "state")]["status"] == "offline"
    named = {
        resource["resource"]
        for topic, meta in retained.items()
        if topic.endswith("meta")
        for resource in meta["resources"]
    }
    assert named == {row.name for row in fleet.network.end_devices if row.rated_power_w}


async def test_everything_published_conforms_to_the_specification(
    make_fleet: Callable[..., Fleet], address: BrokerAddress
) -> None:
    fleet = make_fleet(temper=OBLIGING)
    with Subscriber(address.host, address.port, "conforming") as subscriber:
        running = asyncio.create_task(_live(fleet, address, 12))
        await asyncio.sleep(0.4)
        resource = next(row for row in fleet.network.end_devices if row.kind == "water_heater")
        _command(subscriber, fleet, resource.name, EVENING + timedelta(minutes=40), [0])
        await running
        await asyncio.sleep(0.3)
        messages = list(subscriber.messages)
    cddl = pycddl.Schema((ROOT / "firmware_specs/somel.cddl").read_text())
    kinds = set()
    for topic, content_type, payload, _ in messages:
        kind = topic.rsplit("/", 1)[1]
        kinds.add(kind)
        if content_type == "application/cbor":
            cddl.validate_cbor(payload)
        else:
            schema = json.loads((ROOT / f"firmware_specs/schemas/{kind}.schema.json").read_text())
            jsonschema.validate(json.loads(payload), schema)
    assert kinds == {"batch", "live", "event", "meta", "state", "answer", "command"}


async def test_a_commanded_charger_waits_and_then_catches_up(
    make_fleet: Callable[..., Fleet], address: BrokerAddress
) -> None:
    fleet, fresh = make_fleet(temper=OBLIGING), make_fleet()
    start = datetime(2026, 1, 15, 17, tzinfo=UTC)
    start_s = int(start.timestamp())
    natural_wh = fresh.load.slot_wh(start_s, 2)
    resource = int(np.argmax(natural_wh.sum(axis=1)))
    name, point = fleet.orders.names[resource], int(fleet.load.flexible.usage_point[resource])
    with Subscriber(address.host, address.port, "commanded") as subscriber:
        running = asyncio.create_task(_live(fleet, address, 165, 2 * SPEED))
        await asyncio.sleep(0.3)
        command = _command(subscriber, fleet, name, start, [0, 1_000])
        counts = await running
        await asyncio.sleep(0.3)
        answers = [json.loads(payload) for _, _, payload, _ in subscriber.of_kind("answer")]
        intervals = subscriber.intervals()
    assert [(answer["command"], answer["status"]) for answer in answers] == [(command, "accepted")]
    assert counts.commands_received == 1
    base_wh = fresh.curves.net_wh(start_s, 4)[point]
    meter = fleet.meters[point]
    measured_wh = [intervals[meter, IMPORT_WH.register_id, start_s + 1800 * slot] for slot in range(4)]
    assert measured_wh[0] == pytest.approx(base_wh[0], abs=1)
    assert measured_wh[1] == pytest.approx(base_wh[1] + 500, abs=1)
    assert measured_wh[2] > base_wh[2] + 1_500, "afterwards it is free, and catches up"
    night = fleet.load.slot_wh(start_s - 3600, 48)[resource].sum()
    assert night == pytest.approx(fresh.load.slot_wh(start_s - 3600, 48)[resource].sum())
    others = [other for other in range(len(fleet)) if other != point]
    import_wh, _ = fresh.slot_wh(start_s, 4)
    for other in others[:40]:
        theirs = [intervals[fleet.meters[other], IMPORT_WH.register_id, start_s + 1800 * slot] for slot in range(4)]
        assert theirs == import_wh[other].tolist()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_stopped_process_leaves_politely_and_a_killed_one_leaves_its_will(
    number: signal.Signals, data_cache: Path, address: BrokerAddress
) -> None:
    environment = os.environ | {
        "SOMEL_DATABASE_URL": "postgresql://127.0.0.1:1/nobody-asks",
        "SOMEL_MQTT_URL": f"mqtt://{address.host}:{address.port}",
        "SOMEL_CACHE_DIR": str(data_cache),
        "SOMEL_CLOCK_WALL_ORIGIN": datetime.now(UTC).isoformat(),
        "SOMEL_CLOCK_REPLAY_ORIGIN": EVENING.isoformat(),
        "SOMEL_CLOCK_SPEED": "60",
        "PYTHONPATH": str(ROOT),
    }
    with Subscriber(address.host, address.port, f"process-{number}") as subscriber:
        process = subprocess.Popen(  # noqa: ASYNC220 - it runs beside the test
            [sys.executable, "-m", "somel", "simulate", "--registered", "--usage-points", "50", "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert await asyncio.to_thread(_wait_for, lambda: len(subscriber.of_kind("live")) >= 2)
        process.send_signal(number)
        output, _ = await asyncio.to_thread(process.communicate, timeout=10)
        assert await asyncio.to_thread(_wait_for, lambda: _states(subscriber)[-1]["status"] == "offline")
        states = _states(subscriber)
    if number == signal.SIGTERM:
        assert process.returncode == 0
        assert "at" in states[-1]
        summary = json.loads(output.splitlines()[-1])
        assert summary["values_published"] == summary["values_acknowledged"] > 0
    else:
        assert states[-1] == {"status": "offline"}


def _states(subscriber: Subscriber) -> list[dict[str, object]]:
    return [json.loads(payload) for topic, _, payload, retained in subscriber.of_kind("state") if not retained]


def _command(
    subscriber: Subscriber,
    fleet: Fleet,
    resource: str,
    start: datetime,
    setpoint_w: list[float],
    *,
    follow: bool = False,
) -> str:
    """Send a command as the platform would; return its identifier."""
    (device,) = [row for row in fleet.network.end_devices if row.name == resource]
    gateway = [row.name for row in fleet.network.gateways].index(device.gateway_name)
    command = "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c11"
    message = {
        "command": command,
        "resource": resource,
        "issued_at": int(EVENING.timestamp()),
        "expires_at": int((start + timedelta(minutes=30)).timestamp()),
        "start": int(start.timestamp()),
        "step_s": 1800,
        "dispatch_setpoint_w": setpoint_w,
    } | ({"follow": True} if follow else {})
    subscriber.publish(_topic(fleet, gateway, "command"), json.dumps(message).encode())
    return command


def _wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()
