"""Plans keep limits of feeders and substations, too; what they lack and what room would save is stored by place."""

from datetime import timedelta

import numpy as np
import pytest

from core.errors import ConflictError
from core.slots import SLOT
from db.capacity_limits import NewCapacityLimit, insert_capacity_limit
from db.connection import Role, connect
from db.demand_response import commands_of_event, shortages_of_event
from db.dispatch_solutions import limit_slots_of_event, solution_of_event
from grid.demand_response.plan import approve_event, plan_event
from tests.grid.demand_response.evening import EVENT_ENDS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import build_town

NIGHT = NOON + timedelta(hours=11)


async def limit(url, place_id, limit_w, *, start=NOON, end=None):
    async with await connect(url, Role.COMPUTE) as connection:
        new = NewCapacityLimit(place_id, limit_w, start, end, "operator", None, NOON, "tests")
        await insert_capacity_limit(connection, new)


async def plan(url, place_id):
    async with await connect(url, Role.COMPUTE) as connection:
        event = await draft(connection, place_id)
        return await plan_event(connection, event_id=event.event_id, now=NOON)


async def drawn_by_feeder_w(url, made):
    """Return what the chargers of both transformers draw together, shape (slot,)."""
    drawn_w = np.zeros(22)
    async with await connect(url, Role.COMPUTE) as connection:
        await approve_event(connection, event_id=made.event_id, now=NOON)
        for command in await commands_of_event(connection, made.event_id):
            first = (command.start_at - NOON) // SLOT
            drawn_w[first : first + len(command.dispatch_setpoint_w)] += command.dispatch_setpoint_w
    return drawn_w


async def test_what_returns_after_the_event_stays_under_the_limit_of_the_feeder(database_url: str):
    # 60 kW are forecast for the feeder, of which up to 42 kW are the chargers' own; 84 kWh in all have to be drawn.
    town = await build_town(database_url)
    load_w = {"T1": 30_000.0, "T2": 30_000.0, "F1": 60_000.0}
    await forecast_flat(database_url, town, load_w)
    for code in ("T1", "T2"):
        await add_chargers(database_url, town, code)
    await limit(database_url, town.place["F1"], 82_000.0, start=EVENT_ENDS)
    made = await plan(database_url, town.place["F1"])
    assert (made.planned_reduction_w, made.unserved_wh) == ([42_000.0, 42_000.0], 0.0)
    assert made.objective == pytest.approx(made.dual_bound)
    async with await connect(database_url, Role.READ) as connection:
        found = await solution_of_event(connection, made.event_id)
        slots = await limit_slots_of_event(connection, made.event_id)
    assert found is not None
    assert (found.solver, found.exact_slot_count) == ("nested", made.slot_count)
    assert found.gap_eur == pytest.approx(0.0, abs=1e-9)
    assert found.gap_wh == pytest.approx(0.0, abs=1e-3)
    assert found.duration_s > 0.0
    assert {(one.place_level, one.place_code) for one in slots} == {("feeder", "F1")}
    assert {one.room_w for one in slots} == {22_000.0}
    # The first slots after the event are full, and waiting costs 0.01 EUR/MWh a slot.
    prices = [one.shadow_price_eur_per_mwh for one in slots]
    assert [one.slot_start_at for one in slots] == [EVENT_ENDS + number * SLOT for number in range(len(slots))]
    assert prices == pytest.approx([0.01 * number for number in range(len(slots), 0, -1)], abs=0.0101)
    drawn_w = await drawn_by_feeder_w(database_url, made)
    assert drawn_w[14:].max() <= 22_001.0
    assert drawn_w[14:].sum() / 2 == pytest.approx(42_000.0, abs=5.0)


async def test_a_shortage_names_the_feeder_and_a_limit_that_ends_leaves_the_rest_alone(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0, "T2": 20_000.0, "F1": 40_000.0})
    for code in ("T1", "T2"):
        await add_chargers(database_url, town, code, ready_by=EVENT_ENDS + timedelta(hours=1))
    # Without room from 17:00 to 19:00, 42 kW can be drawn in the last hour: half of what is needed.
    await limit(database_url, town.place["F1"], 1_000.0, end=EVENT_ENDS)
    made = await plan(database_url, town.place["F1"])
    assert made.unserved_wh == pytest.approx(40_000.0)
    async with await connect(database_url, Role.READ) as connection:
        (shortage,) = await shortages_of_event(connection, made.event_id)
    assert (shortage.place_level, shortage.place_code) == ("feeder", "F1")
    assert shortage.missing_wh == pytest.approx(made.unserved_wh)
    assert max(shortage.slot_starts) == EVENT_ENDS - SLOT


async def test_limits_of_a_transformer_a_substation_and_all_hold_one_inside_the_other(database_url: str):
    town = await build_town(database_url)
    codes = {"T1": 20_000.0, "T2": 20_000.0, "T3": 20_000.0, "F1": 40_000.0, "S1": 60_000.0, "MEL": 60_000.0}
    await forecast_flat(database_url, town, codes)
    for code in ("T1", "T2", "T3"):
        await add_chargers(database_url, town, code, ready_by=NIGHT)
    for code, above_w in (("T1", 4_000.0), ("F1", 12_000.0), ("S1", 20_000.0), ("MEL", 30_000.0)):
        await limit(database_url, town.place[code], codes[code] + above_w, start=EVENT_ENDS)
    made = await plan(database_url, town.place["S1"])
    assert made.unserved_wh == pytest.approx(0.0)
    async with await connect(database_url, Role.READ) as connection:
        slots = await limit_slots_of_event(connection, made.event_id)
    room_w = {one.place_code: one.room_w for one in slots}
    assert {code: room_w[code] for code in ("T1", "S1")} == {"T1": 4_000.0, "S1": 20_000.0}
    assert "MEL" not in room_w


async def test_a_plan_needs_a_forecast_of_every_place_with_a_limit(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    await limit(database_url, town.place["F1"], 50_000.0)
    with pytest.raises(ConflictError, match="forecast_missing") as refused:
        await plan(database_url, town.place["T1"])
    assert refused.value.context["places"] == ["F1"]


async def test_a_plan_of_transformers_alone_tells_which_are_full(database_url: str):
    town = await build_town(database_url, rated_va=30_000)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    made = await plan(database_url, town.place["T1"])
    async with await connect(database_url, Role.READ) as connection:
        found = await solution_of_event(connection, made.event_id)
        slots = await limit_slots_of_event(connection, made.event_id)
    assert found is not None
    assert found.solver == "transformers"
    assert found.gap_wh == pytest.approx(0.0, abs=1e-3)
    assert {one.place_code for one in slots} == {"T1"}
    assert {round(one.room_w) for one in slots} == {8_500}
    assert max(one.shadow_price_eur_per_mwh for one in slots) > 0.0
