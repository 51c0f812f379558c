"""Forecast quantiles against sorted lists, and their coverage against what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import InvariantError
from grid.kernels.quantiles import adaptive_quantiles, error_quantiles, quantile_forecast

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
FINITE = st.floats(-1e6, 1e6)
ERRORS = arrays(
    np.float64, st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 5)), elements=FINITE | st.just(np.nan)
)
FAST = settings(max_examples=60, deadline=None)


def slow_quantile(sample, probability):
    ordered = sorted(sample)
    rank = min(max((len(ordered) + 1) * probability, 1), len(ordered))
    below = int(rank)
    above = min(below + 1, len(ordered))
    return ordered[below - 1] + (rank - below) * (ordered[above - 1] - ordered[below - 1])


@FAST
@given(error=ERRORS, half_width=st.integers(0, 7))
def test_quantiles_are_those_of_the_pooled_errors(error, half_width):
    quantile = error_quantiles(error, LEVELS, half_width=half_width)
    for series, lead in np.ndindex(error.shape[0], error.shape[2]):
        pool = error[series, :, max(lead - half_width, 0) : lead + half_width + 1].ravel()
        pool = pool[~np.isnan(pool)]
        expected = [slow_quantile(pool, level) if pool.size else np.nan for level in LEVELS]
        np.testing.assert_allclose(quantile[series, lead], expected, rtol=1e-12, atol=1e-9)


@FAST
@given(error=ERRORS, non_negative=st.booleans())
def test_quantiles_never_cross_and_stay_above_zero_when_asked(error, non_negative):
    point = np.full(error.shape[::2], 10.0)
    quantile = quantile_forecast(point, error_quantiles(error, LEVELS), non_negative=non_negative)
    known = quantile[~np.isnan(quantile).any(axis=2)]
    assert (np.diff(known, axis=1) >= 0.0).all()
    assert not non_negative or (known >= 0.0).all()


def test_new_errors_fall_below_each_quantile_as_often_as_it_says():
    rng = np.random.default_rng(0)
    past, new = rng.gamma(2.0, size=(4000, 19, 1)), rng.gamma(2.0, size=(4000, 1, 1))
    quantile = error_quantiles(past, LEVELS)
    below = (new <= quantile).mean(axis=(0, 1))
    np.testing.assert_allclose(below, LEVELS, atol=0.02)


def test_an_empty_pool_gives_nan_and_its_neighbours_do_not():
    error = np.array([[[np.nan, np.nan, 1.0]]])
    quantile = error_quantiles(error, np.array([0.5]), half_width=1)
    np.testing.assert_array_equal(quantile[0, :, 0], [np.nan, 1.0, 1.0])


@pytest.mark.parametrize("levels", [[], [0.0, 0.5], [0.5, 1.0], [0.5, 0.5], [0.9, 0.1]])
def test_levels_that_are_no_ascending_probabilities_are_refused(levels):
    with pytest.raises(InvariantError):
        error_quantiles(np.zeros((1, 2, 3)), np.array(levels))


def test_a_negative_half_width_is_refused():
    with pytest.raises(InvariantError):
        error_quantiles(np.zeros((1, 2, 3)), LEVELS, half_width=-1)


LEVELS = np.array([0.05, 0.5, 0.95])


def covered(error, band, first):
    """Return the share of errors between the outermost quantiles."""
    inside = (error[:, first:] > band[:, first:, :, 0]) & (error[:, first:] <= band[:, first:, :, -1])
    return inside.mean()


def test_adapted_quantiles_cover_what_they_promise_even_when_errors_grow():
    rng = np.random.default_rng(0)
    error = rng.standard_t(4, (4, 300, 8)) * np.linspace(1.0, 6.0, 300)[:, np.newaxis]
    band = adaptive_quantiles(error, LEVELS, asked_from=60, day=8)
    still = np.stack([error_quantiles(error[:, :60], LEVELS)] * 300, axis=1)
    assert covered(error, band, 60) == pytest.approx(0.9, abs=0.015)
    assert covered(error, still, 60) < 0.75  # what does not adapt


def test_adapted_quantiles_never_cross_and_begin_where_they_are_asked_for():
    error = np.random.default_rng(1).normal(0.0, 1.0, (2, 40, 8))
    band = adaptive_quantiles(error, LEVELS, asked_from=10, day=8)
    assert np.isnan(band[:, :10]).all()
    assert (np.diff(band[:, 10:], axis=3) >= 0.0).all()


def test_adapted_quantiles_know_only_errors_that_have_been_made():
    error = np.random.default_rng(2).normal(0.0, 1.0, (1, 40, 16))
    spoilt = error.copy()
    spoilt[:, 30:] = 1e9
    honest, wild = (adaptive_quantiles(one, LEVELS, asked_from=10, day=8, pooled=4) for one in (error, spoilt))
    np.testing.assert_array_equal(honest[:, :31, :8], wild[:, :31, :8])
    np.testing.assert_array_equal(honest[:, :32, 8:], wild[:, :32, 8:])
    assert (honest[:, 32:] != wild[:, 32:]).any()


def test_without_errors_there_are_no_adapted_quantiles():
    assert np.isnan(adaptive_quantiles(np.full((1, 5, 4), np.nan), LEVELS, asked_from=0, day=4)).all()


@pytest.mark.parametrize("wrong", [{"asked_from": 9}, {"pooled": 3}, {"window": 0}, {"day": 0}])
def test_quantiles_that_cannot_be_adapted_are_refused(wrong):
    with pytest.raises(InvariantError):
        adaptive_quantiles(np.zeros((1, 5, 4)), LEVELS, **{"asked_from": 0, "day": 4} | wrong)
