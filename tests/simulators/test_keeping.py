"""A gateway keeps what it has numbered until the platform's word covers it, and sends again what it calls missing."""

import asyncio
import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.counts import Counts
from simulators.keeping import MOST_KEPT, Keeper, Numbered, StoredWord
from simulators.session import GatewaySession
from tests.firmware_specs.vectors import Vector, load_vectors
from tests.simulators.conftest import KillableBroker
from tests.simulators.subscriber import Subscriber

TOPIC = "somel/v1/0/gw-0001/batch"
STORED = "somel/v1/0/gw-0001/stored"


def numbered(sequence: int) -> Numbered:
    return Numbered(sequence, TOPIC, b"%d" % sequence, "application/cbor", 10)


def word(first: int, highest: int, *missing: tuple[int, int]) -> bytes:
    through = missing[0][0] - 1 if missing else highest
    return json.dumps({"first": first, "through": through, "highest": highest, "missing": missing}).encode()


@given(st.integers(0, 20), st.sets(st.integers(0, 40)), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_a_word_covers_what_is_in_its_span_and_not_missing(first: int, sequences: set[int], runs):
    missing = [(low, high) for low, high in runs if low <= high]
    said = StoredWord(first, first, first + 15, missing)
    for sequence in sequences:
        lost = sequence < first or any(sequence in range(low, high + 1) for low, high in missing)
        assert said.covers(sequence) == (sequence <= first + 15 and not lost)
        assert said.lacks(sequence) == (sequence <= first + 15 and lost)


@pytest.mark.parametrize("vector", [vector for vector in load_vectors("down") if vector.kind == "stored"], ids=str)
def test_a_word_means_to_a_gateway_what_its_vector_says(vector: Vector):
    said = msgspec.json.decode(vector.payload, type=StoredWord)
    kept = vector.expected["kept"]
    assert [number for number in kept if said.covers(number)] == vector.expected["forgets"]
    assert [number for number in kept if said.lacks(number)] == vector.expected["repeats"]


async def test_what_is_covered_is_forgotten_and_what_is_missing_is_sent_again_after_a_while(monkeypatch):
    counts = Counts()
    keeper = Keeper(counts)
    for sequence in range(5, 10):
        keeper.keep(numbered(sequence))
    assert keeper.take(word(6, 8, (7, 7))) == []
    assert (counts.messages_stored, counts.values_stored) == (2, 20)
    monkeypatch.setattr("simulators.keeping._AGAIN_AFTER_S", 0.0)
    assert [message.sequence for message in keeper.take(word(6, 8, (7, 7)))] == [5, 7]
    assert keeper.take(word(5, 9)) == []
    await asyncio.wait_for(keeper.emptied(), 1)


async def test_nobody_is_asked_to_wait_for_a_platform_that_never_spoke():
    keeper = Keeper(Counts())
    for sequence in range(MOST_KEPT + 10):
        await asyncio.wait_for(keeper.room(), 1)
        keeper.keep(numbered(sequence))
    assert len(keeper.all_but(())) == MOST_KEPT
    await asyncio.wait_for(keeper.emptied(), 1)
    assert not await keeper.spoken_to(0.01)


async def test_where_a_platform_speaks_a_full_gateway_waits_for_it():
    keeper = Keeper(Counts())
    for sequence in range(MOST_KEPT):
        keeper.keep(numbered(sequence))
    keeper.take(word(MOST_KEPT, MOST_KEPT))
    waiting = asyncio.create_task(keeper.room())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    keeper.take(word(0, 1))
    await asyncio.wait_for(waiting, 1)


async def test_what_nobody_speaks_of_is_due_again_later_and_later(monkeypatch: pytest.MonkeyPatch):
    keeper = Keeper(Counts())
    keeper.keep(numbered(1))
    keeper.keep(numbered(2))
    keeper.take(word(1, 1))
    assert keeper.due() == []
    now_s = [0.0]
    monkeypatch.setattr("simulators.keeping.time.monotonic", lambda: now_s[0])
    message = keeper.all_but(())[0]
    waits: list[float] = []
    for _ in range(6):
        began_s = now_s[0]
        while not keeper.due():
            now_s[0] += 10.0
        waits.append(now_s[0] - began_s)
    assert waits == [20.0, 40.0, 80.0, 160.0, 320.0, 600.0]
    assert message.sequence == 2


async def test_what_the_broker_lost_and_the_platform_misses_is_sent_again_without_a_broken_connection(
    killable_broker: KillableBroker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("simulators.keeping._AGAIN_AFTER_S", 0.0)
    address, counts = killable_broker.address, Counts()

    def payloads(subscriber: Subscriber) -> list[bytes]:
        return [payload for topic, _, payload, _ in subscriber.messages if topic == TOPIC]

    with Subscriber(address.host, address.port, "platform") as subscriber:
        async with GatewaySession("gw-0001", address, counts, stored_topic=STORED) as session:
            await session.connected()
            for sequence in (1, 2, 3):
                await session.publish(TOPIC, b"%d" % sequence, "text/plain", values=1, sequence=sequence)
            await until(lambda: len(payloads(subscriber)) == 3)
            subscriber.publish(STORED, word(1, 3, (2, 2)))
            await until(lambda: len(payloads(subscriber)) == 4)
            subscriber.publish(STORED, word(1, 3))
            await asyncio.wait_for(session.drained(), 10)
    assert payloads(subscriber) == [b"1", b"2", b"3", b"2"]
    assert (counts.messages_published, counts.messages_repeated, counts.messages_stored) == (3, 1, 3)


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - paho's thread tells nobody
            await asyncio.sleep(0.01)
