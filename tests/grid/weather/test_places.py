"""Places are forecast with the weather of the nearest point, and those with panels also by the sun."""

from datetime import UTC, datetime

import numpy as np
import pytest

from core.slots import SLOT
from grid.forecast_model import forecast_series
from grid.history import LoadHistory
from grid.weather.features import DEGREE_NAMES, degree_columns, sun_column
from grid.weather.known import PointWeather
from grid.weather.places import PlaceGroup, feels_the_sun, forecast_in_groups, weather_used
from tests.grid.curves import MONDAY, daily_and_weekly

DAYS = 21


def clouds(days: int) -> np.ndarray:
    """Return irradiance: a bell a day, more or less of it from day to day and hour to hour. [W/m2]."""
    slot = np.arange(days * 48)
    rng = np.random.default_rng(5)
    cover = np.repeat(rng.uniform(0.2, 1.0, days * 12), 4)
    return np.asarray(np.maximum(0.0, np.sin(np.pi * (slot % 48 - 16) / 20)) * 700.0 * cover)


SUN = clouds(DAYS + 2)


@pytest.mark.parametrize(("panels_w", "feels"), [(0.0, False), (2_000.0, False), (25_000.0, True), (90_000.0, True)])
def test_load_that_falls_when_the_sun_shines_feels_it(panels_w: float, feels: bool):
    load_w = daily_and_weekly(DAYS) - panels_w * SUN[: DAYS * 48] / 1_000.0
    assert feels_the_sun(load_w[np.newaxis], SUN).tolist() == [feels]


def test_who_exports_feels_it_whatever_else_moves_the_load():
    load_w = np.random.default_rng(1).normal(0.0, 5_000.0, (1, DAYS * 48))
    assert feels_the_sun(load_w, SUN).all()


def test_gaps_in_load_do_no_harm_and_an_unknown_sun_helps_nobody():
    load_w = daily_and_weekly(DAYS) - 30.0 * SUN[: DAYS * 48]
    load_w[100:300] = np.nan
    assert feels_the_sun(load_w[np.newaxis], SUN).all()
    assert not feels_the_sun(np.full((1, DAYS * 48), np.nan), SUN).any()
    for unknown in (slice(-3, None), slice(0, 200)):
        sun = SUN.copy()
        sun[unknown] = np.nan
        assert not feels_the_sun(load_w[np.newaxis], sun).any()


def test_degrees_are_cold_below_15_and_heat_above_20_now_and_of_late():
    steps = degree_columns(np.concatenate((np.full(48, 5.0), np.full(480, 25.0), [np.nan])))
    assert steps.shape == (529, len(DEGREE_NAMES))
    np.testing.assert_allclose(steps[47], [1.0, 1.0, 1.0, 0.0, 0.0])
    assert steps[50, 0] == 0.0
    assert 0.5 < steps[50, 1] < steps[50, 2] < 1.0  # who feels more slowly is still cold
    np.testing.assert_allclose(steps[527], [0.0, 0.0, 0.0, 0.5, 0.5], atol=0.01)
    assert np.isnan(steps[528]).all()
    assert sun_column(np.array([250.0]))[0, 0] == 0.25


def test_after_a_time_constant_two_thirds_of_a_step_are_felt():
    jump = degree_columns(np.concatenate((np.full(20_000, 15.0), np.full(193, -15.0))))
    felt = 1.0 - np.exp(-1.0)
    assert jump[20_000 + 35, 1] == pytest.approx(3.0 * felt, rel=0.01)
    assert jump[20_000 + 191, 2] == pytest.approx(3.0 * felt, rel=0.01)


def test_groups_give_each_place_its_own_forecast_in_the_order_of_the_history():
    load_w = np.stack([daily_and_weekly(DAYS, seed=seed) for seed in range(3)])
    history = LoadHistory(np.array([5, 6, 7], dtype=np.int32), MONDAY, MONDAY + DAYS * 48 * SLOT, load_w)
    degrees = degree_columns(np.linspace(0.0, 10.0, (DAYS + 1) * 48))
    weather = PointWeather(2, "sky", datetime(2026, 1, 20, tzinfo=UTC), 0.5, np.zeros(0), np.zeros(0))
    groups = [PlaceGroup(np.array([0, 2]), degrees, weather), PlaceGroup(np.array([1]), None, None)]
    made = forecast_in_groups(history, groups, horizon=48)
    for row, extra in ((0, degrees), (1, None), (2, degrees)):
        alone = forecast_series(load_w[row : row + 1], MONDAY, horizon=48, extra=extra)
        np.testing.assert_array_equal(made.load_w[row], alone.load_w[0])
        np.testing.assert_array_equal(made.quantile_load_w[row], alone.quantile_load_w[0])
        assert made.scores.mae_w[row] == alone.scores.mae_w[0]
    used = weather_used(history, groups, made)
    assert [(one.place_id, one.weather_point_id, one.known_then_ratio) for one in used] == [(5, 2, 0.5), (7, 2, 0.5)]


def test_the_hour_that_comes_twice_and_the_one_that_does_not_are_no_gaps():
    for start in (datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 9, 28, 22, tzinfo=UTC)):
        load_w = daily_and_weekly(DAYS + 14)[np.newaxis]
        degrees = degree_columns(np.linspace(0.0, 10.0, (DAYS + 16) * 48))
        made = forecast_series(load_w, start, horizon=96, extra=degrees)
        assert np.isfinite(made.load_w).all()
        assert made.judged.all()
