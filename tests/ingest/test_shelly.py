"""Shelly meters as they are set up in the field: MQTT 3.1.1, a prefix of ours, no content types."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from somel.embedded.broker import Broker
from tests.ingest.registered import Territory, register
from tests.ingest.running import ingesting, until
from tests.support.mqtt import let_go

PREFIX = "somel/v1/1/shelly-01"
STATUS = "SELECT status FROM gateway WHERE name = 'shelly-01'"
READINGS = "SELECT register_id, value FROM reading ORDER BY register_id, value"
POWER, IMPORT = 21, 11


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("shelly-01", 1, ["m-000001"])
        yield made


@pytest.fixture
def shelly(broker: Broker) -> Iterator[paho.Client]:
    client = paho.Client(CallbackAPIVersion.VERSION2, "shelly-01", protocol=paho.MQTTv311)
    client.will_set(f"{PREFIX}/online", b"false", 1, retain=True)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    yield client
    client.disconnect()
    let_go(client)


async def publish(client: paho.Client, part: str, content: object, *, retain: bool = False) -> None:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = client.publish(f"{PREFIX}/{part}", payload, 1, retain)
    await asyncio.to_thread(sent.wait_for_publish, 10)


async def test_statuses_and_notifications_of_a_meter_are_stored(
    database_url: str, territory: Territory, broker: Broker, shelly: paho.Client
):
    at_s = int(time.time()) - 60
    notified = {"src": "a", "dst": "b", "method": "NotifyStatus", "params": {"ts": at_s + 0.3}}
    notified["params"] |= {"em:0": {"id": 0, "total_act_power": 640.0}}  # type: ignore[operator]
    before_s = int(time.time())
    async with ingesting(database_url, broker):
        await publish(shelly, "online", b"true", retain=True)
        await publish(shelly, "status/em:0", {"id": 0, "total_act_power": -12.5, "n_current": None})
        await publish(shelly, "status/emdata:0", {"id": 0, "total_act": 5_415_414.19})
        await publish(shelly, "status/sys", {"uptime": 5})
        await publish(shelly, "events/rpc", notified)
        await until(lambda: len(territory.rows(READINGS)) == 3)
        await until(lambda: territory.value(STATUS) == "online")
    assert territory.rows(READINGS) == [(IMPORT, 5_415_414.19), (POWER, -12.5), (POWER, 640.0)]
    times = territory.rows("SELECT extract(epoch FROM read_at)::bigint FROM reading ORDER BY read_at")
    assert times[0] == (at_s,)
    assert all(before_s <= received_s <= int(time.time()) for (received_s,) in times[1:])
    assert territory.rows("SELECT code FROM refused_message") == []


async def test_a_status_that_the_broker_had_kept_is_bad_for_nobody_knows_of_when_it_is(
    database_url: str, territory: Territory, broker: Broker, shelly: paho.Client
):
    await publish(shelly, "status/em:0", {"id": 0, "total_act_power": 1.0}, retain=True)
    async with ingesting(database_url, broker):
        await publish(shelly, "status/em:0", {"id": 0, "total_act_power": 2.0, "a_voltage": 230.0})
        await until(lambda: len(territory.rows(READINGS)) >= 2)
    rows = territory.rows(
        "SELECT quality FROM reading WHERE value = 1 UNION ALL SELECT quality FROM reading_revision WHERE value = 1"
    )
    assert rows == [(3,)]
    assert territory.value("SELECT quality FROM reading WHERE value = 230") == 0


async def test_a_meter_that_vanishes_is_offline(
    database_url: str, territory: Territory, broker: Broker, shelly: paho.Client
):
    async with ingesting(database_url, broker):
        await publish(shelly, "online", b"true", retain=True)
        await until(lambda: territory.value(STATUS) == "online")
        sock = shelly.socket()
        assert sock is not None
        shelly.loop_stop()
        sock.close()
        await until(lambda: territory.value(STATUS) == "offline")


@pytest.mark.reference_data
async def test_the_real_status_of_three_phases_is_stored(
    database_url: str, territory: Territory, broker: Broker, shelly: paho.Client, reference_data: Path
):
    measured: dict[str, Any] = json.loads((reference_data / "iot" / "shelly_pro3em_status.json").read_text())
    async with ingesting(database_url, broker):
        await publish(shelly, "status/em:0", measured["em:0"])
        await publish(shelly, "status/emdata:0", measured["emdata:0"])
        await until(lambda: (IMPORT, 5_415_414.19) in territory.rows(READINGS))
        await until(lambda: (POWER, 2_413.825) in territory.rows(READINGS))
    assert territory.rows("SELECT code FROM refused_message") == []


async def test_a_gateway_with_two_meters_has_to_have_one_of_its_own_name(
    database_url: str, territory: Territory, broker: Broker, shelly: paho.Client
):
    status = {"id": 0, "total_act_power": 1.0}
    territory.add_gateway("shelly-02", 1, ["m-000002", "m-000003"])
    async with ingesting(database_url, broker):
        topic = "somel/v1/1/shelly-02/status/em:0"
        await asyncio.to_thread(shelly.publish(topic, json.dumps(status), 1).wait_for_publish, 10)
        await until(lambda: territory.rows("SELECT code FROM refused_message") == [("device_unnamed",)])
        territory.add_gateway("shelly-03", 1, ["shelly-03", "shelly-03-1", "m-000004"])
        topic = topic.replace("shelly-02", "shelly-03")
        await asyncio.to_thread(shelly.publish(topic, json.dumps(status), 1).wait_for_publish, 10)
        await until(lambda: len(territory.rows(READINGS)) == 1)
    stored = territory.value("SELECT usage_point_id FROM reading")
    assert stored == territory.usage_point_ids["shelly-03"]
