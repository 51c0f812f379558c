"""A plan moves energy out of the event, within windows and transformer limits, and names what cannot be served."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from core.errors import ConflictError, InvariantError
from core.slots import SLOT
from db.connection import Role, connect
from db.demand_response import DispatchPlan, commands_of_event, plan_of_event, shortages_of_event
from db.demand_response_rows import EventCommand
from grid.demand_response.lifecycle import EventStatus
from grid.demand_response.plan import approve_event, plan_event
from tests.grid.demand_response.evening import (
    EVENT_ENDS,
    EVENT_STARTS,
    NOON,
    OPENS,
    add_chargers,
    draft,
    forecast_flat,
    slots_from,
)
from tests.grid.town import build_town, say


async def plan(url: str, place_id: int, *, now: datetime = NOON) -> DispatchPlan:
    async with await connect(url, Role.COMPUTE) as connection:
        event = await draft(connection, place_id)
        return await plan_event(connection, event_id=event.event_id, now=now)


async def approve(url: str, made: DispatchPlan, *, now: datetime = NOON) -> list[EventCommand]:
    async with await connect(url, Role.COMPUTE) as connection:
        event = await approve_event(connection, event_id=made.event_id, now=now)
        assert event.status == EventStatus.SCHEDULED
        return await commands_of_event(connection, made.event_id)


async def test_energy_leaves_the_event_and_is_drawn_as_soon_as_possible_after_it(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    made = await plan(database_url, town.place["T1"])
    assert made.planned_reduction_w == [21_000.0, 21_000.0]
    assert made.objective == pytest.approx(made.dual_bound)
    assert (made.start_at, made.unserved_wh) == (NOON, 0.0)
    assert made.start_at + made.slot_count * SLOT == NOON + timedelta(hours=11)
    commands = await approve(database_url, made)
    assert [command.resource for command in commands] == ["ev-T1-0", "ev-T1-1", "ev-T1-2"]
    for command in commands:
        assert (command.start_at, command.status) == (EVENT_STARTS, "pending")
        assert command.dispatch_setpoint_w == [0.0, 0.0, 7_000.0, 7_000.0]
        assert command.expires_at == EVENT_STARTS + 4 * SLOT


async def test_what_returns_after_the_event_stays_under_the_transformer_limit(database_url: str):
    # 30 kVA carry 28.5 kW; 20 kW are forecast, so that 8.5 kW are left for the three chargers after 19:00.
    town = await build_town(database_url, rated_va=30_000)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    made = await plan(database_url, town.place["T1"])
    assert (made.planned_reduction_w, made.unserved_wh) == ([21_000.0, 21_000.0], 0.0)
    drawn_w = np.zeros(22)
    for command in await approve(database_url, made):
        first = (command.start_at - NOON) // SLOT
        drawn_w[first : first + len(command.dispatch_setpoint_w)] += command.dispatch_setpoint_w
    assert drawn_w[12:14].tolist() == [0.0, 0.0]
    assert drawn_w[14:].max() <= 8_500.5
    assert drawn_w[14:].sum() / 2 == pytest.approx(21_000.0, abs=2.0)


async def test_an_infeasible_plan_names_the_transformer_the_slots_and_the_missing_energy(database_url: str):
    # 28.5 kW may flow and 41 kW are forecast, of which 21 kW from 17:00 to 19:00 are the chargers' own: 8.5 kW of
    # room for these two hours, none after. 42 kWh are needed by 20:00, 17 kWh fit.
    town = await build_town(database_url, rated_va=30_000)
    await forecast_flat(database_url, town, {"T1": 41_000.0, "T2": 10_000.0})
    for code in ("T1", "T2"):
        await add_chargers(database_url, town, code, ready_by=EVENT_ENDS + timedelta(hours=1))
    made = await plan(database_url, town.place["F1"])
    assert made.unserved_wh == pytest.approx(25_000.0)
    assert made.objective == pytest.approx(made.dual_bound)
    async with await connect(database_url, Role.READ) as connection:
        (shortage,) = await shortages_of_event(connection, made.event_id)
    assert (shortage.place_level, shortage.place_code) == ("power_transformer", "T1")
    assert shortage.missing_wh == pytest.approx(25_000.0)
    assert shortage.slot_starts == slots_from(OPENS, 6)


async def test_only_resources_under_the_place_are_asked(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0, "T2": 20_000.0, "T3": 20_000.0})
    for code in ("T1", "T2", "T3"):
        await add_chargers(database_url, town, code)
    asked = {}
    for code in ("T3", "F1", "S1", "59350", "MEL"):
        asked[code] = (await plan(database_url, town.place[code])).planned_reduction_w[0] / 7_000.0
    assert asked == {"T3": 3, "F1": 6, "S1": 9, "59350": 9, "MEL": 9}


async def test_a_resource_obeys_one_event_at_a_time(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0, "T2": 20_000.0})
    for code in ("T1", "T2"):
        await add_chargers(database_url, town, code)
    await approve(database_url, await plan(database_url, town.place["T1"]))
    assert (await plan(database_url, town.place["F1"])).planned_reduction_w == [21_000.0, 21_000.0]


async def test_a_resource_that_withdrew_is_not_asked(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    devices = await add_chargers(database_url, town, "T1")
    async with await connect(database_url, None) as connection:
        await connection.execute(
            "UPDATE resource SET withdrawn_at = enrolled_at WHERE end_device_id = %s", [devices[0]]
        )
    assert (await plan(database_url, town.place["T1"])).planned_reduction_w == [14_000.0, 14_000.0]


async def test_the_newest_statement_counts_and_one_from_the_future_does_not(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    devices = await add_chargers(database_url, town, "T1")
    night = NOON + timedelta(hours=11)
    for device, minutes in ((devices[0], 10), (devices[1], 90)):
        at = NOON + timedelta(minutes=minutes)
        await say(database_url, device, reported_at=at, opens=OPENS, ready_by=night, need_wh=0, power_w=7_000)
    made = await plan(database_url, town.place["T1"], now=NOON + timedelta(minutes=30))
    assert made.planned_reduction_w == [14_000.0, 14_000.0]


async def test_planning_again_replaces_the_plan(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    made = await plan(database_url, town.place["T1"])
    async with await connect(database_url, Role.COMPUTE) as connection:
        again = await plan_event(connection, event_id=made.event_id, now=NOON + timedelta(minutes=40))
        assert (again.start_at, again.planned_reduction_w) == (NOON + timedelta(hours=1), made.planned_reduction_w)
        assert await plan_of_event(connection, made.event_id) == again


async def test_a_plan_needs_a_forecast_of_every_transformer(database_url: str):
    town = await build_town(database_url)
    for code in ("T1", "T2"):
        await add_chargers(database_url, town, code)
    with pytest.raises(ConflictError, match="forecast_missing"):
        await plan(database_url, town.place["F1"])
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    with pytest.raises(ConflictError, match="forecast_missing") as refused:
        await plan(database_url, town.place["F1"])
    assert refused.value.context["power_transformers"] == ["T2"]


async def test_an_event_is_approved_only_once_planned_and_before_it_starts(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    async with await connect(database_url, Role.COMPUTE) as connection:
        event = await draft(connection, town.place["T1"])
        with pytest.raises(ConflictError, match="plan_missing"):
            await approve_event(connection, event_id=event.event_id, now=NOON)
        made = await plan_event(connection, event_id=event.event_id, now=NOON)
        assert made.planned_reduction_w == [0.0, 0.0]
        with pytest.raises(ConflictError, match="plan_empty"):
            await approve_event(connection, event_id=event.event_id, now=NOON)
        await connection.commit()
        await add_chargers(database_url, town, "T1")
        for act in (plan_event, approve_event):
            with pytest.raises(ConflictError, match="event_started"):
                await act(connection, event_id=event.event_id, now=EVENT_STARTS + timedelta(seconds=1))
        await approve_event(connection, event_id=event.event_id, now=NOON)
        for act in (plan_event, approve_event):
            with pytest.raises(ConflictError, match="event_transition"):
                await act(connection, event_id=event.event_id, now=NOON)


async def test_an_approval_fails_when_much_less_can_be_reduced_than_was_seen(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    devices = await add_chargers(database_url, town, "T1")
    made = await plan(database_url, town.place["T1"])
    later = NOON + timedelta(minutes=5)
    night = NOON + timedelta(hours=11)
    await say(database_url, devices[0], reported_at=later, opens=OPENS, ready_by=night, need_wh=0, power_w=7_000)
    with pytest.raises(ConflictError, match="plan_changed"):
        await approve(database_url, made, now=later)
    async with await connect(database_url, Role.READ) as connection:
        assert await commands_of_event(connection, made.event_id) == []
        assert await plan_of_event(connection, made.event_id) == made


async def test_a_read_only_role_cannot_plan(database_url: str):
    town = await build_town(database_url)
    async with await connect(database_url, Role.READ) as connection:
        with pytest.raises(InvariantError, match="role_not_allowed"):
            await draft(connection, town.place["T1"])
