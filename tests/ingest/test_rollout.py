"""What is decided about a roll-out, by itself and in the database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import ConflictError
from core.firmware import cohort_position
from core.signature import make_key
from db.connection import Connection, Role, connect
from db.firmware import due_offers, mark_offers_sent, report_offers
from db.firmware_rows import OfferReport, Rollout, Tally
from ingest.rollout import advance_rollouts, decide
from somel import firmware
from tests.ingest.registered import Territory, register

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
RUNNING = Rollout(
    uuid4(), 1, 8, "2.0.0", ["g1"], "running", None, [0.1, 1.0], 0, 60, 0.9, 0.1, NOW, NOW, NOW, None, NOW
)


@pytest.mark.parametrize(
    ("tally", "status", "action"),
    [
        (Tally(10, 0, 0, 0), "running", None),
        (Tally(10, 8, 0, 0), "running", None),
        (Tally(10, 8, 1, 0), "running", None),
        (Tally(10, 8, 2, 0), "paused", "paused"),
        (Tally(10, 9, 0, 0), "running", "stage_met"),
        (Tally(10, 8, 0, 2), "running", "stage_met"),
        (Tally(10, 0, 0, 10), "running", None),
        (Tally(1, 0, 1, 0), "paused", "paused"),
        (Tally(0, 0, 0, 0), "running", "stage_met"),
    ],
)
def test_failures_pause_and_successes_count_among_those_that_can_be_reached(
    tally: Tally, status: str, action: str | None
):
    after, audit = decide(RUNNING, tally, NOW)
    assert (after.status, audit and audit.action) == (status, action)


def test_a_stage_has_to_hold_its_success_for_the_soak_time():
    good = Tally(10, 10, 0, 0)
    met, _ = decide(RUNNING, good, NOW)
    assert decide(met, good, NOW + timedelta(seconds=59)) == (met, None)
    lapsed, _ = decide(met, Tally(20, 10, 0, 0), NOW + timedelta(seconds=30))
    assert lapsed.met_at is None
    following, _ = decide(met, good, NOW + timedelta(seconds=60))
    assert (following.stage, following.stage_at, following.status) == (1, None, "running")
    last = replace(met, stage=1)
    done, audit = decide(last, good, NOW + timedelta(seconds=60))
    assert (done.status, audit and audit.action) == ("completed", "completed")


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        for number in range(20):
            made.add_gateway(f"gw-{number:04d}", number % 4)
        made.rows("UPDATE gateway SET hardware = 'g1', firmware_version = '1.0.0', status = 'online'")
        made.rows("UPDATE gateway SET hardware = 'g9' WHERE name = 'gw-0000'")
        made.rows("UPDATE gateway SET firmware_version = '2.0.0' WHERE name = 'gw-0001'")
        yield made


@pytest.fixture
async def connection(database_url: str, territory: Territory) -> AsyncIterator[Connection]:
    del territory
    async with await connect(database_url, Role.INGEST, autocommit=True) as opened:
        yield opened


async def _started(database_url: str, *ratios: float) -> UUID:
    facts = firmware.ReleaseFacts("2.0.0", "1.0.0", ["g1"], NOW + timedelta(days=9))
    made = await firmware.release(database_url, b"image", facts, [firmware.SigningKey(make_key())], now=NOW)
    return await firmware.start(database_url, made.serial, firmware.Pace(ratios, 0, 1.0, 0.0), now=NOW)


async def test_a_stage_is_offered_to_its_cohort_of_fitting_gateways_and_to_nobody_twice(
    database_url: str, territory: Territory, connection: Connection
):
    rollout_id = await _started(database_url, 0.5, 1.0)
    with pytest.raises(ConflictError, match="already_exists"):
        await firmware.start(database_url, 1, firmware.Pace([1.0], 0, 1.0, 0.0), now=NOW)
    others = [await connect(database_url, Role.INGEST, autocommit=True) for _ in range(3)]
    await asyncio.gather(*(advance_rollouts(one, now=NOW) for one in (connection, *others)))
    for other in others:
        await other.close()
    offered = "SELECT name FROM firmware_offer JOIN gateway USING (gateway_id) ORDER BY name"
    fitting = [f"gw-{number:04d}" for number in range(2, 20)]
    assert [row[0] for row in territory.rows(offered)] == [name for name in fitting if cohort_position(name, 1) < 0.5]
    territory.rows("UPDATE firmware_offer SET status = 'installed'")
    for _ in range(4):
        await advance_rollouts(connection, now=NOW)
    assert [row[0] for row in territory.rows(offered)] == fitting
    status = await firmware.status(database_url, rollout_id)
    assert [line.action for line in status.audit][:4] == ["started", "stage_opened", "stage_met", "stage_opened"]


async def test_offers_go_to_reachable_gateways_of_the_own_shards_and_again_after_a_pause(
    database_url: str, territory: Territory, connection: Connection
):
    rollout_id = await _started(database_url, 1.0)
    await advance_rollouts(connection, now=NOW)
    territory.rows("UPDATE gateway SET status = 'offline' WHERE name = 'gw-0003'")
    found = await due_offers(connection, [3], now=NOW, limit=50)
    assert sorted(offer.gateway_name for offer in found) == ["gw-0007", "gw-0011", "gw-0015", "gw-0019"]
    await mark_offers_sent(connection, [offer.firmware_offer_id for offer in found], at=NOW, answer_s=60)
    assert await due_offers(connection, [3], now=NOW, limit=50) == []
    territory.rows("UPDATE firmware_offer SET retry_at = now() WHERE retry_at IS NOT NULL")
    assert len(await due_offers(connection, [3], now=NOW, limit=50)) == 4
    assert await due_offers(connection, [3], now=NOW + timedelta(days=9), limit=50) == []
    await firmware.pause(database_url, rollout_id, now=NOW)
    assert await due_offers(connection, [0, 1, 2, 3], now=NOW, limit=50) == []
    with pytest.raises(ConflictError, match="rollout_transition"):
        await firmware.pause(database_url, rollout_id, now=NOW)
    await firmware.abort(database_url, rollout_id, now=NOW)
    with pytest.raises(ConflictError, match="rollout_transition"):
        await firmware.resume(database_url, rollout_id, retry=False, now=NOW)


async def test_a_report_that_comes_again_does_not_set_a_gateway_back(
    database_url: str, territory: Territory, connection: Connection
):
    await _started(database_url, 1.0)
    await advance_rollouts(connection, now=NOW)
    offer_id, gateway_id = territory.rows("SELECT firmware_offer_id, gateway_id FROM firmware_offer LIMIT 1")[0]

    async def say(status: str, minutes: int, gateway: int = gateway_id) -> int:
        report = OfferReport(offer_id, gateway, status, None, None)
        return len(await report_offers(connection, [report], at=NOW + timedelta(minutes=minutes)))

    assert await say("downloading", 1) == 1
    assert await say("installed", 2) == 1
    assert await say("downloading", 3) == 1
    assert await say("installed", 4) == 1
    assert await say("failed", 5, gateway_id + 1) == 0
    assert territory.rows("SELECT status, status_at FROM firmware_offer WHERE status <> 'pending'") == [
        ("installed", NOW + timedelta(minutes=2))
    ]
