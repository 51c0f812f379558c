"""Every method that estimates what would have been used, against what one works out slowly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.baseline import of_history, of_kept_days, x_of_y
from grid.kernels.baseline_day import (
    difference_in_differences,
    double_rectangle,
    nearest_controls,
    simple_rectangle,
)
from grid.kernels.baseline_error import baseline_error, reduction_interval
from grid.kernels.baseline_weather import regression, weather_features


def gappy(rng, shape, gaps):
    load = rng.integers(0, 4, shape).astype(float)
    load[rng.random(shape) < gaps] = np.nan
    return load


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), x=st.integers(1, 6), which=st.sampled_from(["high", "mid", "low"]))
def test_x_of_y_keeps_the_complete_days_of_the_rank_asked_for(seed, x, which):
    load = gappy(np.random.default_rng(seed), (3, 6, 4), 0.05)
    found = x_of_y(load, x=x, which=which)
    for usage_point, days in enumerate(load):
        ranked = sorted((days[day].sum(), day) for day in range(6) if not np.isnan(days[day]).any())
        spare = len(ranked) - x
        first = {"low": 0, "mid": spare // 2, "high": spare}[which]
        kept = sorted(day for _, day in ranked[first : first + x]) if spare >= 0 else []
        assert np.flatnonzero(found.is_kept[usage_point]).tolist() == kept
        expected = days[kept].mean(axis=0) if kept else np.full(4, np.nan)
        np.testing.assert_allclose(found.baseline_w[usage_point], expected)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), of=st.sampled_from(["mean", "median"]), days=st.sampled_from([4, 10]))
def test_history_is_the_mean_or_median_of_the_complete_days(seed, of, days):
    load = gappy(np.random.default_rng(seed), (4, days, 3), 0.12)
    found = of_history(load, of=of)
    for usage_point, past in enumerate(load):
        complete = past[~np.isnan(past).any(axis=1)]
        enough = 2 * len(complete) >= days
        expected = getattr(np, of)(complete, axis=0) if enough else np.full(3, np.nan)
        np.testing.assert_allclose(found.baseline_w[usage_point], expected)
        assert found.is_kept[usage_point].sum() == (len(complete) if enough else 0)


def test_slots_of_kept_days_that_are_not_known_do_not_count():
    load = np.array([[[1.0, np.nan, np.nan], [3.0, 5.0, np.nan], [90.0, 90.0, 90.0]]])
    kept = np.array([[True, True, False]])
    np.testing.assert_array_equal(of_kept_days(load, kept), [[2.0, 5.0, np.nan]])
    np.testing.assert_array_equal(of_kept_days(load, kept, of="median"), [[2.0, 5.0, np.nan]])


def test_rectangles_repeat_the_half_hour_before_or_the_lower_of_both():
    before, after = np.array([3.0, 5.0, np.nan]), np.array([4.0, 2.0, 1.0])
    np.testing.assert_array_equal(simple_rectangle(before, slots=2), [[3, 3], [5, 5], [np.nan, np.nan]])
    np.testing.assert_array_equal(double_rectangle(before, after, slots=1), [[3], [2], [np.nan]])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_controls_are_the_nearest_and_shift_by_their_change(seed, count):
    rng = np.random.default_rng(seed)
    own, usual, now = (gappy(rng, shape, 0.05) for shape in ((3, 4), (5, 4), (5, 4)))
    nearest = nearest_controls(own, usual, count=count)
    baseline = difference_in_differences(own, usual, now, nearest)
    for usage_point, profile in enumerate(own):
        distances = ((profile - usual) ** 2).sum(axis=1)
        order = [int(row) for row in np.argsort(distances, kind="stable") if not np.isnan(distances[row])][:count]
        assert nearest[usage_point].tolist() == order + [-1] * (count - len(order))
        for slot in range(4):
            changes = [now[row, slot] - usual[row, slot] for row in order]
            known = [change for change in changes if not np.isnan(change)]
            expected = profile[slot] + np.mean(known) if known else np.nan
            np.testing.assert_allclose(baseline[usage_point, slot], expected)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), penalty=st.sampled_from([0.0, 0.5]))
def test_the_regression_is_least_squares_with_a_constant_for_each_slot(seed, penalty):
    rng = np.random.default_rng(seed)
    load, features, ahead = rng.normal(size=(3, 14, 3)), rng.normal(size=(14, 3, 2)), rng.normal(size=(3, 2))
    load[rng.random(load.shape) < 0.1] = np.nan
    features[rng.integers(14), rng.integers(3), 0] = np.nan
    found = regression(load, features, ahead, penalty=penalty, fewest=3)
    for usage_point, days in enumerate(load):
        known = ~np.isnan(days) & ~np.isnan(features).any(axis=2)
        constant = np.eye(3)[np.nonzero(known)[1]]
        middled = features[known] - constant @ np.linalg.lstsq(constant, features[known], rcond=None)[0]
        square = middled.T @ middled
        square += penalty * np.diag(np.diag(square))
        slope = np.linalg.solve(square, middled.T @ days[known])
        level = np.linalg.lstsq(constant, days[known] - features[known] @ slope, rcond=None)[0]
        np.testing.assert_allclose(found[usage_point], level + ahead @ slope, rtol=1e-6, atol=1e-6)


def test_the_regression_says_nothing_from_too_few_days_or_without_the_weather_of_the_day():
    load, features = np.ones((1, 9, 2)), np.zeros((9, 2, 1))
    assert np.isnan(regression(load, features, np.zeros((2, 1)))).all()
    found = regression(load, features, np.array([[0.0], [np.nan]]), fewest=9)
    np.testing.assert_array_equal(found, [[1.0, np.nan]])  # a feature that never changes has no say


def test_weather_is_felt_below_and_above_a_band():
    found = weather_features(np.array([[16.0, 20.0], [25.5, np.nan]]), np.array([False, True]))
    np.testing.assert_array_equal(found[..., 0], [[1.0, 0.0], [0.0, np.nan]])
    np.testing.assert_array_equal(found[..., 1], [[0.0, 0.0], [1.5, np.nan]])
    np.testing.assert_array_equal(found[..., 2], [[0.0, 0.0], [1.0, 1.0]])


def test_errors_are_counted_where_both_are_known():
    baseline, measured = np.array([[12.0, 8.0, np.nan]]), np.array([[10.0, 10.0, 10.0]])
    found = baseline_error(baseline, measured)
    assert found == (2, 0.0, 2.0, 0.2, 0.2, 0.0)
    assert baseline_error(baseline[:, 2:], measured[:, 2:]).slot_count == 0
    assert np.isnan(baseline_error(np.ones(2), np.zeros(2)).cv_rmse_ratio)


def test_the_true_reduction_lies_in_the_interval_about_as_often_as_promised():
    rng = np.random.default_rng(7)
    error = rng.normal(50.0, 20.0, (600, 11))
    found = reduction_interval(1_000.0 + error[:, 0], error[:, 1:], confidence=0.9, seed=3)
    share = ((found.lower <= 1_000.0) & (found.upper >= 1_000.0)).mean()
    assert 0.8 <= share <= 0.95
    np.testing.assert_allclose(found.bias, error[:, 1:].mean(axis=1))
    again = reduction_interval(1_000.0 + error[:, 0], error[:, 1:], confidence=0.9, seed=3)
    np.testing.assert_array_equal(found.lower, again.lower)


def test_an_interval_counts_the_days_that_are_known_and_needs_three():
    error = np.array([[np.nan, 1.0, 2.0, np.nan, 6.0], [1.0, np.nan, np.nan, np.nan, 2.0]])
    found = reduction_interval(np.zeros(2), error, seed=1)
    short = reduction_interval(np.zeros(1), error[:1, [1, 2, 4, 0, 3]], seed=1)
    assert found.lower[0] == short.lower[0] < found.upper[0]
    assert np.isnan([found.lower[1], found.bias[1]]).all()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: x_of_y(np.zeros((1, 3, 2)), x=1, which="best"),  # type: ignore[arg-type]
        lambda: of_history(np.zeros((1, 3, 2)), of="mode"),  # type: ignore[arg-type]
        lambda: nearest_controls(np.zeros((1, 2)), np.zeros((1, 2)), count=0),
        lambda: regression(np.zeros((1, 2, 2)), np.zeros((2, 2, 1)), np.zeros((2, 1)), penalty=-1.0),
        lambda: reduction_interval(np.zeros(1), np.zeros((1, 3)), confidence=1.0, seed=0),
        lambda: baseline_error(np.zeros(1), np.zeros(2)),
    ],
)
def test_what_a_method_cannot_take_is_refused(wrong):
    with pytest.raises(InvariantError):
        wrong()
