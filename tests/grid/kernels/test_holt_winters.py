"""Double-seasonal Holt-Winters against the recursion written out slot by slot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.holt_winters import HoltWintersFit, Method, advance, backtest, fit, forecast
from grid.kernels.naive import weekly_naive

DAY, WEEK = 4, 12
PERIODS = (DAY, WEEK)
SLOW = settings(max_examples=25, deadline=None)


def load_like(seed, *, weeks=10, series=3, offset=100.0, noise=3.0):
    """Two seasons, a wandering level and noise, shape (series, time)."""
    rng = np.random.default_rng(seed)
    time = np.arange(weeks * WEEK)
    daily = 20.0 * rng.standard_normal((series, DAY))[:, time % DAY]
    weekly = 8.0 * rng.standard_normal((series, WEEK))[:, time % WEEK]
    level = np.cumsum(rng.standard_normal((series, time.size)), axis=1)
    return offset + daily + weekly + level + noise * rng.standard_normal((series, time.size))


def run_slowly(fitted: HoltWintersFit, load, row, *, upto=None, horizon=6):
    """One series, one slot after the other; returns the one-step errors and the forecast after the last."""
    alpha, delta, omega, phi = fitted.parameters[row]
    floor = fitted.floor_w[row]
    level, last = fitted.start.level[row], 0.0
    daily, weekly = list(fitted.start.daily[row]), list(fitted.start.weekly[row])

    def in_watts(value):
        return np.exp(value) if floor > 0 else value

    def ahead(slot, lead):
        return in_watts(level + daily[(slot + lead) % DAY] + weekly[(slot + lead) % WEEK] + phi ** (lead + 1) * last)

    errors = []
    values = load[row] if upto is None else load[row][:upto]
    for slot, value in enumerate(values):
        errors.append(value - ahead(slot, 0))
        if np.isnan(value):
            last *= phi
            continue
        linked = np.log(max(value, floor)) if floor > 0 else value
        last = linked - level - daily[slot % DAY] - weekly[slot % WEEK]
        level += alpha * last
        daily[slot % DAY] += delta * last
        weekly[slot % WEEK] += omega * last
    return np.array(errors), np.array([ahead(len(values), lead) for lead in range(horizon)])


@pytest.mark.parametrize("offset", [100.0, 0.0])
@SLOW
@given(seed=st.integers(0, 10_000), gaps=st.floats(0.0, 0.4))
def test_errors_and_forecasts_are_those_of_the_recursion_written_out(offset, seed, gaps):
    load = load_like(seed, offset=offset)
    load[np.random.default_rng(seed).random(load.shape) < gaps] = np.nan
    fitted = fit(load, periods=PERIODS)
    for row in range(load.shape[0]):
        errors, ahead = run_slowly(fitted, load, row)
        np.testing.assert_allclose(fitted.residual_w[row], errors, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(forecast(fitted, 6)[row], ahead, rtol=1e-9, atol=1e-9)


def test_every_backtest_origin_is_the_recursion_stopped_there():
    load = load_like(5)
    load[:, 70:75] = np.nan
    fitted = fit(load, periods=PERIODS)
    origins = np.array([40, 71, 74, 75, 100, load.shape[1]])
    ahead = backtest(fitted, load, origins, 6)
    for row in range(load.shape[0]):
        for place, origin in enumerate(origins):
            expected = run_slowly(fitted, load, row, upto=origin)[1]
            np.testing.assert_allclose(ahead[row, place], expected, rtol=1e-9)


def test_the_last_backtest_origin_is_the_forecast():
    load = load_like(6)
    fitted = fit(load, periods=PERIODS)
    last = backtest(fitted, load, np.array([load.shape[1]]), 9)[:, 0]
    np.testing.assert_allclose(last, forecast(fitted, 9), rtol=1e-12)


def test_a_backtest_does_not_see_what_comes_after_its_origin():
    load = load_like(7)
    fitted = fit(load, periods=PERIODS)
    changed = load.copy()
    changed[:, 90:] *= 3.0
    before = backtest(fitted, load, np.array([90]), 6)
    np.testing.assert_array_equal(before, backtest(fitted, changed, np.array([90]), 6))


@SLOW
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 30))
def test_advancing_in_two_pieces_equals_one(seed, cut):
    load = load_like(seed, weeks=8)
    new = load_like(seed + 1, weeks=3)[:, :30]
    whole, pieces = fit(load, periods=PERIODS), fit(load, periods=PERIODS)
    errors = advance(whole, new)
    halves = [advance(pieces, new[:, :cut]), advance(pieces, new[:, cut:])]
    np.testing.assert_array_equal(errors, np.concatenate(halves, axis=1))
    np.testing.assert_array_equal(forecast(whole, 5), forecast(pieces, 5))
    assert (whole.state.elapsed == load.shape[1] + 30).all()


def test_advancing_equals_a_backtest_over_the_longer_series():
    load = load_like(11, weeks=12)
    fitted = fit(load[:, :100], periods=PERIODS)
    at_the_end = backtest(fitted, load, np.array([load.shape[1]]), 5)[:, 0]
    advance(fitted, load[:, 100:])
    np.testing.assert_allclose(forecast(fitted, 5), at_the_end, rtol=1e-12)


def test_a_load_that_repeats_itself_is_forecast_exactly():
    week = np.random.default_rng(1).uniform(50.0, 100.0, WEEK)
    load = np.tile(week, 8)[np.newaxis]
    np.testing.assert_allclose(forecast(fit(load, periods=PERIODS), 2 * WEEK)[0], np.tile(week, 2), rtol=1e-9)


def test_a_gap_leaves_the_seasons_and_lets_the_correction_die_out():
    load = load_like(2, weeks=8)
    fitted = fit(load, periods=PERIODS)
    daily, weekly, level = fitted.state.daily.copy(), fitted.state.weekly.copy(), fitted.state.level.copy()
    correction = fitted.state.residual * fitted.parameters[:, 3] ** 5
    assert np.isnan(advance(fitted, np.full((3, 5), np.nan))).all()
    np.testing.assert_array_equal(fitted.state.daily, daily)
    np.testing.assert_array_equal(fitted.state.weekly, weekly)
    np.testing.assert_array_equal(fitted.state.level, level)
    np.testing.assert_allclose(fitted.state.residual, correction)


def cost_of(fitted, load, parameters, judged_from):
    """Sum of squared one-step and day-ahead errors on the model's scale, for any parameters."""
    alpha, delta, omega, phi = parameters
    level, last, total = fitted.start.level[0], 0.0, 0.0
    daily, weekly = list(fitted.start.daily[0]), list(fitted.start.weekly[0])
    day_ahead: dict[int, float] = {}
    for slot, value in enumerate(np.log(load[0]) if fitted.floor_w[0] > 0 else load[0]):
        error = value - level - daily[slot % DAY] - weekly[slot % WEEK]
        if slot >= judged_from:
            total += (error - phi * last) ** 2 + (value - day_ahead[slot]) ** 2
        level += alpha * error
        daily[slot % DAY] += delta * error
        weekly[slot % WEEK] += omega * error
        last = error
        later = slot + DAY
        day_ahead[later] = level + daily[later % DAY] + weekly[later % WEEK] + phi**DAY * error
    return total


@pytest.mark.parametrize("seed", range(6))
def test_no_random_parameters_are_better_than_the_fitted_ones(seed):
    load = load_like(seed, series=1, weeks=16)
    fitted = fit(load, periods=PERIODS)
    judged_from = 4 * WEEK
    rng = np.random.default_rng(seed)
    random = rng.uniform(0.0, 1.0, (300, 4)) ** 2 * np.array([0.5, 0.9, 0.9, 0.995])
    best = min(cost_of(fitted, load, parameters, judged_from) for parameters in random)
    assert cost_of(fitted, load, fitted.parameters[0], judged_from) < 1.01 * best


def test_it_beats_the_weekly_naive_where_the_level_wanders():
    load = load_like(3, series=40, weeks=30)
    fitted = fit(load[:, :240], periods=PERIODS)
    origins = np.arange(240, 348)
    actual = load[:, origins[:, np.newaxis] + np.arange(WEEK)]
    error = np.abs(backtest(fitted, load, origins, WEEK) - actual).mean()
    naive = np.abs(weekly_naive(load, origins, WEEK, week=WEEK) - actual).mean()
    assert error < 0.9 * naive


@pytest.mark.parametrize(
    ("slots", "offset", "method"),
    [
        (2 * WEEK, 100.0, Method.DOUBLE_MULTIPLICATIVE),
        (2 * WEEK, 0.0, Method.DOUBLE_ADDITIVE),
        (2 * WEEK - 1, 100.0, Method.DAILY_MULTIPLICATIVE),
        (2 * DAY, 0.0, Method.DAILY_ADDITIVE),
        (2 * DAY - 1, 100.0, Method.LEVEL),
        (1, 100.0, Method.LEVEL),
    ],
)
def test_the_method_follows_from_length_and_sign(slots, offset, method):
    load = load_like(4, series=1, offset=offset)[:, :slots]
    load[0, 0] = min(load[0, 0], offset - 1.0)
    fitted = fit(load, periods=PERIODS)
    assert Method(fitted.method[0]) is method
    assert np.isfinite(forecast(fitted, 30)).all()


def test_leading_and_scattered_gaps_shorten_a_series():
    load = load_like(4, series=2)
    load[0, : -2 * WEEK + 1] = np.nan
    load[1, np.arange(load.shape[1]) % 11 != 0] = np.nan
    fitted = fit(load, periods=PERIODS)
    assert [Method(code) for code in fitted.method] == [Method.DAILY_MULTIPLICATIVE, Method.DAILY_MULTIPLICATIVE]


def test_a_series_without_data_is_nan_and_harms_no_other():
    load = load_like(8)
    alone = forecast(fit(load[1:2], periods=PERIODS), 5)
    load[0] = np.nan
    fitted = fit(load, periods=PERIODS)
    assert Method(fitted.method[0]) is Method.NO_DATA
    assert np.isnan(forecast(fitted, 5)[0]).all()
    np.testing.assert_array_equal(forecast(fitted, 5)[1:2], alone)


def test_negative_load_after_a_multiplicative_fit_is_taken_as_the_floor():
    fitted = fit(load_like(9), periods=PERIODS)
    errors = advance(fitted, np.full((3, 4), -50.0))
    assert (errors < -50.0).all()
    assert (forecast(fitted, 5) > 0.0).all()


@SLOW
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([2.0**-10, 2.0**20]))
def test_the_unit_of_an_additive_series_does_not_matter(seed, factor):
    load = load_like(seed, weeks=6, offset=-1000.0)
    ahead = forecast(fit(load, periods=PERIODS), 8)
    np.testing.assert_allclose(forecast(fit(load * factor, periods=PERIODS), 8), ahead * factor, rtol=1e-12)


@SLOW
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([0.001, 1e6]))
def test_the_unit_of_a_multiplicative_series_moves_rounding_only(seed, factor):
    load = load_like(seed, weeks=6)
    fitted, scaled = fit(load, periods=PERIODS), fit(load * factor, periods=PERIODS)
    np.testing.assert_array_equal(fitted.method, scaled.method)
    scaled.parameters[:] = fitted.parameters  # a search may stop elsewhere on the same flat floor
    origins = np.array([40, 60])
    ahead = backtest(fitted, load, origins, 8)
    np.testing.assert_allclose(backtest(scaled, load * factor, origins, 8), ahead * factor, rtol=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit(np.zeros(5)),
        lambda: fit(np.zeros((1, 5)), periods=(4, 10)),
        lambda: fit(np.array([[1.0, np.inf]])),
        lambda: fit(np.zeros((1, 5), dtype=complex)),
        lambda: forecast(fit(np.ones((1, 5))), 0),
        lambda: advance(fit(np.ones((1, 5))), np.ones((2, 5))),
        lambda: backtest(fit(np.ones((1, 5))), np.ones((1, 5)), np.array([6]), 1),
        lambda: backtest(fit(np.ones((1, 5))), np.ones((1, 5)), np.array([3, 2]), 1),
        lambda: backtest(fit(np.ones((1, 5))), np.ones((1, 5)), np.array([0.5]), 1),
    ],
)
def test_wrong_arguments_are_refused_before_compiled_code_reads_them(call):
    with pytest.raises(InvariantError):
        call()
