"""Experts speak from what was known, each in its own way, and sleep where they have nothing to say."""

import numpy as np
import pytest

from core.slots import SLOTS_PER_DAY
from grid.day_features import LAGGED, day_features
from grid.experts import EXPERTS, WEEKLY_NAIVE, Ahead, ask
from tests.grid.curves import MONDAY, daily_and_weekly

DAYS, ORIGINS, HORIZON, FITTED_BEFORE = 42, 22, 96, 21 * SLOTS_PER_DAY


def ahead_of(load_w: np.ndarray) -> Ahead:
    features = day_features(MONDAY.date(), load_w.shape[1] // SLOTS_PER_DAY + 3)
    return Ahead(np.ascontiguousarray(features[: load_w.shape[1] + HORIZON]), LAGGED)


def said_of(load_w: np.ndarray) -> np.ndarray:
    return ask(load_w, ahead_of(load_w), origins=ORIGINS, horizon=HORIZON, fitted_before=FITTED_BEFORE).said_w


@pytest.fixture(scope="module")
def load_w() -> np.ndarray:
    return np.stack([daily_and_weekly(DAYS, seed=seed) for seed in range(3)])


@pytest.fixture(scope="module")
def said_w(load_w: np.ndarray) -> np.ndarray:
    return said_of(load_w)


def test_nobody_knows_anything_of_what_followed_an_origin(load_w: np.ndarray, said_w: np.ndarray):
    cut = (DAYS - 5) * SLOTS_PER_DAY
    spoilt_w = load_w.copy()
    spoilt_w[:, cut:] = 9e9
    before = slice(None, ORIGINS - 5)  # the last of them is the cut itself
    np.testing.assert_array_equal(said_of(spoilt_w)[:, :, before], said_w[:, :, before])
    assert (said_of(spoilt_w)[:, :, -1] != said_w[:, :, -1]).any()  # the test could fail


def test_every_expert_speaks_for_now_and_is_better_than_nothing(load_w: np.ndarray):
    truth_w = load_w[:, -HORIZON:]
    known_w = load_w[:, :-HORIZON]
    said = ask(known_w, ahead_of(known_w), origins=1, horizon=HORIZON, fitted_before=FITTED_BEFORE).said_w[:, :, 0]
    error = np.abs(said - truth_w[:, np.newaxis]).mean(axis=(0, 2)) / truth_w.mean()
    assert said.shape[1] == len(EXPERTS)
    assert (error < 0.2).all(), dict(zip(EXPERTS, error, strict=True))
    assert min(error[:3]) < 0.8 * error[WEEKLY_NAIVE]


def test_the_weekly_naive_is_where_it_is_looked_for(load_w: np.ndarray, said_w: np.ndarray):
    np.testing.assert_array_equal(said_w[:, WEEKLY_NAIVE, -1], load_w[:, -336 : -336 + HORIZON])


def test_holt_winters_has_no_record_before_its_fit(load_w: np.ndarray):
    said = ask(load_w, ahead_of(load_w), origins=30, horizon=HORIZON, fitted_before=FITTED_BEFORE).said_w
    silent = np.isnan(said[:, EXPERTS.index("holt_winters")]).all(axis=(0, 2))
    assert silent.tolist() == [True] * 8 + [False] * 22


def test_with_gaps_everybody_goes_on_speaking(load_w: np.ndarray):
    gappy_w = load_w.copy()
    gappy_w[np.random.default_rng(0).random(load_w.shape) < 0.2] = np.nan
    gappy_w[:, -60:] = np.nan
    said = said_of(gappy_w)[:, :, -1]
    assert np.isfinite(said).all()
    assert (np.abs(said / load_w.mean() - 1.0) < 1.0).all()
