"""The measured reduction of built cases is what one works out by hand."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.slots import SLOT
from db.connection import Role, connect
from db.demand_response import Event, EventResult, event_by_id, results_of_event
from grid.demand_response.lifecycle import advance_events
from grid.demand_response.measurement import compute_result, compute_results, measure_event
from grid.demand_response.plan import approve_event, plan_event
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import Town, add_readings, answer, build_town

#: The ten working days before Thursday 29 January 2026.
TEN_DAYS = [date(2026, 1, day) for day in (15, 16, 19, 20, 21, 22, 23, 26, 27, 28)]
WEEKEND = [date(2026, 1, day) for day in (10, 11, 17, 18, 24, 25)]
MORNING_AFTER = datetime(2026, 1, 30, 6, tzinfo=UTC)


def eighteen(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


async def run_event(url: str, town: Town, *, status: str = "accepted") -> UUID:
    """Bring an event on the chargers of T1 to its end, every command answered alike."""
    await forecast_flat(url, town, {"T1": 20_000.0})
    await add_chargers(url, town, "T1")
    async with await connect(url, Role.COMPUTE, autocommit=True) as connection:
        event = await draft(connection, town.place["T1"])
        await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
        await answer(url, event.event_id, status)
        await advance_events(connection, now=EVENT_ENDS)
    return event.event_id


async def add_past(url: str, usage_point: int, *, scale: float = 1.0) -> None:
    """Store 1,000 W and 2,000 W in the two slots, 100 W more each working day; weekends and older days far higher."""
    for number, day in enumerate(TEN_DAYS):
        watts = [scale * (1_000 + 100 * number), scale * (2_000 + 100 * number)]
        await add_readings(url, usage_point, eighteen(day), watts)
    for day in [*WEEKEND, date(2026, 1, 14), date(2026, 1, 13)]:
        await add_readings(url, usage_point, eighteen(day), [50_000.0, 50_000.0])


async def result(url: str, event_id: UUID, *, now: datetime = MORNING_AFTER) -> list[EventResult]:
    async with await connect(url, Role.COMPUTE) as connection:
        return await compute_result(connection, event_id=event_id, now=now)


async def test_the_baseline_is_the_mean_of_the_five_highest_of_the_ten_days_before(database_url: str):
    town = await build_town(database_url, usage_points=2)
    for point, scale in zip(town.usage_points["T1"], (1.0, 2.0), strict=True):
        await add_past(database_url, point, scale=scale)
        await add_readings(database_url, point, EVENT_STARTS, [300 * scale, 400 * scale])
    event_id = await run_event(database_url, town)
    first, second = await result(database_url, event_id)
    # Days 6 to 10 are the highest: 1,000 + 100 * (5 + 6 + 7 + 8 + 9) / 5 = 1,700, and twice that.
    assert (first.slot_start_at, first.baseline_w, first.measured_w) == (EVENT_STARTS, 5_100.0, 900.0)
    assert (second.slot_start_at, second.baseline_w, second.measured_w) == (EVENT_STARTS + SLOT, 8_100.0, 1_200.0)
    assert {(one.usage_point_count, one.planned_reduction_w) for one in (first, second)} == {(2, 14_000.0)}


async def test_a_day_with_an_event_of_its_own_does_not_count(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    await add_past(database_url, point)
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    event_id = await run_event(database_url, town)
    async with await connect(database_url, None) as connection:
        await connection.execute(
            "WITH earlier AS (INSERT INTO event (name, place_id, status, starts_at, ends_at, created_at, status_at)"
            " SELECT name, place_id, 'completed', starts_at - interval '1 day', ends_at - interval '1 day', created_at,"
            " status_at FROM event RETURNING event_id)"
            " INSERT INTO command"
            " (event_id, end_device_id, issued_at, expires_at, start_at, dispatch_setpoint_w, status)"
            " SELECT earlier.event_id, end_device_id, issued_at, expires_at, start_at, dispatch_setpoint_w, status"
            " FROM command, earlier"
        )
    first, _ = await result(database_url, event_id)
    # The 28th goes, the 14th with its 50,000 W comes in: (50,000 + 1,800 + 1,700 + 1,600 + 1,500) / 5.
    assert first.baseline_w == 11_320.0


@pytest.mark.parametrize("status", ["opted_out", "refused", "expired"])
async def test_who_did_not_take_part_is_not_measured(database_url: str, status: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    await add_past(database_url, point)
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    event_id = await run_event(database_url, town, status=status)
    assert await result(database_url, event_id) == []


async def test_a_slot_waits_for_its_readings_but_not_for_ever(database_url: str):
    town = await build_town(database_url, usage_points=2)
    early, late = town.usage_points["T1"]
    for point in (early, late):
        await add_past(database_url, point)
    await add_readings(database_url, early, EVENT_STARTS, [300, 400])
    await add_readings(database_url, late, EVENT_STARTS, [300])
    event_id = await run_event(database_url, town)
    assert await result(database_url, event_id, now=EVENT_STARTS) == []
    (only,) = await result(database_url, event_id, now=EVENT_ENDS)
    assert (only.slot_start_at, only.usage_point_count) == (EVENT_STARTS, 2)
    _, partial = await result(database_url, event_id, now=EVENT_ENDS + timedelta(days=1))
    assert (partial.usage_point_count, partial.measured_w) == (1, 400.0)
    # The late reading comes; what had not changed keeps the time it was computed at.
    await add_readings(database_url, late, EVENT_STARTS + SLOT, [500])
    kept, complete = await result(database_url, event_id, now=EVENT_ENDS + timedelta(days=2))
    assert (complete.usage_point_count, complete.measured_w) == (2, 900.0)
    assert (kept.computed_at, complete.computed_at) == (EVENT_ENDS, EVENT_ENDS + timedelta(days=2))


async def test_a_week_after_the_event_the_result_is_final(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    await add_past(database_url, point)
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    event_id = await run_event(database_url, town)
    before = await result(database_url, event_id)
    await add_readings(database_url, point, EVENT_STARTS, [9_000, 9_000])
    final = EVENT_ENDS + timedelta(days=7)
    assert await result(database_url, event_id, now=final) == before
    changed = await result(database_url, event_id, now=final - timedelta(seconds=1))
    assert [one.measured_w for one in changed] == [9_000.0, 9_000.0]


async def test_all_running_and_recent_events_are_measured_together(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    await add_past(database_url, point)
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    event_id = await run_event(database_url, town)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        await compute_results(connection, now=MORNING_AFTER)
        cursor = await connection.execute("SELECT event_id, count(*) FROM event_result GROUP BY event_id")
        assert await cursor.fetchall() == [(event_id, 2)]


async def test_a_late_correction_reaches_a_complete_result_at_the_next_full_hour(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    await add_past(database_url, point)
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    event_id = await run_event(database_url, town)
    seen = []
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        for minutes in (1, 10, 61):
            await compute_results(connection, now=EVENT_ENDS + timedelta(minutes=minutes))
            seen.append([one.measured_w for one in await results_of_event(connection, event_id)])
            await add_readings(database_url, point, EVENT_STARTS, [350, 450])
    assert seen == [[300.0, 400.0], [300.0, 400.0], [350.0, 450.0]]


async def test_less_than_five_days_of_the_past_give_no_result(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    for day in TEN_DAYS[-4:]:
        await add_readings(database_url, point, eighteen(day), [1_000, 1_000])
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    assert await result(database_url, await run_event(database_url, town)) == []


async def test_heating_before_the_event_raises_only_the_adjusted_baseline(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    await add_past(database_url, point)
    for day in TEN_DAYS:
        await add_readings(database_url, point, eighteen(day) - timedelta(hours=4), [500, 500])
    await add_readings(database_url, point, EVENT_STARTS - timedelta(hours=4), [1_500, 1_500])
    await add_readings(database_url, point, EVENT_STARTS, [300, 400])
    event = await stored_event(database_url, await run_event(database_url, town))
    async with await connect(database_url, Role.COMPUTE) as connection:
        plain = await measure_event(connection, event, now=MORNING_AFTER)
        adjusted = await measure_event(connection, event, now=MORNING_AFTER, same_day_adjustment=True)
    assert [one.baseline_w for one in plain] == [1_700.0, 2_700.0]
    assert [one.baseline_w for one in adjusted] == [2_700.0, 3_700.0]
    assert [one.measured_w for one in adjusted] == [one.measured_w for one in plain]


async def stored_event(url: str, event_id: UUID) -> Event:
    async with await connect(url, Role.READ) as connection:
        event = await event_by_id(connection, event_id)
    assert event is not None
    return event
