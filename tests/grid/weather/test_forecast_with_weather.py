"""Forecasts look at the weather that was known when they were issued, say so, and do as well without it."""

from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Role, connect
from db.forecasts import forecast_of_run
from db.weather import ForecastWeather, weather_of_forecast
from grid.forecast import ForecastIssue
from grid.forecaster import Forecaster
from grid.weather.known import LEAD_IN
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.town import Town, add_load, build_town
from tests.grid.weather.sky import HOUR, add_point, add_weather, cold_load_w, columns, temperature_degc

DAYS = 35
NOW = MONDAY + timedelta(days=DAYS)
SKY_FROM = MONDAY - LEAD_IN
SKY = temperature_degc(SKY_FROM, (DAYS + 8 + 5) * 24)
#: Of the hours of load, and of two days more.
DEGC = SKY[8 * 24 :][: (DAYS + 2) * 24]


@pytest.fixture
async def town(database_url: str) -> Town:
    built = await build_town(database_url)
    await add_load(database_url, built.place["T1"], MONDAY, cold_load_w(DAYS, DEGC))
    await add_point(database_url)
    return built


async def issue(url: str) -> ForecastIssue:
    async with await connect(url, Role.COMPUTE) as connection:
        return await Forecaster(history_days=DAYS, horizon_h=48, fit_every=timedelta(0)).issue(connection, now=NOW)


async def load_of(url: str, town: Town, issued: ForecastIssue, code: str = "T1") -> NDArray[np.float64]:
    async with await connect(url, Role.READ) as connection:
        rows = await forecast_of_run(connection, forecast_run_id=issued.forecast_run_id, place_ids=[town.place[code]])
    return np.array([[row.load_w, *row.quantile_load_w] for row in rows])


async def used_for(url: str, town: Town, issued: ForecastIssue, code: str = "T1") -> ForecastWeather | None:
    async with await connect(url, Role.READ) as connection:
        return await weather_of_forecast(connection, forecast_run_id=issued.forecast_run_id, place_id=town.place[code])


async def test_weather_known_in_time_makes_a_better_forecast_that_says_what_it_looked_at(database_url: str, town: Town):
    truth_w = cold_load_w(DAYS + 2, DEGC)[DAYS * 48 :]
    without = await issue(database_url)
    await add_weather(database_url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    with_it = await issue(database_url)
    error = [np.abs((await load_of(database_url, town, of))[:, 0] - truth_w).mean() for of in (without, with_it)]
    assert error[1] < 0.8 * error[0]
    assert (without.weather_count, with_it.weather_count) == (0, 1)
    assert await used_for(database_url, town, without) is None
    used = await used_for(database_url, town, with_it)
    assert used is not None
    assert (used.source, used.known_then_ratio) == ("sky", 1.0)
    assert NOW - 24 * HOUR < used.known_at <= NOW


async def test_weather_known_after_the_issue_changes_no_forecast(database_url: str, town: Town):
    await add_weather(database_url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    first = await load_of(database_url, town, await issue(database_url))
    hot = np.full(SKY.size, 45.0)
    await add_weather(database_url, columns(SKY_FROM, hot, known=NOW + timedelta(seconds=1)), source="later")
    await add_weather(database_url, columns(NOW, hot[:72], known=NOW + 2 * HOUR))
    np.testing.assert_array_equal(await load_of(database_url, town, await issue(database_url)), first)
    await add_weather(database_url, columns(NOW, hot[:72], known=NOW), source="in time")
    assert (await load_of(database_url, town, await issue(database_url)) != first).any()  # the test could fail


async def test_what_is_known_of_the_past_by_now_does_not_change_what_was_known_then(database_url: str, town: Town):
    await add_weather(database_url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    first = await load_of(database_url, town, await issue(database_url))
    measured = columns(SKY_FROM, SKY + 9.0, known=-HOUR)
    await add_weather(database_url, measured.of(measured.known_s <= NOW.timestamp()), source="measured")
    again = await issue(database_url)
    np.testing.assert_array_equal(await load_of(database_url, town, again), first)
    used = await used_for(database_url, town, again)
    assert used is not None
    assert used.known_then_ratio == 1.0


async def test_hindsight_stands_in_for_what_nobody_knew_and_is_told(database_url: str, town: Town):
    half = 20 * 24
    measured = columns(SKY_FROM, SKY[:half], known=-HOUR)
    await add_weather(database_url, measured)
    await add_weather(database_url, columns(SKY_FROM + half * HOUR, SKY[half:], known=timedelta(hours=50)))
    used = await used_for(database_url, town, await issue(database_url))
    assert used is not None
    assert used.known_then_ratio == pytest.approx(1.0 - 12 / 35, abs=0.01)


async def test_stale_weather_is_not_looked_at(database_url: str, town: Town):
    without = await load_of(database_url, town, await issue(database_url))
    await add_weather(database_url, columns(SKY_FROM, SKY, known=NOW - 25 * HOUR))
    issued = await issue(database_url)
    assert issued.weather_count == 0
    np.testing.assert_array_equal(await load_of(database_url, town, issued), without)


async def test_a_place_with_too_short_a_history_says_that_it_looked_at_none(database_url: str, town: Town):
    await add_load(database_url, town.place["T2"], NOW - timedelta(days=4), daily_and_weekly(4))
    await add_weather(database_url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    issued = await issue(database_url)
    assert (issued.place_count, issued.fallback_count, issued.weather_count) == (2, 1, 1)
    assert await used_for(database_url, town, issued, "T2") is None
    assert (await load_of(database_url, town, issued, "T2")).shape[0] == 96


async def test_summer_time_within_the_history_is_no_gap_in_the_weather(database_url: str):
    town = await build_town(database_url)
    await add_point(database_url)
    start = MONDAY + timedelta(days=70)  # a Monday of March; the clock changes on its 29th
    degc = temperature_degc(start - LEAD_IN, (DAYS + 8 + 5) * 24)
    await add_load(database_url, town.place["T1"], start, cold_load_w(DAYS, degc[8 * 24 :]))
    await add_weather(database_url, columns(start - LEAD_IN, degc, known=timedelta(hours=50)))
    async with await connect(database_url, Role.COMPUTE) as connection:
        issued = await Forecaster(history_days=DAYS, horizon_h=48, fit_every=timedelta(0)).issue(
            connection, now=start + DAYS * 48 * SLOT
        )
    assert issued.weather_count == 1
