"""The probability of overload, against one that is found by looking, and by its properties."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.overload import load_at, overload_probability

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def slow(level, load, limit):
    """Find the probability on the plotted distribution: a list of corners, straight lines, and the two tails."""
    if limit >= load[-1]:
        density = (level[-1] - level[-2]) / (load[-1] - load[-2]) if load[-1] > load[-2] else math.inf
        rest = 1 - level[-1]
        return rest * math.exp(-(limit - load[-1]) * density / rest) if density < math.inf else 0.0
    if limit < load[0]:
        density = (level[1] - level[0]) / (load[1] - load[0]) if load[1] > load[0] else math.inf
        return 1 - level[0] * math.exp((limit - load[0]) * density / level[0]) if density < math.inf else 1.0
    # Of several levels at the same load the highest counts below the limit, and the lowest above it.
    below, from_level = max((load_w, one) for load_w, one in zip(load, level, strict=True) if load_w <= limit)
    above, to_level = min((load_w, one) for load_w, one in zip(load, level, strict=True) if load_w > limit)
    return 1 - float(np.interp(limit, [below, above], [from_level, to_level]))


loads = st.lists(st.integers(-50, 200), min_size=5, max_size=5).map(sorted)
limits = st.integers(-400, 600)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(loads, limits), min_size=1, max_size=4))
@example([([1, 1, 1, 1, 1], 1), ([1, 1, 2, 2, 2], 1)])
def test_the_probability_is_the_one_that_is_found_by_looking(cases):
    load = np.array([[load for load, _ in cases]], dtype=np.float64)
    limit = np.array([[limit for _, limit in cases]], dtype=np.float64)
    found = overload_probability(LEVELS, load, limit)
    expected = [slow(LEVELS, one, at) for one, at in zip(load[0].tolist(), limit[0].tolist(), strict=True)]
    np.testing.assert_allclose(found[0], expected, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(loads, st.floats(0.001, 0.999))
def test_the_load_at_a_level_is_exceeded_with_the_rest_of_the_probability(load, wanted):
    quantile_w = np.array([[load]], dtype=np.float64)
    at = load_at(LEVELS, quantile_w, wanted)
    assert overload_probability(LEVELS, quantile_w, at - 1e-6)[0, 0] >= 1 - wanted - 1e-6
    assert overload_probability(LEVELS, quantile_w, at + 1e-6)[0, 0] <= 1 - wanted + 1e-6
    ahead = load_at(LEVELS, quantile_w, min(wanted + 0.01, 0.9999))
    assert ahead[0, 0] >= at[0, 0]


@settings(max_examples=50, deadline=None)
@given(loads)
def test_the_probability_never_rises_with_the_limit_and_stays_one(load):
    limit = np.linspace(-400, 600, 501)[np.newaxis]
    found = overload_probability(LEVELS, np.broadcast_to(np.array(load, float), (1, 501, 5)), limit)
    assert (np.diff(found) <= 1e-12).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_what_is_not_known_gives_nothing_and_no_limit_is_never_exceeded():
    load = np.tile(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), (1, 3, 1))
    load[0, 0, 2] = np.nan
    found = overload_probability(LEVELS, load, np.array([[2.0, np.nan, np.inf]]))
    assert np.isnan(found[0, :2]).all()
    assert found[0, 2] == 0.0
    assert np.isnan(load_at(LEVELS, load, 0.99)[0, 0])


def test_one_quantile_says_only_on_which_side_of_it_a_limit_lies():
    found = overload_probability(np.array([0.9]), np.array([[[5.0], [5.0]]]), np.array([[4.0, 5.0]]))
    assert found.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("level", [[0.5, 0.5], [0.0, 0.5], [0.5, 1.0], [0.9, 0.1], []])
def test_levels_that_do_not_rise_are_refused(level):
    with pytest.raises(InvariantError):
        overload_probability(np.array(level), np.ones((1, 1, len(level))), np.ones((1, 1)))
