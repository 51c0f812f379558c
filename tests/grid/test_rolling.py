"""As readings come, forecasts go on from what was learned, and are as good as a new fit, nearly."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.slots import SLOT
from grid.forecast_model import SeriesForecasts, forecast_series
from grid.rolling import roll
from tests.grid.curves import MONDAY, daily_and_weekly

DAYS, HORIZON, LATER = 70, 96, 20
FITTED = DAYS * 48 - HORIZON - LATER


@pytest.fixture(scope="module")
def load_w() -> np.ndarray:
    load_w = np.stack([daily_and_weekly(DAYS, seed=seed) for seed in range(4)])
    load_w[3, : FITTED - 5 * 48] = np.nan  # new: a fall-back
    return load_w


@pytest.fixture(scope="module")
def made(load_w: np.ndarray) -> SeriesForecasts:
    return forecast_series(load_w[:, :FITTED], MONDAY, horizon=HORIZON)


def rolled(made: SeriesForecasts, since_w: np.ndarray, horizon: int = HORIZON) -> tuple[np.ndarray, np.ndarray]:
    found = roll(made.rolling, since_w, horizon=horizon)
    assert found is not None
    return found


def test_with_nothing_new_the_same_is_said(load_w: np.ndarray, made: SeriesForecasts):
    point_w, quantile_w = rolled(made, load_w[:, FITTED:FITTED])
    np.testing.assert_allclose(point_w, made.load_w, rtol=1e-4)
    np.testing.assert_allclose(quantile_w, made.quantile_load_w, rtol=1e-3)


def test_ten_hours_later_it_is_nearly_as_good_as_a_new_fit(load_w: np.ndarray, made: SeriesForecasts):
    point_w, quantile_w = rolled(made, load_w[:, FITTED : FITTED + LATER])
    fresh = forecast_series(load_w[:, : FITTED + LATER], MONDAY, horizon=HORIZON)
    truth_w = load_w[:, FITTED + LATER :]
    ours, new, old = (
        np.abs(said - truth_w[:, : said.shape[1]])[:3].mean()
        for said in (point_w, fresh.load_w, made.load_w[:, LATER:])
    )
    assert ours < 1.05 * new
    assert ours < 1.05 * old
    assert (np.diff(quantile_w, axis=2) >= 0.0).all()


def test_the_last_slots_count(load_w: np.ndarray, made: SeriesForecasts):
    since_w = load_w[:, FITTED : FITTED + 4]
    calm, _ = rolled(made, since_w)
    high, _ = rolled(made, 1.3 * since_w)
    assert (high[:3, :4] > calm[:3, :4]).all()
    assert (high[3, :4] > calm[3, :4]).all()  # the fall-back, too


def test_slots_that_have_not_come_yet_do_no_harm(load_w: np.ndarray, made: SeriesForecasts):
    since_w = load_w[:, FITTED : FITTED + 6].copy()
    since_w[:, 3:] = np.nan
    point_w, quantile_w = rolled(made, since_w)
    assert np.isfinite(point_w).all()
    assert np.isfinite(quantile_w).all()


def test_after_a_day_or_a_change_of_the_clock_it_is_time_to_fit_again(load_w: np.ndarray, made: SeriesForecasts):
    assert roll(made.rolling, load_w[:, FITTED : FITTED + 48], horizon=HORIZON) is None
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    made_before = forecast_series(load_w[:2, :FITTED], change - FITTED * SLOT - timedelta(hours=3), horizon=HORIZON)
    assert roll(made_before.rolling, load_w[:2, :4], horizon=HORIZON) is not None
    assert roll(made_before.rolling, load_w[:2, :8], horizon=HORIZON) is None
