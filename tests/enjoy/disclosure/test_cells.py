"""Cells are hidden for a reason, and others with them where they would give them away."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from enjoy.disclosure.cells import Lattice, counted, half_hours, judge, whole_day
from enjoy.disclosure.cohorts import Candidates, form_cohorts
from enjoy.disclosure.rules import Hidden, Rules

RULES = Rules(least_points=3, largest_share=0.5, closeness=0.1)


def test_a_cohort_with_a_missing_value_is_left_out_as_a_whole():
    energy_wh = np.array([[1.0, 1.0], [1.0, np.nan], [1.0, 1.0]])
    assert counted(energy_wh, np.array([7, 7, 9])).tolist() == [[True, False], [True, False], [True, True]]


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        ([5.0, 5.0], Hidden.K),
        ([5.0, 4.0, 3.0], Hidden.NOT),
        ([50.0, 4.0, 3.0, 2.0], Hidden.DOMINANCE),
        ([50.0, 48.0, 1.0, 1.0], Hidden.DOMINANCE),  # the second knows the first to 2 of 50
        ([0.0, 0.0, 0.0], Hidden.DOMINANCE),  # it would say that all three drew nothing
    ],
)
def test_a_sum_is_judged(values: list[float], hidden: Hidden):
    column = np.array(values)[:, None]
    assert judge(column, np.ones_like(column, dtype=bool), RULES).tolist() == [hidden]


def test_where_the_rest_of_a_feeder_would_tell_of_one_the_smallest_transformer_is_hidden_too():
    # Three on the feeder itself, one of whom dominates; four each on two transformers.
    energy_wh = np.array([[90.0], [5.0], [5.0], *[[30.0]] * 4, *[[40.0]] * 4])
    lattice = Lattice((np.arange(11), np.arange(3, 7), np.arange(7, 11)), (-1, 0, 0))
    inside = np.ones((11, 1), dtype=bool)
    cells = half_hours(energy_wh, inside, lattice, RULES)
    assert cells.hidden[:, 0].tolist() == [Hidden.NOT, Hidden.COMPLEMENTARY, Hidden.NOT]
    assert cells.energy_wh[0, 0] == 380
    even = half_hours(np.full((11, 1), 30.0), inside, lattice, RULES)
    assert even.hidden[:, 0].tolist() == [Hidden.NOT] * 3


@pytest.mark.slow(10)
@settings(max_examples=150, deadline=None)
@given(
    energy=st.lists(st.floats(0, 1_000), min_size=12, max_size=12),
    place=st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_no_difference_of_a_feeder_and_its_transformers_is_mostly_of_one(energy: list[float], place: list[int]):
    values, places = np.array(energy)[:, None], np.array(place)
    lattice = Lattice((np.arange(12), *(np.flatnonzero(places == part) for part in (1, 2, 3))), (-1, 0, 0, 0))
    cells = half_hours(values, np.ones((12, 1), dtype=bool), lattice, RULES)
    shown = [part for part in (1, 2, 3) if cells.hidden[part, 0] == Hidden.NOT]
    for part in shown:
        assert is_fair(energy, lattice.points[part].tolist())
    if cells.hidden[0, 0] == Hidden.NOT:
        for count in range(len(shown) + 1):
            for some in itertools.combinations(shown, count):
                left = [point for point in range(12) if places[point] not in some]
                assert not left or is_fair(energy, left)


def is_fair(energy: list[float], points: list[int]) -> bool:
    """Judge a sum the slow way: three or more, no half of one, and something beside the two largest."""
    falling = sorted((energy[point] for point in points), reverse=True)
    total = math.fsum(falling)
    return (
        len(falling) >= 3
        and falling[0] <= 0.5 * total * (1 + 1e-9)
        and math.fsum(falling[2:]) >= 0.1 * falling[0] - 1e-8 * total
        and total > 0
    )


def test_a_day_is_hidden_where_its_half_hours_give_a_hidden_one_away():
    lattice = Lattice((np.arange(4),), (-1,))
    inside = np.ones((4, 3), dtype=bool)
    energy_wh = np.array([[100.0, 10, 10], [10, 10, 10], [10, 10, 10], [10, 60, 60]])
    halves = half_hours(energy_wh, inside, lattice, RULES)
    assert halves.hidden[0].tolist() == [Hidden.DOMINANCE] * 3
    # All are hidden: the day says no more than itself.
    assert whole_day(energy_wh, inside, halves, lattice, RULES).hidden.tolist() == [[Hidden.NOT]]
    energy_wh[3] = [10, 12, 12]
    halves = half_hours(energy_wh, inside, lattice, RULES)
    assert halves.hidden[0].tolist() == [Hidden.DOMINANCE, Hidden.NOT, Hidden.NOT]
    assert whole_day(energy_wh / [[2], [1], [1], [1]], inside, halves, lattice, RULES).hidden.tolist() == [
        [Hidden.COMPLEMENTARY]
    ]


def test_a_day_whose_half_hours_are_all_shown_is_shown():
    lattice, inside, energy_wh = Lattice((np.arange(4),), (-1,)), np.ones((4, 48), dtype=bool), np.full((4, 48), 10.0)
    halves = half_hours(energy_wh, inside, lattice, RULES)
    day = whole_day(energy_wh, inside, halves, lattice, RULES)
    assert (day.hidden.tolist(), day.energy_wh.tolist(), day.count.tolist()) == ([[0]], [[1920.0]], [[4]])


def candidates(places: list[list[int]], va: list[int] | None = None, fresh: list[bool] | None = None) -> Candidates:
    count = len(places[0])
    return Candidates(
        np.arange(count),
        np.array(places),
        np.array(va or [6_000] * count),
        np.array(fresh or [True] * count),
    )


def test_cohorts_are_small_and_who_fits_in_no_small_place_is_tried_in_the_larger():
    formed = form_cohorts(candidates([[1] * 7 + [2] * 2 + [3] * 2, [9] * 11]), RULES)
    assert sorted((one.place_id, len(one.usage_point_ids)) for one in formed) == [(1, 3), (1, 4), (9, 4)]
    assert all(one.fresh_count >= 3 for one in formed)


def test_who_would_dominate_every_cohort_waits():
    formed = form_cohorts(candidates([[1] * 4], va=[6_000, 6_000, 6_000, 250_000]), RULES)
    assert [one.usage_point_ids for one in formed] == [(0, 1, 2)]
    assert form_cohorts(candidates([[1] * 3], va=[6_000, 6_000, 250_000]), RULES) == []


def test_rules_that_protect_nobody_are_refused():
    with pytest.raises(ConfigurationError, match="disclosure_rules_weak"):
        Rules(least_points=1)
