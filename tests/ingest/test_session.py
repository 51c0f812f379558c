"""Sessions against a real broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from core.broker_address import BrokerAddress
from core.errors import RetryableError
from ingest.arrangement import Subscription, arrange
from ingest.outage import Outage
from ingest.parcel import Message, Parcel
from ingest.session import Session
from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.running import until

TOPIC = "somel/v1/0/gw-0001/batch"


class NotedOutage(Outage):
    """Write down why a connection was lost."""

    def __init__(self) -> None:
        super().__init__("broker", address="", note="")
        self.reasons: list[str] = []

    def notice(self, who: str, reason: str) -> None:
        self.reasons.append(reason)
        super().notice(who, reason)


@contextlib.asynccontextmanager
async def connected(
    broker: Broker,
    receive: Callable[[Parcel], None],
    subscription: Subscription | None = None,
    receive_maximum: int = 100,
) -> AsyncIterator[Session]:
    session = Session(
        BrokerAddress.parse(broker.url()),
        subscription or arrange([0])[0],
        receive_maximum=receive_maximum,
        receive=receive,
        outage=Outage("broker", address=broker.url(), note=""),
    )
    task = asyncio.create_task(session.run())
    async with asyncio.timeout(10):
        await session.is_subscribed.wait()
    yield session
    task.cancel()
    await asyncio.wait([task])


async def test_a_message_is_received_with_its_content_type(broker: Broker, peer: Peer):
    received: list[Message] = []
    async with connected(broker, received.extend):
        await asyncio.to_thread(peer.publish, TOPIC, b"\x01\x02", content_type="application/cbor")
        await until(lambda: len(received) == 1)
    assert (received[0].topic, received[0].payload, received[0].content_type) == (
        TOPIC,
        b"\x01\x02",
        "application/cbor",
    )


async def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(broker: Broker, peer: Peer):
    first: list[Message] = []
    async with connected(broker, first.extend):
        for number in range(4):
            peer.publish(TOPIC, b"%d" % number)
        await until(lambda: len(first) == 4)
        first[0].connection.acknowledge([first[index].packet_id or 0 for index in (0, 1)])
        await asyncio.sleep(0.1)
    second: list[Message] = []
    async with connected(broker, second.extend):
        await until(lambda: len(second) == 2)
        await asyncio.sleep(0.1)
    assert [message.payload for message in second] == [b"2", b"3"]


async def test_an_acknowledgement_of_a_lost_connection_acknowledges_nothing_on_the_next(broker: Broker, peer: Peer):
    first: list[Message] = []
    async with connected(broker, first.extend):
        peer.publish(TOPIC, b"old")
        await until(lambda: len(first) == 1)
    second: list[Message] = []
    async with connected(broker, second.extend):
        await until(lambda: len(second) == 1)
        first[0].connection.acknowledge([second[0].packet_id or 0])
        await asyncio.sleep(0.1)
    third: list[Message] = []
    async with connected(broker, third.extend):
        await until(lambda: len(third) == 1)
    assert third[0].payload == b"old"


async def test_messages_go_on_after_the_broker_was_stopped_and_started(broker: Broker, peer: Peer):
    received: list[Message] = []
    async with connected(broker, received.extend) as session:
        await asyncio.to_thread(broker.stop)
        await until(lambda: not session.is_subscribed.is_set())
        await asyncio.to_thread(broker.start)
        await until(session.is_subscribed.is_set)
        await asyncio.to_thread(peer.publish, TOPIC, b"after")
        await until(lambda: len(received) == 1)
    assert received[0].payload == b"after"


async def test_no_more_messages_come_than_may_be_unacknowledged(broker: Broker, peer: Peer):
    received: list[Message] = []
    async with connected(broker, received.extend, receive_maximum=3):
        for number in range(10):
            peer.publish(TOPIC, b"%d" % number)
        await until(lambda: len(received) == 3)
        await asyncio.sleep(0.2)
        assert len(received) == 3
        received[0].connection.acknowledge([message.packet_id or 0 for message in received])
        await until(lambda: len(received) == 6)


async def test_a_paused_session_reads_nothing_until_it_goes_on(broker: Broker, peer: Peer):
    received: list[Message] = []
    async with connected(broker, received.extend) as session:
        session.pause(paused=True)
        peer.publish(TOPIC, b"waiting")
        await asyncio.sleep(0.2)
        assert received == []
        session.pause(paused=False)
        await until(lambda: len(received) == 1)


async def test_what_waited_in_the_broker_is_read_piece_by_piece_and_once_while_reading_is_paused(
    broker: Broker, peer: Peer
):
    async with connected(broker, lambda _: None):
        pass
    count, size = 60, 200_000
    for number in range(count):
        peer.publish(TOPIC, number.to_bytes(2, "big") + bytes(size))
    received: list[Message] = []
    outage = NotedOutage()

    def receive(messages: Parcel) -> None:
        """Take messages as the inbox does when it is full: pause at once, while the session still connects."""
        received.extend(messages)
        session.pause(paused=True)

    session = Session(
        BrokerAddress.parse(broker.url()), arrange([0])[0], receive_maximum=1_000, receive=receive, outage=outage
    )
    task = asyncio.create_task(session.run())
    async with asyncio.timeout(5):
        await session.is_subscribed.wait()
    await asyncio.sleep(0.5)
    assert sum(len(message.payload) for message in received) < count * size / 4
    while len(received) < count:
        session.pause(paused=False)
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait([task])
    assert [int.from_bytes(message.payload[:2], "big") for message in received] == list(range(count))
    assert outage.reasons == []


async def test_packets_that_come_one_by_one_are_handled_many_at_a_time(broker: Broker, peer: Peer):
    parcels: list[Parcel] = []
    async with connected(broker, parcels.append, receive_maximum=10_000):
        for number in range(500):
            peer.publish(TOPIC, b"%d" % number)
        await until(lambda: sum(map(len, parcels)) == 500)
    assert [message.payload for parcel in parcels for message in parcel] == [b"%d" % number for number in range(500)]
    assert len(parcels) < 250


async def test_the_strays_session_leaves_to_the_shards_what_is_theirs(broker: Broker, peer: Peer):
    sharded: list[Message] = []
    strays: list[Message] = []
    of_shard, of_strays = arrange([0])
    async with connected(broker, sharded.extend, of_shard), connected(broker, strays.extend, of_strays):
        for topic in (TOPIC, "somel/nonsense", "somel/v1/7/gw-0001/batch", "somel/v2/0/gw-0001/batch"):
            peer.publish(topic, b"x")
        await until(lambda: len(sharded) == 1 and len(strays) == 3)
        await asyncio.sleep(0.1)
    assert [message.topic for message in sharded] == [TOPIC]
    assert [message.topic for message in strays] == [
        "somel/nonsense",
        "somel/v1/7/gw-0001/batch",
        "somel/v2/0/gw-0001/batch",
    ]


async def test_what_a_session_publishes_reaches_the_gateway_and_not_itself(broker: Broker, peer: Peer):
    received: list[Message] = []
    topic = "somel/v1/0/gw-0001/command"
    await asyncio.to_thread(peer.subscribe, topic)
    async with connected(broker, received.extend) as session:
        assert await session.publish(topic, b"{}", content_type="application/json", expiry_s=60) < 0x80
        message = await asyncio.to_thread(peer.received.get, timeout=10)
        await asyncio.sleep(0.1)
    assert message.payload == b"{}"
    assert message.properties is not None
    assert message.properties.MessageExpiryInterval <= 60  # type: ignore[attr-defined]
    assert received == []


async def test_publishing_while_the_broker_is_away_says_to_try_again(broker: Broker):
    async with connected(broker, lambda _: None) as session:
        await asyncio.to_thread(broker.stop)
        await until(lambda: not session.is_subscribed.is_set())
        with pytest.raises(RetryableError) as caught:
            await session.publish("somel/v1/0/gw-0001/command", b"{}", content_type="application/json", expiry_s=60)
    assert caught.value.code == "broker_unavailable"
