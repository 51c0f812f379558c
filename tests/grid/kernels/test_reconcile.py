"""Reconciled forecasts add up, are those of the formula, and leave alone what adds up already."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels import reconcile as module
from grid.kernels.reconcile import STEP_W, reconcile
from grid.kernels.sums import sums_of
from tests.support.kernels import interpreted


def territory(rng, *, transformers=12, feeders=4, substations=2, communes=3):
    """Return the parents of a small territory, shape (2, place): its grid and its communes under one root."""
    substations = min(substations, feeders)
    below = np.cumsum([0, transformers, feeders, substations, communes])
    places = below[-1] + 1
    parent = np.full((2, places), -1)
    for row, level, above in ((0, 0, 1), (0, 1, 2), (1, 0, 3)):
        count = below[level + 1] - below[level]
        some = rng.integers(0, below[above + 1] - below[above], count)
        size = below[above + 1] - below[above]
        some[: min(size, count)] = np.arange(size)[:count]  # every place above has parts
        parent[row, below[level] : below[level + 1]] = below[above] + some
    parent[0, below[2] : below[3]] = places - 1
    parent[1, below[3] : places - 1] = places - 1
    return parent


def summing(parent):
    """Return the summing matrix, shape (place, leaf), and the leaves."""
    leaves = np.setdiff1d(np.arange(parent.shape[1]), parent)
    matrix = np.zeros((parent.shape[1], leaves.size))
    for column, leaf in enumerate(leaves):
        for row in parent:
            place = leaf
            while place >= 0:
                matrix[place, column] = 1.0
                place = row[place]
    return matrix, leaves


def by_formula(base, covariance, matrix):
    """Return S (S' W^-1 S)^-1 S' W^-1 y."""
    inverse = np.linalg.inv(covariance)
    return matrix @ np.linalg.solve(matrix.T @ inverse @ matrix, matrix.T @ inverse @ base)


def gaps(value, parent):
    """Return for every sum how much its total is off, relative to it, shape (sum, lead)."""
    off = []
    for row in parent:
        for total in np.unique(row[row >= 0]):
            parts = value[row == total].sum(axis=0)
            off.append(np.abs(value[total] - parts) / np.maximum(np.abs(value[total]), 1.0))
    return np.array(off)


def forecasts(seed, **sizes):
    """Return parents, forecasts that do not add up, own variances and parts of the common error."""
    rng = np.random.default_rng(seed)
    parent = territory(rng, **sizes)
    matrix, leaves = summing(parent)
    truth = matrix @ rng.gamma(2.0, 2_000.0, (leaves.size, 5))
    base = truth * rng.normal(1.0, 0.1, truth.shape)
    scale = truth.mean(axis=1)
    return parent, base, (rng.uniform(0.05, 0.2, scale.size) * scale) ** 2, rng.uniform(0.0, 0.2, scale.size) * scale


SEEDS, SIZES = st.integers(0, 10_000), st.integers(1, 6)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 15), SIZES, st.integers(1, 3), SIZES, st.booleans())
def test_the_result_adds_up_is_that_of_the_formula_and_stays(
    seed, transformers, feeders, substations, communes, crosses
):
    sizes = {"transformers": transformers, "feeders": feeders, "substations": substations, "communes": communes}
    parent, base, variance, common = forecasts(seed, **{**sizes, "transformers": transformers + max(feeders, communes)})
    if not crosses:
        parent = parent[:1]
        keep = np.flatnonzero((parent[0] >= 0) | np.isin(np.arange(parent.shape[1]), parent[0]))
        parent = np.array([[np.searchsorted(keep, above) if above >= 0 else -1 for above in parent[0, keep]]])
        base, variance, common = base[keep], variance[keep], common[keep]
    sums = sums_of(parent)
    for part in (None, common):
        found = reconcile(base, variance, sums, common_w=part)
        assert gaps(found, parent).max() == 0.0
        covariance = np.diag(variance) + (0.0 if part is None else np.outer(part, part))
        expected = by_formula(base, covariance, summing(parent)[0])
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=2 * base.shape[0] * STEP_W)
        np.testing.assert_array_equal(reconcile(found, variance, sums, common_w=part), found)


def test_one_hierarchy_is_solved_in_one_step(monkeypatch):
    parent, base, variance, _ = forecasts(3, transformers=30)
    parent = np.where(np.arange(2)[:, np.newaxis] == 0, parent, -1)
    expected = reconcile(base, variance, sums_of(parent))
    monkeypatch.setattr(module, "_MOST_STEPS", 1)
    helpers = ("_gaps", "_moves", "_pivots", "_sweep", "_settle", "_share", "_add_up", "_close", "_put_on_floor")
    for name in (*helpers, "_one_lead"):
        monkeypatch.setattr(module, name, interpreted(getattr(module, name)))
    found = np.empty_like(base)
    sums = sums_of(parent)
    walk = (sums.total, sums.first, sums.part, sums.above)
    for lead in range(base.shape[1]):
        lowest = np.full(base.shape[0], -np.inf)
        module._one_lead(base[:, lead], variance, np.zeros_like(variance), lowest, walk, found[:, lead])
    np.testing.assert_allclose(found, expected, atol=4 * STEP_W)


def test_forecasts_without_bias_stay_without_bias():
    parent, _, variance, common = forecasts(1)
    matrix, leaves = summing(parent)
    rng = np.random.default_rng(2)
    truth = matrix @ rng.gamma(2.0, 2_000.0, leaves.size)
    error = rng.normal(size=(truth.size, 20_000)) * np.sqrt(variance)[:, np.newaxis]
    found = reconcile(truth[:, np.newaxis] + error, variance, sums_of(parent), common_w=common) - truth[:, np.newaxis]
    assert (np.abs(found.mean(axis=1)) < 5.0 * found.std(axis=1) / np.sqrt(error.shape[1])).all()
    own = reconcile(truth[:, np.newaxis] + error, variance, sums_of(parent)) - truth[:, np.newaxis]
    assert (own.var(axis=1) < error.var(axis=1)).all()  # each place gains, where errors are what W says


def test_what_adds_up_already_is_left_as_it_is():
    parent, _, variance, common = forecasts(4)
    matrix, leaves = summing(parent)
    base = matrix @ np.round(np.random.default_rng(0).gamma(2.0, 2_000.0, (leaves.size, 3)))
    np.testing.assert_array_equal(reconcile(base, variance, sums_of(parent), common_w=common), base)


def test_a_place_without_forecast_opens_its_sums_and_no_other():
    parent, base, variance, _ = forecasts(5)
    feeder, commune = parent[0, 0], parent[1, 0]
    base[0, 1] = np.nan
    found = reconcile(base, variance, sums_of(parent))
    off = gaps(found, parent)
    assert (off[:, [0, 2, 3, 4]] == 0.0).all()
    assert np.isnan(found[0, 1])
    closed = [total not in {feeder, commune} for row in parent for total in np.unique(row[row >= 0])]
    assert off[closed, 1].max() < 1e-9
    siblings = np.nansum(found[parent[0] == feeder, 1])
    assert abs(found[feeder, 1] - siblings) > 0.5 * base[0, 0]  # the feeder does not pretend that this is all


def test_a_total_above_an_open_sum_only_keeps_its_forecast():
    parent = np.array([[2, 2, -1]])
    base = np.array([[10.0], [np.nan], [36.0]])
    found = reconcile(base, np.ones(3), sums_of(parent))
    np.testing.assert_array_equal(found, base)
    base[:] = np.nan
    assert np.isnan(reconcile(base, np.ones(3), sums_of(parent))).all()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_places_that_never_export_are_not_pushed_below_zero(seed):
    parent, base, variance, common = forecasts(seed)
    rng = np.random.default_rng(seed)
    base[rng.random(base.shape) < 0.4] = 0.0
    for part in (None, common):
        found = reconcile(base, variance, sums_of(parent), common_w=part, floor_w=np.zeros(base.shape[0]))
        assert found.min() >= 0.0
        assert gaps(found, parent).max() == 0.0
        again = reconcile(found, variance, sums_of(parent), common_w=part, floor_w=np.zeros(base.shape[0]))
        np.testing.assert_array_equal(again, found)


def test_a_floor_is_shared_by_those_that_still_can_move():
    parent = np.array([[2, 2, -1]])
    base = np.array([[1.0], [20.0], [11.0]])
    found = reconcile(base, np.ones(3), sums_of(parent), floor_w=np.zeros(3))
    np.testing.assert_array_equal(found, [[0.0], [15.5], [15.5]])
    free = reconcile(base, np.ones(3), sums_of(parent))
    assert free[0, 0] < 0.0


def test_places_whose_forecast_is_certain_do_not_move():
    parent, base, variance, _ = forecasts(7)
    certain = np.array([0, 5, parent.shape[1] - 1])
    variance[certain] = 0.0
    found = reconcile(base, variance, sums_of(parent))
    np.testing.assert_allclose(found[certain], base[certain], rtol=1e-6)
    assert gaps(found, parent).max() == 0.0
    nothing = reconcile(base, np.zeros_like(variance), sums_of(parent))  # no one moves: totals are made of their parts
    np.testing.assert_allclose(nothing[:12], base[:12], atol=STEP_W)


def test_loads_of_both_signs_add_up_to_the_last_bit():
    parent, base, variance, _ = forecasts(8)
    base[::2] *= -1.0
    assert gaps(reconcile(base, variance, sums_of(parent)), parent).max() == 0.0


def test_without_sums_nothing_changes():
    base = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(reconcile(base, np.ones(3), sums_of(np.full((1, 3), -1))), base)
    assert reconcile(np.empty((0, 2)), np.empty(0), sums_of(np.empty((2, 0), int))).shape == (0, 2)


def test_sums_come_after_those_of_their_parts():
    parent = territory(np.random.default_rng(0))
    sums = sums_of(parent)
    assert sums.total.size == sum(np.unique(row[row >= 0]).size for row in parent)
    seen = set()
    for number, total in enumerate(sums.total):
        parts = sums.part[sums.first[number] : sums.first[number + 1]]
        assert all(part in seen for part in parts if part in sums.total)
        seen.add(total)
        up = sums.above[number]
        assert up == -1 or (up > number and total in sums.part[sums.first[up] : sums.first[up + 1]])


@pytest.mark.parametrize("parent", [[[1, 0]], [[0]], [[2, -1]], [[-2, 0]], [[1, -1], [-1, 0]]])
def test_a_hierarchy_that_cannot_be_is_refused(parent):
    with pytest.raises(InvariantError):
        sums_of(np.array(parent))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_a_variance_that_cannot_be_is_refused(wrong):
    with pytest.raises(InvariantError):
        reconcile(np.ones((1, 1)), np.array([wrong]), sums_of(np.array([[-1]])))
