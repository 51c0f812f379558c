"""Stores of heat against many small steps of the equation they come from."""

import numpy as np
import pytest

from core.errors import InvariantError
from grid.kernels.thermal import air_source_ratio, heat_store

STEPS = 20_000


@pytest.mark.parametrize("loss_w_per_k", [0.0, 150.0])
def test_a_slot_of_heating_is_what_many_small_steps_give(loss_w_per_k):
    one = np.ones((1, 1))
    store = heat_store(
        np.array([2_000.0]), np.array([loss_w_per_k]), np.array([19.0]), 18 * one, 22 * one, 3 * one, 120 * one, 3 * one
    )
    after_wh = store.retention_ratio * store.start_wh + store.gain_ratio[0] * 700.0 + store.drift_wh[0]
    degc = 19.0
    for _ in range(STEPS):
        degc += 0.5 / STEPS * (3.0 * 1_400.0 - 240.0 - loss_w_per_k * (degc - 3.0)) / 2_000.0
    assert after_wh[0] / 2_000.0 == pytest.approx(degc, abs=1e-4)
    assert store.floor_wh[0, 0] == 36_000.0
    assert store.ceiling_wh[0, 0] == 44_000.0


def test_a_heat_pump_gives_less_the_more_it_lifts_and_never_less_than_it_takes():
    ratio = air_source_ratio(np.array([30.0, 20.0, 0.0, -20.0, -60.0]), 45.0)
    assert (np.diff(ratio) <= 0.0).all()
    assert ratio[0] == pytest.approx(6.81 - 0.121 * 15 + 0.00063 * 225)
    assert ratio.min() >= 1.0


def test_a_store_without_capacity_is_refused():
    one = np.ones((1, 1))
    with pytest.raises(InvariantError):
        heat_store(np.zeros(1), np.ones(1), np.ones(1), one, one, one, one, one)
