"""Several workers as real processes: who has what, what a kill costs, and how the supervisor keeps them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from somel.embedded.broker import Broker
from somel.embedded.services import Services
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import ROOT, START, batch, block, process

#: Gateways by shard.
GATEWAYS = {0: "gw-0002", 1: "gw-0001", 2: "gw-0004", 3: "gw-0003"}
OWNERS = """
SELECT held.objid::integer - 1, worker.worker
FROM pg_locks AS held
JOIN ingest_worker AS worker ON worker.worker = (SELECT worker FROM ingest_shard WHERE shard = held.objid::integer - 1)
WHERE held.locktype = 'advisory' AND held.classid = 1936682242::oid AND held.granted
AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        for shard, gateway in GATEWAYS.items():
            made.add_gateway(gateway, shard, [f"m-{shard:06d}"])
        yield made


def owners(territory: Territory) -> dict[int, str]:
    return dict(territory.rows(OWNERS))


def shares(territory: Territory) -> dict[str, int]:
    """Return how many shards each worker has."""
    found: dict[str, int] = {}
    for shard, worker in owners(territory).items():
        found[worker] = found.get(worker, 0) + (shard >= 0)
    return found


def wait_for(condition: Callable[[], bool], within_s: float = 60.0) -> float:
    """Wait until a condition holds; return how long it took. [s]."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < within_s
        time.sleep(0.01)
    return time.monotonic() - began_s


def publish_to_all(peer: Peer, slot: int) -> None:
    for shard, gateway in GATEWAYS.items():
        payload = batch(block(f"m-{shard:06d}", START + 1_800 * slot, float(slot)), sequence=slot)
        peer.publish(f"somel/v1/{shard}/{gateway}/batch", payload)


def stored(territory: Territory) -> int:
    return int(territory.value("SELECT count(*) FROM interval_reading"))


def test_workers_share_the_shards_and_a_killed_workers_share_moves_within_two_seconds(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    with process(database_url, broker) as first, process(database_url, broker):
        wait_for(lambda: sorted(shares(territory).values()) == [2, 2])
        assert sorted(owners(territory)) == [-1, 0, 1, 2, 3]
        publish_to_all(peer, 0)
        wait_for(lambda: stored(territory) == 4)
        first.send_signal(signal.SIGKILL)
        first.wait()
        killed_s = time.monotonic()
        publish_to_all(peer, 1)
        wait_for(lambda: stored(territory) == 8)
        moved_s = time.monotonic() - killed_s
        assert list(shares(territory).values()) == [4]
    assert moved_s < 2.0, moved_s
    received, settled = territory.rows("SELECT sum(received), sum(stored + duplicate) FROM ingest_total")[0]
    assert received == settled


def test_a_third_worker_than_shards_waits_and_takes_over_when_one_dies(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    with process(database_url, broker, shards="1") as first, process(database_url, broker, shards="1"):
        wait_for(lambda: sorted(shares(territory).values()) in ([0, 1], [1]))
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=10) == 0
        wait_for(lambda: 0 in owners(territory))
        peer.publish(f"somel/v1/0/{GATEWAYS[0]}/batch", batch(block("m-000000", START, 1.0)))
        wait_for(lambda: stored(territory) == 1)


def test_a_worker_that_hangs_loses_its_shards_and_starts_anew_when_it_wakes_up(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    with process(database_url, broker) as first, process(database_url, broker):
        wait_for(lambda: sorted(shares(territory).values()) == [2, 2])
        first.send_signal(signal.SIGSTOP)
        # Ten seconds of silence, without waiting for them.
        territory.rows("UPDATE ingest_worker SET seen_at = seen_at - INTERVAL '1 minute' WHERE pid = %s", [first.pid])
        wait_for(lambda: list(shares(territory).values()) == [4])
        publish_to_all(peer, 0)
        wait_for(lambda: stored(territory) == 4)
        first.send_signal(signal.SIGCONT)
        wait_for(lambda: sorted(shares(territory).values()) == [2, 2])
        publish_to_all(peer, 1)
        wait_for(lambda: stored(territory) == 8)


def test_after_a_restart_of_the_database_everybody_has_what_they_had(
    services: Services, database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    with process(database_url, broker), process(database_url, broker):
        wait_for(lambda: sorted(shares(territory).values()) == [2, 2])
        before = owners(territory)
        territory.hang_up()
        server = services.cluster.process
        assert server is not None
        server.end(politely=signal.SIGINT, within_s=30)
        services.cluster.start()
        publish_to_all(peer, 0)
        wait_for(lambda: stored(territory) == 4)
        wait_for(lambda: owners(territory) == before)


@contextmanager
def supervised(database_url: str, mqtt_url: str, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``somel ingest --workers`` until the end of the block at the latest."""
    environment = os.environ | {"SOMEL_DATABASE_URL": database_url, "SOMEL_MQTT_URL": mqtt_url}
    command = [sys.executable, "-m", "somel", "ingest", "--workers", str(workers)]
    started = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()
        assert started.stdout is not None
        started.stdout.close()


def test_the_supervisor_starts_a_killed_worker_again_and_a_signal_ends_all_within_five_seconds(
    database_url: str, territory: Territory, broker: Broker
):
    pids = "SELECT pid FROM ingest_worker ORDER BY worker"
    with supervised(database_url, broker.url(), 2) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ingest: ready\n"
        wait_for(lambda: sorted(shares(territory).values()) == [2, 2])
        before = territory.rows(pids)
        os.kill(before[0][0], signal.SIGKILL)
        wait_for(lambda: territory.rows(pids) != before)
        wait_for(lambda: sorted(shares(territory).values()) == [2, 2])
        began_s = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0
        assert time.monotonic() - began_s < 5
        wait_for(lambda: owners(territory) == {}, within_s=1)


def test_the_supervisor_ends_when_a_worker_says_that_the_operator_must_act(database_url: str, broker: Broker):
    with supervised(database_url.replace("/test_", "/no_such_"), broker.url(), 2) as running:
        assert running.wait(timeout=30) == 2
