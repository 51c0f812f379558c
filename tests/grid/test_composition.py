"""A transformer without a past is forecast from what its usage points are like elsewhere."""

import numpy as np
import pytest

from grid.backtest import LEVELS
from grid.composition import compose

KINDS, WEEKS = 3, 5
PHASE = np.arange(WEEKS * 336) % 336
AHEAD = np.arange(100, 196)


@pytest.fixture
def world() -> tuple[np.ndarray, np.ndarray]:
    """Return subscribed power of forty transformers and their load, with noise and gaps."""
    rng = np.random.default_rng(5)
    slot = np.arange(336)
    draws = np.stack([0.1 + 0.05 * np.sin(2 * np.pi * (slot / 48 + shift)) for shift in (0.0, 0.3, 0.6)])
    draws[1] *= np.where(slot < 240, 1.5, 0.4)  # offices rest at the end of the week
    share = rng.dirichlet(np.full(KINDS, 0.7), 40)
    subscribed_va = share * rng.uniform(50e3, 400e3, (40, 1))
    load_w = subscribed_va @ draws[:, PHASE] * rng.normal(1.0, 0.05, (40, PHASE.size))
    return subscribed_va, load_w


def test_it_follows_what_kind_of_usage_points_there_are(world):
    subscribed_va, load_w = world
    known, new = slice(0, 30), slice(30, None)
    truth_w = load_w[new][:, AHEAD]
    made = compose(load_w[known], PHASE, subscribed_va[known], subscribed_va[new], AHEAD)
    total_va = subscribed_va.sum(axis=1, keepdims=True)
    like_all_w = (load_w / total_va)[known].mean(axis=0)[AHEAD] * total_va[new]
    ours, alike = (np.abs(said - truth_w).mean() for said in (made.load_w, like_all_w))
    assert ours < 0.5 * alike
    assert (np.diff(made.quantile_load_w, axis=2) >= 0.0).all()
    inside = (truth_w > made.quantile_load_w[..., 0]) & (truth_w <= made.quantile_load_w[..., -1])
    assert inside.mean() == pytest.approx(LEVELS[-1] - LEVELS[0], abs=0.06)


def test_gaps_and_a_kind_that_nobody_has_are_no_matter(world):
    subscribed_va, load_w = world
    whole = compose(load_w[:30], PHASE, subscribed_va[:30], subscribed_va[30:], AHEAD)
    load_w = load_w.copy()
    load_w[::3, 200:700] = np.nan
    wider_va = np.pad(subscribed_va, ((0, 0), (0, 1)))
    made = compose(load_w[:30], PHASE, wider_va[:30], wider_va[30:], AHEAD)
    np.testing.assert_allclose(made.load_w, whole.load_w, rtol=0.1)


def test_twice_the_subscribed_power_draws_twice_as_much(world):
    subscribed_va, load_w = world
    one = compose(load_w, PHASE, subscribed_va, subscribed_va[:3], AHEAD)
    two = compose(load_w, PHASE, subscribed_va, 2.0 * subscribed_va[:3], AHEAD)
    np.testing.assert_allclose(two.quantile_load_w, 2.0 * one.quantile_load_w)
