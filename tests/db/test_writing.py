"""A batch is one transaction, counted exactly, and safe to repeat, also beside other workers and through a crash."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import psycopg
import pytest

from core.errors import InvariantError, RetryableError
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection, Role, connect
from db.writing import BatchCounts, Refusal, write_batch
from tests.db.village import DAY_S, KNOWN_AT, Value, ask, intervals, readings


async def write(
    connection: Connection,
    values: Sequence[Value] = (),
    *,
    instants: Sequence[tuple[int, int, int, float]] = (),
    refusals: Sequence[Refusal] = (),
    known_at: datetime = KNOWN_AT,
) -> BatchCounts:
    return await write_batch(
        connection,
        worker="ingest-1",
        message_count=3,
        intervals=intervals(values),
        readings=readings(instants),
        refusals=refusals,
        known_at=known_at,
    )


def a_day(usage_point_id: int, value: float = 100.0) -> list[Value]:
    return [Value(usage_point_id, slot, value + slot) for slot in range(48)]


async def test_a_redelivered_batch_is_stored_once(ingest: Connection, village_url: str) -> None:
    instants = [(1, 21, 0, 532.0), (2, 23, 5, 231.2)]
    first = await write(ingest, a_day(1), instants=instants)
    again = await write(ingest, a_day(1), instants=instants)
    assert (first.stored, first.duplicate, again.stored, again.duplicate) == (50, 0, 0, 50)
    assert ask(village_url, "SELECT count(*) FROM interval_reading") == [(48,)]
    assert ask(village_url, "SELECT usage_point_id, value FROM reading ORDER BY 1") == [(1, 532.0), (2, 231.2)]
    assert ask(village_url, "SELECT count(*) FROM interval_reading_revision") == [(0,)]


async def test_a_batch_of_new_known_and_corrected_values_is_counted_exactly(ingest: Connection) -> None:
    await write(ingest, a_day(1))
    mixed = [*a_day(2), *a_day(1)[:10], Value(1, 20, 7.0), Value(1, 21, 7.0, quality=2), *a_day(2)[:5]]
    counts = await write(ingest, mixed, refusals=[Refusal("t", None, "payload_malformed", "No JSON.", 4, b"x")])
    assert (counts.stored, counts.duplicate, counts.revised, counts.refused) == (48, 15, 2, 4)
    assert counts.received == 48 + 15 + 2 + 4


async def test_what_was_known_at_any_time_can_be_told_afterwards(ingest: Connection, village_url: str) -> None:
    told = [KNOWN_AT + timedelta(hours=hour) for hour in range(3)]
    for at, value in zip(told, (1.0, 2.0, 3.0), strict=True):
        await write(ingest, [Value(1, 0, value)], known_at=at)
    as_known = (
        "SELECT value FROM interval_reading WHERE known_at <= %(at)s UNION ALL SELECT value "
        "FROM interval_reading_revision WHERE known_at <= %(at)s AND replaced_at > %(at)s"
    )
    with psycopg.connect(village_url, options="-c search_path=somel") as connection:
        for at, value in zip(told, (1.0, 2.0, 3.0), strict=True):
            assert connection.execute(as_known, {"at": at + timedelta(minutes=1)}).fetchall() == [(value,)]
        assert connection.execute(as_known, {"at": KNOWN_AT - timedelta(minutes=1)}).fetchall() == []


async def test_an_empty_batch_still_counts_its_messages(ingest: Connection, village_url: str) -> None:
    counts = await write(ingest)
    assert counts.received == 0
    rows = ask(village_url, "SELECT ingest_batch_id, worker, message_count, received FROM ingest_batch")
    assert rows == [(counts.ingest_batch_id, "ingest-1", 3, 0)]


async def test_what_is_refused_is_kept_as_far_as_it_can_be(ingest: Connection, village_url: str) -> None:
    odd = Refusal("somel/\0/\ud800", "text/\0plain", "topic_unknown", "Odd \ud800.", 1, b"\0" * 5_000)
    long = Refusal("t" * 2_000, None, "payload_invalid", "r" * 2_000, 7, b"")
    counts = await write(ingest, refusals=[odd, long])
    assert (counts.received, counts.refused) == (8, 8)
    rows = ask(
        village_url,
        "SELECT topic, content_type, code, refused_count, payload_bytes, length(payload) FROM refused_message "
        "ORDER BY topic",
    )
    assert rows == [
        ("somel/\ufffd/?", "text/\ufffdplain", "topic_unknown", 1, 5_000, 4_096),
        ("t" * 1_000, None, "payload_invalid", 7, 0, 0),
    ]


async def test_only_energy_that_changed_is_marked_for_summing(ingest: Connection, village_url: str) -> None:
    await write(ingest, [Value(1, 0, 1.0, register_id=3)], instants=[(1, 21, 0, 1.0)])
    assert ask(village_url, "SELECT count(*) FROM rollup_pending") == [(0,)]
    await write(ingest, [Value(1, 0, 1.0), Value(2, 2, 1.0), Value(4, 10, 1.0, step_s=3_600), Value(4, 200, 1.0)])
    spans = (
        "DELETE FROM rollup_pending USING place WHERE place_id = power_transformer_place_id RETURNING code, "
        "extract(epoch FROM start_at - '2026-01-15')::integer / 1800, "
        "extract(epoch FROM end_at - '2026-01-15')::integer / 1800"
    )
    assert sorted(ask(village_url, spans)) == [("T1", 0, 1), ("T1", 2, 3), ("T2", 10, 12), ("T2", 200, 201)]
    await write(ingest, [Value(1, 0, 1.0), Value(2, 2, 1.0)])
    assert ask(village_url, "SELECT count(*) FROM rollup_pending") == [(0,)]


async def test_a_batch_does_not_join_a_transaction_that_is_open(village_url: str) -> None:
    async with await connect(village_url, Role.INGEST) as connection:
        await connection.execute("SELECT 1")
        with pytest.raises(InvariantError, match="transaction_open"):
            await write(connection, a_day(1))
        await connection.rollback()
        assert (await write(connection, a_day(1))).stored == 48


async def test_columns_that_are_no_rows_are_refused_before_they_are_written() -> None:
    good = intervals(a_day(1))
    for arrays in (
        [column[:-1] if index == 5 else column for index, column in enumerate(good.arrays())],
        [column.astype(np.float64) for column in good.arrays()],
        [column.reshape(2, 24) for column in good.arrays()],
    ):
        with pytest.raises(InvariantError, match="columns_unfit"):
            IntervalColumns(*arrays)
    joined = IntervalColumns.join([good, IntervalColumns.empty(), good])
    assert len(joined) == 96
    assert len(ReadingColumns.empty()) == 0


async def test_workers_with_the_same_keys_lose_nothing_and_end(village_url: str) -> None:
    rounds, points = 8, range(1, 10)

    async def worker(value: float, backwards: bool) -> list[BatchCounts]:
        async with await connect(village_url, Role.INGEST) as connection:
            done = []
            for turn in range(rounds):
                rows = [Value(point, slot, value) for point in points for slot in range(turn * 20, turn * 20 + 40)]
                done.append(await write(connection, rows[::-1] if backwards else rows))
            return done

    written = await asyncio.gather(
        worker(1.0, backwards=False), worker(2.0, backwards=True), worker(2.0, backwards=False)
    )
    counts = [count for done in written for count in done]
    keys = len(points) * (20 * (rounds - 1) + 40)
    assert ask(village_url, "SELECT count(*), count(DISTINCT (usage_point_id, start_at)) FROM interval_reading") == [
        (keys, keys)
    ]
    assert sum(count.stored for count in counts) == keys
    assert sum(count.received for count in counts) == 3 * rounds * len(points) * 40
    assert ask(village_url, "SELECT count(*) FROM interval_reading_revision") == [(sum(c.revised for c in counts),)]
    query = "SELECT sum(received), sum(stored), sum(duplicate), sum(revised), sum(refused) FROM ingest_batch"
    received, *parts = ask(village_url, query)[0]
    assert received == sum(parts)
    # A value and what it replaced differ, so each key's revisions alternate and the last differs from what is stored.
    torn = (
        "SELECT count(*) FROM (SELECT value, lead(value) OVER (PARTITION BY usage_point_id, start_at "
        "ORDER BY interval_reading_revision_id) AS next FROM interval_reading_revision) AS steps WHERE value = next"
    )
    assert ask(village_url, torn) == [(0,)]


async def test_a_deadlock_with_another_worker_is_tried_again(ingest: Connection, village_url: str) -> None:
    insert = "INSERT INTO somel.interval_reading VALUES (%s, 1, 0, 1800, '2026-01-15', '2026-02-01', 5.0)"
    async with await psycopg.AsyncConnection.connect(village_url) as other:
        await other.execute(insert, [9])
        writing = asyncio.create_task(write(ingest, [Value(1, 0, 5.0), Value(9, 0, 6.0)]))
        await _until_it_waits(village_url)
        await other.execute(insert, [1])  # each now waits for the other, until the server ends one
        await other.commit()
        counts = await writing
    assert (counts.stored, counts.duplicate, counts.revised) == (0, 1, 1)


@pytest.mark.parametrize(("value", "revised"), [(8.0, 1), (7.0, 0)])
async def test_a_correction_that_waited_for_another_replaces_what_that_left(
    ingest: Connection, village_url: str, value: float, revised: int
) -> None:
    await write(ingest, [Value(1, 0, 6.0), Value(2, 0, 6.0)])
    async with await psycopg.AsyncConnection.connect(village_url) as other:
        await other.execute("UPDATE somel.interval_reading SET value = 7.0 WHERE usage_point_id = 1")
        writing = asyncio.create_task(write(ingest, [Value(1, 0, value), Value(2, 0, 9.0)]))
        await _until_it_waits(village_url)
        await other.commit()
        counts = await writing
    assert (counts.stored, counts.duplicate, counts.revised) == (0, 1 - revised, 1 + revised)
    kept = ask(village_url, "SELECT value FROM interval_reading_revision WHERE usage_point_id = 1")
    assert kept == [(7.0,)] * revised
    assert ask(village_url, "SELECT value FROM interval_reading WHERE usage_point_id = 1") == [(value,)]


async def test_a_connection_lost_while_writing_leaves_nothing_and_the_batch_can_be_repeated(village_url: str) -> None:
    insert = "INSERT INTO somel.interval_reading VALUES (1, 1, 0, 1800, '2026-01-15', '2026-02-01', 5.0)"
    refusals = [Refusal("t", None, "payload_malformed", "No JSON.", 1, b"x")]
    async with await psycopg.AsyncConnection.connect(village_url) as other:
        await other.execute(insert)
        connection = await connect(village_url, Role.INGEST)
        writing = asyncio.create_task(write(connection, a_day(1), refusals=refusals))
        await _until_it_waits(village_url)
        ask(village_url, "SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
        with pytest.raises(RetryableError):
            await writing
        await connection.close()
        await other.rollback()
    for table in ("interval_reading", "ingest_batch", "refused_message", "rollup_pending"):
        assert ask(village_url, f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608
    async with await connect(village_url, Role.INGEST) as connection:
        assert (await write(connection, a_day(1), refusals=refusals)).stored == 48


async def _until_it_waits(url: str) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(500):
        if ask(url, query) != [(0,)]:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the writer never waited")


async def test_a_batch_tells_validation_which_spans_it_touched(ingest: Connection, village_url: str) -> None:
    await write(ingest, [Value(1, 0, 5.0), Value(1, 3, 5.0), Value(2, 7, 5.0), Value(3, 0, 5.0, register_id=3)])
    await write(ingest, [Value(1, 0, 5.0)])
    (row,) = ask(village_url, "SELECT usage_point_id, start_s, end_s FROM vee_pending")
    assert row == ([1, 2], [DAY_S, DAY_S + 7 * 1_800], [DAY_S + 4 * 1_800, DAY_S + 8 * 1_800])


async def test_the_spans_of_a_large_batch_are_divided_into_rows(ingest: Connection, village_url: str) -> None:
    await write(ingest, [Value(1, 50.0 * place, 5.0) for place in range(2_500)])
    assert ask(village_url, "SELECT cardinality(usage_point_id) FROM vee_pending ORDER BY 1") == [(500,), (2_000,)]
