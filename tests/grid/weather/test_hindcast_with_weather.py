"""A hindcast looks at the weather as it was known at each issue, as the platform did, and says so."""

from datetime import date, time, timedelta

import numpy as np
import pytest

from core.slots import SLOTS_PER_DAY
from db.connection import Role, connect
from db.hindcast import places_of_level
from grid.forecaster import Forecaster
from grid.hindcast.plan import Plan, origins_of
from grid.hindcast.summary import summary
from grid.hindcast.survey import Found, survey
from grid.weather.known import LEAD_IN
from tests.grid.curves import MONDAY
from tests.grid.town import add_load, build_town
from tests.grid.weather.sky import HOUR, add_point, add_weather, cold_load_w, columns, temperature_degc

HISTORY_DAYS = 28
FIRST, DAYS = date(2026, 2, 3), 2
NOW = MONDAY + timedelta(days=33)
ORIGINS = origins_of(FIRST, FIRST + timedelta(days=DAYS), time(12), NOW)
SKY_FROM = MONDAY - LEAD_IN
SKY = temperature_degc(SKY_FROM, (33 + 8 + 3) * 24)


@pytest.fixture
async def url(database_url: str) -> str:
    """Name the database of a town with a feeder that feels the cold, and a weather point of which nothing is known."""
    town = await build_town(database_url)
    await add_load(database_url, town.place["F1"], MONDAY, cold_load_w(33, SKY[8 * 24 :]))
    await add_point(database_url)
    return database_url


async def hindcast(url: str, *, weather: bool = True) -> tuple[Plan, Found]:
    async with await connect(url, Role.READ) as connection:
        places = tuple(await places_of_level(connection, level="feeder", code="F1"))
        end = FIRST + timedelta(days=DAYS)
        plan = Plan("feeder", places, FIRST, end, time(12), ORIGINS, NOW, HISTORY_DAYS, 48, "now", weather)
        return plan, await survey(connection, plan, lambda *_: None)


async def test_weather_known_at_the_issue_makes_it_better_and_the_report_says_which(url: str):
    plan, before = await hindcast(url)
    told = summary(plan, before)
    assert told["weather"]["forecast_count"] == told["places"][0]["weather_count"] == 0
    assert told["notes"][-1].startswith("No forecast looked at the weather: ")

    await add_weather(url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    plan, found = await hindcast(url)
    told = summary(plan, found)
    assert found.survey.scores.mae_w[0, 0] < 0.8 * before.survey.scores.mae_w[0, 0]
    assert told["weather"] == {
        "wanted": True,
        "forecast_count": DAYS,
        "of_count": DAYS,
        "source_count": {"sky": DAYS},
        "point_count": {"Lille": DAYS},
        "known_then_ratio": 1.0,
    }
    assert told["places"][0]["weather_count"] == DAYS
    assert "2 of 2 forecasts looked at the weather" in told["notes"][-1]

    plan, without = await hindcast(url, weather=False)
    assert summary(plan, without)["notes"][-1] == "No forecast looked at the weather, as was asked for."
    np.testing.assert_array_equal(without.samples["largest"].said_w, before.samples["largest"].said_w)


async def test_weather_known_after_an_issue_moves_nothing_that_it_said(url: str):
    await add_weather(url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    _, before = await hindcast(url)
    hot = np.full(SKY.size, 45.0)
    await add_weather(url, columns(SKY_FROM, hot, known=ORIGINS[0] + timedelta(seconds=1)), source="later")
    _, after = await hindcast(url)
    then, now = before.samples["largest"], after.samples["largest"]
    first, second = then.issues[:2]
    assert second == first + SLOTS_PER_DAY
    np.testing.assert_array_equal(now.said_w[first:second], then.said_w[first:second])
    np.testing.assert_array_equal(now.quantile_w[first:second], then.quantile_w[first:second])
    np.testing.assert_array_equal(after.survey.weight[:, 0], before.survey.weight[:, 0])
    assert (now.said_w[second:] != then.said_w[second:]).all()  # the second issue knew it: the test could fail


async def test_what_nobody_had_told_in_time_is_told_as_hindsight(url: str):
    measured = columns(SKY_FROM, SKY, known=-HOUR)
    await add_weather(url, measured.of(measured.valid_s < ORIGINS[0].timestamp() - 12 * 3_600))
    await add_weather(url, columns(ORIGINS[0] - 12 * HOUR, SKY[-132:], known=ORIGINS[0] - HOUR))
    plan, found = await hindcast(url)
    told = summary(plan, found)
    assert told["weather"]["known_then_ratio"] < 0.1
    assert "look better than they were" in told["notes"][-1]


async def test_it_says_what_the_platform_issued_with_the_same_weather(url: str):
    await add_weather(url, columns(SKY_FROM, SKY, known=timedelta(hours=50)))
    async with await connect(url, Role.COMPUTE) as connection:
        forecaster = Forecaster(history_days=HISTORY_DAYS, horizon_h=48, fit_every=timedelta(0))
        issues = [await forecaster.issue(connection, now=origin) for origin in ORIGINS]
    assert [issue.weather_count for issue in issues] == [1, 1]
    _, found = await hindcast(url)
    assert found.survey.issued is not None
    for name in ("mae_w", "crps_w", "below_ratio"):
        again, really = getattr(found.survey.scores, name), getattr(found.survey.issued, name)
        np.testing.assert_allclose(again, really, rtol=1e-4)
