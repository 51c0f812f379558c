"""Messages that get lost unnoticed: the gateway's come in the end, the platform's have to be repeated by itself."""

import asyncio

import pytest

from core.broker_address import BrokerAddress
from simulators.counts import Counts
from simulators.loss import Loss
from simulators.session import GatewaySession
from tests.simulators.subscriber import Subscriber
from tests.simulators.test_keeping import STORED, TOPIC, until, word

COMMAND = TOPIC.replace("/batch", "/command")
COUNT = 30


async def test_what_is_lost_upward_comes_when_it_is_missed_and_what_is_lost_downward_does_not_come(
    address: BrokerAddress, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("simulators.keeping._AGAIN_AFTER_S", 0.0)
    counts, loss = Counts(), Loss(0.4, seed=2)
    commands: list[bytes] = []

    def arrived(subscriber: Subscriber) -> set[bytes]:
        return {payload for topic, _, payload, _ in subscriber.messages if topic == TOPIC}

    with Subscriber(address.host, address.port, "platform") as subscriber:
        session = GatewaySession(
            "gw-0001",
            address,
            counts,
            stored_topic=STORED,
            command_topic=COMMAND,
            on_command=commands.append,
            loss=loss,
        )
        async with session:
            await session.connected()
            await asyncio.sleep(0.2)  # subscriptions
            for sequence in range(1, COUNT + 1):
                await session.publish(TOPIC, b"%d" % sequence, "text/plain", values=1, sequence=sequence)
            await until(lambda: len(arrived(subscriber)) == COUNT - loss.lost_up)
            assert 0 < loss.lost_up < COUNT
            while len(arrived(subscriber)) < COUNT:
                missing = sorted(set(range(1, COUNT + 1)) - {int(payload) for payload in arrived(subscriber)})
                subscriber.publish(STORED, word(1, COUNT, *((number, number) for number in missing)))
                await asyncio.sleep(0.05)
            for number in range(COUNT):
                subscriber.publish(COMMAND, b"%d" % number)
            lost_before = loss.lost_down
            await until(lambda: len(commands) + loss.lost_down - lost_before >= COUNT)
    assert counts.messages_published == COUNT
    assert 0 < len(commands) < COUNT


def test_without_a_ratio_nothing_is_lost():
    loss = Loss()
    assert not any(loss.takes_upward() or loss.takes_downward() for _ in range(100))
    assert (loss.lost_up, loss.lost_down) == (0, 0)
