"""Plans for the total of all devices: under a cap, with the lowest peak, filling valleys; against HiGHS."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.dispatch_nested import dispatch_nested
from grid.kernels.dispatch_total import dispatch_lowest_peak, dispatch_under_total, fill_valleys
from tests.grid.nested_case import SLOT_HOURS, assert_feasible, nested_case, solved_by_highs

SEEDS = st.integers(0, 100_000)
FEW = settings(max_examples=40, deadline=None)
COARSE = pytest.mark.parametrize("coarse", [True, False])


def rest_of(case, seed):
    return np.random.default_rng(seed).integers(0, 9, case.price.size) * 700.0


@COARSE
@FEW
@given(seed=SEEDS)
def test_a_cap_on_the_total_is_one_more_limit(coarse, seed):
    case = nested_case(seed, coarse=coarse)
    total = rest_of(case, seed)
    plan = dispatch_under_total(case.price, total, case.limit, case.parent, *case.devices)
    assert (plan.power_w.sum(axis=0) <= total + 1e-6).all()
    roots = np.append(np.where(case.parent < 0, case.parent.size, case.parent), -1)
    served, cost = solved_by_highs(case._replace(limit=np.vstack((case.limit, total)), parent=roots))
    assert plan.power_w.sum() * SLOT_HOURS == pytest.approx(served, rel=1e-7, abs=1e-3)
    assert plan.cost_eur * 1e6 == pytest.approx(cost, rel=1e-6, abs=1.0)
    assert plan.gap_eur == pytest.approx(0.0, abs=1e-9)


@COARSE
@FEW
@given(seed=SEEDS)
def test_no_plan_that_serves_as_much_has_a_lower_peak(coarse, seed):
    case = nested_case(seed, coarse=coarse)
    rest = rest_of(case, seed)
    lowest = dispatch_lowest_peak(case.price, rest, case.limit, case.parent, *case.devices)
    assert_feasible(lowest.plan.power_w, lowest.plan.unserved_wh, case)
    served, peak = solved_by_highs(case, peak_of=rest)
    assert lowest.plan.power_w.sum() * SLOT_HOURS == pytest.approx(served, rel=1e-7, abs=1e-3)
    assert lowest.peak_w == pytest.approx(peak, rel=1e-6)
    assert lowest.bound_w == pytest.approx(peak, rel=1e-6)


@COARSE
@FEW
@given(seed=SEEDS)
def test_no_plan_fills_valleys_better(coarse, seed):
    case = nested_case(seed, coarse=coarse)
    rest = rest_of(case, seed)
    filled = fill_valleys(rest, case.limit, case.parent, *case.devices)
    assert_feasible(filled.power_w, filled.unserved_wh, case)
    # A convex function is least where no plan is cheaper at its own gradient.
    served, cost = solved_by_highs(case._replace(price=filled.load_w))
    flexible = filled.load_w - rest
    assert flexible.sum() * SLOT_HOURS == pytest.approx(served, rel=1e-7, abs=1e-3)
    slack = 1e-6 * filled.objective_w2 + 1e-3
    assert float(filled.load_w @ flexible) * SLOT_HOURS == pytest.approx(cost, abs=slack)
    assert filled.objective_w2 == pytest.approx(filled.bound_w2, rel=1e-7, abs=1e-3)


def test_valleys_of_many_devices_are_filled_by_a_mix_of_plans():
    case = nested_case(5, devices=2_000, groups=40, upper=6, slots=24, coarse=False)
    case = case._replace(limit=case.limit * 12.0)
    rest = 1e5 * (2.0 + np.sin(np.arange(24) / 3.0))
    filled = fill_valleys(rest, case.limit, case.parent, *case.devices)
    assert filled.mixed > 3
    assert_feasible(filled.power_w, filled.unserved_wh, case)
    assert 0.0 <= filled.objective_w2 - filled.bound_w2 + 1e-6 <= 1e-8 * filled.objective_w2


def test_a_total_wished_for_is_met_where_it_can_be():
    devices = (np.array([0, 1]), np.array([2000.0]), np.array([4000.0]), np.array([0]), np.array([3]))
    wish = np.array([500.0, 2500.0, 1000.0])
    filled = fill_valleys(-wish, np.full((1, 3), np.inf), np.array([-1]), *devices)
    np.testing.assert_allclose(filled.power_w, [wish], atol=1e-3)


def test_a_budget_returns_the_best_plan_so_far_with_its_bound():
    case = nested_case(5, devices=500, groups=20, upper=6, slots=24, coarse=False)
    rest = 1e4 * (2.0 + np.sin(np.arange(24) / 3.0))
    hasty = fill_valleys(rest, case.limit, case.parent, *case.devices, budget_s=0.0)
    best = fill_valleys(rest, case.limit, case.parent, *case.devices)
    assert_feasible(hasty.power_w, hasty.unserved_wh, case)
    assert hasty.bound_w2 <= best.bound_w2 * (1 + 1e-9) <= best.objective_w2 * (1 + 2e-9) < hasty.objective_w2
    high = dispatch_lowest_peak(case.price, rest, case.limit, case.parent, *case.devices, budget_s=0.0)
    low = dispatch_lowest_peak(case.price, rest, case.limit, case.parent, *case.devices)
    assert high.bound_w <= low.bound_w <= low.peak_w * (1 + 1e-9) <= high.peak_w
    np.testing.assert_array_equal(high.plan.power_w, dispatch_nested(*case).power_w)


def test_a_rest_that_is_not_known_is_refused():
    case = nested_case(1)
    with pytest.raises(InvariantError):
        fill_valleys(np.full(6, np.nan), case.limit, case.parent, *case.devices)
