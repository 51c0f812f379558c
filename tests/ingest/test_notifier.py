"""What is queued for topics reaches the broker in order, whatever is killed or restarted, and is kept by nobody."""

import asyncio
import json
import os
import queue
import signal
from collections.abc import Iterator

import paho.mqtt.client as paho
import psycopg
import pytest

from edge.guard import OPENADR_ROOT
from grid.openadr.topics import BUSINESS_LOGIC, ROOT, audience_of
from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.running import ingesting, process, until

TOPIC = f"{ROOT}/{BUSINESS_LOGIC}/events/update"
THEIRS = f"{ROOT}/{audience_of('v1')}/events/update"


class Queue:
    """What is queued in the database."""

    def __init__(self, connection: psycopg.Connection[tuple[int]]) -> None:
        self._connection = connection

    def put(self, *numbers: int, topic: str = TOPIC) -> None:
        for number in numbers:
            self._connection.execute(
                "INSERT INTO somel.openadr_publication (topic, notification) VALUES (%s, %s)",
                [topic, json.dumps({"number": number})],
            )

    @property
    def waiting(self) -> int:
        row = self._connection.execute(
            "SELECT count(*) FROM somel.openadr_publication WHERE published_at IS NULL"
        ).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def queued(database_url: str) -> Iterator[Queue]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Queue(connection)


def heard(peer: Peer) -> list[paho.MQTTMessage]:
    found = []
    while True:
        try:
            found.append(peer.received.get(timeout=0.3))
        except queue.Empty:
            return found


def numbers_of(messages: list[paho.MQTTMessage]) -> list[int]:
    return [json.loads(one.payload)["number"] for one in messages]


def test_the_broker_guards_the_tree_that_is_published_to():
    assert OPENADR_ROOT == ROOT


async def test_notifications_are_published_at_once_in_order_and_kept_for_nobody(
    database_url: str, broker: Broker, peer: Peer, queued: Queue
):
    await asyncio.to_thread(peer.subscribe, f"{ROOT}/#")
    queued.put(1)
    async with ingesting(database_url, broker):
        queued.put(2)
        queued.put(3, topic=THEIRS)
        await until(lambda: queued.waiting == 0, within_s=10)
        messages = heard(peer)
        assert [(one.topic, json.loads(one.payload)["number"]) for one in messages] == [
            (TOPIC, 1),
            (TOPIC, 2),
            (THEIRS, 3),
        ]
        assert all(one.qos == 1 and not one.retain for one in messages)
        assert {getattr(one.properties, "ContentType", None) for one in messages} == {"application/json"}
        await asyncio.to_thread(peer.subscribe, f"{ROOT}/#")
        assert not heard(peer)


async def test_nothing_is_lost_when_ingest_is_killed_and_the_broker_restarted(
    database_url: str, broker: Broker, peer: Peer, queued: Queue
):
    await asyncio.to_thread(peer.subscribe, f"{ROOT}/#")
    with process(database_url, broker) as running:
        queued.put(*range(400))
        await until(lambda: queued.waiting < 400)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    queued.put(*range(400, 410))
    async with ingesting(database_url, broker):
        await until(lambda: queued.waiting == 0)
        await asyncio.to_thread(broker.stop)
        queued.put(*range(410, 420))
        await asyncio.to_thread(broker.start)
        await until(lambda: queued.waiting == 0)
        messages: list[paho.MQTTMessage] = []
        while not messages or numbers_of(messages)[-1] != 419:
            messages += await asyncio.to_thread(heard, peer)
    numbers = numbers_of(messages)
    assert list(dict.fromkeys(numbers)) == list(range(420))
