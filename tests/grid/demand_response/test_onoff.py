"""From what is known of heat pumps and batteries to a plan."""

from typing import Any

import numpy as np
import pytest

from grid.demand_response.onoff import Battery, HeatPump, stores_of
from grid.kernels.commitment import Commitment, Effort, commit

SLOTS = 16
EVENT = slice(6, 10)


def heat_pump(**changed: Any):
    known: dict[str, Any] = {
        "capacity_wh_per_k": 4_000.0,
        "loss_w_per_k": 120.0,
        "rated_power_w": 2_000.0,
        "start_degc": 20.0,
        "floor_degc": 19.0,
        "ceiling_degc": 22.0,
        "end_degc": 20.0,
        "outside_degc": np.full(SLOTS, 2.0),
        "cop_ratio": np.full(SLOTS, 3.0),
        "brought_wh": np.full(SLOTS, 100.0),
    }
    return HeatPump(**known | changed)


def car(**changed: Any):
    known: dict[str, Any] = {
        "start_wh": 10_000.0,
        "least_wh": 5_000.0,
        "most_wh": 50_000.0,
        "end_wh": 22_000.0,
        "charge_w": 7_400.0,
        "discharge_w": 7_400.0,
        "efficiency_ratio": 0.9,
        "first_slot": 2,
        "last_slot": 15,
    }
    return Battery(**known | changed)


PRICE = np.full(SLOTS, 80.0) + 0.01 * np.arange(SLOTS)


def planned(resources, headroom_w, offsets=None) -> Commitment:
    price = PRICE.copy()
    price[EVENT] += 1_000.0
    room = np.full((1 if offsets is None else len(offsets) - 1, SLOTS), headroom_w)
    where = np.array([0, len(resources)] if offsets is None else offsets)
    return commit(price, room, where, stores_of(resources, SLOTS), effort=Effort(tries=200))


def test_an_event_moves_what_stores_can_hold_and_the_rebound_keeps_the_limit():
    resources = [heat_pump(), heat_pump(start_degc=19.5), heat_pump(steps=0), heat_pump(minimum_run_slots=2), car()]
    optimum = planned(resources, 9_000.0)
    free, effort = np.full((1, SLOTS), np.inf), Effort(0, 0, 0)
    natural_w = commit(PRICE, free, np.array([0, 5]), stores_of(resources, SLOTS), effort=effort).power_w
    load_w = optimum.power_w.sum(axis=0)
    assert load_w.max() <= 9_000.0 + 1e-3
    assert optimum.short_wh.tolist() == [0.0]
    assert load_w[EVENT].sum() < 0.2 * natural_w[:, EVENT].sum(axis=0).clip(0).sum() + 1.0
    assert optimum.power_w[4, EVENT].min() < 0.0
    assert optimum.power_w[4, 15] == optimum.power_w[4, 0] == 0.0
    assert load_w[10:].sum() > 0.0
    assert optimum.bound_eur[0] <= optimum.objective_eur[0]
    assert optimum.gap_ratio < 0.2
    assert set(optimum.power_w[0]) <= {0.0, 2_000.0}


def test_a_transformer_without_room_is_named_and_the_next_one_is_served():
    optimum = planned([car(discharge_w=0.0), car(discharge_w=0.0)], np.array([[1_000.0], [9_000.0]]), [0, 1, 2])
    short_wh = 12_000.0 - 13 * 500.0 * np.sqrt(0.9)
    np.testing.assert_allclose(optimum.short_wh, [short_wh, 0.0], atol=0.1)
    assert optimum.cut_slot[0, 2:15].all()
    assert not optimum.cut_slot[1].any()


def test_a_charger_too_weak_for_its_car_blames_no_transformer():
    optimum = planned([car(charge_w=1_000.0, discharge_w=0.0)], np.inf)
    assert optimum.short_wh.tolist() == [0.0]
    assert optimum.own_missing_wh[0] == pytest.approx(12_000.0 - 13 * 500.0 * np.sqrt(0.9))


def test_no_resources_are_a_plan_too():
    assert stores_of([], SLOTS).drift_wh.shape == (0, SLOTS)
    assert planned([], 1_000.0).power_w.shape == (0, SLOTS)


def test_a_car_that_does_not_come_owes_nothing():
    optimum = planned([car(first_slot=0, last_slot=0)], np.inf)
    assert not optimum.power_w.any()
    assert optimum.own_missing_wh.tolist() == [0.0]
