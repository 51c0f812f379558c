"""Whatever batches come, `write_batch` ends as the obvious dictionaries do: values, revisions, counts and marks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from db.columns import IntervalColumns, ReadingColumns
from db.connection import Role, connect
from db.writing import Refusal, write_batch
from tests.db.ledger import Key, Ledger
from tests.db.village import DAY_S, KNOWN_AT, Value, ask, intervals, readings

_VALUES = st.sampled_from([0.0, 0.1, 7.5, float("nan")])
_ROWS = st.lists(
    st.builds(
        Value,
        usage_point_id=st.integers(1, 4),
        slot=st.sampled_from([0, 1, 2, 3, 400, 90_000]),
        value=_VALUES,
        register_id=st.integers(1, 3),
        quality=st.sampled_from([0, 0, 2]),
        step_s=st.sampled_from([1_800, 1_800, 900, 3_600]),
    ),
    max_size=12,
)
_READINGS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([21, 23]), st.sampled_from([0, 1, 86_400_000_001]), _VALUES),
    max_size=8,
)


@dataclass(frozen=True)
class Batch:
    intervals: list[Value]
    readings: list[tuple[int, int, int, float]]
    refused: int
    known_after_h: int


_BATCHES = st.lists(st.builds(Batch, _ROWS, _READINGS, st.integers(0, 2), st.integers(-2, 3)), min_size=1, max_size=6)
_A, _B = Value(1, 0, 1.0), Value(1, 0, 2.0)


@pytest.mark.slow(20)
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would take minutes; the batches are short anyway
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=_BATCHES)
@example(batches=[Batch([Value(1, 0, 1.0, step_s=3_600)], [], 0, 0), Batch([_A], [], 0, 1)])
@example(batches=[Batch([_A, _B, _A], [], 0, 0), Batch([_A, _B, _B, _A], [], 0, 0)])
@example(batches=[Batch([_A], [], 0, 0), Batch([_A, _A, _B, _A, _B], [], 0, -1)])
async def test_any_batches_end_as_in_the_ledger(shared_village_url: str, batches: list[Batch]) -> None:
    url = shared_village_url
    ask(url, "TRUNCATE interval_reading, interval_reading_revision, reading, reading_revision, refused_message")
    ask(url, "TRUNCATE ingest_batch, rollup_pending")
    of_intervals, of_readings = Ledger(), Ledger()
    async with await connect(url, Role.INGEST) as connection:
        for batch in batches:
            columns, at_instants = intervals(batch.intervals), readings(batch.readings)
            known_at = KNOWN_AT + timedelta(hours=batch.known_after_h)
            before = dict(of_intervals.known)
            ask(url, "TRUNCATE rollup_pending")
            counts = await write_batch(
                connection, worker="w", message_count=1, intervals=columns, readings=at_instants,
                refusals=[Refusal("t", None, "c", "r", 1, b"")] * batch.refused, known_at=known_at,
            )  # fmt: skip
            wanted = np.add(
                of_intervals.write(_interval_rows(columns), known_at),
                of_readings.write(_reading_rows(at_instants), known_at),
            )
            assert (counts.stored, counts.duplicate, counts.revised) == tuple(wanted)
            assert counts.refused == batch.refused
            assert counts.received == len(columns) + len(at_instants) + batch.refused
            changed = {key for key, now in of_intervals.known.items() if repr(before.get(key)) != repr(now)}
            _assert_marked(url, {key: before.get(key) for key in changed if key[1] in {1, 2}}, of_intervals)
    _assert_stored(url, "interval_reading", "start_at", "quality, step_s", of_intervals)
    _assert_stored(url, "reading", "read_at", "quality", of_readings)
    assert ask(url, "SELECT count(*) FROM ingest_batch") == [(len(batches),)]


def _interval_rows(columns: IntervalColumns) -> list[tuple[Key, tuple[Any, ...]]]:
    rows = zip(*(column.tolist() for column in columns.arrays()), strict=True)
    return [
        ((point, register, datetime.fromtimestamp(start, UTC)), (quality, step, value))
        for point, register, quality, step, start, value in rows
    ]


def _reading_rows(columns: ReadingColumns) -> list[tuple[Key, tuple[Any, ...]]]:
    rows = zip(*(column.tolist() for column in columns.arrays()), strict=True)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [
        ((point, register, epoch + timedelta(microseconds=read)), (quality, value))
        for point, register, quality, read, value in rows
    ]


def _assert_stored(url: str, table: str, time: str, content: str, ledger: Ledger) -> None:
    key, value = f"usage_point_id, register_id, {time}", "value::float8" if table == "reading" else "value"
    stored = {
        tuple(row[:3]): (tuple(row[3:-1]), row[-1])
        for row in ask(url, f"SELECT {key}, {content}, {value}, known_at FROM {table}")  # noqa: S608
    }
    assert repr(sorted(_single(stored).items())) == repr(sorted(_single(ledger.known).items()))
    revisions: dict[Key, list[Any]] = {}
    columns = f"{key}, {content}, {value}, known_at, replaced_at"
    for row in ask(url, f"SELECT {columns} FROM {table}_revision ORDER BY {table}_revision_id"):  # noqa: S608
        revisions.setdefault((row[0], row[1], row[2]), []).append((tuple(row[3:-2]), row[-2], row[-1]))
    assert repr(_rounded(revisions)) == repr(_rounded(dict(ledger.revisions)))


def _single(known: dict[Any, Any]) -> dict[Any, Any]:
    return {key: ((*content[:-1], float(np.float32(content[-1]))), at) for key, (content, at) in known.items()}


def _rounded(revisions: dict[Key, list[Any]]) -> list[Any]:
    return [
        (key, [((*old[:-1], float(np.float32(old[-1]))), *times) for old, *times in revisions[key]])
        for key in sorted(revisions)
    ]


def _assert_marked(url: str, changed: dict[Key, Any], ledger: Ledger) -> None:
    spans = ask(
        url,
        "SELECT usage_point_id, start_at, end_at FROM rollup_pending "
        "JOIN usage_point USING (power_transformer_place_id)",
    )
    for key, before in changed.items():
        point, _, start = key
        (_, step_s, _), _ = ledger.known[key]
        old_step_s = (
            before[0][1] if before else 0
        )  # a shorter value that replaces a longer one changes what that covered
        end = start + timedelta(seconds=max(step_s, old_step_s))
        assert any(who == point and first <= start and end <= last for who, first, last in spans), (point, start)
    assert all(first.timestamp() % 1_800 == 0 == last.timestamp() % 1_800 for _, first, last in spans)
    assert all(first.timestamp() >= DAY_S for _, first, _ in spans)
