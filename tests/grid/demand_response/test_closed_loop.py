"""An event calls as many as its target needs, sees who obeys, calls others for what is lacking, keeps the limits."""

import doctest
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from core.errors import InputError
from core.slots import SLOT
from db.audit import WantedEntries, newest_entries
from db.closed_loop import (
    CalledResource,
    Delivery,
    Obedience,
    adjustments_of_event,
    called_resources,
    tracking_of_event,
)
from db.connection import Connection, Role, connect
from db.demand_response import Event, plan_of_event
from grid.demand_response import aim, called, control_group, expected, rates, surplus, tracking
from grid.demand_response.lifecycle import advance_events, draft_event
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.redispatch import follow_event
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, forecast_flat
from tests.grid.town import Town, add_readings, build_town, say

CHARGER_W = 7_000.0
SOON = NOON + timedelta(minutes=10)


async def town_of(url: str, *, chargers: int = 6, rated_va: int = 100_000) -> Town:
    """Build a town with chargers behind T1; each would draw 7 kW from 17:00 to 19:00 UTC."""
    town = await build_town(url, usage_points=chargers, rated_va=rated_va)
    await forecast_flat(url, town, {"T1": 20_000.0})
    await add_chargers(url, town, "T1")
    return town


async def approved(connection: Connection, town: Town, target_w: float | None) -> Event:
    event = await draft_event(
        connection,
        name="Pointe du soir",
        place_id=town.place["T1"],
        starts_at=EVENT_STARTS,
        ends_at=EVENT_ENDS,
        now=NOON,
        target_w=target_w,
    )
    await plan_event(connection, event_id=event.event_id, now=NOON)
    return await approve_event(connection, event_id=event.event_id, now=NOON, actor="token/ada")


async def answered(url: str, statuses: dict[int, str], *, attempts: int = 1) -> None:
    """Give the newest commands of devices a status, as ingest would."""
    async with await connect(url, None) as connection:
        for device, status in statuses.items():
            await connection.execute(
                "UPDATE command SET status = %s, attempt_count = %s WHERE command_id = (SELECT command_id FROM command"
                " WHERE end_device_id = %s ORDER BY issued_at DESC LIMIT 1)",
                [status, attempts, device],
            )


async def told(connection: Connection, event: Event) -> list[CalledResource]:
    return await called_resources(connection, event.event_id)


async def actions(connection: Connection, event_id: UUID) -> list[str]:
    entries = await newest_entries(connection, WantedEntries(subject=f"event/{event_id}"), limit=50)
    return [f"{entry.action} by {entry.actor}" for entry in reversed(entries)]


@pytest.mark.parametrize("module", [aim, called, control_group, expected, rates, surplus, tracking])
def test_the_examples_run_as_written(module):
    assert doctest.testmod(module).attempted
    assert not doctest.testmod(module).failed


async def test_only_as_many_are_called_as_the_target_needs_with_what_is_known_of_answers(database_url: str):
    town = await town_of(database_url)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        # One in ten is taken to decline: 18 kW are had from three chargers of 7 kW, not from two.
        event = await approved(connection, town, 18_000.0)
        plan = await plan_of_event(connection, event.event_id)
        assert plan is not None
        assert (plan.planned_reduction_w, plan.target_gap_w) == ([21_000.0, 21_000.0], [0.0, 0.0])
        assert plan.objective == pytest.approx(plan.dual_bound)
        assert len(await told(connection, event)) == 3
        assert await actions(connection, event.event_id) == [
            "event.drafted by process/grid",
            "event.planned by process/grid",
            "event.approved by token/ada",
        ]
        # Three are left: 21 kW, of which nine tenths are to be expected.
        more = await approved(connection, town, 30_000.0)
        plan = await plan_of_event(connection, more.event_id)
        assert plan is not None
        assert plan.target_gap_w == pytest.approx([30_000 - 0.9 * 21_000] * 2)
        with pytest.raises(InputError, match="event_target_invalid"):
            await approved(connection, town, -1.0)


def test_with_many_answers_the_rates_are_what_was_answered_and_delivered():
    learned = rates.rates_of(Obedience(850, 1_000), Delivery(1_000_000.0, 900_000.0))
    assert learned.obey_ratio == pytest.approx(0.85, abs=0.002)
    assert learned.delivery_ratio == pytest.approx(0.95)


async def test_what_those_who_decline_or_stay_silent_lack_is_called_from_others_and_never_twice(database_url: str):
    town = await town_of(database_url)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, 18_000.0)
        first = [row.end_device_id for row in await told(connection, event)]
        await answered(database_url, {first[0]: "accepted", first[1]: "opted_out", first[2]: "accepted"})
        tracked = await follow_event(connection, event_id=event.event_id, now=SOON)
        assert [(one.called_count, one.accepted_count, one.declined_count) for one in tracked] == [(3, 2, 1)] * 2
        assert [(one.planned_w, one.predicted_w) for one in tracked] == [(21_000.0, 14_000.0)] * 2
        assert [one.shortfall_w for one in tracked] == [4_000.0, 4_000.0]
        rows = await told(connection, event)
        assert len(rows) == 4
        (fourth,) = {row.end_device_id for row in rows} - set(first)
        # It is on its way, so that nobody else is called; when it does not answer for long, somebody is.
        await follow_event(connection, event_id=event.event_id, now=SOON + timedelta(minutes=5))
        assert len(await told(connection, event)) == 4
        await answered(database_url, {fourth: "sent"}, attempts=5)
        await follow_event(connection, event_id=event.event_id, now=SOON + timedelta(minutes=10))
        rows = await told(connection, event)
        assert len({row.end_device_id for row in rows}) == len(rows) == 5
        adjustments = await adjustments_of_event(connection, event.event_id)
        assert [(one.purpose, one.command_count) for one in adjustments] == [("redispatch", 1), ("redispatch", 1)]
        assert adjustments[0].wanted_w == [4_000.0, 4_000.0]
        assert (await actions(connection, event.event_id))[3:] == ["event.redispatched by process/grid"] * 2
        # A shortfall in the second slot of an event that runs is made up in that slot alone.
        await advance_events(connection, now=EVENT_STARTS)
        fifth = ({row.end_device_id for row in rows} - {*first, fourth}).pop()
        await answered(database_url, {fifth: "refused"})
        await follow_event(connection, event_id=event.event_id, now=EVENT_STARTS + timedelta(minutes=5))
        last = max(await told(connection, event), key=lambda row: row.issued_at)
        assert last.start_at == EVENT_STARTS + SLOT
        assert last.dispatch_setpoint_w[0] == 0.0
        # Nobody is left: the shortfall is said, and stays.
        await answered(database_url, {last.end_device_id: "opted_out"})
        tracked = await follow_event(connection, event_id=event.event_id, now=EVENT_STARTS + timedelta(minutes=8))
        assert tracked[1].shortfall_w is not None
        assert tracked[1].shortfall_w > 3_000
        stored = await tracking_of_event(connection, event.event_id)
        assert [one.shortfall_w for one in stored] == pytest.approx([one.shortfall_w for one in tracked])


async def _with_readings(url: str, town: Town, *, missing: int) -> None:
    """Store 8 kW on ten like days, and 1 kW in the event's first slot but for some usage points."""
    for point in town.usage_points["T1"]:
        for days in range(1, 20):
            await add_readings(url, point, EVENT_STARTS - timedelta(days=days), [8_000, 8_000])
    for point in town.usage_points["T1"][missing:]:
        await add_readings(url, point, EVENT_STARTS, [1_000])


async def test_readings_show_the_reduction_scaled_by_who_has_sent_any(database_url: str):
    town = await town_of(database_url)
    await _with_readings(database_url, town, missing=2)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, None)
        rows = await told(connection, event)
        await answered(database_url, {row.end_device_id: "accepted" for row in rows})
        await advance_events(connection, now=EVENT_STARTS)
        half = EVENT_STARTS + SLOT
        first, second = await follow_event(connection, event_id=event.event_id, now=half)
        assert first.coverage_ratio == pytest.approx(4 / 6)
        assert first.measured_w == pytest.approx(42_000.0)
        assert (first.predicted_w, first.shortfall_w) == (42_000.0, None)
        assert (second.measured_w, second.coverage_ratio) == (None, 0.0)
        # Power that was read meanwhile tells of the slot that runs: 2 kW where 8 kW were to be expected.
        await _power_read(database_url, town.usage_points["T1"], half, 2_000.0)
        _, second = await follow_event(connection, event_id=event.event_id, now=half + timedelta(minutes=10))
        assert second.measured_w == pytest.approx(36_000.0)
        assert second.coverage_ratio == 1.0


async def test_what_readings_lack_of_the_prediction_is_called_from_others(database_url: str):
    town = await town_of(database_url, chargers=8)
    for point in town.usage_points["T1"]:
        for days in range(1, 20):
            await add_readings(database_url, point, EVENT_STARTS - timedelta(days=days), [8_000, 8_000])
        await add_readings(database_url, point, EVENT_STARTS, [4_500])  # half of what was promised
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, 25_000.0)
        rows = await told(connection, event)
        assert len(rows) == 4
        await answered(database_url, {row.end_device_id: "accepted" for row in rows})
        await advance_events(connection, now=EVENT_STARTS)
        now = EVENT_STARTS + timedelta(minutes=25)
        first, second = await follow_event(connection, event_id=event.event_id, now=now)
        assert first.measured_w == pytest.approx(14_000.0)
        assert 18_000.0 < second.predicted_w < 24_000.0
        added = [row for row in await told(connection, event) if row.start_at == EVENT_STARTS + SLOT]
        assert added


async def _power_read(url: str, points: list[int], start: datetime, watts: float) -> None:
    async with await connect(url, None) as connection:
        for point in points:
            await connection.execute(
                "INSERT INTO reading (usage_point_id, register_id, read_at, known_at, value)"
                " SELECT %s, register_id, %s::timestamptz + make_interval(mins => minute), %s, %s"
                " FROM register, generate_series(0, 9) AS minute WHERE register.name = 'power_w'",
                [point, start, start, watts],
            )


def _drawn_w(rows: list[CalledResource], slots: int) -> np.ndarray:
    """Return what the newest command of each resource lets it draw, from noon on. [W]."""
    newest = {row.end_device_id: row for row in rows}
    drawn_w = np.zeros(slots)
    for row in newest.values():
        first = (row.start_at - NOON) // SLOT
        drawn_w[first : first + len(row.dispatch_setpoint_w)] += row.dispatch_setpoint_w
    return drawn_w


async def test_those_called_later_come_back_within_the_limit_beside_those_called_first(database_url: str):
    # 50 kVA carry 47.5 kW; 42 kW are forecast, 42 kW of them the chargers' own until 19:00, none of them after it.
    town = await build_town(database_url, usage_points=6, rated_va=50_000)
    await forecast_flat(database_url, town, {"T1": 35_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, 18_000.0)
        first = [row.end_device_id for row in await told(connection, event)]
        await answered(database_url, {first[0]: "accepted", first[1]: "accepted", first[2]: "opted_out"})
        await follow_event(connection, event_id=event.event_id, now=SOON)
        rows = await told(connection, event)
        obeying = [row for row in rows if row.end_device_id != first[2]]
        assert len(obeying) == 3
        drawn_w = _drawn_w(obeying, 22)
        assert drawn_w[12:14].tolist() == [0.0, 0.0]
        assert drawn_w[14:].max() <= 47_500 - 35_000 + 1
        assert drawn_w[14:].sum() / 2 == pytest.approx(21_000.0, abs=3.0)


async def test_those_who_obey_are_moved_where_one_who_does_not_would_overload_the_transformer(database_url: str):
    # 47.5 kW may flow and 40.5 kW are forecast, a third charger's 7 kW from 18:30 to 20:30 among them. It was to wait
    # and refused: of the 7 kW that are left after 19:00 the other two cannot both have theirs, as they were told.
    town = await build_town(database_url, usage_points=3, rated_va=50_000)
    await forecast_flat(database_url, town, {"T1": 40_500.0})
    *obeying, third = await add_chargers(database_url, town, "T1")
    opens, ready_by = EVENT_STARTS + SLOT, NOON + timedelta(hours=11)
    at = NOON - timedelta(minutes=1)
    async with await connect(database_url, None) as owner:
        await owner.execute("DELETE FROM flexibility WHERE end_device_id = %s", [third])
    await say(database_url, third, reported_at=at, opens=opens, ready_by=ready_by, need_wh=14_000, power_w=7_000)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, None)
        async with await connect(database_url, None) as owner:
            await owner.execute(
                "UPDATE command SET start_at = %s, dispatch_setpoint_w = '{0, 0, 7000, 7000}'"
                " WHERE end_device_id <> %s",
                [EVENT_STARTS, third],
            )
        await answered(database_url, dict.fromkeys(obeying, "accepted") | {third: "refused"})
        await follow_event(connection, event_id=event.event_id, now=SOON)
        (made,) = await adjustments_of_event(connection, event.event_id)
        assert (made.purpose, made.command_count, made.unserved_wh) == ("rebalance", 1, 0.0)
        rows = [row for row in await told(connection, event) if row.end_device_id != third]
        drawn_w = _drawn_w(rows, 22)
        assert drawn_w[12:14].tolist() == [0.0, 0.0]
        assert drawn_w[14:].max() <= 7_000 + 1
        assert {row.start_at for row in rows if row.issued_at == SOON} == {NOON}
        # Once they were moved, they are left in peace.
        await answered(database_url, dict.fromkeys(obeying, "accepted"))
        await follow_event(connection, event_id=event.event_id, now=SOON + timedelta(minutes=5))
        assert len(await adjustments_of_event(connection, event.event_id)) == 1
