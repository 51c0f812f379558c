"""Kills, outages and signals: nothing is lost, nothing is stored twice."""

import asyncio
import itertools
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator

import cbor2
import numpy as np
import pytest

from somel.embedded.broker import Broker
from somel.embedded.loopback import free_port
from somel.embedded.services import Services
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import START, batch, block, ingesting, process, until

METERS = [f"m-{number:06d}" for number in range(20)]
TOPIC = "somel/v1/1/gw-0001/batch"
IDENTITY = "SELECT sum(received), sum(stored), sum(duplicate), sum(revised), sum(refused) FROM ingest_batch"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, METERS)
        yield made


def day(number: int) -> bytes:
    """Return one day of every meter as CBOR: 960 values."""
    values = np.arange(48, dtype="<f4").tobytes()
    blocks = [{0: meter, 1: START + 86_400 * number, 2: 1_800, 3: {1: cbor2.CBORTag(85, values)}} for meter in METERS]
    return cbor2.dumps({0: number, 1: blocks})


def stored(territory: Territory) -> int:
    return int(territory.value("SELECT count(*) FROM interval_reading"))


@pytest.mark.slow(40)
def test_a_killed_worker_loses_nothing_and_stores_nothing_twice(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    days = 250
    settings = {"ingest_batch_rows": "5000"}
    with process(database_url, broker, **settings) as first:
        sent = [peer.send(TOPIC, day(number), content_type="application/cbor") for number in range(days)]
        while stored(territory) == 0:
            time.sleep(0.005)
        first.send_signal(signal.SIGKILL)
        first.wait()
        committed = stored(territory)
    for message in sent:
        peer.wait_for(message)
    assert 0 < committed < days * 960, "the kill came too early or too late to show anything"
    with process(database_url, broker, **settings):
        deadline_s = time.monotonic() + 60
        while territory.value("SELECT sum(message_count) FROM ingest_batch") < days and time.monotonic() < deadline_s:
            time.sleep(0.05)
        while stored(territory) < days * 960 and time.monotonic() < deadline_s:
            time.sleep(0.05)
    assert stored(territory) == days * 960
    distinct = "SELECT count(DISTINCT (usage_point_id, register_id, start_at)) FROM interval_reading"
    assert territory.value(distinct) == days * 960
    received, new, duplicate, revised, refused = territory.rows(IDENTITY)[0]
    assert received == new + duplicate + revised + refused
    assert (new, revised, refused) == (days * 960, 0, 0)


@pytest.mark.slow(40)
async def test_a_database_stopped_in_the_middle_costs_time_and_nothing_else(
    services: Services, database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    days = 40
    async with ingesting(database_url, broker, ingest_batch_rows=2_000):
        for number in range(days // 2):
            peer.send(TOPIC, day(number), content_type="application/cbor")
        await until(lambda: stored(territory) > 0)
        server = services.cluster.process
        assert server is not None
        territory.hang_up()
        await asyncio.to_thread(server.end, politely=signal.SIGINT, within_s=30)  # in order: fsync is off in tests
        for number in range(days // 2, days):
            peer.send(TOPIC, day(number), content_type="application/cbor")
        await asyncio.sleep(0.5)
        # In this thread: the kernel ends the server with the thread that started it.
        services.cluster.start()
        await until(lambda: stored(territory) == days * 960, within_s=60)
    received, new, duplicate, revised, refused = territory.rows(IDENTITY)[0]
    assert received == new + duplicate + revised + refused
    assert (new, revised, refused) == (days * 960, 0, 0)


@pytest.mark.slow(40)
def test_a_signal_while_the_database_is_away_ends_in_time_and_the_broker_keeps_the_messages(
    services: Services, database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    server = services.cluster.process
    assert server is not None
    with process(database_url, broker) as running:
        territory.hang_up()
        server.end(politely=signal.SIGINT, within_s=30)
        peer.publish(TOPIC, day(0), content_type="application/cbor")
        time.sleep(0.5)
        began_s = time.monotonic()
        running.send_signal(signal.SIGTERM)
        ended = running.wait(timeout=10)
        took_s = time.monotonic() - began_s
    services.cluster.start()
    with process(database_url, broker):
        deadline_s = time.monotonic() + 30
        while stored(territory) < 960 and time.monotonic() < deadline_s:
            time.sleep(0.05)
    assert stored(territory) == 960
    assert (ended, took_s < 5) == (0, True)


async def test_a_broker_stopped_in_the_middle_costs_time_and_nothing_else(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    days = 30
    async with ingesting(database_url, broker, ingest_batch_rows=2_000):
        sent = [peer.send(TOPIC, day(number), content_type="application/cbor") for number in range(days)]
        await until(lambda: stored(territory) > 0)
        await asyncio.to_thread(broker.stop)
        broker.start()
        for message in sent:
            await asyncio.to_thread(peer.wait_for, message)
        await until(lambda: stored(territory) == days * 960)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_0_within_five_seconds(
    database_url: str, territory: Territory, broker: Broker, peer: Peer, number: signal.Signals
):
    with process(database_url, broker) as running:
        peer.publish(TOPIC, batch(block(METERS[0], START, 1.0)))
        while stored(territory) == 0:
            time.sleep(0.01)
        began_s = time.monotonic()
        running.send_signal(number)
        assert running.wait(timeout=10) == 0
        assert time.monotonic() - began_s < 5


def test_a_signal_during_a_flood_leaves_every_message_stored_or_unacknowledged(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    days = 100
    with process(database_url, broker, ingest_batch_rows="3000") as running:
        sent = [peer.send(TOPIC, day(number), content_type="application/cbor") for number in range(days)]
        while stored(territory) == 0:
            time.sleep(0.005)
        began_s = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0
        assert time.monotonic() - began_s < 5
    for message in sent:
        peer.wait_for(message)
    with process(database_url, broker):
        deadline_s = time.monotonic() + 60
        while stored(territory) < days * 960 and time.monotonic() < deadline_s:
            time.sleep(0.05)
    assert stored(territory) == days * 960
    # What was written before the signal was acknowledged, so the broker did not send it again.
    assert territory.rows(IDENTITY)[0][2] == 0


def test_the_exported_counts_add_up_at_every_moment(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    port, days = free_port(21_000), 60
    with process(database_url, broker, ingest_metrics_port=str(port), ingest_batch_rows="3000"):
        sender = threading.Thread(target=publish_days, args=(peer, days))
        sender.start()
        for _ in itertools.count():
            counts = scrape(port)
            settled = sum(
                counts[name] for name in ("stored_total", "duplicate_total", "revised_total", "refused_total")
            )
            assert counts["received_total"] == settled + counts["in_flight"]
            if counts["stored_total"] == days * 960:
                break
        sender.join()
    assert stored(territory) == days * 960


def publish_days(peer: Peer, days: int) -> None:
    """Publish days one after the other."""
    for number in range(days):
        peer.publish(TOPIC, day(number), content_type="application/cbor")


def scrape(port: int) -> dict[str, float]:
    """Return the counts of values that the process exports, by the end of their names."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.split() for line in lines if line.startswith("somel_ingest_values_") and "_created" not in line)
    return {name.removeprefix("somel_ingest_values_"): float(value) for name, value in pairs}
