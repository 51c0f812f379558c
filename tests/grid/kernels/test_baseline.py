"""High X of Y against sorting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.baseline import adjust_same_day, high_x_of_y


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), x=st.integers(1, 10), gaps=st.floats(0.0, 0.2))
def test_the_baseline_is_the_mean_of_the_highest_complete_days(seed, x, gaps):
    rng = np.random.default_rng(seed)
    load = rng.integers(0, 3, (4, 10, 5)).astype(float)
    load[rng.random(load.shape) < gaps] = np.nan
    baseline = high_x_of_y(load, x=x)
    for usage_point, days in enumerate(load):
        complete = [day for day in range(10) if not np.isnan(days[day]).any()]
        kept = sorted(complete, key=lambda day: (days[day].sum(), day))[-x:]
        expected = days[kept].mean(axis=0) if len(complete) >= x else np.full(5, np.nan)
        np.testing.assert_allclose(baseline[usage_point], expected)


def test_export_days_count_with_their_sign():
    load = np.array([[[-5.0], [1.0], [3.0]]])
    assert high_x_of_y(load, x=2)[0, 0] == 2.0


def test_the_same_day_shift_is_the_mean_difference_of_the_slots_that_count():
    baseline = np.array([[10.0, 10.0, 10.0, 10.0]] * 3)
    observed = np.array([[12.0, 16.0, 0.0, 0.0], [np.nan, 8.0, 0.0, 0.0], [np.nan, np.nan, 0.0, 0.0]])
    adjusted = adjust_same_day(baseline, observed, np.array([True, True, False, False]))
    np.testing.assert_allclose(adjusted, baseline + np.array([[4.0], [-2.0], [0.0]]))


def test_no_adjustment_slots_leave_the_baseline_as_it_is():
    baseline = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(adjust_same_day(baseline, baseline + 9.0, np.zeros(2, bool)), baseline)


@pytest.mark.parametrize("x", [0, 4])
def test_x_outside_the_days_is_refused(x):
    with pytest.raises(InvariantError):
        high_x_of_y(np.zeros((1, 3, 2)), x=x)


def test_a_mask_that_is_not_bool_is_refused():
    with pytest.raises(InvariantError):
        adjust_same_day(np.zeros((1, 2)), np.zeros((1, 2)), np.array([0, 1]))
