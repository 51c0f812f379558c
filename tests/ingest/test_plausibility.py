"""Plausibility of whole columns against a slow, obvious judge of single values."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.limits import DEFAULT_LIMITS
from core.registers import REGISTER_BY_ID, RegisterKind
from db.limits import ValueLimits
from db.registry import DeviceEntry, GatewayEntry, Registry
from ingest.decode import DecodedIntervals, DecodedReadings
from ingest.plausibility import judge_intervals, judge_readings

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
REGISTRY = Registry(
    {"gw-0001": GatewayEntry(1, 0), "gw-0002": GatewayEntry(2, 0)},
    {
        "m-000001": DeviceEntry(11, "meter", 1, 101, 9_000),
        "m-000002": DeviceEntry(12, "meter", 2, 102, 9_000),
        "s-000001": DeviceEntry(13, "sensor", 1, 103, 9_000),
        "ev-000001": DeviceEntry(14, "ev_charger", 1, 101, 9_000),
    },
)
NAMES = ["m-000001", "m-000002", "s-000001", "ev-000001", "m-999999"]
SENDERS = np.array([1, 2], np.int32)
OLD_S = NOW_S - 1_096 * 86_400
TIMES = st.sampled_from(
    [
        0,
        946_684_800,
        OLD_S - 300,
        OLD_S - 1,
        OLD_S,
        NOW_S - 3_600,
        NOW_S - 1_500,
        NOW_S,
        NOW_S + 299,
        NOW_S + 300,
        NOW_S + 301,
    ]
)
VALUES = st.sampled_from(
    [
        -1.0,
        13_499.5,
        13_500.0,
        13_500.5,
        27_001.0,
        -0.0,
        0.0,
        44.9,
        45.0,
        55.1,
        500.0,
        125_000.0,
        125_000.5,
        250_000.0,
        1e12,
        float("inf"),
    ]
)
INTERVAL_IDS = [key for key, register in REGISTER_BY_ID.items() if register.kind is RegisterKind.INTERVAL]
OTHER_IDS = [key for key, register in REGISTER_BY_ID.items() if register.kind is not RegisterKind.INTERVAL]
Row = tuple[int, int, int, int, int, float]  # message, device, register, time, step, value


def rows_of(register_ids: list[int], steps: list[int]) -> st.SearchStrategy[list[Row]]:
    row = st.tuples(
        st.integers(0, 1),
        st.integers(0, len(NAMES) - 1),
        st.sampled_from(register_ids),
        TIMES,
        st.sampled_from(steps),
        VALUES,
    )
    return st.lists(row, max_size=30)


def fault(row: Row) -> str | None:
    """Return why one value is refused: the rules, one after the other."""
    message, device, register_id, first_s, step_s, value = row
    register, entry = REGISTER_BY_ID[register_id], REGISTRY.devices.get(NAMES[device])
    measured = value * 3_600 / step_s if step_s else value
    if entry is None or entry.kind not in ("meter", "sensor"):
        return "device_unknown"
    if entry.gateway_id != SENDERS[message]:
        return "device_foreign"
    if first_s < OLD_S:
        return "time_too_old"
    if first_s + step_s > NOW_S + 300:
        return "time_in_future"
    if measured < register.lowest:
        return "value_negative" if register.lowest >= 0 > measured else "value_out_of_range"
    return "value_out_of_range" if measured > register.highest else None


def quality(row: Row) -> int:
    """Return the quality that a value said to be ok is stored with: import beyond three times 9 kVA is bad."""
    return 3 if row[2] == 1 and row[5] * 3_600 / row[4] > 27_000 else 0


def expected(rows: list[Row]) -> tuple[list[Row], Counter[tuple[int, str]]]:
    faults = [(row, fault(row)) for row in rows]
    return [row for row, code in faults if code is None], Counter((row[0], code) for row, code in faults if code)


def column(rows: list[Row], index: int, kind: type[np.generic]) -> np.ndarray:
    return np.array([row[index] for row in rows], kind)


@given(rows=rows_of(INTERVAL_IDS, [300, 1_800, 3_600]))
def test_interval_values_are_judged_as_one_by_one(rows: list[Row]):
    decoded = DecodedIntervals(
        devices=NAMES,
        message=column(rows, 0, np.int32),
        device=column(rows, 1, np.int32),
        register_id=column(rows, 2, np.int16),
        quality=np.zeros(len(rows), np.int16),
        step_s=column(rows, 4, np.int32),
        start_s=column(rows, 3, np.int64),
        value=column(rows, 5, np.float64),
    )
    columns, refusals = judge_intervals(decoded, SENDERS, REGISTRY, NOW)
    kept, refused = expected(rows)
    assert columns.start_s.tolist() == [row[3] for row in kept]
    assert columns.value.tolist() == pytest.approx([row[5] for row in kept])
    assert columns.quality.tolist() == [quality(row) for row in kept]
    assert columns.usage_point_id.tolist() == [REGISTRY.devices[NAMES[row[1]]].usage_point_id for row in kept]
    assert {(refusal.message, refusal.code): refusal.count for refusal in refusals} == refused


def test_what_a_meter_doubts_itself_stays_as_it_says_and_a_changed_limit_counts():
    registry = replace(REGISTRY, limits=ValueLimits.of([replace(DEFAULT_LIMITS[0], subscribed_ratio=0.1)]))
    decoded = DecodedIntervals(
        devices=NAMES[:1],
        message=np.zeros(3, np.int32),
        device=np.zeros(3, np.int32),
        register_id=np.ones(3, np.int16),
        quality=np.array([0, 2, 0], np.int16),
        step_s=np.full(3, 1_800, np.int32),
        start_s=NOW_S // 1_800 * 1_800 - 7_200 + 1_800 * np.arange(3),
        value=np.array([450.5, 451.0, 450.0]),
    )
    columns, refusals = judge_intervals(decoded, SENDERS, registry, NOW)
    assert (columns.quality.tolist(), refusals) == ([3, 2, 0], [])
    assert columns.value.tolist() == [450.5, 451.0, 450.0]


@given(rows=rows_of(OTHER_IDS, [0]))
def test_readings_are_judged_as_one_by_one(rows: list[Row]):
    decoded = DecodedReadings(
        devices=NAMES,
        message=column(rows, 0, np.int32),
        device=column(rows, 1, np.int32),
        register_id=column(rows, 2, np.int16),
        quality=np.zeros(len(rows), np.int16),
        at_s=column(rows, 3, np.int64),
        value=column(rows, 5, np.float64),
    )
    columns, refusals = judge_readings(decoded, SENDERS, REGISTRY, NOW)
    kept, refused = expected(rows)
    assert columns.read_us.tolist() == [row[3] * 1_000_000 for row in kept]
    assert columns.value.tolist() == [row[5] for row in kept]
    assert {(refusal.message, refusal.code): refusal.count for refusal in refusals} == refused
