"""Dispatch plans against HiGHS, and their certificates against their definition."""

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.dispatch import dispatch

SLOT_HOURS = 0.5
SLOW = settings(max_examples=60, deadline=None)


def instance(seed, *, devices=12, groups=3, slots=6, coarse=True):
    """Random devices; coarse numbers make ties, zero caps, zero needs and zero windows common."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, slots + 1, devices)
    last = np.minimum(first + rng.integers(0, slots, devices), slots)
    if coarse:
        price = rng.integers(-2, 4, slots) * 10.0
        need, cap = rng.integers(0, 6, devices) * 500.0, rng.integers(0, 4, devices) * 1000.0
        headroom = rng.integers(-1, 7, (groups, slots)) * 1000.0
    else:
        price = rng.normal(50.0, 40.0, slots)
        need, cap = rng.gamma(2.0, 800.0, devices), rng.gamma(2.0, 1500.0, devices)
        headroom = rng.gamma(2.0, 2000.0, (groups, slots))
    offsets = np.sort(np.concatenate(([0, devices], rng.integers(0, devices + 1, groups - 1))))
    return price, headroom, offsets, need, cap, first, last


def solved_by_highs(price, headroom, offsets, need, cap, first, last):
    """Return energy and cost of the whole LP; a reward above any price makes it serve the most first."""
    reward = 2.0 * np.abs(price).max() + 1.0
    group = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    cells = [(d, s) for d in range(need.size) for s in range(first[d], last[d])]
    model = highspy.Highs()
    model.silent()
    for device, slot in cells:
        model.addVar(0.0, cap[device] * SLOT_HOURS)
        model.changeColCost(model.getNumCol() - 1, price[slot] - reward)
    for device in range(need.size):
        mine = [column for column, cell in enumerate(cells) if cell[0] == device]
        model.addRow(-highspy.kHighsInf, need[device], len(mine), mine, [1.0] * len(mine))
    for row, slot in np.ndindex(headroom.shape):
        mine = [column for column, cell in enumerate(cells) if cell[1] == slot and group[cell[0]] == row]
        model.addRow(-highspy.kHighsInf, max(headroom[row, slot], 0) * SLOT_HOURS, len(mine), mine, [1.0] * len(mine))
    model.run()
    energy = np.array(model.getSolution().col_value[: len(cells)])
    return energy.sum(), float(energy @ np.array([price[slot] for _, slot in cells]))


def assert_feasible(plan, price, headroom, offsets, need, cap, first, last):
    slot = np.arange(price.size)
    window = (slot >= first[:, np.newaxis]) & (slot < last[:, np.newaxis])
    assert (plan.power_w >= 0.0).all()
    assert (plan.power_w[~window] == 0.0).all()
    assert (plan.power_w <= cap[:, np.newaxis] * (1 + 1e-9) + 1e-6).all()
    np.testing.assert_allclose(plan.power_w.sum(axis=1) * SLOT_HOURS + plan.unserved_wh, need, atol=1e-4)
    for group in range(headroom.shape[0]):
        load = plan.power_w[offsets[group] : offsets[group + 1]].sum(axis=0)
        assert (load <= np.maximum(headroom[group], 0.0) + 1e-4).all()


@pytest.mark.parametrize("coarse", [True, False])
@SLOW
@given(seed=st.integers(0, 100_000))
def test_the_plan_serves_as_much_as_highs_at_the_same_cost(coarse, seed):
    case = instance(seed, coarse=coarse)
    plan = dispatch(*case)
    assert_feasible(plan, *case)
    served, cost = solved_by_highs(*case)
    assert plan.power_w.sum() * SLOT_HOURS == pytest.approx(served, rel=1e-7, abs=1e-3)
    assert plan.cost_eur.sum() * 1e6 == pytest.approx(cost, rel=1e-6, abs=1.0)


@pytest.mark.parametrize("coarse", [True, False])
@SLOW
@given(seed=st.integers(0, 100_000))
def test_the_bound_meets_the_cost_and_the_cut_the_shortage(coarse, seed):
    case = instance(seed, devices=40, slots=12, coarse=coarse)
    offsets = case[2]
    plan = dispatch(*case)
    scale = 1e-9 * (1.0 + np.abs(plan.cost_eur).max())
    np.testing.assert_allclose(plan.gap_eur, 0.0, atol=scale)
    unserved = np.add.reduceat(np.append(plan.unserved_wh, 0.0), offsets[:-1])
    unserved[np.diff(offsets) == 0] = 0.0
    np.testing.assert_allclose(plan.missing_wh, unserved, atol=1e-4)
    assert (plan.shadow_price_eur_per_mwh >= 0.0).all()


def bound_by_definition(plan, price, headroom, need, cap, first, last):
    """The Lagrangian of one group at the plan's shadow prices: every device alone, cheapest slots first."""
    room = np.maximum(headroom[0], 0.0) * SLOT_HOURS
    shadow = plan.shadow_price_eur_per_mwh[0]
    total = -(shadow[shadow > 0] @ room[shadow > 0])
    for device in range(need.size):
        left = need[device]
        for cost in np.sort((price + shadow)[first[device] : last[device]]):
            energy = min(left, cap[device] * SLOT_HOURS)
            total += cost * energy
            left -= energy
    return total / 1e6


@SLOW
@given(seed=st.integers(0, 100_000))
def test_the_shadow_prices_alone_prove_the_cost_of_a_plan_that_serves_everyone(seed):
    price, headroom, offsets, need, cap, first, last = instance(seed, groups=1, devices=20, slots=8, coarse=False)
    need = np.minimum(need, cap * SLOT_HOURS * (last - first))
    plan = dispatch(price, headroom * 4.0, offsets, need, cap, first, last)
    if plan.unserved_wh.sum() < 1e-6:
        bound = bound_by_definition(plan, price, headroom * 4.0, need, cap, first, last)
        assert plan.cost_eur[0] == pytest.approx(bound, rel=1e-9, abs=1e-9)


def test_more_room_in_a_slot_saves_its_shadow_price():
    price, headroom = np.array([90.0, 20.0]), np.array([[3000.0, 3000.0]])
    rest = (np.array([0, 2]), np.array([1000.0, 1000.0]), np.array([2000.0, 2000.0]), np.zeros(2, int), np.full(2, 2))
    plan = dispatch(price, headroom, *rest)
    roomier = dispatch(price, headroom + np.array([[0.0, 100.0]]), *rest)
    assert plan.shadow_price_eur_per_mwh.tolist() == [[0.0, 70.0]]
    assert plan.cost_eur[0] - roomier.cost_eur[0] == pytest.approx(70.0 * 50.0 / 1e6)


def test_a_shortage_names_the_full_slots_and_the_missing_energy():
    plan = dispatch(
        np.array([10.0, 20.0, 30.0]),
        np.array([[1000.0, 1000.0, 5000.0]]),
        np.array([0, 2]),
        np.array([1000.0, 1000.0]),
        np.array([2000.0, 2000.0]),
        np.array([0, 0]),
        np.array([2, 2]),
    )
    assert plan.cut_slot.tolist() == [[True, True, False]]
    assert plan.missing_wh[0] == pytest.approx(1000.0)
    assert plan.cut_device.all()


def test_a_device_too_weak_for_its_own_window_blames_no_slot():
    plan = dispatch(
        np.array([10.0, 20.0]),
        np.array([[9000.0, 9000.0]]),
        np.array([0, 1]),
        np.array([3000.0]),
        np.array([2000.0]),
        np.array([0]),
        np.array([2]),
    )
    assert plan.missing_wh[0] == pytest.approx(1000.0)
    assert not plan.cut_slot.any()
    assert plan.cut_device.tolist() == [True]


def test_infinite_headroom_puts_every_device_into_its_cheapest_slots():
    price = np.array([3.0, 1.0, 2.0, 4.0])
    plan = dispatch(
        price,
        np.full((1, 4), np.inf),
        np.array([0, 1]),
        np.array([1500.0]),
        np.array([2000.0]),
        np.array([0]),
        np.array([4]),
    )
    np.testing.assert_array_equal(plan.power_w, [[0.0, 2000.0, 1000.0, 0.0]])
    np.testing.assert_allclose(plan.gap_eur, 0.0, atol=1e-15)


def test_no_devices_and_empty_groups_are_plans_too():
    none = np.zeros(0)
    windows = none.astype(int)
    plan = dispatch(np.array([1.0, 2.0]), np.ones((2, 2)), np.array([0, 0, 0]), none, none, windows, windows)
    assert plan.power_w.shape == (0, 2)
    assert plan.cost_eur.tolist() == [0.0, 0.0]
    assert plan.gap_eur.tolist() == [0.0, 0.0]


def test_the_same_input_gives_the_same_plan():
    case = instance(3, devices=200, groups=5, slots=24)
    first, second = dispatch(*case), dispatch(*case)
    np.testing.assert_array_equal(first.power_w, second.power_w)


@pytest.mark.parametrize(
    ("position", "value"),
    [
        (0, np.array([1.0, np.nan])),
        (1, np.array([[1.0, np.nan]])),
        (1, np.ones((2, 2))),
        (2, np.array([0, 2])),
        (2, np.array([1, 1])),
        (3, np.array([-1.0])),
        (3, np.array([1.0, 1.0])),
        (4, np.array([np.inf])),
        (5, np.array([-1])),
        (6, np.array([3])),
        (6, np.array([1.0])),
    ],
)
def test_broken_input_is_refused_before_compiled_code_reads_it(position, value):
    case = [
        np.array([1.0, 2.0]),
        np.ones((1, 2)),
        np.array([0, 1]),
        np.array([1.0]),
        np.array([1.0]),
        np.array([0]),
        np.array([2]),
    ]
    case[position] = value
    with pytest.raises(InvariantError):
        dispatch(*case)
