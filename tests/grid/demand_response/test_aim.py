"""As many are called as give what is wanted, also where limits take away what some could give."""

from datetime import UTC, datetime

import numpy as np
import pytest

from db.demand_response import TransformerRating
from grid.demand_response.aim import Aimed, aim
from grid.demand_response.flexibility import Fleet
from grid.demand_response.limits import POWER_FACTOR, Limits

START = datetime(2026, 1, 29, 18, tzinfo=UTC)
#: Two slots of an event, and two after it.
EVENT, SLOTS = slice(0, 2), 4


def fleet_of(natural_w: list[list[float]], transformer: list[int]) -> Fleet:
    """Return devices of 7 kW that draw in the event by themselves and could as well after it."""
    devices = len(natural_w)
    all_w = np.zeros((devices, SLOTS))
    all_w[:, EVENT] = natural_w
    return Fleet(
        START,
        EVENT,
        np.arange(devices, dtype=np.int64) + 100,
        np.array(transformer, dtype=np.int64),
        all_w.sum(axis=1) / 2,
        np.full(devices, 7_000.0),
        np.zeros(devices, dtype=np.int64),
        np.full(devices, SLOTS, dtype=np.int64),
        all_w,
        np.zeros((devices, SLOTS)),
    )


def limits_of(rated_w: list[float], fixed_w: list[float], fleet: Fleet) -> Limits:
    """Return limits of transformers that carry `fixed_w` beside the fleet."""
    rating = [TransformerRating(place, f"T{place}", int(watts / POWER_FACTOR)) for place, watts in enumerate(rated_w)]
    forecast_w = np.repeat(np.array(fixed_w, dtype=np.float64)[:, np.newaxis], SLOTS, axis=1)
    for device, place in enumerate(fleet.transformer_id):
        forecast_w[place] += fleet.natural_w[device]
    return Limits(rating, forecast_w)


def called(made: Aimed) -> list[int]:
    return [int(device) - 100 for device in made.fleet.end_device_id]


def test_the_first_in_order_are_called_until_it_is_enough():
    fleet = fleet_of([[7_000, 7_000]] * 4, [0, 0, 0, 0])
    made = aim(fleet, limits_of([100_000], [10_000], fleet), [2, 0, 3, 1], np.array([13_000.0, 13_000.0]))
    assert (called(made), made.gap_w.tolist()) == ([0, 2], [0.0, 0.0])
    assert made.optimum.reduction_w.tolist() == [14_000.0, 14_000.0]


def test_others_are_called_instead_of_those_who_have_no_room_to_wait_for():
    # Behind the first transformer nothing fits after the event: its device would have to draw in it all the same.
    fleet = fleet_of([[7_000, 7_000], [7_000, 7_000], [7_000, 7_000]], [0, 1, 1])
    limits = limits_of([17_000, 100_000], [17_000, 10_000], fleet)
    limits.forecast_w[0, EVENT] = 17_000.0  # in the event there is room for its own 7 kW
    made = aim(fleet, limits, [0, 1, 2], np.array([7_000.0, 7_000.0]))
    assert made.gap_w.max() == pytest.approx(0.0, abs=1.0)
    assert set(called(made)) & {1, 2}
    rest = aim(fleet, limits, [0, 1, 2], np.array([20_000.0, 20_000.0]))
    assert rest.gap_w == pytest.approx([6_000.0, 6_000.0], abs=1.0)


def test_those_called_last_draw_as_by_themselves_where_a_slot_has_more_than_is_wanted():
    fleet = fleet_of([[7_000, 7_000], [7_000, 7_000]], [0, 0])
    made = aim(fleet, limits_of([100_000], [10_000], fleet), [1, 0], np.array([14_000.0, 7_000.0]))
    assert made.optimum.reduction_w.tolist() == [14_000.0, 7_000.0]
    assert made.optimum.power_w[:, 1].tolist() == [7_000.0, 0.0]
    assert made.optimum.power_w.sum(axis=1).tolist() == [14_000.0, 14_000.0]


def test_nobody_is_called_for_nothing():
    fleet = fleet_of([[7_000, 7_000]], [0])
    made = aim(fleet, limits_of([100_000], [10_000], fleet), [0], np.zeros(2))
    assert (called(made), made.gap_w.tolist()) == ([], [0.0, 0.0])
