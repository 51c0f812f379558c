"""The forecast is better than last week, says how sure it is, and says when it knew too little."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.slots import SLOT
from grid.backtest import LEVELS
from grid.forecast_model import COMBINED, METHOD_NAMES, forecast_series
from grid.kernels.holt_winters import Method
from tests.grid.curves import MONDAY, daily_and_weekly, measured_feeder, measured_state, windows


def test_a_regular_curve_is_forecast_better_than_by_last_week():
    load_w = np.stack([daily_and_weekly(37, seed=seed) for seed in range(8)])
    made = forecast_series(load_w[:, : 35 * 48], MONDAY, horizon=96)
    truth_w, last_week_w = load_w[:, 35 * 48 :], load_w[:, 28 * 48 : 30 * 48]
    assert np.abs(made.load_w - truth_w).mean() < 0.9 * np.abs(last_week_w - truth_w).mean()
    assert (made.scores.mape_ratio < made.scores.naive_mape_ratio).all()
    assert (made.scores.origin_count == 11).all()


@pytest.mark.reference_data
def test_measured_load_is_forecast_better_than_by_last_week(reference_data: Path):
    for series, every in ((measured_state(reference_data), 16), (measured_feeder(reference_data), 14)):
        made = forecast_series(windows(series, days=35, every=every), MONDAY, horizon=96)
        assert made.scores.mape_ratio.mean() < made.scores.naive_mape_ratio.mean()
        assert made.scores.mae_w.mean() < made.scores.naive_mae_w.mean()
        # A forecast without quantiles has a score equal to its mean absolute error: these must be worth something.
        assert made.scores.crps_w.mean() < 0.85 * made.scores.mae_w.mean()


@pytest.mark.reference_data
def test_most_measured_loads_lie_between_the_outermost_quantiles_but_not_all(reference_data: Path):
    made = forecast_series(windows(measured_state(reference_data), days=35, every=16), MONDAY, horizon=96)
    # 0.9 is promised; summers in Victoria have heat waves that three weeks of history know nothing of.
    assert 0.80 < made.scores.coverage_ratio.mean() < 0.97


def test_quantiles_never_cross_and_the_median_is_near_the_point():
    made = forecast_series(daily_and_weekly(35)[np.newaxis], MONDAY, horizon=96)
    assert made.quantile_load_w.shape == (1, 96, LEVELS.size)
    assert (np.diff(made.quantile_load_w, axis=2) >= 0).all()
    assert np.abs(made.quantile_load_w[0, :, 3] / made.load_w[0] - 1).max() < 0.1


@pytest.mark.parametrize(
    ("days", "method"),
    [
        (35, COMBINED),
        (7, METHOD_NAMES[Method.DAILY_MULTIPLICATIVE]),
        (1, METHOD_NAMES[Method.LEVEL]),
        (0, METHOD_NAMES[Method.NO_DATA]),
    ],
)
def test_too_little_history_falls_back_to_a_method_that_says_so(days: int, method: str):
    load_w = np.full((1, 35 * 48), np.nan)
    load_w[0, (35 - days) * 48 :] = daily_and_weekly(35)[(35 - days) * 48 :]
    made = forecast_series(load_w, MONDAY, horizon=96)
    assert made.method[0] == method
    assert np.isfinite(made.load_w).all() == (days > 0)
    assert np.isfinite(made.quantile_load_w).all() == (days > 0)
    assert bool(made.judged[0]) == (days == 35)


def test_every_method_has_a_name_of_its_own():
    assert set(METHOD_NAMES) == set(Method)
    assert len(set(METHOD_NAMES.values())) == len(METHOD_NAMES)


def test_what_is_scored_was_forecast_without_knowing_it():
    # The last scored day, a megawatt too high and a megawatt too low: if neither moved its own forecast, it adds the
    # same to both mean absolute errors, up to what it is off by.
    found = []
    for shift_w in (1e6, -1e6):
        load_w = daily_and_weekly(35)[np.newaxis]
        load_w[:, 34 * 48 :] += shift_w
        found.append(forecast_series(load_w, MONDAY, horizon=48).scores.mae_w[0])
    assert found[0] == pytest.approx(found[1], rel=0.05)
    assert found[0] == pytest.approx(1e6 / 11, rel=0.1)  # one of eleven scored days, forecast for one day


def test_a_place_that_never_exported_is_not_forecast_below_zero():
    quiet_w = np.maximum(daily_and_weekly(35) - 45_000.0, 0.0)[np.newaxis]
    made = forecast_series(quiet_w, MONDAY, horizon=96)
    assert made.quantile_load_w.min() >= 0
    exporting = forecast_series(quiet_w - 5_000.0, MONDAY, horizon=96)
    assert exporting.quantile_load_w.min() < 0


def test_a_forecast_that_starts_at_noon_is_aligned_with_the_clock():
    load_w = daily_and_weekly(36)
    noon = MONDAY + 24 * SLOT
    made = forecast_series(load_w[np.newaxis, 24 : 24 + 35 * 48], noon, horizon=24)
    truth_w = load_w[24 + 35 * 48 :]
    assert np.abs(made.load_w[0] / truth_w - 1).mean() < 0.06
    assert noon - MONDAY == timedelta(hours=12)
