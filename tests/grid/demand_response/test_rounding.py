"""A contact is closed or open: tanks are planned in whole steps, within what everybody else leaves."""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest

from core.resources import HotWaterTank
from core.slots import SLOT
from db.connection import Role, connect
from db.demand_response import Event, FlexibleResource, TransformerRating
from db.resources import State, put_parameters, put_state
from grid.demand_response.flexibility import Fleet, gather_fleet
from grid.demand_response.lifecycle import draft_event
from grid.demand_response.limits import Limits, headroom_w
from grid.demand_response.optimisation import optimise, prices_eur_per_mwh
from grid.demand_response.planning import make_plan
from grid.demand_response.rounding import rounded
from grid.demand_response.upper_limits import UpperLimit
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, forecast_flat
from tests.grid.town import build_town

EVENT = Event(uuid4(), "Pointe", 1, "draft", EVENT_STARTS, EVENT_ENDS, NOON, NOON)
RATING = TransformerRating(7, "T7", 10_000)
ON_OFF = np.arange(12) % 3 > 0


def devices() -> Fleet:
    """Return twelve devices that want to run in the event; two of three are tanks of 2.2 kW."""
    wants = [
        FlexibleResource(
            number,
            7,
            2_200 if tank else 3_700,
            NOON,
            3_000 + 130 * number,
            9_000,
            EVENT_STARTS - timedelta(minutes=30),
            EVENT_ENDS + timedelta(hours=7),
        )
        for number, tank in enumerate(ON_OFF)
    ]
    return gather_fleet(wants, EVENT, now=NOON)


def test_tanks_are_on_or_off_and_the_limit_is_kept():
    fleet = devices()
    limits = Limits([RATING], np.full((1, fleet.slot_count), 1_000.0))
    free = optimise(fleet, limits)
    assert ((free.power_w > 1.0) & (free.power_w < 2_199.0))[ON_OFF].any()
    made = rounded(fleet, limits, free, ON_OFF)
    assert set(np.unique(made.power_w[ON_OFF].round(6))) == {0.0, 2_200.0}
    np.testing.assert_array_equal(made.power_w[~ON_OFF], free.power_w[~ON_OFF])
    assert (made.power_w.sum(axis=0) <= headroom_w(limits, fleet)[0] + 1e-3).all()
    assert made.missing_wh.sum() == 0.0
    served_wh = made.power_w.sum(axis=1) / 2
    assert (served_wh >= fleet.need_wh - 1e-6).all()
    assert (served_wh < fleet.need_wh + 1_100.0).all()
    # In whole steps nothing can be cheaper than without them.
    assert made.cost_eur >= made.bound_eur == free.bound_eur
    assert made.cost_eur == pytest.approx(float((made.power_w @ prices_eur_per_mwh(fleet)).sum()) / 2e6)
    assert made.solver == "commitment"
    assert (made.reduction_w > 0).all()


def test_what_does_not_fit_is_named():
    fleet = devices()
    limits = Limits([RATING], np.full((1, fleet.slot_count), 7_800.0))
    made = rounded(fleet, limits, optimise(fleet, limits), ON_OFF)
    assert (made.power_w.sum(axis=0) <= headroom_w(limits, fleet)[0] + 1e-3).all()
    assert made.missing_wh[0] > 1_000.0
    assert made.cut_slot[0].any()


def test_a_limit_above_the_transformer_is_kept_too():
    fleet = devices()
    slots = fleet.slot_count
    flat_w = np.full((1, slots), 1_000.0)
    feeder = UpperLimit(3, "feeder", "F3", (7,), fleet.start_at, np.full(slots, 7_000.0), flat_w[0], flat_w)
    limits = Limits([RATING], flat_w, (feeder,))
    made = rounded(fleet, limits, optimise(fleet, limits), ON_OFF)
    assert set(np.unique(made.power_w[ON_OFF].round(6))) == {0.0, 2_200.0}
    assert (made.power_w.sum(axis=0) <= made.room_w.min(axis=0) + 1e-3).all()


def test_without_tanks_the_plan_stays_as_it_is():
    fleet = devices()
    limits = Limits([RATING], np.full((1, fleet.slot_count), 1_000.0))
    free = optimise(fleet, limits)
    assert rounded(fleet, limits, free, np.zeros(12, dtype=np.bool_)) is free


async def test_what_is_registered_as_a_tank_is_planned_as_one(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 10_000.0, "T2": 10_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, None) as connection:
        cursor = await connection.execute(
            "UPDATE end_device SET kind = 'water_heater' WHERE name LIKE 'ev-%' RETURNING end_device_id"
        )
        ((first,), *_) = await cursor.fetchall()
        await put_parameters(
            connection, first, "water_heater", HotWaterTank(0.2, 45.0, 55.0, 65.0, 1.5, is_off_peak_switched=False)
        )
        await connection.commit()
    async with await connect(database_url, Role.COMPUTE) as connection:
        event = await draft_event(
            connection, name="Pointe", place_id=town.place["F1"], starts_at=EVENT_STARTS, ends_at=EVENT_ENDS, now=NOON
        )
        planned = await make_plan(connection, event, NOON)
        # Water that is colder now than its owner allows is not asked to wait; an old word about it says nothing.
        for age, temperature_degc, asked in ((3, 40.0, True), (0, 44.0, False), (-1, 46.0, True)):
            at = NOON - timedelta(hours=age) + timedelta(minutes=1)
            now = max(at, NOON)
            async with await connect(database_url, None) as owner:
                assert await put_state(owner, first, State(at, None, temperature_degc))
            again = await make_plan(connection, event, now)
            assert (first in again.fleet.end_device_id) is asked
    row = planned.fleet.end_device_id.tolist().index(first)
    powers = set(planned.optimum.power_w[row].round(6))
    assert powers == {0.0, planned.fleet.power_cap_w[row]}
    assert planned.optimum.solver == "commitment"
    assert planned.fleet.start_at + planned.fleet.slot_count * SLOT > EVENT_ENDS
