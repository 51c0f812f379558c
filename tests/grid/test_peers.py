"""The peers of the forecasts' benchmark are told what was known, and no more; their figures are on the same slots."""

import sys
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import _against, _peer_worker, _taylor
from benchmarks._peers import Peers, describe
from benchmarks._series import Measured
from tests.grid.curves import daily_and_weekly

ISSUE, LEADS = 24, slice(24, 72)


def series(days: int = 40) -> Measured:
    return Measured("made", "made", date(2026, 1, 5), daily_and_weekly(days), np.ones((days * 48, 1)))


def test_features_know_nothing_that_came_after_the_issue():
    one, at = series(), np.array([20 * 48 + ISSUE])
    slots = at[:, np.newaxis] + np.arange(LEADS.start, LEADS.stop)
    spoilt = one.load.copy()
    spoilt[at[0] :] = np.nan
    known, without = (
        describe(Measured(one.name, one.group, one.first, load, one.weather), at, slots) for load in (one.load, spoilt)
    )
    np.testing.assert_array_equal(known, without)
    spoilt[at[0] - 1] = np.nan
    assert not np.array_equal(
        known, describe(Measured(one.name, one.group, one.first, spoilt, one.weather), at, slots), equal_nan=True
    )


def test_the_lags_are_the_latest_that_had_come():
    one, at = series(), np.array([20 * 48 + ISSUE])
    slots = at[:, np.newaxis] + np.arange(LEADS.start, LEADS.stop)
    near = describe(one, at, slots)[0, :, 0]
    np.testing.assert_array_equal(near[:24], one.load[slots[0, :24] - 48])
    np.testing.assert_array_equal(near[24:], one.load[slots[0, 24:] - 96])


def test_trees_learn_only_from_days_that_had_ended(monkeypatch: pytest.MonkeyPatch):
    learned = []

    def train(_options, data, num_boost_round):
        learned.append(data)
        return SimpleNamespace(predict=lambda rows: np.full(len(rows), num_boost_round))

    fake = ModuleType("lightgbm")
    fake.Dataset, fake.train = lambda rows, values: (rows, values), train  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightgbm", fake)
    features, target = np.zeros((10, 3, 2)), np.arange(30.0).reshape(10, 3)
    target[0, 0] = np.nan
    found = _peer_worker.boosting({"features": features, "target": target, "first": 4, "refit": 3})
    assert [values.max() for _, values in learned] == [8.0, 17.0]  # the day before the issue has not been followed yet
    assert np.isfinite(learned[0][1]).all()
    assert found["said"].shape == (6, 3)
    assert found["fit_s"].size == 2


def test_where_peers_are_missing_it_is_said_how_to_get_them(tmp_path):
    with pytest.raises(SystemExit, match="make peers"):
        Peers(tmp_path / "python")


def test_one_expert_more_that_knows_better_is_heard():
    rng = np.random.default_rng(3)
    actual = rng.normal(100.0, 10.0, (1, 90, 72))
    said = actual[:, np.newaxis] + rng.normal(0.0, 8.0, (1, 3, 90, 72))
    scored: Any = SimpleNamespace(
        leads=LEADS,
        load=actual[0, -60:, LEADS],
        found=SimpleNamespace(said_w=said, actual_w=actual, combined_w=said.mean(axis=1)),
    )
    gain, weight = _against.as_an_expert(scored, actual[0, -60:, LEADS] + rng.normal(0.0, 1.0, (60, 48)))
    assert gain > 0.5
    assert weight > 0.7


def test_origins_of_every_time_of_day_are_asked_for():
    assert _taylor.MIDNIGHTS.size == 28
    assert len(set(_taylor.SOME % 48)) == _taylor.SOME.size == 29
