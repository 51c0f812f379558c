"""The whole worker between a real broker and a real database."""

import asyncio
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import START, batch, block, ingesting, until

UP = "somel/v1/1/gw-0001/"
STORED = "SELECT usage_point_id, register_id, quality, value FROM interval_reading ORDER BY usage_point_id, start_at"
REFUSED = "SELECT code, refused_count, payload_bytes FROM refused_message ORDER BY refused_message_id"
COUNTS = "SELECT sum(received), sum(stored), sum(duplicate), sum(revised), sum(refused) FROM ingest_batch"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001", "m-000002"], {"ev-000001": "ev_charger"})
        made.add_gateway("gw-0002", 2, ["m-000003"])
        yield made


async def test_a_batch_is_stored_with_its_quality(database_url: str, territory: Territory, broker: Broker, peer: Peer):
    payload = batch({**block("m-000001", START, 120.0, 130.5, None), "quality": {"estimated": [1]}})
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, UP + "batch", payload)
        await until(lambda: len(territory.rows(STORED)) == 2)
    meter = territory.usage_point_ids["m-000001"]
    assert territory.rows(STORED) == [(meter, 1, 0, 120.0), (meter, 1, 2, 130.5)]
    assert territory.rows(COUNTS) == [(2, 2, 0, 0, 0)]


async def test_a_redelivered_frame_is_stored_once(database_url: str, territory: Territory, broker: Broker, peer: Peer):
    payload = batch(block("m-000001", START, 1.0, 2.0))
    async with ingesting(database_url, broker):
        for _ in range(3):
            await asyncio.to_thread(peer.publish, UP + "batch", payload)
        await until(lambda: territory.rows(COUNTS) == [(6, 2, 4, 0, 0)])
    assert len(territory.rows(STORED)) == 2


async def test_a_corrected_value_replaces_the_old_one_which_is_kept_as_a_revision(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, UP + "batch", batch(block("m-000001", START, 1.0)))
        await until(lambda: territory.rows(COUNTS) == [(1, 1, 0, 0, 0)])
        await asyncio.to_thread(peer.publish, UP + "batch", batch(block("m-000001", START, 3.0)))
        await until(lambda: territory.rows(COUNTS) == [(2, 1, 0, 1, 0)])
    assert [row[3] for row in territory.rows(STORED)] == [3.0]
    assert territory.rows("SELECT value, replaced_at >= known_at FROM interval_reading_revision") == [(1.0, True)]


async def test_each_bad_input_ends_as_a_refused_message_and_the_good_beside_it_is_stored(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    good = block("m-000001", START, 1.0, 2.0)
    sent = [
        ("somel/v1/nonsense", batch(good), "application/json"),
        (UP + "nonsense", batch(good), "application/json"),
        (UP + "batch", batch(good, block("m-999999", START, 5.0, 6.0)), "application/json"),
        (UP + "batch", b"\xa1\x00\x9f\xff\xff", "application/cbor"),
        (UP + "batch", batch(block("m-000002", START, 7.0, -1.0)), "application/json"),
        (UP + "batch", batch(block("m-000002", 1_800, 8.0)), "application/json"),
        (UP + "batch", bytes(5 << 20), "application/cbor"),
    ]
    async with ingesting(database_url, broker):
        for topic, payload, content_type in sent:
            await asyncio.to_thread(peer.publish, topic, payload, content_type=content_type)
        await until(lambda: len(territory.rows(REFUSED)) == len(sent))
        await until(lambda: len(territory.rows(STORED)) == 3)
    assert sorted(territory.rows(REFUSED)) == sorted(
        [
            ("topic_unknown", 1, len(sent[0][1])),
            ("topic_unknown", 1, len(sent[1][1])),
            ("device_unknown", 2, len(sent[2][1])),
            ("payload_malformed", 1, 5),
            ("value_negative", 1, len(sent[4][1])),
            ("time_too_old", 1, len(sent[5][1])),
            ("payload_too_large", 1, 5 << 20),
        ]
    )
    assert [row[3] for row in territory.rows(STORED)] == [1.0, 2.0, 7.0]
    assert territory.rows(COUNTS) == [(11, 3, 0, 0, 8)]


async def test_a_device_registered_while_ingest_runs_is_accepted(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    async with ingesting(database_url, broker):
        territory.add_gateway("gw-0009", 3, ["m-000009"])
        await asyncio.to_thread(peer.publish, "somel/v1/3/gw-0009/batch", batch(block("m-000009", START, 9.0)))
        await until(lambda: len(territory.rows(STORED)) == 1)
    assert territory.rows(REFUSED) == []


async def test_a_device_registered_after_it_was_refused_is_accepted_seconds_later(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    topic = "somel/v1/3/gw-0009/batch"
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, topic, batch(block("m-000009", START, 9.0)))
        await until(lambda: len(territory.rows(REFUSED)) == 1)
        territory.add_gateway("gw-0009", 3, ["m-000009"])
        for _ in range(40):
            await asyncio.to_thread(peer.publish, topic, batch(block("m-000009", START, 9.0)))
            await asyncio.sleep(0.25)
            if territory.rows(STORED):
                break
    assert len(territory.rows(STORED)) == 1


async def test_a_gateway_cannot_speak_for_another(database_url: str, territory: Territory, broker: Broker, peer: Peer):
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, UP + "batch", batch(block("m-000003", START, 1.0)))
        await asyncio.to_thread(peer.publish, "somel/v1/0/gw-0001/batch", batch(block("m-000001", START, 1.0)))
        await until(lambda: len(territory.rows(REFUSED)) == 2)
    assert {row[0] for row in territory.rows(REFUSED)} == {"device_foreign", "shard_wrong"}
    assert territory.rows(STORED) == []


async def test_live_readings_and_the_state_of_a_gateway_are_stored(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    live = {"at": START + 60, "meters": ["m-000001", "m-000002"], "registers": {"power_w": [532.0, -40.0]}}
    state = {"status": "online", "firmware_version": "1.2.0"}
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, UP + "live", json.dumps(live).encode())
        await asyncio.to_thread(peer.publish, UP + "state", json.dumps(state).encode(), retain=True)
        await until(lambda: territory.value("SELECT count(*) FROM reading") == 2)
        await until(lambda: territory.value("SELECT status FROM gateway WHERE name = 'gw-0001'") == "online")
    assert territory.rows("SELECT value, extract(epoch FROM read_at)::bigint FROM reading ORDER BY value") == [
        (-40.0, START + 60),
        (532.0, START + 60),
    ]
    assert territory.value("SELECT firmware_version FROM gateway WHERE name = 'gw-0001'") == "1.2.0"


async def test_a_retained_state_published_before_ingest_started_is_stored(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.publish, UP + "state", b'{"status": "offline"}', retain=True)
    async with ingesting(database_url, broker):
        await until(lambda: territory.value("SELECT status FROM gateway WHERE name = 'gw-0001'") == "offline")


async def test_a_command_is_published_answered_and_stored(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    async with ingesting(database_url, broker):
        command = territory.add_command("ev-000001")
        message = await asyncio.to_thread(peer.received.get, timeout=10)
        await until(lambda: territory.value("SELECT status FROM command") == "sent")
        answer = {"command": command, "at": START, "status": "accepted"}
        await asyncio.to_thread(peer.publish, UP + "answer", json.dumps(answer).encode())
        await until(lambda: territory.value("SELECT status FROM command") == "accepted")
    content = json.loads(message.payload)
    assert content["command"] == command
    assert (content["resource"], content["start"], content["step_s"]) == ("ev-000001", 1_767_225_600, 1_800)
    assert content["dispatch_setpoint_w"] == [0, 3_700]
    assert message.properties is not None
    assert 3_500 < message.properties.MessageExpiryInterval <= 3_600  # type: ignore[attr-defined]
    assert territory.value("SELECT sent_at <= answered_at FROM command")
    assert territory.rows(REFUSED) == []


async def test_an_expired_command_is_not_sent(database_url: str, territory: Territory, broker: Broker, peer: Peer):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    territory.add_command("ev-000001", expires_in_s=-60)
    async with ingesting(database_url, broker):
        await until(lambda: territory.value("SELECT status FROM command") == "expired")
        await asyncio.sleep(0.2)
    assert peer.received.empty()


async def test_a_command_waits_for_the_broker_to_come_back(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    await asyncio.to_thread(peer.subscribe, UP + "command")
    async with ingesting(database_url, broker):
        await asyncio.to_thread(broker.stop)
        territory.add_command("ev-000001")
        await asyncio.sleep(0.3)
        assert territory.value("SELECT status FROM command") == "pending"
        await asyncio.to_thread(broker.start)
        await until(lambda: territory.value("SELECT status FROM command") == "sent")
        await asyncio.to_thread(peer.received.get, timeout=20)


async def test_what_nobody_knows_is_refused_by_code(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    answer = {"command": str(uuid4()), "at": START, "status": "accepted"}
    need = {"at": START, "energy_needed_wh": 1, "max_power_w": 1, "available_from": START, "ready_by": START + 60}
    event = {"flexibility": [{"resource": "ev-000001", **need}, {"resource": "ev-999999", **need}]}
    async with ingesting(database_url, broker):
        await asyncio.to_thread(peer.publish, UP + "answer", json.dumps(answer).encode())
        await asyncio.to_thread(peer.publish, UP + "event", json.dumps(event).encode())
        await until(lambda: len(territory.rows(REFUSED)) == 2)
    assert {row[:2] for row in territory.rows(REFUSED)} == {("command_unknown", 1), ("resource_unknown", 1)}
    assert territory.value("SELECT count(*) FROM flexibility") == 1


async def test_sums_by_place_follow_the_readings_and_their_corrections(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    def sums() -> list[tuple[object, ...]]:
        return territory.rows(
            "SELECT level, import_wh, usage_point_count FROM place_interval JOIN place USING (place_id) ORDER BY level"
        )

    levels = ("commune", "feeder", "power_transformer", "substation")
    async with ingesting(database_url, broker):
        first = batch(block("m-000001", START, 100.0), block("m-000002", START, 20.0))
        await asyncio.to_thread(peer.publish, UP + "batch", first)
        await until(lambda: [row[1:] for row in sums() if row[0] in levels] == [(120.0, 2)] * 4)
        await asyncio.to_thread(peer.publish, UP + "batch", batch(block("m-000002", START, 50.0)))
        await until(lambda: [row[1:] for row in sums() if row[0] in levels] == [(150.0, 2)] * 4)
