"""Sums by place and slot are what adding up the readings by hand gives, whatever came when."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from db.columns import ReadingColumns
from db.connection import Connection, Role, connect
from db.rollup import roll_up_pending
from db.writing import write_batch
from tests.db.village import DAY_S, KNOWN_AT, Value, ask, intervals

NOW = datetime(2026, 2, 1, 7, tzinfo=UTC)
#: Level, code, slot: usage points, estimated among them, import, export. [Wh]
Sums = dict[tuple[str, str, int], tuple[int, int, float, float]]

_VALUES = st.builds(
    Value,
    usage_point_id=st.integers(1, 9),
    slot=st.sampled_from([0, 0.5, 1, 1.5, 2, 3, 96]),
    value=st.sampled_from([0.0, 100.0, 250.0]),
    register_id=st.sampled_from([1, 1, 2, 3]),
    quality=st.sampled_from([0, 0, 1, 2, 3]),
    step_s=st.sampled_from([1_800, 1_800, 900, 3_600]),
).filter(lambda value: round(value.slot * 1_800) % value.step_s == 0)


async def write(connection: Connection, values: Iterable[Value]) -> None:
    await write_batch(
        connection,
        worker="w",
        message_count=1,
        intervals=intervals(values),
        readings=ReadingColumns.empty(),
        refusals=[],
        known_at=KNOWN_AT,
    )


def by_hand(url: str) -> Sums:
    """Add up what is stored, one row at a time."""
    parts: defaultdict[tuple[int, int, int], list[tuple[int, int, float]]] = defaultdict(list)
    places = _places(url)
    query = "SELECT usage_point_id, register_id, extract(epoch FROM start_at)::bigint, step_s, quality, value"
    for point, register, start_s, step_s, quality, value in ask(url, f"{query} FROM interval_reading"):
        if register in {1, 2} and quality in {0, 2}:
            first = (start_s - DAY_S) // 1_800
            for slot in (first, first + 1) if step_s == 3_600 else (first,):
                parts[(point, register, slot)].append((step_s, quality, value * min(step_s, 1_800) / step_s))
    sums: defaultdict[tuple[str, str, int], list[float]] = defaultdict(lambda: [0, 0, 0.0, 0.0])
    for (point, register, slot), every in parts.items():
        found = [part for part in every if part[0] == 1_800] or every
        if sum(min(part[0], 1_800) for part in found) == 1_800:
            estimated = max(part[1] for part in found) == 2
            energy_wh = sum(part[2] for part in found)
            adds = [1, int(estimated), energy_wh, 0.0] if register == 1 else [0, 0, 0.0, energy_wh]
            for place in places[point]:
                sums[(*place, slot)] = [old + new for old, new in zip(sums[(*place, slot)], adds, strict=True)]
    return {key: (int(value[0]), int(value[1]), value[2], value[3]) for key, value in sums.items()}


def _places(url: str) -> dict[int, list[tuple[str, str]]]:
    """Return the places that each usage point counts for, as the network is now."""
    query = (
        "SELECT usage_point_id, t.code, f.code, insee_code FROM usage_point "
        "JOIN power_transformer AS pt ON pt.place_id = power_transformer_place_id JOIN place AS t USING (place_id) "
        "JOIN place AS f ON f.place_id = pt.feeder_place_id JOIN commune ON commune.place_id = commune_place_id"
    )
    return {
        point: [
            ("power_transformer", transformer), ("feeder", feeder), ("substation", "S1"), ("commune", insee_code),
            ("territory", "200093201"),
        ]
        for point, transformer, feeder, insee_code in ask(url, query)
    }  # fmt: skip


def kept(url: str) -> Sums:
    """Return what the roll-up keeps."""
    query = (
        "SELECT level, code, ((extract(epoch FROM start_at) - %s) / 1800)::integer, usage_point_count, "
        "estimated_count, import_wh, export_wh FROM place_interval JOIN place USING (place_id)"
    )
    return {(level, code, slot): tuple(sums) for level, code, slot, *sums in ask(url, query, DAY_S)}


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=st.lists(st.lists(_VALUES, max_size=15), min_size=1, max_size=4))
@example(rounds=[[Value(1, 0, 100.0, step_s=3_600)], [Value(1, 0, 60.0)]])
@example(rounds=[[Value(1, 0, 100.0)], [Value(1, 0, 100.0, quality=3)]])
@example(rounds=[[Value(1, 0, 50.0, step_s=900)], [Value(1, 0.5, 50.0, step_s=900, quality=2)]])
@example(rounds=[[Value(4, 0, 50.0, register_id=2)]])
async def test_sums_are_those_made_by_hand(shared_village_url: str, rounds: list[list[Value]]) -> None:
    url = shared_village_url
    ask(url, "TRUNCATE interval_reading, interval_reading_revision, rollup_pending, place_interval")
    async with await connect(url, Role.INGEST) as connection:
        for values in rounds:
            await write(connection, values)
            await roll_up_pending(connection, NOW)
            wanted = by_hand(url)
            found = kept(url)
            assert found.keys() == wanted.keys()
            assert all(found[key] == pytest.approx(wanted[key]) for key in wanted)
    assert ask(url, "SELECT count(*) FROM rollup_pending") == [(0,)]


async def test_repeating_a_roll_up_changes_nothing(ingest: Connection, village_url: str) -> None:
    await write(ingest, [Value(point, slot, 10.0 * point) for point in range(1, 10) for slot in range(48)])
    assert await roll_up_pending(ingest, NOW) == 3 * 48
    assert await roll_up_pending(ingest, NOW) == 0
    query = "SELECT place_id, start_at, xmin::text, computed_at FROM place_interval ORDER BY 1, 2"
    before = ask(village_url, query)
    ask(
        village_url,
        "INSERT INTO rollup_pending (power_transformer_place_id, start_at, end_at) "
        "SELECT place_id, '2026-01-14', '2026-01-17' FROM power_transformer",
    )
    assert await roll_up_pending(ingest, NOW + timedelta(hours=1)) == 3 * 48
    assert ask(village_url, query) == before


async def test_only_one_worker_rolls_up_at_a_time(ingest: Connection, village_url: str) -> None:
    await write(ingest, [Value(1, 0, 10.0)])
    async with await connect(village_url, Role.INGEST) as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(%s)", [0x726F6C6C7570])
        assert await roll_up_pending(ingest, NOW) == 0
    assert await roll_up_pending(ingest, NOW) == 1


async def test_a_batch_that_is_committed_during_a_roll_up_is_summed_the_next_time(
    ingest: Connection, village_url: str
) -> None:
    await write(ingest, [Value(1, 0, 10.0)])
    async with await psycopg.AsyncConnection.connect(village_url) as reader:
        await reader.execute("LOCK TABLE somel.usage_point IN ACCESS EXCLUSIVE MODE")  # the sums wait, the marks do not
        async with await connect(village_url, Role.INGEST) as other:
            rolling = asyncio.create_task(roll_up_pending(other, NOW))
            await _until_marks_are_held(village_url)
            insert = "INSERT INTO somel.interval_reading VALUES (2, 1, 0, 1800, to_timestamp(%s), %s, 5.0)"
            await reader.execute(insert, [DAY_S, KNOWN_AT])
            mark = (
                "INSERT INTO somel.rollup_pending (power_transformer_place_id, start_at, end_at) "
                "SELECT place_id, to_timestamp(%s), to_timestamp(%s) FROM somel.place WHERE code = 'T1'"
            )
            await reader.execute(mark, [DAY_S, DAY_S + 1_800])
            await reader.commit()
            assert await rolling == 1
    assert ask(village_url, "SELECT count(*) FROM rollup_pending") == [(1,)]
    assert await roll_up_pending(ingest, NOW) == 1
    assert kept(village_url)[("power_transformer", "T1", 0)] == (2, 0, 15.0, 0.0)


async def test_sums_stay_exact_while_workers_write(village_url: str) -> None:
    done = asyncio.Event()

    async def worker(first: int) -> None:
        async with await connect(village_url, Role.INGEST) as connection:
            for turn in range(12):
                points = range(first, first + 5)
                await write(
                    connection, [Value(p, slot, float(turn + p)) for p in points for slot in range(turn, turn + 24)]
                )

    async def roller() -> None:
        async with await connect(village_url, Role.INGEST) as connection:
            while not done.is_set():
                await roll_up_pending(connection, NOW)
                await asyncio.sleep(0.005)
            while await roll_up_pending(connection, NOW):
                pass

    rolling = asyncio.create_task(roller())
    await asyncio.gather(worker(1), worker(4))
    done.set()
    await rolling
    wanted: dict[Any, Any] = {key: pytest.approx(value) for key, value in by_hand(village_url).items()}
    assert kept(village_url) == wanted
    assert len(wanted) > 0


async def _until_marks_are_held(url: str) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'usage_point'::regclass"
    for _ in range(500):
        if ask(url, query) != [(0,)]:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the roll-up never waited")
