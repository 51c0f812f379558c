"""Energy is published day by day, each day once, of those who agreed and of nobody else."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.clock import Clock
from core.errors import InvariantError
from db import disclosure
from db.connection import Connection, Role, connect, translated_errors
from enjoy import energy
from enjoy.disclosure.rules import Rules
from enjoy.energy import publish_energy
from enjoy.privacy.consent import withdraw
from tests.db.village import ask
from tests.enjoy.people import START, agree, build_people, draw, keys

DAY = timedelta(days=1)
RULES = Rules()


def at(now: datetime) -> Clock:
    """Return a clock that stands."""
    return Clock(datetime.now(UTC) + DAY, now)


@asynccontextmanager
async def connecting(url: str, role: Role) -> AsyncIterator[Connection]:
    async with translated_errors(), await connect(url, role) as connection:
        yield connection


async def publish(url: str, now: datetime, rules: Rules = RULES) -> int:
    return await publish_energy(lambda role: connecting(url, role), at(now), rules=rules)


def shown(url: str, name: str, columns: str, condition: str = "true") -> list[tuple[Any, ...]]:
    ((number,),) = ask(url, "SELECT dataset_id FROM catalogue.dataset WHERE name = %s", name)
    query = f"SELECT {columns} FROM enjoy.d{number}_v1 WHERE {condition} ORDER BY start_at, 1"  # noqa: S608 - a test's own
    return ask(url, query)


async def test_a_day_is_published_a_day_after_its_end(database_url: str):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 2, "100 + usage_point_id")
    assert await publish(database_url, START + 2 * DAY - timedelta(seconds=1)) == 0
    assert await publish(database_url, START + 2 * DAY) == 2  # homes and others
    rows = shown(database_url, "energy-by-commune", "insee_code, energy_wh, mean_wh, usage_points, reason")
    assert len(rows) == 2 * 48
    # Homes 1 to 30 and, after 24 businesses, 55 to 66.
    assert rows[0] == ("59001", 3465, 115.5, 30, None)
    assert rows[1] == ("59002", 1926, 160.5, 12, None)
    assert shown(database_url, "energy-by-commune-day", "insee_code, energy_wh, usage_points") == [
        ("59001", 3465 * 48, 30),
        ("59002", 1926 * 48, 12),
    ]
    loads = shown(database_url, "feeder-load", "level, code, load_w, usage_points, reason", "start_at < '2026-01-01'")
    assert loads[:3] == [
        ("feeder", "F-1", 2 * sum(range(131, 155)), 24, None),
        ("feeder", "F-2", None, None, "k"),
        ("power_transformer", "T-1", 2 * sum(range(131, 155)), 24, None),
    ]


async def test_only_those_are_counted_who_agreed_before_the_month(database_url: str):
    await build_people(database_url)
    homes = keys(database_url, "category = 'residential'")
    await agree(database_url, homes[:12])
    await agree(database_url, homes[12:30], at=START + 5 * DAY)
    draw(database_url, START + 29 * DAY, 5, "100", step_s=3600)
    await publish(database_url, START + 36 * DAY)
    rows = shown(database_url, "energy-by-commune-day", "start_at, usage_points, reason", "insee_code = '59001'")
    february = datetime(2026, 2, 1, tzinfo=UTC) - timedelta(hours=1)
    assert {(count, reason) for start, count, reason in rows if start < february} == {(12, None)}
    assert {(count, reason) for start, count, reason in rows if start >= february + 3 * DAY} == {(None, "k")}  # no load
    assert [count for start, count, _ in rows if february <= start < february + 3 * DAY] == [30, 30, 30]
    other = shown(database_url, "energy-by-commune", "start_at, energy_wh, reason", "insee_code = '59002'")
    assert {row[1:] for row in other} == {(None, "k")}


async def test_a_withdrawal_takes_somebody_out_of_everything_that_is_published_after_it(database_url: str):
    await build_people(database_url)
    homes = keys(database_url, "category = 'residential'")[:30]
    await agree(database_url, homes)
    draw(database_url, START, 6, "100")
    await publish(database_url, START + 3 * DAY)
    async with await connect(database_url, Role.COMPUTE) as connection:
        # In the middle of a day that has not been published yet.
        now = START + 3.5 * DAY
        await withdraw(connection, homes[3], "enjoy", how="online", actor="x", now=now)
    await publish(database_url, START + 7 * DAY)
    counts = shown(database_url, "energy-by-commune-day", "usage_points", "insee_code = '59001'")
    assert counts == [(30,), (30,), (20,), (20,), (20,), (20,)]  # his cohort of ten goes with him
    ((left,),) = ask(
        database_url,
        "SELECT count(*) FROM cohort JOIN cohort_member USING (cohort_id) JOIN usage_point USING (usage_point_id)"
        " WHERE usage_point_key = %s AND dissolved_at IS NOT NULL",
        homes[3],
    )
    assert left == 1


async def test_who_moves_or_becomes_a_business_is_no_longer_counted_there(database_url: str):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 3, "100")
    await publish(database_url, START + 2 * DAY)
    ask(database_url, "UPDATE usage_point SET category = 'business' WHERE usage_point_id = 5")
    await publish(database_url, START + 4 * DAY)
    counts = shown(database_url, "energy-by-commune-day", "usage_points", "insee_code = '59001'")
    assert counts == [(30,), (20,), (20,)]


async def test_late_and_corrected_values_change_nothing_that_was_published(database_url: str):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 1, "100")
    ask(database_url, "DELETE FROM interval_reading WHERE usage_point_id = 1 AND start_at = %s", START)
    await publish(database_url, START + 2 * DAY)
    before = shown(database_url, "energy-by-commune", "*")
    assert shown(database_url, "energy-by-commune", "usage_points", "insee_code = '59001'")[0] == (20,)
    ask(database_url, "UPDATE interval_reading SET value = 300")
    assert await publish(database_url, START + 2.5 * DAY) == 0
    assert shown(database_url, "energy-by-commune", "*") == before


async def test_a_run_that_dies_between_reading_and_writing_publishes_nothing_twice_and_leaves_no_gap(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 3, "100")
    moved = disclosure.move_progress
    calls = 0

    async def dying(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise InvariantError("statement_failed", "Killed.")
        await moved(*arguments)

    monkeypatch.setattr(energy, "_AT_ONCE", 1)  # a day a transaction
    monkeypatch.setattr(disclosure, "move_progress", dying)
    with pytest.raises(InvariantError):
        await publish(database_url, START + 4 * DAY)
    assert len(shown(database_url, "energy-by-commune-day", "*")) == 2  # the day that was whole
    assert len(shown(database_url, "energy-by-commune", "*")) == 2 * 48
    assert await publish(database_url, START + 4 * DAY) == 5
    assert len(shown(database_url, "energy-by-commune", "insee_code, start_at")) == 3 * 48 * 2
    assert await publish(database_url, START + 4 * DAY) == 0


async def test_a_process_that_is_killed_is_followed_by_one_that_goes_on(database_url: str):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 20, "100", step_s=3600)
    program = (
        "import asyncio, sys; from tests.enjoy.test_energy import *; energy._AT_ONCE = 1\n"
        f"asyncio.run(publish({database_url!r}, START + 21 * DAY))"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        while not ask(database_url, "SELECT 1 FROM catalogue.energy_progress WHERE published_until > %s", START + DAY):
            assert child.returncode is None
            await asyncio.sleep(0.02)
    finally:
        child.kill()
        await child.wait()
    async with asyncio.timeout(60):
        assert 0 < await publish(database_url, START + 21 * DAY) < 40
    for dataset, places, slots in (
        ("energy-by-commune", 2, 48),
        ("energy-by-commune-day", 2, 1),
        ("feeder-load", 3, 48),
    ):
        assert len(shown(database_url, dataset, "*")) == 20 * places * slots
    counts = shown(database_url, "energy-by-commune-day", "usage_points, start_at")
    assert {count for count, _ in counts} == {12, 30}


async def test_without_a_publisher_a_consent_or_load_nothing_is_published(database_url: str):
    assert await publish(database_url, START) == 0
    await build_people(database_url)
    assert await publish(database_url, START) == 0
    await agree(database_url, keys(database_url))
    assert await publish(database_url, START + 9 * DAY) == 0
    assert shown(database_url, "feeder-load", "*") == []
