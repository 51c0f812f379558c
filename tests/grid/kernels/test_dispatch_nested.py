"""Plans under limits inside limits against HiGHS, and their certificates against their definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.dispatch import dispatch
from grid.kernels.dispatch_nested import dispatch_nested
from tests.grid.nested_case import SLOT_HOURS, Case, assert_feasible, chain, nested_case, solved_by_highs

SEEDS = st.integers(0, 100_000)
MANY = settings(max_examples=80, deadline=None)


@pytest.mark.parametrize("coarse", [True, False])
@MANY
@given(seed=SEEDS)
def test_the_plan_serves_as_much_as_highs_at_the_same_cost(coarse, seed):
    case = nested_case(seed, coarse=coarse)
    plan = dispatch_nested(*case)
    assert_feasible(plan.power_w, plan.unserved_wh, case)
    served, cost = solved_by_highs(case)
    assert plan.power_w.sum() * SLOT_HOURS == pytest.approx(served, rel=1e-7, abs=1e-3)
    assert plan.cost_eur * 1e6 == pytest.approx(cost, rel=1e-6, abs=1.0)


@pytest.mark.parametrize("coarse", [True, False])
@MANY
@given(seed=SEEDS)
def test_the_bound_meets_the_cost_and_the_cut_the_shortage(coarse, seed):
    case = nested_case(seed, devices=120, groups=9, upper=6, slots=16, coarse=coarse)
    plan = dispatch_nested(*case)
    assert_feasible(plan.power_w, plan.unserved_wh, case)
    assert plan.gap_eur == pytest.approx(0.0, abs=1e-9 * (1.0 + abs(plan.cost_eur)))
    assert plan.gap_wh == pytest.approx(0.0, abs=1e-4)
    assert plan.missing_wh.sum() == pytest.approx(plan.unserved_wh.sum(), abs=1e-4)
    assert plan.exact_slots == 16
    assert (plan.shadow_price_eur_per_mwh >= 0.0).all()
    assert plan.binding[plan.shadow_price_eur_per_mwh > 1e-9].all()


@MANY
@given(seed=SEEDS)
def test_the_shadow_prices_alone_prove_the_cost_of_a_plan_that_serves_everyone(seed):
    case = nested_case(seed, devices=30, slots=8, coarse=False)
    case = case._replace(need=np.minimum(case.need, case.cap * SLOT_HOURS * (case.last - case.first)))
    case = case._replace(limit=case.limit * 5.0)
    plan = dispatch_nested(*case)
    if plan.unserved_wh.sum() > 1e-6:
        return
    shadow = plan.shadow_price_eur_per_mwh
    limit_wh = np.where(shadow > 0.0, case.limit * SLOT_HOURS, 0.0)
    total = -float((shadow * limit_wh).sum())
    group = np.repeat(np.arange(case.offsets.size - 1), np.diff(case.offsets))
    for device, need in enumerate(case.need):
        left = need
        price = case.price + shadow[chain(case.parent, group[device])].sum(axis=0)
        for cost in np.sort(price[case.first[device] : case.last[device]]):
            energy = min(left, case.cap[device] * SLOT_HOURS)
            total += cost * energy
            left -= energy
    assert plan.cost_eur * 1e6 == pytest.approx(total, rel=1e-9, abs=1e-3)


@MANY
@given(seed=SEEDS)
def test_without_anything_above_groups_it_is_the_plan_of_each_group(seed):
    case = nested_case(seed, devices=60, slots=12, coarse=False)
    groups = case.offsets.size - 1
    flat = dispatch(case.price, case.limit[:groups], *case.devices)
    loose = np.vstack((case.limit[:groups], np.full((1, 12), np.inf)))
    nested = dispatch_nested(case.price, loose, np.append(np.full(groups, groups), -1), *case.devices)
    assert nested.cost_eur == pytest.approx(flat.cost_eur.sum(), rel=1e-9)
    np.testing.assert_allclose(nested.missing_wh[:groups], flat.missing_wh, atol=1e-4)
    assert not nested.binding[groups:].any()
    assert not nested.cut_slot[groups:].any()


def two_groups(limit, need):
    return Case(
        np.array([10.0, 20.0, 30.0]),
        np.array(limit),
        np.array([2, 2, -1]),
        np.array([0, 1, 2]),
        np.array(need),
        np.full(2, 4000.0),
        np.zeros(2, int),
        np.array([2, 3]),
    )


def test_a_shortage_names_the_feeder_where_transformers_have_room():
    # The first needs 3 kWh by the end of slot 1, and the feeder has 2 kWh in slots 0 and 1; the second can wait.
    plan = dispatch_nested(*two_groups([[9e3, 9e3, 9e3], [9e3, 9e3, 9e3], [2e3, 2e3, 1e3]], [3000.0, 400.0]))
    np.testing.assert_allclose(plan.missing_wh, [0.0, 0.0, 1000.0])
    assert plan.cut_slot.tolist() == [[False] * 3, [False] * 3, [True, True, False]]
    assert plan.cut_device.tolist() == [True, False]
    np.testing.assert_allclose(plan.power_w, [[2000.0, 2000.0, 0.0], [0.0, 0.0, 800.0]])
    assert plan.missing_bound_wh == pytest.approx(1000.0)


def test_the_feeder_is_named_for_all_whom_it_leaves_short():
    plan = dispatch_nested(*two_groups([[9e3] * 3, [9e3] * 3, [1e3] * 3], [3000.0, 3000.0]))
    np.testing.assert_allclose(plan.missing_wh, [0.0, 0.0, 4500.0])


def test_a_shortage_names_the_transformer_where_the_feeder_has_room():
    plan = dispatch_nested(*two_groups([[2e3, 2e3, 9e3], [9e3, 9e3, 9e3], [9e3, 9e3, 9e3]], [3000.0, 400.0]))
    np.testing.assert_allclose(plan.missing_wh, [1000.0, 0.0, 0.0])
    assert plan.cut_slot.tolist() == [[True, True, False], [False] * 3, [False] * 3]


def test_a_device_too_weak_for_its_own_window_blames_no_slot():
    plan = dispatch_nested(*two_groups([[9e3] * 3] * 3, [5000.0, 400.0]))
    np.testing.assert_allclose(plan.missing_wh, [1000.0, 0.0, 0.0])
    assert not plan.cut_slot.any()


def test_a_transformer_gives_way_to_its_neighbour_under_the_feeder():
    # Slot 0 is the cheapest for both, but only the first has no other.
    case = two_groups([[9e3, 0.0, 0.0], [9e3, 9e3, 9e3], [2e3, 9e3, 9e3]], [1000.0, 1000.0])
    plan = dispatch_nested(*case)
    np.testing.assert_allclose(plan.power_w, [[2000.0, 0.0, 0.0], [0.0, 2000.0, 0.0]])
    assert plan.unserved_wh.sum() == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_a_budget_returns_a_plan_within_all_limits_and_an_honest_bound(seed):
    case = nested_case(seed, devices=3_000, groups=60, upper=9, slots=24, coarse=False)
    case = case._replace(limit=case.limit * 8.0)
    exact, hasty = dispatch_nested(*case, budget_s=60.0), dispatch_nested(*case, budget_s=0.0)
    assert (exact.exact_slots, hasty.exact_slots) == (24, 0)
    assert exact.gap_eur == pytest.approx(0.0, abs=1e-9 * abs(exact.cost_eur))
    assert_feasible(hasty.power_w, hasty.unserved_wh, case)
    assert hasty.unserved_wh.sum() > exact.unserved_wh.sum() >= hasty.missing_bound_wh
    assert hasty.gap_eur >= 0.0
    assert hasty.bound_eur > -np.inf


def test_the_same_input_gives_the_same_plan():
    case = nested_case(3, devices=400, groups=9, upper=6, slots=24)
    np.testing.assert_array_equal(dispatch_nested(*case).power_w, dispatch_nested(*case).power_w)


def test_no_devices_are_a_plan_too():
    none = np.zeros(0)
    windows = none.astype(int)
    plan = dispatch_nested(
        np.ones(2), np.ones((2, 2)), np.array([1, -1]), np.array([0, 0]), none, none, windows, windows
    )
    assert plan.power_w.shape == (0, 2)
    assert (plan.cost_eur, plan.gap_eur, plan.gap_wh) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", np.array([1.0, np.nan, 1.0])),
        ("limit", np.full((3, 3), np.nan)),
        ("limit", np.ones((3, 2))),
        ("limit", np.ones((1, 3))),
        ("parent", np.array([2, 2])),
        ("parent", np.array([1, -1, -1])),
        ("parent", np.array([2, 2, 2])),
        ("parent", np.array([2, 3, -1])),
        ("parent", np.array([2, -2, -1])),
        ("offsets", np.array([0, 1, 3])),
        ("need", np.array([-1.0, 1.0])),
        ("cap", np.array([1.0])),
        ("cap", np.array([1.0, np.inf])),
        ("first", np.array([0, -1])),
        ("last", np.array([4, 3])),
    ],
)
def test_broken_input_is_refused_before_compiled_code_reads_it(name, value):
    case = two_groups([[9e3] * 3] * 3, [1000.0, 1000.0])._replace(**{name: value})
    with pytest.raises(InvariantError):
        dispatch_nested(*case)
