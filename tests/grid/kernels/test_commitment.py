"""Plans of on/off and storing devices against every pattern there is, against HiGHS, and against their definition."""

import itertools
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks._onoff import Programme, judged, small_cases
from benchmarks._onoff_fleet import Case
from core.errors import InvariantError
from grid.kernels import commitment_price
from grid.kernels.commitment import Effort, Stores, commit
from grid.kernels.commitment_levels import levels_of

HOURS, MISSING = 0.5, 10_000.0
QUICK = Effort(easy_rounds=20, rounds=5, tries=40)
NOTHING = Effort(0, 0, 0)


def random_stores(rng, devices, slots, *, roomy=False):
    """Return devices of all kinds; `roomy` ones never come near their ceilings."""
    steps = rng.integers(0, 3, devices)
    size = rng.uniform(2_000.0, 6_000.0, devices)
    each = np.ones((devices, slots))
    any_power = steps == 0
    draw = rng.choice([1_000.0, 2_000.0], (devices, 1)) * (rng.random((devices, slots)) < 0.85)
    floor = np.where(rng.random((devices, slots)) < 0.4, rng.uniform(0.0, 0.6, (devices, slots)), 0.0)
    return Stores(
        start_wh=size * rng.uniform(0.1, 0.7, devices),
        retention_ratio=rng.uniform(0.9, 1.0, devices),
        gain_ratio=rng.uniform(0.8, np.where(any_power, 1.1, 3.0)[:, np.newaxis], (devices, slots)),
        give_ratio=np.full(devices, 0.9),
        drift_wh=-rng.gamma(1.0, 200.0, (devices, slots)) * (rng.random((devices, slots)) < 0.6),
        floor_wh=floor * size[:, np.newaxis],
        ceiling_wh=(1e6 if roomy else 1.0) * size[:, np.newaxis] * each,
        draw_w=draw,
        give_w=draw * (any_power & (rng.random(devices) < 0.6))[:, np.newaxis],
        steps=steps,
        minimum_run_slots=np.where(any_power, 1, rng.integers(1, 4, devices)),
    )


def one_of(stores, device):
    return Stores(*(getattr(stores, name)[device : device + 1] for name in Stores.__dataclass_fields__))


def keeps_runs(pattern, least):
    """Return whether every run of slots that are on lasts, or goes to the end."""
    ends, at = [(key, len(list(part))) for key, part in itertools.groupby(pattern > 0)], 0
    for key, length in ends:
        at += length
        if key and length < least and at < pattern.size:
            return False
    return True


def cost_of(stores, energy, price):
    """Follow one device slot by slot; return its cost, and whether it stays below its ceilings where it can."""
    state, cost = float(stores.start_wh[0]), float(energy @ price)
    for slot, drawn in enumerate(energy):
        state = state * stores.retention_ratio[0] + stores.drift_wh[0, slot]
        state += drawn * stores.gain_ratio[0, slot] if drawn > 0 else drawn / stores.give_ratio[0]
        missing = max(stores.floor_wh[0, slot] - state, 0.0)
        state += missing
        cost += MISSING * missing / stores.retention_ratio[0] ** (slot + 1)
        if drawn > 0 and state > stores.ceiling_wh[0, slot] + 1e-6:
            return cost, False
    return cost, True


def cheapest_of_all(stores, price):
    steps = int(stores.steps[0])
    found = np.inf
    for pattern in itertools.product(range(steps + 1), repeat=price.size):
        chosen = np.array(pattern)
        energy = chosen * stores.draw_w[0] * HOURS / steps
        if ((chosen > 0) & (stores.draw_w[0] == 0.0)).any() or not keeps_runs(chosen, stores.minimum_run_slots[0]):
            continue
        cost, allowed = cost_of(stores, energy, price)
        found = min(found, cost) if allowed else found
    return found / 1e6


@pytest.mark.parametrize("roomy", [True, False])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_a_device_alone_is_as_cheap_as_the_cheapest_of_all_patterns(roomy, seed):
    rng = np.random.default_rng(seed)
    stores = random_stores(rng, 1, 6, roomy=roomy)
    stores = replace(stores, steps=np.maximum(stores.steps, 1), give_w=0.0 * stores.give_w)
    price = rng.normal(50.0, 40.0, 6)
    plan = commit(price, np.full((1, 6), np.inf), np.array([0, 1]), stores, effort=NOTHING)
    best = cheapest_of_all(stores, price)
    assert plan.bound_eur[0] <= best + 1e-8
    assert plan.objective_eur[0] >= best - 1e-8
    if roomy:
        assert plan.objective_eur[0] == pytest.approx(best, abs=1e-8)
        assert plan.bound_eur[0] == pytest.approx(best, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_devices_of_any_power_are_planned_as_cheaply_as_a_linear_programme_does(seed):
    rng = np.random.default_rng(seed)
    stores = replace(random_stores(rng, 1, 10), steps=np.zeros(1, int), minimum_run_slots=np.ones(1, int))
    price, free = np.abs(rng.normal(50.0, 40.0, 10)) + 1.0, np.full((1, 10), np.inf)
    plan = commit(price, free, np.array([0, 1]), stores, effort=NOTHING)
    least, _ = Programme(Case(price, np.full((1, 10), 1e6), np.array([0, 1]), stores)).solve()
    assert plan.objective_eur[0] == pytest.approx(least, abs=1e-7)
    assert plan.bound_eur[0] == pytest.approx(least, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), tight=st.sampled_from([0.0, 0.5, 1.2, np.inf]))
@example(seed=65536, tight=0.0)  # no room at all: what is drawn for want of rounding is worth more than the rounding
def test_every_plan_keeps_limits_steps_runs_and_stores_and_is_no_cheaper_than_its_bound(seed, tight):
    rng = np.random.default_rng(seed)
    devices, slots = 9, 8
    stores, price = random_stores(rng, devices, slots), rng.normal(40.0, 40.0, slots)
    offsets = np.array([0, 4, 4, 9])
    headroom = tight * rng.uniform(500.0, 3_000.0, (3, slots)) if tight < np.inf else np.full((3, slots), np.inf)
    plan = commit(price, headroom, offsets, stores, effort=QUICK)
    objective = 0.0
    for group in range(3):
        load = plan.power_w[offsets[group] : offsets[group + 1]].sum(axis=0)
        assert (load <= headroom[group] + 1e-5).all()
    for device in range(devices):
        mine, energy = one_of(stores, device), plan.power_w[device] * HOURS
        cost, allowed = cost_of(mine, energy, price)
        assert allowed
        objective += cost / 1e6
        assert (energy <= mine.draw_w[0] * HOURS + 1e-9).all()
        assert (energy >= -mine.give_w[0] * HOURS - 1e-9).all()
        if mine.steps[0]:
            share = energy / np.maximum(mine.draw_w[0] * HOURS / mine.steps[0], 1e-9)
            np.testing.assert_allclose(share, share.round(), atol=1e-9)
            assert keeps_runs(energy, mine.minimum_run_slots[0])
    assert plan.objective_eur.sum() == pytest.approx(objective, abs=1e-7)
    assert (plan.bound_eur <= plan.objective_eur + 1e-8).all()
    assert (plan.state_wh >= stores.floor_wh - 1e-6).all()
    assert (plan.shadow_price_eur_per_mwh >= 0.0).all()
    assert not plan.cut_slot[plan.short_wh == 0.0].any()


@pytest.mark.slow(25)
def test_small_plans_and_bounds_go_with_a_mixed_integer_programme():
    found = []
    for asked in small_cases(8, seed=7):
        short = replace(
            asked.stores,
            **{name: getattr(asked.stores, name)[:, :12] for name in Stores.__dataclass_fields__
               if getattr(asked.stores, name).ndim > 1},
        )  # fmt: skip
        case = Case(asked.price[:12], asked.headroom_w[:, :12], asked.offsets, short)
        plan = commit(case.price, case.headroom_w, case.offsets, case.stores, effort=Effort(tries=400))
        found.append(judged(case, plan)[0])
    assert np.mean(found) < 0.02


@pytest.mark.parametrize(
    ("number", "optimum_eur"),
    [
        (163, 0.7859),  # a battery has to give back for two devices in whole steps to be on at once
        (62, 1.4448),  # a car misses energy unless three others make room for it in several slots
    ],
)
def test_plans_that_no_single_exchange_leads_to_are_found(number, optimum_eur):
    asked = next(itertools.islice(small_cases(number + 1, seed=0), number, None))
    plan = commit(asked.price, asked.headroom_w, asked.offsets, asked.stores)
    assert optimum_eur * (1.0 - 2e-4) <= plan.objective_eur[0] <= optimum_eur * 1.02  # by HiGHS, but for 1e-4
    assert plan.short_wh[0] == 0.0


def two_tanks(headroom_w):
    """Two tanks of 1 kW that want an hour each before slot 2; slot 2 is of no use."""
    one, each = np.ones(2), np.ones((2, 3))
    floor = np.array([[0.0, 500.0, 500.0]] * 2)
    stores = Stores(
        0 * one, one, each, one, 0 * each, floor, 5_000 * each, 1_000 * each, 0 * each, np.ones(2, int), np.ones(2, int)
    )
    return commit(np.array([30.0, 20.0, 10.0]), np.array([headroom_w]), np.array([0, 2]), stores)


def test_room_for_one_at_a_time_puts_one_of_two_into_the_dearer_slot():
    plan = two_tanks([1_000.0, 1_000.0, 0.0])
    assert np.sort(plan.power_w, axis=0).tolist() == [[0.0, 0.0, 0.0], [1_000.0, 1_000.0, 0.0]]
    assert plan.objective_eur[0] == pytest.approx(0.025)
    assert plan.bound_eur[0] == pytest.approx(0.025, rel=1e-3)
    assert plan.short_wh.tolist() == [0.0]


def test_what_does_not_fit_is_named_with_its_slots_and_its_energy():
    plan = two_tanks([1_500.0, 900.0, 9_000.0])
    assert plan.short_wh[0] == pytest.approx(500.0)
    assert plan.cut_slot.tolist() == [[True, True, False]]
    assert plan.penalty_eur[0] == pytest.approx(5.0)
    assert plan.own_missing_wh.tolist() == [0.0, 0.0]
    assert plan.bound_eur[0] <= plan.objective_eur[0]


def test_no_time_still_gives_a_plan_and_a_bound_and_more_time_no_worse_ones():
    asked = next(iter(small_cases(1, seed=3)))
    arguments = (asked.price, asked.headroom_w, asked.offsets, asked.stores)
    hasty, patient = commit(*arguments, effort=Effort(seconds=0.0)), commit(*arguments)
    assert hasty.bound_eur[0] <= patient.bound_eur[0] <= patient.objective_eur[0] <= hasty.objective_eur[0]
    assert patient.gap_ratio < hasty.gap_ratio


def test_plans_do_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(5)
    stores, price = random_stores(rng, 40, 8), rng.normal(40.0, 20.0, 8)
    arguments = (price, np.full((4, 8), 4_000.0), np.array([0, 10, 20, 30, 40]), stores)
    together = commit(*arguments, effort=QUICK)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = commit(*arguments, effort=QUICK)
    numba.set_num_threads(threads)
    np.testing.assert_array_equal(together.power_w, alone.power_w)
    np.testing.assert_array_equal(together.bound_eur, alone.bound_eur)


def test_too_little_memory_makes_the_bound_lower_and_never_higher():
    rng = np.random.default_rng(6)
    stores = replace(random_stores(rng, 30, 40, roomy=True), give_w=np.zeros((30, 40)))
    stores = replace(stores, steps=np.maximum(stores.steps, 1))
    devices, price = levels_of(stores, 40, HOURS), rng.uniform(10.0, 90.0, (1, 40))
    bounds = []
    for entries in (4_096, 100):
        value, short, energy = np.empty(30), np.empty(30), np.empty((30, 40))
        commitment_price.price_batch(
            devices, np.zeros(30, np.int64), np.arange(30), price, MISSING, 4, entries, value, short, energy
        )
        bounds.append(value)
    assert (bounds[1] <= bounds[0] + 1e-6).all()
    assert bounds[1].sum() < bounds[0].sum()
    assert bounds[1].sum() > 0.8 * bounds[0].sum()


def test_no_devices_are_a_plan_too():
    plan = commit(np.ones(2), np.ones((2, 2)), np.array([0, 0, 0]), random_stores(np.random.default_rng(0), 0, 2))
    assert plan.power_w.shape == (0, 2)
    assert plan.objective_eur.tolist() == plan.bound_eur.tolist() == [0.0, 0.0]
    assert plan.gap_ratio == 0.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_wh", np.array([np.nan])),
        ("start_wh", np.ones(2)),
        ("retention_ratio", np.array([0.0])),
        ("retention_ratio", np.array([1e-4])),
        ("gain_ratio", np.zeros((1, 3))),
        ("give_ratio", np.array([1.1])),
        ("floor_wh", np.full((1, 3), 1e9)),
        ("draw_w", np.full((1, 3), -1.0)),
        ("give_w", np.full((1, 3), 1.0)),
        ("steps", np.array([-1])),
        ("steps", np.array([1.0])),
        ("minimum_run_slots", np.array([4])),
    ],
)
def test_stores_that_cannot_be_are_refused(name, value):
    one, each = np.ones(1), np.ones((1, 3))
    good = Stores(one, one, each, one, 0 * each, 0 * each, 5 * each, each, 0 * each, np.ones(1, int), np.ones(1, int))
    commit(np.ones(3), each, np.array([0, 1]), good, effort=NOTHING)
    with pytest.raises(InvariantError):
        commit(np.ones(3), each, np.array([0, 1]), replace(good, **{name: value}))
