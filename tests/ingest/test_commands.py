"""Commands down, with a real broker, database and worker: repeated until answered, withdrawn, never lost."""

import asyncio
import json
import os
import queue
import signal
import time
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as paho
import psycopg
import pytest

from db.connection import Role, connect
from db.demand_response import take_back_commands
from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import START, ingesting, process, until

UP = "somel/v1/1/gw-0001/"
STATUS = "SELECT status FROM command"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001"], {"ev-000001": "ev_charger"})
        yield made


async def received(peer: Peer) -> paho.MQTTMessage:
    return await asyncio.to_thread(peer.received.get, timeout=15)


async def answer(peer: Peer, command: str, status: str) -> None:
    payload = json.dumps({"command": command, "at": START, "status": status}).encode()
    await asyncio.to_thread(peer.publish, UP + "answer", payload)


async def test_a_command_carries_response_topic_and_correlation_data(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    async with ingesting(database_url, broker):
        command = territory.add_command("ev-000001")
        properties: Any = (await received(peer)).properties
        await until(lambda: territory.value("SELECT delivered_at IS NOT NULL FROM command"))
    assert properties.ResponseTopic == UP + "answer"
    assert properties.CorrelationData == command.encode()
    assert properties.ContentType == "application/json"


async def test_an_unanswered_command_is_sent_again_until_it_is_answered(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    async with ingesting(database_url, broker, command_answer_s=0.2):
        command = territory.add_command("ev-000001")
        payloads = [(await received(peer)).payload for _ in range(3)]
        await answer(peer, command, "accepted")
        await until(lambda: territory.value(STATUS) == "accepted")
        seen = territory.value("SELECT attempt_count FROM command")
        await asyncio.sleep(1.0)
        assert territory.value("SELECT attempt_count FROM command") <= seen + 1  # one may have been on its way
    assert len(set(payloads)) == 1
    assert json.loads(payloads[0])["command"] == command


async def test_repeating_ends_at_the_bound_and_the_command_as_unanswered(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    async with ingesting(database_url, broker, command_answer_s=0.1, command_attempts=2):
        territory.add_command("ev-000001", expires_in_s=2.0)
        await until(lambda: territory.value(STATUS) == "unanswered")
        assert territory.rows("SELECT attempt_count, ended_at >= expires_at FROM command") == [(2, True)]
    assert peer.received.qsize() == 2


def test_a_worker_killed_between_publishing_and_noting_it_loses_nothing_and_the_gateway_knows_the_repetition(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    peer.subscribe(UP + "command")
    command = territory.add_command("ev-000001")
    with psycopg.connect(database_url) as holding:
        holding.execute("SELECT FROM somel.command FOR UPDATE")  # whoever wants to note anything has to wait
        with process(database_url, broker) as worker:
            first = peer.received.get(timeout=15)
            assert territory.value(STATUS) == "pending"
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
    assert territory.value(STATUS) == "pending"
    with process(database_url, broker):
        second = peer.received.get(timeout=15)
        deadline_s = time.monotonic() + 15
        while territory.value(STATUS) != "sent" and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert territory.rows("SELECT status, attempt_count FROM command") == [("sent", 1)]
    assert (json.loads(first.payload)["command"], first.payload) == (command, second.payload)
    with pytest.raises(queue.Empty):
        peer.received.get(timeout=0.3)


async def test_a_command_waits_for_a_gateway_that_is_away_and_goes_out_when_it_is_back(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    territory.rows("UPDATE gateway SET status = 'offline', status_at = now() - INTERVAL '3 days'")
    async with ingesting(database_url, broker):
        territory.add_command("ev-000001")
        await asyncio.sleep(0.5)
        assert (territory.value(STATUS), peer.received.empty()) == ("pending", True)
        await asyncio.to_thread(peer.publish, UP + "state", b'{"status": "online"}', retain=True)
        await received(peer)
        await until(lambda: territory.value(STATUS) == "sent")


async def test_an_accepted_command_is_withdrawn_and_the_withdrawal_repeated_until_it_is_answered(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    async with ingesting(database_url, broker, command_answer_s=0.2):
        command = territory.add_command("ev-000001")
        territory.rows("UPDATE command SET start_at = now()")
        territory.rows("UPDATE gateway SET specification = '1.1'")
        await received(peer)
        await answer(peer, command, "accepted")
        await until(lambda: territory.value(STATUS) == "accepted")
        while not peer.received.empty():
            peer.received.get()
        async with await connect(database_url, Role.COMPUTE) as connection:
            now = territory.value("SELECT now()")
            await take_back_commands(connection, territory.value("SELECT event_id FROM command"), now=now)
            await connection.commit()
        told = [json.loads((await received(peer)).payload) for _ in range(2)]
        await answer(peer, command, "withdrawn")
        await until(lambda: territory.value("SELECT withdrawal_answered_at IS NOT NULL FROM command"))
    assert told == [{"withdraw": command, "resource": "ev-000001", "at": int(now.timestamp())}] * 2
    assert territory.rows("SELECT status, reason FROM command") == [("withdrawn", "event_cancelled")]


async def test_a_gateway_of_specification_1_0_keeps_what_it_was_sent(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    command = territory.add_command("ev-000001")
    async with await connect(database_url, Role.COMPUTE) as connection:
        event_id, now = territory.rows("SELECT event_id, now() FROM command")[0]
        territory.rows("UPDATE command SET status = 'accepted' WHERE command_id = %s", [command])
        await take_back_commands(connection, event_id, now=now)
        await connection.commit()
    assert territory.rows("SELECT status, withdrawn_at FROM command") == [("accepted", None)]
