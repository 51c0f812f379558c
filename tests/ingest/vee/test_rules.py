"""Each rule on a curve made for it, through the store and back."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.slots import LOCAL_ZONE
from db.connection import Connection, Role, connect
from db.limits import change_limit
from ingest.vee.steps import take_step
from tests.db.village import ask
from tests.ingest.vee.household import DAY_S, LATER, MIDNIGHT_S, counts, curve, findings, indexes, validate, write

#: A day of a home that draws between 100 and 300 W.
USUAL = 100.0 + 50.0 * np.sin(np.arange(48) / 7.0)
CLOSED = datetime.fromtimestamp(MIDNIGHT_S + DAY_S + 60, UTC)


def with_values(**at: float) -> np.ndarray:
    """Return the usual day with other values in some slots, named ``slot_<number>``."""
    day = USUAL.copy()
    for name, value in at.items():
        day[int(name.removeprefix("slot_"))] = value
    return day


async def test_an_ordinary_day_has_nothing_to_speak_of(ingest: Connection, village_url: str):
    await write(ingest, curve(1, MIDNIGHT_S, USUAL))
    (step,) = [one for one in await validate(ingest, CLOSED) if one.checked.values]
    assert (step.checked.days, step.checked.values, step.checked.found) == (1, 48, 0)
    assert findings(village_url) == []
    assert counts(village_url) == [("01-15", 48, 48, 0, 0, 0, 0)]


async def test_a_spike_is_flagged_and_its_value_stays(ingest: Connection, village_url: str):
    await write(ingest, curve(1, MIDNIGHT_S, with_values(slot_20=4_000.0)))
    await validate(ingest, CLOSED)
    assert findings(village_url) == [
        ("spike", 36_000, 37_800, 8_000.0, pytest.approx(2 * np.sort(USUAL)[-2], rel=1e-4))
    ]
    query = "SELECT value, quality FROM interval_reading WHERE value > 1000"
    assert ask(village_url, query) == [(4_000.0, 0)]


async def test_zeros_and_one_value_for_too_long_are_runs_also_over_midnight(ingest: Connection, village_url: str):
    yesterday = USUAL.copy()
    yesterday[30:] = 0.0
    today = USUAL.copy()
    today[:31] = 0.0
    today[40:] = 77.0
    await write(ingest, curve(1, MIDNIGHT_S - DAY_S, yesterday), curve(1, MIDNIGHT_S, today))
    await write(ingest, curve(2, MIDNIGHT_S, np.where(np.arange(48) < 24, 77.0, USUAL)))
    await validate(ingest, CLOSED)
    assert findings(village_url) == [("zero_run", 54_000 - DAY_S, 55_800, 49 * 1_800.0, 86_400.0)]
    assert findings(village_url, 2) == [("flat_line", 0, 43_200, 43_200.0, 43_200.0)]


async def test_a_value_told_twice_and_a_clock_ahead_are_found(ingest: Connection, village_url: str):
    early = datetime.fromtimestamp(MIDNIGHT_S + 47 * 1_800, UTC)
    await write(ingest, curve(1, MIDNIGHT_S, USUAL), known_at=early)
    await write(ingest, curve(1, MIDNIGHT_S + 900, [5.0], step_s=900), known_at=CLOSED)
    await validate(ingest, CLOSED)
    assert findings(village_url) == [
        ("overlap", 900, 1_800, 900.0, 0.0),
        ("clock_ahead", 47 * 1_800, 48 * 1_800, 1_800.0, 5.0),
    ]


async def test_a_day_unlike_those_before_it_is_found(ingest: Connection, village_url: str):
    before = [curve(point, MIDNIGHT_S - back * DAY_S, USUAL) for back in range(1, 10) for point in (1, 2)]
    await write(ingest, *before, curve(1, MIDNIGHT_S, 5 * USUAL), curve(2, MIDNIGHT_S, USUAL / 20))
    await validate(ingest, CLOSED)
    total = pytest.approx(float(USUAL.sum()), rel=1e-4)
    assert findings(village_url) == [
        ("high_against_history", 0, DAY_S, pytest.approx(5 * USUAL.sum(), rel=1e-4), total)
    ]
    assert findings(village_url, 2) == [
        ("low_against_history", 0, DAY_S, pytest.approx(USUAL.sum() / 20, rel=1e-4), total)
    ]


async def test_values_marked_bad_are_counted_apart_and_found(ingest: Connection, village_url: str):
    await write(ingest, curve(1, MIDNIGHT_S, USUAL[:10]), curve(1, MIDNIGHT_S + 18_000, [9_500, 9_600], quality=3))
    await write(ingest, curve(1, MIDNIGHT_S + 21_600, USUAL[12:]))
    await validate(ingest, CLOSED)
    assert findings(village_url) == [("bad_value", 18_000, 21_600, 19_200.0, 18_000.0)]
    assert counts(village_url) == [("01-15", 48, 46, 2, 0, 0, 0)]


async def test_an_index_that_falls_went_back_or_began_again(ingest: Connection, village_url: str):
    hours = [MIDNIGHT_S + hour * 3_600 for hour in range(4)]
    back = indexes(1, *zip(hours, [500.0, 700.0, 650.0, 800.0], strict=True))
    again = indexes(2, *zip(hours, [999_999_000.0, 999_999_900.0, 40.0, 140.0], strict=True))
    for index, point in ((back, 1), (again, 2)):
        await write(ingest, curve(point, MIDNIGHT_S, USUAL), index=index)
    await validate(ingest, CLOSED)
    standing = "SELECT usage_point_id, rule, figure, bound FROM vee_finding WHERE rule LIKE 'index%%' ORDER BY 1"
    assert ask(village_url, standing) == [(1, "index_back", 650.0, 700.0), (2, "index_rollover", 40.0, 999_999_900.0)]


@pytest.mark.parametrize(("start", "end"), [(0, DAY_S), (1_560 - DAY_S, 1_560), (-4_000, DAY_S - 4_000)])
async def test_the_load_curve_has_to_meet_the_index_difference(
    ingest: Connection, village_url: str, start: int, end: int
):
    """Indexes are read at midnight, at 00:26 (off the slots) or in the evening; 5 % too much is found."""
    told = (end - start) / 1_800 * 100.5
    flat = 100.0 + np.arange(48) % 2
    for point, difference in ((1, told), (2, told / 1.05)):
        index = indexes(point, (MIDNIGHT_S + start, 7_000.0), (MIDNIGHT_S + end, 7_000.0 + difference))
        await write(ingest, curve(point, MIDNIGHT_S - DAY_S, flat), curve(point, MIDNIGHT_S, flat), index=index)
    await validate(ingest, CLOSED)
    assert [row for row in findings(village_url) if row[0] == "sum_against_index"] == []
    found = [row for row in findings(village_url, 2) if row[0] == "sum_against_index"]
    cut = pytest.approx(told, abs=1.0)  # the interval that the index falls into counts in proportion
    assert found == [("sum_against_index", start, end, cut, pytest.approx(told / 1.05))]


async def test_a_span_with_a_gap_is_not_compared_with_the_index(ingest: Connection, village_url: str):
    await write(
        ingest,
        curve(1, MIDNIGHT_S, with_values(slot_3=np.nan)),
        index=indexes(1, (MIDNIGHT_S, 7_000.0), (MIDNIGHT_S + DAY_S, 90_000.0)),
    )
    await validate(ingest, CLOSED)
    assert [row[0] for row in findings(village_url)] == ["gap"]


@pytest.mark.parametrize(("day", "slots"), [("2026-03-29", 46), ("2026-01-15", 48), ("2025-10-26", 50)])
async def test_a_local_day_has_as_many_slots_as_its_hours(ingest: Connection, village_url: str, day: str, slots: int):
    start = datetime.fromisoformat(day).replace(tzinfo=LOCAL_ZONE)
    start_s = int(start.timestamp())
    await write(
        ingest,
        curve(1, start_s, np.arange(slots) + 1.0),
        curve(2, start_s, np.arange(slots // 2) + 1.0, step_s=3_600),
        curve(3, start_s, np.arange(slots * 6) + 1.0, step_s=300),
    )
    await validate(ingest, datetime.fromtimestamp(start_s + slots * 1_800 + 60, UTC))
    query = "SELECT usage_point_id, step_s, expected, received FROM completeness ORDER BY usage_point_id"
    assert ask(village_url, query) == [
        (1, 1_800, slots, slots),
        (2, 3_600, slots // 2, slots // 2),
        (3, 300, slots * 6, slots * 6),
    ]


async def test_nothing_is_expected_before_registration_or_the_first_value(ingest: Connection, village_url: str):
    ask(
        village_url,
        "UPDATE usage_point SET registered_at = to_timestamp(%s) WHERE usage_point_id = 2",
        MIDNIGHT_S + 5_400,
    )
    await write(ingest, curve(1, MIDNIGHT_S + 36_000, USUAL[20:]))
    await validate(ingest, CLOSED + timedelta(seconds=900))
    assert counts(village_url) == [("01-15", 28, 28, 0, 0, 0, 0)]
    assert counts(village_url, 2) == [("01-15", 45, 0, 0, 0, 45, 0)]
    assert counts(village_url, 3) == []


async def test_a_silent_usage_point_is_missing_every_day_and_a_day_is_not_counted_before_it_is_over(
    ingest: Connection, village_url: str
):
    await write(ingest, curve(1, MIDNIGHT_S - DAY_S, USUAL))
    await validate(ingest, CLOSED - timedelta(hours=2))
    assert [row[0] for row in counts(village_url)] == ["01-14"]
    await validate(ingest, CLOSED + timedelta(days=2, seconds=900))
    assert counts(village_url)[1:] == [(f"01-{day}", 48, 0, 0, 0, 48, 0) for day in (15, 16, 17)]
    assert ask(village_url, "SELECT stage, max(day)::text FROM vee_sweep GROUP BY 1 ORDER BY 1") == [
        ("closed", "2026-01-17"),
        ("settled", "2026-01-15"),
    ]


async def test_a_changed_limit_is_what_the_next_validation_goes_by(ingest: Connection, village_url: str):
    async with await connect(village_url, Role.OWNER) as owner:
        await change_limit(owner, "import_wh", "spike_ratio", None)
        await change_limit(owner, "import_wh", "flat_run_s", 3_600.0)
    await write(ingest, curve(1, MIDNIGHT_S, with_values(slot_20=4_000.0, slot_30=9.0, slot_31=9.0)))
    await validate(ingest, CLOSED)
    assert findings(village_url) == [("flat_line", 54_000, 57_600, 3_600.0, 3_600.0)]


async def test_only_one_validates_at_a_time(ingest: Connection, village_url: str):
    await write(ingest, curve(1, MIDNIGHT_S, USUAL))
    async with await connect(village_url, Role.INGEST) as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(%s)", [0x766565])
        assert (await take_step(ingest, LATER, rest_s=0.0)).is_idle
        assert ask(village_url, "SELECT count(*) FROM vee_pending") == [(1,)]
    assert (await take_step(ingest, LATER, rest_s=0.0)).checked.days == 1
