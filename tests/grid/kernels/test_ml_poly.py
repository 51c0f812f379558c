"""The combination follows its formula, does about as well as the best expert, and survives a broken one."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.errors import InvariantError
from grid.kernels.ml_poly import combine, mix


def by_hand(said, actual):
    """Return the combination of one series and lead by the formula of the paper, shape (origin,).

    In extended precision: the reciprocal of a square of 1e-155 is beyond what double precision holds.
    """
    said, actual = said.astype(np.longdouble), actual.astype(np.longdouble)
    experts, origins = said.shape
    regret, square, largest, found = *np.zeros((3, experts), np.longdouble), []
    for origin in range(origins):
        rate = np.where(square > 0, 1.0 / np.where(square > 0, largest + square, 1.0), 0.0)
        weight = rate * np.maximum(regret, 0.0)
        weight = weight / weight.sum() if weight.sum() > 0 else np.full(experts, 1.0 / experts)
        mean = weight @ said[:, origin]
        found.append(mean)
        gain = np.sign(mean - actual[origin]) * (mean - said[:, origin])
        regret, square, largest = regret + gain, square + gain**2, np.maximum(largest, gain**2)
    return np.array(found, dtype=np.float64)


TINY = np.full((2, 12), 1.57e-155)
#: Loads of any size whose differences have squares: those of less than 1e-162 W have none.
LOAD_W = st.floats(0.0, 100.0).filter(lambda load_w: load_w == 0.0 or load_w > 1e-100)


@settings(max_examples=50, deadline=None)
@given(
    st_numpy.arrays(np.float64, (2, 12), elements=LOAD_W),
    st_numpy.arrays(np.float64, 12, elements=LOAD_W),
)
@example(np.where(np.arange(12) > 0, TINY, [[0.0], [1.0]] * TINY), np.zeros(12))
def test_the_combination_is_that_of_the_formula(said, actual):
    found = combine(said[np.newaxis, :, :, np.newaxis], actual[np.newaxis, :, np.newaxis], day=1, pooled=1)
    np.testing.assert_allclose(found.combined_w[0, :, 0], by_hand(said, actual), rtol=1e-9, atol=1e-9)


def noisy(origins=400, seed=0):
    """Return a truth, and three experts: a good one, one that is always too high, one that knows nothing."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(100.0, 10.0, (1, origins, 4))
    good = actual + rng.normal(0.0, 2.0, actual.shape)
    said = np.stack([good, actual + 8.0 + rng.normal(0.0, 2.0, actual.shape), np.full_like(actual, 100.0)], axis=1)
    return said, actual


def test_the_combination_loses_hardly_more_than_the_best_expert():
    said, actual = noisy()
    found = combine(said, actual)
    loss = np.abs(said - actual[:, np.newaxis]).mean(axis=(0, 2, 3))
    assert np.abs(found.combined_w - actual).mean() < 1.05 * loss.min()
    assert found.weight[0, 0].min() > 0.8
    np.testing.assert_allclose(found.weight.sum(axis=1), 1.0)


def test_two_that_err_on_opposite_sides_are_better_together_than_each():
    said, actual = noisy()
    said[:, 2] = 2.0 * actual - said[:, 1] + np.random.default_rng(1).normal(0.0, 2.0, actual.shape)
    found = combine(said[:, 1:], actual)
    assert np.abs(found.combined_w - actual)[:, 100:].mean() < 0.5 * np.abs(said[:, 1:] - actual[:, np.newaxis]).mean()


def test_a_broken_expert_does_little_harm():
    said, actual = noisy()
    whole = np.abs(combine(said, actual).combined_w - actual).mean()
    said[:, 2, 50:] = 1e12
    broken = np.abs(combine(said, actual).combined_w - actual).mean()
    assert broken < 1.5 * whole


def test_an_expert_that_sleeps_has_no_say_and_no_regret():
    said, actual = noisy()
    said[:, 1] = np.nan
    found = combine(said, actual)
    assert (found.weight[:, 1] == 0.0).all()
    np.testing.assert_array_equal(found.combined_w, combine(said[:, [0, 2]], actual).combined_w)
    said[:] = np.nan
    nothing = combine(said, actual)
    assert np.isnan(nothing.combined_w).all()
    assert (nothing.weight == 0.0).all()


def test_weights_know_only_loads_that_have_ended():
    said, actual = noisy(origins=20)
    spoilt = actual.copy()
    spoilt[:, 12:] = 1e9
    honest, wild = (combine(said, one, day=2, pooled=2).combined_w for one in (actual, spoilt))
    np.testing.assert_array_equal(honest[:, :13, :2], wild[:, :13, :2])  # these leads end before the next origin
    np.testing.assert_array_equal(honest[:, :14, 2:], wild[:, :14, 2:])  # these a day later
    assert (honest[:, 14:] != wild[:, 14:]).any(axis=(0, 1)).all()


def test_loads_that_are_missing_teach_nothing():
    said, actual = noisy()
    actual[:, 100:] = np.nan
    found = combine(said, actual)
    assert np.isfinite(found.combined_w).all()


@pytest.mark.parametrize("wrong", [{"day": 0}, {"pooled": 0}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvariantError):
        combine(np.zeros((1, 2, 3, 4)), np.zeros((1, 3, 4)), **wrong)


def test_the_weights_of_the_last_origin_give_its_forecast_again():
    rng = np.random.default_rng(8)
    said = rng.normal(100.0, 10.0, (2, 4, 30, 6))
    said[0, 1, -1, 2] = np.nan
    said[1, 2, -1] = 1e9  # broken
    found = combine(said, rng.normal(100.0, 10.0, (2, 30, 6)), day=6)
    np.testing.assert_allclose(mix(said[:, :, -1], found.weight), found.combined_w[:, -1])
