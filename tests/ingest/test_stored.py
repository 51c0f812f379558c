"""Our own word to gateways: after COMMIT, by their numbers, through restarts and new numberings."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest

from core.identifiers import Topic
from db.registry import GatewayEntry, Registry
from ingest.line import database_lines
from ingest.stored import StoredWords, encode_stored
from somel.embedded.broker import Broker
from tests.db.village import ask
from tests.firmware_specs.vectors import Vector, load_vectors
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import START, batch, block, ingesting

UP = "somel/v1/1/gw-0001/"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001"])
        yield made


@pytest.mark.parametrize("vector", [vector for vector in load_vectors("down") if vector.kind == "stored"], ids=str)
def test_the_word_of_the_ranges_stored_is_that_of_the_vector(vector: Vector):
    ranges = [(first, last + 1) for first, last in vector.expected["ranges"]]
    assert json.loads(encode_stored(ranges)) == json.loads(vector.payload)


async def test_a_gateway_is_told_the_newest_at_most_once_a_second(database_url: str):
    registry = Registry({"gw-0001": GatewayEntry(7, 1)}, {})
    told: list[tuple[float, int, str, bytes]] = []
    loop = asyncio.get_running_loop()

    def tell(shard: int, said: Sequence[tuple[str, bytes]]) -> None:
        told.extend((loop.time(), shard, topic, payload) for topic, payload in said)

    line = database_lines(database_url)["stored"]
    words = StoredWords(line, tell, lambda: registry)
    telling = asyncio.create_task(words.run())
    for number in range(30):
        words.note([np.array([7, 8], np.int32)], [np.array([number, 0], np.int64)])
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    telling.cancel()
    await line.close()
    assert [(shard, topic) for _, shard, topic, _ in told] == [(1, UP + "stored")] * len(told)
    assert all(later[0] - sooner[0] >= 0.99 for sooner, later in pairwise(told))
    assert 2 <= len(told) <= 4
    assert json.loads(told[-1][3])["through"] == 29
    assert str(Topic(1, "gw-0001", "stored")) == told[0][2]


async def test_what_was_stored_last_is_recorded_when_the_worker_stops(database_url: str):
    line = database_lines(database_url)["stored"]
    words = StoredWords(line, lambda *_: None, lambda: None)
    words.note([np.array([7, -1], np.int32)], [np.array([4, 5], np.int64)])
    await words.close()
    await words.close()  # nothing more to say
    await line.close()
    assert ask(database_url, "SELECT gateway_id, numbers::text FROM gateway_delivery") == [(7, "{[4,5)}")]


async def test_a_database_that_is_away_does_not_hold_up_the_last_word():
    line = database_lines("postgresql://somel@127.0.0.1:1/somel")["stored"]
    words = StoredWords(line, lambda *_: None, lambda: None)
    words.note([np.array([7], np.int32)], [np.array([4], np.int64)])
    async with asyncio.timeout(5):
        await words.close()


async def test_gateways_are_told_what_is_stored_and_missing_also_after_a_restart_and_a_factory_reset(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    async def told() -> Any:
        return msgspec.json.decode((await asyncio.to_thread(peer.received.get, timeout=10)).payload)

    async def publish(slot: int, sequence: int, value: float = 1.0) -> None:
        payload = batch(block("m-000001", START + 1_800 * slot, value), sequence=sequence)
        await asyncio.to_thread(peer.publish, UP + "batch", payload)

    await asyncio.to_thread(peer.subscribe, UP + "stored")
    async with ingesting(database_url, broker):
        await publish(0, 4)
        assert await told() == {"first": 4, "through": 4, "highest": 4, "missing": []}
        await publish(1, 7, -1.0)  # refused, and so as good as stored
        assert await told() == {"first": 4, "through": 4, "highest": 7, "missing": [[5, 6]]}
    async with ingesting(database_url, broker):
        await publish(2, 5)
        assert await told() == {"first": 4, "through": 5, "highest": 7, "missing": [[6, 6]]}
        await publish(2, 5)
        assert await told() == {"first": 4, "through": 5, "highest": 7, "missing": [[6, 6]]}
        anew = 1_780_315_200 << 20
        await publish(3, anew)
        assert await told() == {"first": anew, "through": anew, "highest": anew, "missing": []}
    assert territory.value("SELECT count(*) FROM refused_message") == 1


async def test_who_sends_no_numbers_is_told_nothing(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "stored")
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, UP + "batch", batch(block("m-000001", START, 1.0)))
        await asyncio.sleep(1.5)
    assert peer.received.empty()
    assert territory.value("SELECT heard_at > now() - INTERVAL '1 minute' FROM gateway_delivery")
