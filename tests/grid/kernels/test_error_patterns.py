"""The correction is the regression it says, knows nothing that comes later, and helps where errors have a pattern."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import InvariantError
from grid.kernels import error_patterns, holt_winters
from grid.kernels.error_patterns import ErrorPattern
from tests.grid.curves import daily_and_weekly

HOW = ErrorPattern(windows=(1, 3), neighbours=1, forgetting=0.9, penalty=0.2, fewest=3)


def small(seed=0):
    """Return three series of 30 days of 4 slots: multiplicative, additive, with gaps; fitted for a week of 3 days."""
    rng = np.random.default_rng(seed)
    load = 100.0 + 30.0 * np.sin(np.arange(120) * np.pi / 2) + rng.normal(0.0, 5.0, (3, 120))
    mornings = rng.normal(0.0, 10.0, (3, 30))
    for slot in (1, 2):
        load[:, slot::4] += mornings
    load[1] -= 100.0
    load[2, rng.random(120) < 0.1] = np.nan
    return load, holt_winters.fit(load, periods=(4, 12))


class ByHand:
    """One series, corrected by regressions whose rows are written out."""

    def __init__(self, fitted, load, series, horizon, how):
        self.log = fitted.floor_w[series] > 0.0
        self.linked = np.log(load[series]) if self.log else load[series]
        told = holt_winters.backtest(fitted, load, np.arange(load.shape[1] + 1), horizon)[series]
        self.told = np.log(told) if self.log else told
        self.how, self.horizon, self.late = how, horizon, 4 * -(-horizon // 4)
        self.errors, last, phi = np.zeros(load.shape[1]), 0.0, fitted.parameters[series, 3]
        for slot, value in enumerate(self.linked):
            last = phi * last if np.isnan(value) else value - (self.told[slot, 0] - phi * last)
            self.errors[slot] = last

    def means(self, origin):
        return np.array([self.errors[origin - width : origin].mean() for width in self.how.windows])

    def came(self, origin):
        return np.nan_to_num(self.linked[origin : origin + self.horizon] - self.told[origin])

    def before(self, origin, phase):
        """Return origins of a time of day whose leads have all come, the latest first."""
        ended = range(max(self.how.windows), origin - self.late + 1)
        return [past for past in ended if past % 4 == phase % 4][::-1]

    def change(self, origin):
        if sum(self.how.forgetting**age for age in range(len(self.before(origin, origin)))) < self.how.fewest:
            return np.zeros(self.horizon)
        rows, targets, weights = [], [], []
        for phase in range(origin - self.how.neighbours, origin + self.how.neighbours + 1):
            for age, past in enumerate(self.before(origin, phase)):
                rows.append(self.means(past))
                targets.append(self.came(past))
                weights.append(self.how.forgetting**age)
        left, right, weight = np.array(rows), np.array(targets), np.array(weights)[:, np.newaxis]
        gram = left.T @ (weight * left)
        found = np.linalg.solve(gram + self.how.penalty * np.diag(np.diag(gram)), left.T @ (weight * right))
        largest = 3.0 * np.sqrt((weight * right**2).sum(axis=0) / weight.sum())
        return np.clip(self.means(origin) @ found, -largest, largest)

    def forecast(self, origin):
        along = square = 0.0
        for age, past in enumerate(self.before(origin, origin)):
            change, weight = self.change(past), self.how.forgetting**age
            along, square = along + weight * change @ self.came(past), square + weight * change @ change
        part = min(max(along / square, 0.0), 1.0) if square > 0.0 else 0.0
        corrected = self.told[origin] + part * self.change(origin)
        return np.exp(corrected) if self.log else corrected


DAILY = ErrorPattern(windows=(1, 3, 4), forgetting=0.9, penalty=0.2, fewest=3)


@pytest.mark.parametrize("series", [0, 1, 2])
@pytest.mark.parametrize("horizon", [3, 6])
def test_so_it_is_where_all_origins_lie_on_one_time_of_day(series, horizon):
    load, fitted = small()
    origins = np.array([61, 85, 109, 117])
    found = error_patterns.backtest(fitted, load, origins, horizon, how=DAILY)
    by_hand = ByHand(fitted, load, series, horizon, DAILY)
    for place, origin in enumerate(origins):
        np.testing.assert_allclose(found[series, place], by_hand.forecast(origin), rtol=1e-9, atol=1e-9)


def hard():
    """Return series with a gap, with exports, without a season, without data, and new ones, of 45 days."""
    load = np.stack([daily_and_weekly(45, seed=seed) for seed in range(7)])
    load[0, 900:1300] = np.nan
    load[1] -= load[1].mean()
    load[2] = 7.0
    load[3] = np.nan
    load[4, :-90] = np.nan
    load[5, :-400] = np.nan
    load[6, ::5] = 0.0
    return load


@pytest.mark.parametrize("horizon", [1, 48, 50, 400])
def test_one_time_of_day_is_told_the_same_alone_and_among_others(horizon):
    load = hard()
    fitted = holt_winters.fit(load)
    origins = np.arange(3, 45 * 48 + 1, 48)
    alone = error_patterns.backtest(fitted, load, origins, horizon)
    among = error_patterns.backtest(fitted, load, np.sort(np.append(origins, 1000)), horizon)
    among = np.delete(among, np.searchsorted(origins, 1000), axis=1)
    np.testing.assert_allclose(alone, among, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("later", [0, 1, 20, 47])
def test_going_on_from_a_load_gives_what_all_of_it_would(later):
    load, how_far = hard(), 45 * 48 - later
    load[6, -1:] = np.nan
    fitted = holt_winters.fit(load)
    started, said = error_patterns.start_anew(fitted, load[:, :how_far], 96)
    gone_on = error_patterns.forecast(started, load[:, how_far:], 96)
    begun = replace(
        fitted,
        floor_w=started.floor_w,
        start=replace(fitted.start, level=started.level, daily=started.daily, weekly=started.weekly),
    )
    at_once = error_patterns.backtest(begun, load, np.array([how_far, 45 * 48]), 96)
    np.testing.assert_allclose(said, at_once[:, 0], rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(gone_on, at_once[:, 1], rtol=1e-11, atol=1e-9)


def test_what_is_infinite_is_neither_begun_nor_gone_on_with():
    load = hard()
    fitted, infinite = holt_winters.fit(load), np.full((7, 1), np.inf)
    started, _ = error_patterns.start_anew(fitted, load, 4)
    with pytest.raises(InvariantError):
        error_patterns.forecast(started, infinite, 4)
    with pytest.raises(InvariantError):
        error_patterns.start_anew(fitted, infinite, 4)


def test_a_horizon_of_nothing_is_refused():
    load = hard()
    with pytest.raises(InvariantError):
        error_patterns.start_anew(holt_winters.fit(load), load, 0)


@pytest.mark.parametrize("series", [0, 1, 2])
@pytest.mark.parametrize("horizon", [3, 6])
def test_the_correction_is_the_regression_of_later_on_latest_errors(series, horizon):
    load, fitted = small()
    origins = np.array([60, 83, 109, 117])
    found = error_patterns.backtest(fitted, load, origins, horizon, how=HOW)
    assert (np.abs(found - holt_winters.backtest(fitted, load, origins, horizon))[series].max(axis=1) > 1e-3).any()
    by_hand = ByHand(fitted, load, series, horizon, HOW)
    for place, origin in enumerate(origins):
        np.testing.assert_allclose(found[series, place], by_hand.forecast(origin), rtol=1e-9, atol=1e-9)


def test_nothing_that_comes_later_moves_a_forecast():
    load, fitted = small()
    spoilt = load.copy()
    spoilt[:, 80:] = 1e6
    origins = np.array([60, 79, 80, 90])
    honest, wild = (error_patterns.backtest(fitted, one, origins, 6, how=HOW) for one in (load, spoilt))
    np.testing.assert_array_equal(honest[:, :3], wild[:, :3])
    assert (honest[:, 3] != wild[:, 3]).all()


def test_with_few_days_it_is_holt_winters():
    load, fitted = small()
    origins = np.array([0, 4, 120])
    plain = holt_winters.backtest(fitted, load, origins, 5)
    few = ErrorPattern(windows=(1,), neighbours=0, forgetting=1.0, fewest=40)
    np.testing.assert_allclose(error_patterns.backtest(fitted, load, origins, 5, how=few), plain, rtol=1e-9)
    found = error_patterns.backtest(fitted, load, origins, 5, how=HOW)
    np.testing.assert_allclose(found[:, :2], plain[:, :2], rtol=1e-9)
    assert (found[:, 2] != plain[:, 2]).any()


def test_errors_that_mean_something_at_one_hour_only_are_told_apart():
    rng = np.random.default_rng(5)
    load = np.tile(daily_and_weekly(84), (2, 1))
    load[:, 40::48] *= np.exp(rng.normal(0.0, 0.1, (2, 84)))  # a slot that says nothing of those after it
    mornings = np.exp(rng.normal(0.0, 0.1, (2, 84)))
    for slot in range(14, 30):
        load[:, slot::48] *= mornings  # slots that say all of the morning
    fitted = holt_winters.fit(load[:, : 56 * 48])
    origins = np.arange(56 * 48, 83 * 48)
    actual = load[:, origins[:, np.newaxis] + np.arange(24)]
    plain, corrected = (
        np.abs(run(fitted, load, origins, 24) - actual).mean()
        for run in (holt_winters.backtest, error_patterns.backtest)
    )
    assert corrected < 0.95 * plain


def test_where_errors_have_no_pattern_hardly_anything_is_corrected():
    load = np.stack([daily_and_weekly(84, seed=seed) for seed in range(20)])
    fitted = holt_winters.fit(load[:, : 56 * 48])
    origins = np.arange(56 * 48, 83 * 48, 47)
    actual = load[:, origins[:, np.newaxis] + np.arange(48)]
    plain, corrected = (
        np.abs(run(fitted, load, origins, 48) - actual).mean()
        for run in (holt_winters.backtest, error_patterns.backtest)
    )
    assert corrected < 1.005 * plain


def test_a_series_without_errors_or_without_data_stays_as_it_is():
    load = np.vstack([daily_and_weekly(35), np.full(35 * 48, np.nan), np.full(35 * 48, 7.0)])
    fitted = holt_winters.fit(load)
    found = error_patterns.backtest(fitted, load, np.array([33 * 48]), 48)[:, 0]
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[2], 7.0, rtol=1e-9)
    assert np.isfinite(found[0]).all()


def test_no_origin_is_no_forecast():
    load, fitted = small()
    assert error_patterns.backtest(fitted, load, np.zeros(0, dtype=np.int64), 5, how=HOW).shape == (3, 0, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"windows": ()},
        {"windows": (0,)},
        {"neighbours": -1},
        {"neighbours": 2},
        {"forgetting": 0.0},
        {"penalty": 0.0},
        {"fewest": 0},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    load, fitted = small()
    with pytest.raises(InvariantError):
        error_patterns.backtest(fitted, load, np.array([60]), 5, how=ErrorPattern(**{"neighbours": 1} | wrong))


@pytest.mark.parametrize(("origins", "horizon"), [([60], 0), ([121], 4), ([60, 59], 4)])
def test_origins_outside_are_refused(origins, horizon):
    load, fitted = small()
    with pytest.raises(InvariantError):
        error_patterns.backtest(fitted, load, np.array(origins), horizon, how=HOW)
