"""A roll-out over fifty simulated gateways: real broker, database, worker and API, and downloads over HTTP."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK
from core.identifiers import Topic, shard_of
from core.settings import read_settings
from core.signature import make_key, public_key_of
from simulators.counts import Counts
from simulators.messages import encode_json, meta, state
from simulators.session import GatewaySession
from simulators.updates import Updates
from simulators.updating import Updating
from somel import firmware
from somel.embedded.broker import Broker
from tests.api.serving import served
from tests.ingest.registered import Territory, register
from tests.ingest.running import ingesting, until

COUNT = 50
NAMES = [f"gw-{number:04d}" for number in range(1, COUNT + 1)]
TOPICS = [partial(Topic, shard_of(name, 4), name) for name in NAMES]
IMAGE = b"".join(number.to_bytes(4, "big") for number in range(75_000))  # 300,000 bytes: two pieces
JSON = "application/json"
STATES = "SELECT offer.status, count(*)::int FROM firmware_offer AS offer GROUP BY 1"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        for name in NAMES:
            made.add_gateway(name, shard_of(name, 4))
        yield made


@asynccontextmanager
async def gateways(broker: Broker, updates: Updates) -> AsyncIterator[Counter[str]]:
    """Run fifty gateways; count their reports by status and fault."""
    reports: Counter[str] = Counter()
    sessions: list[GatewaySession] = []

    async def report(gateway: int, told: dict[str, object]) -> None:
        reports[f"{told['status']} {told.get('fault', '')}".strip()] += 1
        await sessions[gateway].publish(str(TOPICS[gateway]("update")), encode_json(told), JSON)

    async def introduce(gateway: int, now_s: int) -> None:
        version = updates.version(gateway)
        described = meta(NAMES[gateway], version, [], [], hardware=updates.hardware)
        await sessions[gateway].publish(str(TOPICS[gateway]("meta")), encode_json(described), JSON, retain=True)
        online = encode_json(state("online", now_s, version))
        await sessions[gateway].publish(str(TOPICS[gateway]("state")), online, JSON, retain=True)

    updating = Updating(updates, WALL_CLOCK, report=report, introduce=introduce)
    address = BrokerAddress("127.0.0.1", broker.port)
    for number, name in enumerate(NAMES):
        on_topic = {str(TOPICS[number]("firmware")): partial(updating.offered, number)}
        sessions.append(GatewaySession(name, address, Counts(), on_topic=on_topic))
    async with AsyncExitStack() as stack:
        for session in sessions:
            await stack.enter_async_context(session)
        await asyncio.gather(*(session.connected() for session in sessions))
        running = asyncio.create_task(updating.run())
        now_s = int(datetime.now(UTC).timestamp())
        await asyncio.gather(*(introduce(number, now_s) for number in range(COUNT)))
        yield reports
        running.cancel()
        await asyncio.wait([running])


async def _release(database_url: str, version: str, pem: bytes) -> int:
    now = datetime.now(UTC)
    facts = firmware.ReleaseFacts(version, "1.0.0", ["somel-g1"], now + timedelta(days=1))
    return (await firmware.release(database_url, IMAGE, facts, [firmware.SigningKey(pem)], now=now)).serial


async def _start(database_url: str, serial: int, *ratios: float) -> UUID:
    pace = firmware.Pace(ratios, 0, 1.0, 0.05)
    return await firmware.start(database_url, serial, pace, now=datetime.now(UTC))


def _is(territory: Territory, rollout_id: UUID, status: str) -> bool:
    query = "SELECT status FROM firmware_rollout WHERE firmware_rollout_id = %s"
    return bool(territory.value(query, [rollout_id]) == status)


@pytest.mark.slow(15)
async def test_a_rollout_pauses_on_failures_goes_on_after_a_restart_and_reaches_every_gateway(
    database_url: str, territory: Territory, broker: Broker
):
    pem = make_key()
    updates = Updates(COUNT, [public_key_of(pem)], hardware="somel-g1", version="1.0.0", seed=3, failure_ratio=0.3)
    working: dict[str, Any] = {"command_answer_s": 0.3}
    async with served(read_settings(api_port=0), database_url) as address, gateways(broker, updates) as reports:
        working["firmware_url"] = address
        async with ingesting(database_url, broker, **working):
            known = "SELECT count(*) FROM gateway WHERE hardware = 'somel-g1' AND status = 'online'"
            await until(lambda: territory.value(known) == COUNT)
            rollout_id = await _start(database_url, await _release(database_url, "2.0.0", pem), 0.1, 0.5, 1.0)
            await until(lambda: _is(territory, rollout_id, "paused"), within_s=60)
        paused = await firmware.status(database_url, rollout_id)
        assert paused.rollout.stage < 2, "every cohort was reached before anybody noticed"
        assert territory.value("SELECT count(*) FROM firmware_offer") < COUNT
        assert reports["failed install_failed"] + reports["rolled_back health_check_failed"] >= 1
        updates.failure_ratio = 0.0
        await firmware.resume(database_url, rollout_id, retry=True, now=datetime.now(UTC))
        async with ingesting(database_url, broker, **working):
            await until(lambda: _is(territory, rollout_id, "completed"), within_s=60)
            current = "SELECT count(*) FROM gateway WHERE firmware_version = '2.0.0'"
            await until(lambda: territory.value(current) == COUNT)
        assert territory.rows(STATES) == [("installed", COUNT)]
        assert {updates.version(number) for number in range(COUNT)} == {"2.0.0"}
        audit = [line.action for line in (await firmware.status(database_url, rollout_id)).audit]
        assert (audit[0], audit[-1]) == ("started", "completed")
        assert audit.count("stage_opened") == 3
        assert {"paused", "resumed", "stage_met"} <= set(audit)
        assert territory.rows("SELECT code FROM refused_message") == []


@pytest.mark.slow(15)
async def test_every_gateway_refuses_a_strangers_release_and_a_tampered_manifest(
    database_url: str, territory: Territory, broker: Broker
):
    pem = make_key()
    updates = Updates(COUNT, [public_key_of(pem)], hardware="somel-g1", version="1.0.0")
    async with gateways(broker, updates) as reports, ingesting(database_url, broker, command_answer_s=0.3):
        known = "SELECT count(*) FROM gateway WHERE hardware = 'somel-g1' AND status = 'online'"
        await until(lambda: territory.value(known) == COUNT)
        strange = await _release(database_url, "2.0.0", make_key())
        tampered = await _release(database_url, "2.0.1", pem)
        text = territory.value("SELECT manifest FROM firmware_release WHERE serial = %s", [tampered])
        altered = json.loads(text) | {"version": "2.0.2"}
        territory.rows(
            "UPDATE firmware_release SET manifest = %s WHERE serial = %s",
            [json.dumps(altered, sort_keys=True, separators=(",", ":")), tampered],
        )
        for serial in (strange, tampered):
            rollout_id = await _start(database_url, serial, 1.0)
            await until(lambda rollout_id=rollout_id: _is(territory, rollout_id, "paused"), within_s=60)  # type: ignore[misc]
        both = "SELECT fault, count(*)::int FROM firmware_offer WHERE status = 'refused' GROUP BY 1 ORDER BY 1"
        expected = [("key_unknown", COUNT), ("signature_invalid", COUNT)]
        await until(lambda: territory.rows(both) == expected)
    assert {updates.version(number) for number in range(COUNT)} == {"1.0.0"}
    assert reports["refused key_unknown"] >= COUNT
    assert set(reports) == {"refused key_unknown", "refused signature_invalid"}
