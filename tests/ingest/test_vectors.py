"""Every golden vector that a gateway may publish, published for real: what is stored and what is refused."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.clock import Clock
from core.quality import Quality
from core.registers import REGISTER_BY_ID
from core.settings import Settings
from ingest.worker import run
from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import until

VECTORS = Path(__file__).resolve().parents[2] / "firmware_specs" / "vectors"
INDEX = json.loads((VECTORS / "index.json").read_text())
BY_NAME = {vector["name"]: vector for vector in INDEX["vectors"]}
TABLES = (
    "interval_reading",
    "interval_reading_revision",
    "reading",
    "reading_revision",
    "refused_message",
    "ingest_batch",
    "flexibility",
    "resource_state",
    "device_label",
    "device_label_change",
)


class StoppedClock(Clock):
    """Show the time that the vectors are written for."""

    def at(self, wall: datetime) -> datetime:
        del wall
        return datetime.fromtimestamp(INDEX["context"]["clock"], UTC)


class StoppedSettings(Settings):
    """Settings with the clock of the vectors."""

    @property
    def clock(self) -> Clock:
        return StoppedClock()


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        for name, gateway in INDEX["context"]["gateways"].items():
            resources = {resource: facts["kind"] for resource, facts in gateway["resources"].items()}
            made.add_gateway(name, gateway["shard"], gateway["meters"], resources)
            if gateway.get("quarantined"):
                made.rows("UPDATE gateway SET quarantined_at = now(), quarantine_reason = 'x' WHERE name = %s", [name])
            for command in gateway["commands"]:
                made.add_command(next(iter(resources)))
                made.rows("UPDATE command SET command_id = %s WHERE command_id <> %s", [command, command])
            for offer in gateway["offers"]:
                made.add_offer(name, offer)
        yield made


def payload_of(vector: dict[str, Any]) -> bytes:
    if "generate" not in vector:
        return (VECTORS / str(vector["file"])).read_bytes()
    how = vector["generate"]
    content = (VECTORS / str(how["file"])).read_bytes()
    return content + str(how["fill"]).encode() * (int(how["bytes"]) - len(content))


def outcome(territory: Territory) -> dict[str, Any]:
    """Return what is stored, in the words of the vectors."""
    meters = {usage_point: meter for meter, usage_point in territory.usage_point_ids.items()}
    intervals = territory.rows(
        "SELECT usage_point_id, register_id, quality, step_s, extract(epoch FROM start_at)::bigint, value "
        "FROM interval_reading"
    )
    readings = territory.rows(
        "SELECT usage_point_id, register_id, quality, extract(epoch FROM read_at)::bigint, value FROM reading"
    )

    def spoken(row: tuple[Any, ...]) -> tuple[Any, ...]:
        point, register_id, quality, *rest = row
        return meters[point], REGISTER_BY_ID[register_id].name, Quality(quality).label, *rest[:-1], round(rest[-1], 3)

    return {
        "intervals": sorted(map(spoken, intervals), key=repr),
        "readings": sorted(map(spoken, readings), key=repr),
        "refusals": Counter(
            dict(territory.rows("SELECT code, sum(refused_count)::int FROM refused_message GROUP BY 1"))
        ),
        "labels": territory.rows(
            "SELECT name, label, text, extract(epoch FROM last_said_at)::bigint FROM device_label "
            "JOIN end_device USING (end_device_id) ORDER BY 1, 2"
        ),
        "reports": territory.value("SELECT count(*) FROM flexibility"),
        "states": territory.rows(
            "SELECT name, extract(epoch FROM reported_at)::bigint, energy_wh, temperature_degc FROM resource_state "
            "JOIN end_device USING (end_device_id) ORDER BY 1"
        ),
        "offer": territory.rows("SELECT status, fault, reason FROM firmware_offer WHERE status <> 'pending'"),
        "command": territory.rows("SELECT status, reason FROM command WHERE status NOT IN ('pending', 'sent')"),
        "gateway": territory.rows(
            "SELECT name, status, firmware_version FROM gateway WHERE (status, firmware_version) IS DISTINCT FROM "
            "('unknown', NULL)"
        ),
    }


def rounded(rows: list[list[Any]]) -> list[tuple[Any, ...]]:
    """Return rows of the index as they are read from the database."""
    return sorted(((*row[:-1], round(float(row[-1]), 3)) for row in rows), key=repr)


def expectation(vector: dict[str, Any]) -> dict[str, Any]:
    """Return what has to be stored, in the same words."""
    expected, gateway = vector["expected"], vector["topic"].split("/")[3:4]
    content = expected.get("content") or {}
    state = (gateway[0], content.get("status", "unknown"), content.get("firmware_version")) if gateway else ()
    is_answer = "command" in content
    said = expected.get("labels", [])
    update = (content.get("status"), content.get("fault"), content.get("reason"))
    is_report = content and not {"command", "offer", "flexibility", "states"} & content.keys()
    return {
        "intervals": rounded(expected.get("intervals", [])),
        "readings": rounded(expected.get("readings", [])),
        "refusals": Counter({refusal["code"]: refusal["count"] for refusal in expected["refusals"]}),
        "labels": sorted({(meter, label): (meter, label, text, at) for meter, label, text, at in said}.values()),
        "reports": len(content.get("flexibility", [])),
        "states": sorted(
            (one["resource"], one["at"], one.get("energy_wh"), one.get("temperature_degc"))
            for one in content.get("states", [])
        ),
        "offer": [update] if "offer" in content else [],
        "command": [(content["status"], content.get("reason"))] if is_answer else [],
        "gateway": [state] if is_report else [],
    }


def clear(territory: Territory) -> None:
    for table in TABLES:
        territory.rows(f"DELETE FROM {table}")  # noqa: S608 - our own names
    territory.rows("UPDATE command SET status = 'sent', reason = NULL")
    territory.rows("UPDATE firmware_offer SET status = 'pending', fault = NULL, reason = NULL, retry_at = 'infinity'")
    territory.rows("UPDATE gateway SET status = 'unknown', firmware_version = NULL")


def prepare(vector: dict[str, Any], territory: Territory, peer: Peer) -> None:
    """Publish what comes before a message of a Sparkplug node, beginning with the end of its earlier life."""
    if not vector["topic"].startswith("spBv1.0/"):
        return
    clear(territory)
    before = [BY_NAME[name] for name in ("sparkplug-node-death", *vector.get("after", ()))]
    for other in before:
        peer.publish(other["topic"], payload_of(other), content_type=None)
    deadline_s = time.monotonic() + 10
    while territory.value("SELECT coalesce(sum(message_count), 0) FROM ingest_batch") < len(before):
        assert time.monotonic() < deadline_s, vector["name"]
        time.sleep(0.005)


@pytest.mark.slow(20)
async def test_every_vector_ends_as_the_specification_says(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    vectors = [vector for vector in INDEX["vectors"] if vector["direction"] == "up"]
    ready = asyncio.Event()
    settings = StoppedSettings.model_validate({"ingest_linger_s": 0.005})
    work = asyncio.create_task(run(settings, database_url=database_url, mqtt_url=broker.url(), ready=ready.set))
    await ready.wait()
    wrong: dict[str, Any] = {}
    for vector in vectors:
        await asyncio.to_thread(prepare, vector, territory, peer)
        await asyncio.to_thread(clear, territory)
        sent = peer.send(vector["topic"], payload_of(vector), content_type=vector["content_type"])
        await asyncio.to_thread(peer.wait_for, sent)
        await until(lambda: territory.value("SELECT count(*) FROM ingest_batch WHERE message_count = 1") == 1)
        found, expected = await asyncio.to_thread(outcome, territory), expectation(vector)
        for part, value in expected.items():
            if found[part] != value:
                wrong[f"{vector['name']}: {part}"] = {"expected": value, "found": found[part]}
    work.cancel()
    await asyncio.wait([work])
    assert wrong == {}
    assert len(vectors) > 100
