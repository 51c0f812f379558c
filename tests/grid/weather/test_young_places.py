"""A place that is young among old ones is forecast as it would be alone, with weather and panels or without."""

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest

from core.slots import SLOT
from db.connection import Role, connect
from db.forecasts import forecast_of_run
from grid.forecast_model import SeriesForecasts
from grid.forecaster import Forecaster
from grid.history import LoadHistory
from grid.weather.known import LEAD_IN
from grid.weather.places import forecast_in_groups, place_groups
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.town import add_load, build_town
from tests.grid.weather.sky import HOUR, add_point, add_weather, cold_load_w, columns, temperature_degc

DAYS = 100
NOW = MONDAY + timedelta(days=DAYS)
SKY = temperature_degc(MONDAY - LEAD_IN, (DAYS + 8 + 4) * 24)
OLD = cold_load_w(DAYS, SKY[8 * 24 :])
YOUNG = cold_load_w(DAYS, SKY[8 * 24 :], seed=2)
#: Of the town's places, by code: how old each is. [days]
AGES = {"T1": DAYS, "T2": 20, "F1": 40}


def test_a_place_begins_on_the_first_day_with_any_load():
    load_w = np.full((4, 5 * 48), np.nan)
    load_w[0, 0] = load_w[1, 2 * 48 + 47] = load_w[2, 4 * 48 :] = 1.0
    history = LoadHistory(np.arange(4, dtype=np.int32), MONDAY, MONDAY + 240 * SLOT, load_w)
    assert (history.begins() // 48).tolist() == [0, 2, 4, 4]
    part = history.since(96, np.array([1]))
    assert (part.place_id.tolist(), part.start, part.load_w.shape) == ([1], MONDAY + 96 * SLOT, (1, 144))


async def together(url: str, *, weather: bool) -> tuple[SeriesForecasts, list[SeriesForecasts]]:
    """Forecast places of all ages at once, and each by itself."""
    async with await connect(url, Role.COMPUTE) as connection:
        cursor = await connection.execute("SELECT code, place_id FROM place")
        place: dict[str, int] = dict(await cursor.fetchall())
        load_w = np.stack([OLD, YOUNG, daily_and_weekly(DAYS, seed=7)])
        for row, age in enumerate(AGES.values()):
            load_w[row, : (DAYS - age) * 48] = np.nan
        place_id = np.array([place[code] for code in AGES], np.int32)
        whole = LoadHistory(place_id, MONDAY, NOW, load_w)
        groups = await place_groups(connection, whole, issued_at=NOW, horizon=96, weather=weather)
        assert sorted(group.first // 48 for group in groups) == [0, 60, 80]
        assert all((group.weather is not None) == weather for group in groups)
        made, each = forecast_in_groups(whole, groups, horizon=96), []
        for row, age in enumerate(AGES.values()):
            one = LoadHistory(place_id[[row]], NOW - timedelta(days=age), NOW, load_w[[row], -age * 48 :])
            its = await place_groups(connection, one, issued_at=NOW, horizon=96, weather=weather)
            each.append(forecast_in_groups(one, its, horizon=96))
    return made, each


@pytest.mark.parametrize("weather", [False, True])
async def test_the_young_among_the_old_are_forecast_as_if_alone(database_url: str, weather: bool):
    await build_town(database_url)
    await add_point(database_url)
    await add_weather(database_url, columns(MONDAY - LEAD_IN, SKY, known=timedelta(hours=50)))
    made, each = await together(database_url, weather=weather)
    assert made.judged.tolist() == [True, False, True]
    for row, one in enumerate(each):
        assert made.method[row] == one.method[0]
        for name in ("load_w", "quantile_load_w", "naive_load_w", "weight", "floor_w", "judged"):
            np.testing.assert_array_equal(getattr(made, name)[row], getattr(one, name)[0], err_msg=name)
        origins = one.error_w.shape[1]
        np.testing.assert_array_equal(made.error_w[row, -origins:], one.error_w[0])
        assert np.isnan(made.error_w[row, :-origins]).all()
        for name in (field.name for field in fields(one.scores) if field.name != "by_lead"):
            np.testing.assert_array_equal(getattr(made.scores, name)[row], getattr(one.scores, name)[0], err_msg=name)


async def test_places_of_all_ages_are_issued_and_go_on_between_fits(database_url: str):
    town = await build_town(database_url)
    for code, age in AGES.items():
        start = NOW - timedelta(days=age)
        await add_load(database_url, town.place[code], start, daily_and_weekly(age + 1)[: age * 48 + 12])
    forecaster = Forecaster(history_days=DAYS, horizon_h=48, fit_every=timedelta(days=1))
    async with await connect(database_url, Role.COMPUTE) as connection:
        for now in (NOW, NOW + 6 * HOUR):
            issued = await forecaster.issue(connection, now=now)
            assert (issued.place_count, issued.fallback_count) == (3, 1)
            for code, age in AGES.items():
                run = issued.forecast_run_id
                rows = await forecast_of_run(connection, forecast_run_id=run, place_ids=[town.place[code]])
                said_w = np.array([row.base_load_w for row in rows], dtype=np.float64)[:24]
                first = age * 48 + (now - NOW) // SLOT
                came_w = daily_and_weekly(age + 1)[first : first + 24]
                assert np.abs(said_w[: came_w.size] - came_w).mean() < 0.1 * came_w.mean(), code
