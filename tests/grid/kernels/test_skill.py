"""Scores against NumPy one-liners and against the closed form of the CRPS."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.skill import point_skill, quantile_skill

FAST = settings(max_examples=30, deadline=None)


def pairs(seed, gaps=0.2):
    rng = np.random.default_rng(seed)
    actual = rng.normal(100.0, 20.0, (2, 30, 3))
    predicted = actual + rng.normal(0.0, 5.0, actual.shape)
    actual[rng.random(actual.shape) < gaps] = np.nan
    predicted[rng.random(actual.shape) < gaps] = np.nan
    return actual, predicted


@FAST
@given(seed=st.integers(0, 10_000))
def test_point_scores_are_means_over_the_pairs_that_are_known(seed):
    actual, predicted = pairs(seed)
    skill = point_skill(actual, predicted)
    error = np.abs(predicted - actual)
    np.testing.assert_allclose(skill.mae_w, np.nanmean(error, axis=1))
    np.testing.assert_allclose(skill.mape_ratio, np.nanmean(error / np.abs(actual), axis=1))
    np.testing.assert_array_equal(skill.count, (~np.isnan(error)).sum(axis=1))
    low, high = np.nanpercentile(actual, (1, 99), axis=(1, 2))
    np.testing.assert_allclose(skill.rmae_ratio, skill.mae_w / (high - low)[:, np.newaxis])


def test_zero_load_does_not_count_for_the_percentage():
    skill = point_skill(np.array([[[0.0], [100.0]]]), np.array([[[5.0], [110.0]]]))
    assert skill.mape_ratio[0, 0] == pytest.approx(0.1)
    assert skill.mae_w[0, 0] == pytest.approx(7.5)


def test_a_constant_load_has_no_relative_error_and_no_data_no_error():
    skill = point_skill(np.array([[[5.0]], [[np.nan]]]), np.array([[[6.0]], [[6.0]]]))
    np.testing.assert_array_equal(skill.mae_w, [[1.0], [np.nan]])
    assert np.isnan(skill.rmae_ratio).all()


@FAST
@given(seed=st.integers(0, 10_000))
def test_the_median_alone_scores_as_the_absolute_error(seed):
    actual, predicted = pairs(seed)
    skill = quantile_skill(actual, predicted[..., np.newaxis], np.array([0.5]))
    np.testing.assert_allclose(skill.crps_w, point_skill(actual, predicted).mae_w)


def test_many_quantiles_of_a_normal_score_as_its_closed_form():
    levels = (np.arange(400) + 0.5) / 400
    rng = np.random.default_rng(0)
    quantile = np.quantile(rng.standard_normal(400_000), levels)
    actual = rng.standard_normal((1, 50, 1))
    skill = quantile_skill(actual, np.broadcast_to(quantile, (1, 50, 1, 400)), levels)
    density = np.exp(-(actual**2) / 2) / math.sqrt(2 * math.pi)
    cumulative = np.vectorize(lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2))))(actual)
    closed = actual * (2 * cumulative - 1) + 2 * density - 1 / math.sqrt(math.pi)
    assert skill.crps_w[0, 0] == pytest.approx(closed.mean(), rel=0.01)


def test_coverage_is_the_share_at_or_below_the_quantile():
    actual = np.arange(10.0).reshape(1, 10, 1)
    quantile = np.broadcast_to([2.0, 6.5], (1, 10, 1, 2))
    skill = quantile_skill(actual, quantile, np.array([0.3, 0.7]))
    np.testing.assert_allclose(skill.coverage_ratio[0, 0], [0.3, 0.7])


@FAST
@given(seed=st.integers(0, 10_000))
def test_leads_of_a_group_are_scored_together_against_the_range_of_all(seed):
    actual, predicted = pairs(seed)
    groups = np.array([[0, 3], [0, 2], [2, 3]])
    skill = point_skill(actual, predicted, groups=groups)
    bands = quantile_skill(actual, predicted[..., np.newaxis], np.array([0.5]), groups=groups)
    low, high = np.nanpercentile(actual, (1, 99), axis=(1, 2))
    for number, (first, end) in enumerate(groups):
        error = np.abs(predicted - actual)[:, :, first:end]
        np.testing.assert_allclose(skill.mae_w[:, number], np.nanmean(error, axis=(1, 2)))
        np.testing.assert_allclose(skill.rmae_ratio[:, number], np.nanmean(error, axis=(1, 2)) / (high - low))
        np.testing.assert_array_equal(skill.count[:, number], (~np.isnan(error)).sum(axis=(1, 2)))
        np.testing.assert_array_equal(skill.origin_count[:, number], (~np.isnan(error)).any(axis=2).sum(axis=1))
        below = np.where(np.isnan(error), np.nan, (actual <= predicted)[:, :, first:end])
        np.testing.assert_allclose(bands.coverage_ratio[:, number, 0], np.nanmean(below, axis=(1, 2)))
    np.testing.assert_allclose(bands.crps_w, skill.mae_w)


@pytest.mark.parametrize("groups", [[[0, 4]], [[-1, 2]], [[2, 2]], [[0, 1, 2]]])
def test_a_group_of_leads_that_are_not_there_is_refused(groups):
    with pytest.raises(InvariantError):
        point_skill(np.zeros((1, 2, 3)), np.zeros((1, 2, 3)), groups=np.array(groups))


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(InvariantError):
        point_skill(np.zeros((1, 2, 3)), np.zeros((1, 2, 4)))
    with pytest.raises(InvariantError):
        quantile_skill(np.zeros((1, 2, 3)), np.zeros((1, 2, 3, 2)), np.array([0.5]))
