"""Who is told to stop ends soon, also when the broker has gone for good while it published."""

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

import pytest
from structlog.testing import capture_logs

from core.clock import Clock
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.live import live
from simulators.publisher import backfill
from simulators.session import GatewaySession
from simulators.stopping import unless_stalled
from tests.simulators.conftest import KillableBroker

ROOT = Path(__file__).resolve().parents[2]
EVENING = datetime(2026, 1, 15, 16, 20, tzinfo=UTC)
#: Patience for what stands still, the same for the goodbye, and a little.
SOON_S = 10.0


async def test_a_fleet_whose_broker_is_gone_for_good_stops_soon_and_says_what_was_not_taken(
    fleet: Fleet, killable_broker: KillableBroker
) -> None:
    counts, stop = Counts(), asyncio.Event()
    clock = Clock(datetime.now(UTC), EVENING, 600.0)
    with capture_logs() as said:
        running = asyncio.create_task(
            live(fleet, clock=clock, broker=killable_broker.address, stop=stop, counts=counts)
        )
        async with asyncio.timeout(20):
            while counts.messages_acknowledged < 2 * len(fleet.network.gateways):  # noqa: ASYNC110 - they are only counted
                await asyncio.sleep(0.01)
        killable_broker.kill()
        await asyncio.sleep(0.5)  # five replayed minutes: by now a tick waits for the broker
        assert not running.done()
        stop.set()
        assert await asyncio.wait_for(running, SOON_S) is counts
    (unfinished,) = [entry for entry in said if entry["event"] == "stopped_unfinished"]
    assert unfinished["messages_waiting"] == counts.messages_published - counts.messages_acknowledged
    assert unfinished["values_waiting"] == counts.values_in_flight
    assert said[-1]["event"] == "live_ended"


async def test_a_back_fill_whose_broker_is_gone_for_good_stops_soon(
    make_fleet: Callable[..., Fleet], killable_broker: KillableBroker
) -> None:
    stop, start = asyncio.Event(), datetime(2026, 1, 12, tzinfo=UTC)

    def break_and_stop(done: int, _total: int) -> None:
        if done and not stop.is_set():
            killable_broker.kill()
            stop.set()

    fleet, end = make_fleet(), start + timedelta(days=30)
    filling = backfill(
        fleet, start=start, end=end, broker=killable_broker.address, on_progress=break_and_stop, stop=stop
    )
    counts = await asyncio.wait_for(filling, SOON_S)
    assert 0 < counts.values_acknowledged < fleet.value_count(48 * 30)


async def test_what_still_moves_after_the_stop_comes_to_its_end_and_what_failed_says_so() -> None:
    counts, stop = Counts(), asyncio.Event()
    stop.set()

    async def slowly() -> None:
        for _ in range(4):
            await asyncio.sleep(0.15)
            counts.messages_acknowledged += 1

    async def fail() -> None:
        raise ValueError("no more paper")

    assert await unless_stalled(slowly(), stop, counts, patience_s=0.3)
    assert counts.messages_acknowledged == 4
    assert not await unless_stalled(asyncio.sleep(60), stop, counts, patience_s=0.1)
    with pytest.raises(ValueError, match="paper"):
        await unless_stalled(fail(), stop, counts)


async def test_a_message_given_up_takes_no_room(killable_broker: KillableBroker) -> None:
    counts = Counts()
    async with GatewaySession("gw-0001", killable_broker.address, counts, in_flight=1) as session:
        await session.connected()
        killable_broker.kill()
        while not counts.connections_lost:  # noqa: ASYNC110 - they are only counted
            await asyncio.sleep(0.01)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.publish("somel/v1/0/gw-0001/batch", b"x", "application/cbor"), 0.3)
        killable_broker.start()
        await asyncio.wait_for(session.publish("somel/v1/0/gw-0001/batch", b"x", "application/cbor"), 20)
        await asyncio.wait_for(session.drained(), 20)
    assert counts.messages_published == counts.messages_acknowledged == 1


def test_ctrl_c_ends_the_command_although_the_broker_is_gone(data_cache: Path, killable_broker: KillableBroker) -> None:
    address = killable_broker.address
    environment = os.environ | {
        "SOMEL_DATABASE_URL": "postgresql://127.0.0.1:1/nobody-asks",
        "SOMEL_MQTT_URL": f"mqtt://{address.host}:{address.port}",
        "SOMEL_CACHE_DIR": str(data_cache),
        "SOMEL_CLOCK_WALL_ORIGIN": datetime.now(UTC).isoformat(),
        "SOMEL_CLOCK_REPLAY_ORIGIN": EVENING.isoformat(),
        "SOMEL_CLOCK_SPEED": "600",
    }
    command = [sys.executable, "-m", "somel", "simulate", "--registered", "--usage-points", "50", "--json"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any("simulate: ready" in line for line in process.stdout)
        time.sleep(1)  # it connects, and publishes
        killable_broker.kill()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=2 * SOON_S)
    assert process.returncode == 0, errors
    summary = json.loads(said.splitlines()[-1])
    assert summary["values_published"] >= summary["values_acknowledged"]
    assert "stopped_unfinished" in errors
