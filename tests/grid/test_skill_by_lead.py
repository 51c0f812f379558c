"""Skill is told by blocks of leads that cover the forecast once, and adds up to the whole."""

import doctest

import numpy as np
import pytest

from grid import skill_by_lead
from grid.backtest import LEVELS
from grid.forecast_model import forecast_series
from grid.skill_by_lead import end_to_end, lead_groups, score_by_lead
from tests.grid.curves import MONDAY, daily_and_weekly


def test_the_example_runs_as_written():
    assert doctest.testmod(skill_by_lead).failed == 0


@pytest.mark.parametrize("horizon", [1, 2, 15, 16, 30, 48, 94, 96, 98, 144, 336, 337])
def test_blocks_cover_every_lead_once_and_none_is_a_crumb(horizon: int):
    whole, *blocks = lead_groups(horizon).tolist()
    assert whole == [0, horizon]
    assert [lead for first, end in blocks for lead in range(first, end)] == list(range(horizon))
    assert all(end - first >= 4 for first, end in blocks) or len(blocks) == 1


def test_an_hour_more_of_summer_time_makes_no_block_of_its_own():
    assert len(lead_groups(94)) == len(lead_groups(96)) == len(lead_groups(98)) == 6


def test_the_weekly_naive_is_scored_on_the_same_slots():
    actual_w = np.array([[[1.0, 2.0, 3.0, 4.0]]])
    point_w = np.array([[[2.0, np.nan, 3.0, 5.0]]])
    naive_w = np.array([[[3.0, 2.0, np.nan, 5.0]]])
    found = score_by_lead(actual_w, point_w, naive_w, np.repeat(point_w[..., np.newaxis], 7, axis=3), LEVELS)
    assert found.mae_w[0, 0] == pytest.approx(1.0)
    assert found.naive_mae_w[0, 0] == pytest.approx(1.5)
    assert found.origin_count[0, 0] == 1


def test_errors_grow_with_the_lead_and_the_whole_is_their_mean():
    load_w = np.stack([daily_and_weekly(35, seed=seed) for seed in range(3)])
    made = forecast_series(load_w, MONDAY, horizon=96)
    by_lead = made.scores.by_lead
    assert by_lead.mae_w.shape == (3, 6)
    assert (by_lead.mae_w[:, 1] < by_lead.mae_w[:, 4]).all()
    np.testing.assert_array_equal(by_lead.mae_w[:, 0], made.scores.mae_w)
    hours = np.array([6, 6, 12, 12, 12])
    # Not quite: of the last origin's second day nothing has come.
    np.testing.assert_allclose(by_lead.mae_w[:, 1:] @ hours / 48, made.scores.mae_w, rtol=0.02)
    assert (by_lead.origin_count[0] == [11, 11, 11, 11, 10, 10]).all()
    assert ((by_lead.coverage_ratio > 0.5) & (by_lead.coverage_ratio <= 1.0)).all()


def test_parts_are_joined_in_their_order():
    load_w = daily_and_weekly(35)[np.newaxis]
    one, other = (forecast_series(part, MONDAY, horizon=48).scores for part in (load_w, 2.0 * load_w))
    both = end_to_end([one, other])
    np.testing.assert_array_equal(both.mae_w, [one.mae_w[0], other.mae_w[0]])
    np.testing.assert_array_equal(both.by_lead.mae_w[1], other.by_lead.mae_w[0])
