"""Statements become slots: they age, windows open half-way, and deadlines bind."""

from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from db.demand_response import Event, FlexibleResource, TransformerRating
from grid.demand_response.commands import commands_of
from grid.demand_response.flexibility import gather_fleet
from grid.demand_response.limits import Limits, headroom_w
from grid.demand_response.optimisation import optimise, prices_eur_per_mwh
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON

EVENT = Event(uuid4(), "Pointe", 1, "draft", EVENT_STARTS, EVENT_ENDS, NOON, NOON)
MIDNIGHT = NOON + timedelta(hours=12)
WIDE = TransformerRating(7, "T7", 1_000_000)


def charger(
    opens: datetime, *, need_wh: int, ready_by: datetime = MIDNIGHT, reported_at: datetime = NOON, device: int = 1
) -> FlexibleResource:
    return FlexibleResource(device, 7, 6_000, reported_at, need_wh, 9_000, opens, ready_by)


def test_a_statement_ages_while_its_resource_draws():
    opened = NOON - timedelta(minutes=40)
    fleet = gather_fleet([charger(opened, need_wh=9_000, reported_at=opened)], EVENT, now=NOON)
    assert fleet.need_wh[0] == pytest.approx(5_000.0)  # 6 kW for forty minutes
    np.testing.assert_allclose(fleet.natural_w[0, :3], [6_000.0, 4_000.0, 0.0])


def test_what_was_said_before_the_window_opened_is_still_true():
    fleet = gather_fleet([charger(NOON + timedelta(hours=1), need_wh=9_000)], EVENT, now=NOON)
    np.testing.assert_allclose(fleet.natural_w[0, :6], [0.0, 0.0, 6_000.0, 6_000.0, 6_000.0, 0.0])


def test_the_plan_starts_with_the_next_slot():
    fleet = gather_fleet([], EVENT, now=NOON + timedelta(minutes=1))
    assert fleet.start_at == NOON + timedelta(minutes=30)
    assert (fleet.event_slots, fleet.slot_count) == (slice(11, 13), 13)


def test_what_a_window_is_too_short_for_is_not_asked_of_the_grid():
    fleet = gather_fleet(
        [charger(EVENT_ENDS, need_wh=50_000, ready_by=EVENT_ENDS + timedelta(minutes=70))], EVENT, now=NOON
    )
    assert fleet.need_wh[0] == 6_000.0
    assert (fleet.first_slot[0], fleet.last_slot[0]) == (14, 16)


def test_a_window_that_opens_half_way_through_a_slot_before_the_event_is_left_alone_there():
    fleet = gather_fleet([charger(EVENT_STARTS - timedelta(minutes=50), need_wh=6_000)], EVENT, now=NOON)
    # 20 minutes of the slot at 17:00, all of the next, then 10 minutes in the event.
    np.testing.assert_allclose(fleet.natural_w[0, 10:14], [4_000.0, 6_000.0, 2_000.0, 0.0])
    made = optimise(fleet, Limits([WIDE], np.zeros((1, fleet.slot_count))))
    np.testing.assert_allclose(made.power_w[0, 10:16], [4_000.0, 6_000.0, 0.0, 0.0, 2_000.0, 0.0])
    np.testing.assert_allclose(made.reduction_w, [2_000.0, 0.0])
    (command,) = commands_of(EVENT, fleet, made, now=NOON)
    assert (command.start_at, command.dispatch_setpoint_w) == (EVENT_STARTS, [0.0, 0.0, 2_000.0])


def test_a_window_that_opens_half_way_through_the_event_is_moved_behind_it():
    fleet = gather_fleet([charger(EVENT_STARTS + timedelta(minutes=20), need_wh=3_000)], EVENT, now=NOON)
    np.testing.assert_allclose(fleet.natural_w[0, 12:15], [2_000.0, 4_000.0, 0.0])
    made = optimise(fleet, Limits([WIDE], np.zeros((1, fleet.slot_count))))
    np.testing.assert_allclose(made.power_w[0, 12:16], [0.0, 0.0, 6_000.0, 0.0])
    np.testing.assert_allclose(made.reduction_w, [2_000.0, 4_000.0])


def test_energy_that_must_be_drawn_in_the_event_is_drawn_in_it():
    fleet = gather_fleet(
        [charger(EVENT_STARTS, need_wh=9_000, ready_by=EVENT_ENDS + timedelta(minutes=30))], EVENT, now=NOON
    )
    made = optimise(fleet, Limits([WIDE], np.zeros((1, fleet.slot_count))))
    np.testing.assert_allclose(made.power_w[0, 12:15], [6_000.0, 6_000.0, 6_000.0])
    assert commands_of(EVENT, fleet, made, now=NOON) == []


def test_a_resource_that_the_event_does_not_touch_gets_no_command():
    fleet = gather_fleet(
        [charger(NOON + timedelta(hours=1), need_wh=6_000), charger(EVENT_ENDS, need_wh=6_000, device=2)],
        EVENT,
        now=NOON,
    )
    made = optimise(fleet, Limits([WIDE], np.zeros((1, fleet.slot_count))))
    assert commands_of(EVENT, fleet, made, now=NOON) == []
    np.testing.assert_allclose(made.power_w, fleet.natural_w)


def test_prices_rise_with_waiting_and_far_more_in_the_event():
    fleet = gather_fleet([], EVENT, now=NOON)
    price = prices_eur_per_mwh(fleet)
    outside = np.delete(price, np.r_[fleet.event_slots])
    assert (np.diff(outside) > 0).all()
    assert price[fleet.event_slots].min() > 5 * outside.max()


def test_pv_that_exports_makes_no_room_beyond_the_rating():
    fleet = gather_fleet([charger(EVENT_STARTS, need_wh=6_000)], EVENT, now=NOON)
    room_w = headroom_w(Limits([TransformerRating(7, "T7", 100_000)], np.full((1, fleet.slot_count), -40_000.0)), fleet)
    assert room_w.max() == pytest.approx(95_000.0)


def test_the_natural_load_in_the_forecast_is_not_counted_twice():
    fleet = gather_fleet([charger(EVENT_STARTS, need_wh=6_000)], EVENT, now=NOON)
    room_w = headroom_w(Limits([TransformerRating(7, "T7", 100_000)], np.full((1, fleet.slot_count), 80_000.0)), fleet)
    assert room_w[0, 11] == pytest.approx(15_000.0)
    assert room_w[0, 12] == pytest.approx(21_000.0)
