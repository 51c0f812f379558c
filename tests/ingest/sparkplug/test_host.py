"""A Sparkplug host application at work: real broker, real database, payloads by Eclipse Tahu."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import ingesting, until
from tests.ingest.sparkplug.edge_node import EdgeNode
from tests.ingest.sparkplug.tahu import Tahu

READINGS = "SELECT register_id, value FROM reading ORDER BY register_id, value"
REFUSED = "SELECT code, sum(refused_count)::int FROM refused_message GROUP BY code ORDER BY code"
STATUS = "SELECT status FROM gateway WHERE name = 'gw-0001'"
POWER, ENERGY = 21, 11
STATE = "spBv1.0/STATE/somel"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001", "m-000002"])
        yield made


@pytest.fixture
def node(broker: Broker, peer_library: Tahu) -> Iterator[EdgeNode]:
    with EdgeNode("gw-0001", "m-000001", broker.port, peer_library, bd_seq=3) as connected:
        yield connected


async def test_a_node_is_born_and_its_data_by_alias_are_stored(
    database_url: str, territory: Territory, broker: Broker, node: EdgeNode
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(node.be_born, 532.0, 12)
        await asyncio.to_thread(node.say, -40.5)
        await until(lambda: len(territory.rows(READINGS)) == 3)
        assert territory.rows(READINGS) == [(ENERGY, 12_000.0), (POWER, -40.5), (POWER, 532.0)]
        assert territory.value(STATUS) == "online"
    assert territory.rows(REFUSED) == []


async def test_a_gap_in_the_sequence_is_answered_by_a_request_to_be_born_again(
    database_url: str, territory: Territory, broker: Broker, node: EdgeNode
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(node.be_born, 1.0, 1)
        node.lose_a_message()
        await asyncio.to_thread(node.say, 2.0)
        await asyncio.to_thread(node.say, 3.0)
        command = await asyncio.to_thread(node.commands.get, timeout=10)
        assert [(metric["name"], metric["value"]) for metric in command["metrics"]] == [("Node Control/Rebirth", True)]
        await asyncio.to_thread(node.be_born, 4.0, 1)
        await asyncio.to_thread(node.say, 5.0)
        await until(lambda: (POWER, 5.0) in territory.rows(READINGS))
        assert [value for register_id, value in territory.rows(READINGS) if register_id == POWER] == [1.0, 4.0, 5.0]
        assert territory.rows(REFUSED) == [("sequence_gap", 2)]
        assert node.commands.empty()  # one request was enough


async def test_the_sequence_goes_on_from_255_with_0(
    database_url: str, territory: Territory, broker: Broker, node: EdgeNode
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(node.be_born, 0.5, 1)
        for number in range(300):
            await asyncio.to_thread(node.say, float(number))
        await until(lambda: territory.value("SELECT count(*) FROM reading") == 302)
    assert territory.rows(REFUSED) == []


async def test_the_death_of_a_node_makes_its_gateway_offline(
    database_url: str, territory: Territory, broker: Broker, node: EdgeNode
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(node.be_born, 1.0, 1)
        await until(lambda: territory.value(STATUS) == "online")
        await asyncio.to_thread(node.die)
        await until(lambda: territory.value(STATUS) == "offline")
    assert territory.rows(REFUSED) == []


async def test_after_a_restart_every_node_is_asked_to_be_born_again(
    database_url: str, territory: Territory, broker: Broker, node: EdgeNode
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(node.be_born, 1.0, 1)
        await until(lambda: len(territory.rows(READINGS)) == 2)
    async with ingesting(database_url, broker):
        await asyncio.to_thread(node.say, 2.0)
        await asyncio.to_thread(node.commands.get, timeout=10)
        await asyncio.to_thread(node.be_born, 3.0, 1)
        await until(lambda: (POWER, 3.0) in territory.rows(READINGS))
    assert territory.rows(REFUSED) == [("birth_missing", 1)]


async def test_what_was_known_of_a_node_is_forgotten_when_the_connection_is_lost(
    database_url: str, territory: Territory, broker: Broker, peer_library: Tahu
):
    async with ingesting(database_url, broker):
        with EdgeNode("gw-0001", "m-000001", broker.port, peer_library) as node:
            await asyncio.to_thread(node.be_born, 1.0, 1)
            await until(lambda: len(territory.rows(READINGS)) == 2)
        await asyncio.to_thread(broker.stop)
        await asyncio.to_thread(broker.start)
        with (
            Peer("watcher", broker.port) as watcher,
            EdgeNode("gw-0001", "m-000001", broker.port, peer_library) as node,
        ):
            await asyncio.to_thread(watcher.subscribe, STATE)
            await asyncio.to_thread(_wait_for_state, watcher, online=True)
            node.seq = 2
            await asyncio.to_thread(node.say, 2.0)
            await asyncio.to_thread(node.commands.get, timeout=10)


async def test_the_host_is_online_while_ingest_runs_and_offline_afterwards(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    before_ms = time.time_ns() // 1_000_000
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.subscribe, STATE)
        state = await asyncio.to_thread(_wait_for_state, peer, online=True)
        assert before_ms <= state["timestamp"] <= time.time_ns() // 1_000_000
    assert await asyncio.to_thread(_wait_for_state, peer, online=False) == state | {"online": False}
    with Peer("late", broker.port) as late:
        await asyncio.to_thread(late.subscribe, STATE)
        assert await asyncio.to_thread(_wait_for_state, late, online=False)


async def test_a_host_that_somebody_calls_offline_says_that_it_is_online(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.subscribe, STATE)
        first = await asyncio.to_thread(_wait_for_state, peer, online=True)
        for lie in (b'{"online": false, "timestamp": 1}', b"OFFLINE"):
            await asyncio.to_thread(peer.publish, STATE, lie, retain=True)
            assert await asyncio.to_thread(peer.received.get, timeout=10)
            again = await asyncio.to_thread(_wait_for_state, peer, online=True)
            assert again["timestamp"] >= first["timestamp"]


async def test_without_a_group_nobody_is_listened_to(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    async with ingesting(database_url, broker, sparkplug_group=""):
        await asyncio.to_thread(peer.subscribe, "spBv1.0/#")
        await asyncio.sleep(0.3)
    assert peer.received.empty()


def _wait_for_state(peer: Peer, *, online: bool) -> dict[str, Any]:
    """Return the next state published that says so."""
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        said = peer.received.get(timeout=10).payload
        if said.startswith(b"{") and json.loads(said)["online"] is online:
            state: dict[str, Any] = json.loads(said)
            return state
    raise TimeoutError
