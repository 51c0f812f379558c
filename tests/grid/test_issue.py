"""Forecasts are issued from the database and stored in it, from what was known and nothing else."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import RetryableError
from core.slots import SLOT
from db.connection import Role, connect
from db.forecasts import forecast_between, forecast_of_run, latest_run, skill_of_place
from grid.backtest import QUANTILES
from grid.forecast import ForecastIssue
from grid.forecaster import Forecaster
from grid.history import load_history
from grid.skill_summary import skill_summary
from tests.grid.curves import MONDAY, daily_and_weekly, measured_state, windows
from tests.grid.town import Town, add_load, build_town

NOW = MONDAY + timedelta(days=35, hours=9, minutes=10)
KNOWN_SLOTS = 35 * 48 + 18


async def issue(url: str, *, now: datetime = NOW) -> ForecastIssue:
    async with await connect(url, Role.COMPUTE) as connection:
        return await Forecaster(history_days=35, horizon_h=48, fit_every=timedelta(0)).issue(connection, now=now)


async def values_of(url: str, town: Town, code: str, run_id: int) -> NDArray[np.float64]:
    async with await connect(url, Role.READ) as connection:
        rows = await forecast_of_run(connection, forecast_run_id=run_id, place_ids=[town.place[code]])
    return np.array([[row.load_w, *row.quantile_load_w] for row in rows])


async def test_every_place_with_data_is_forecast_from_the_running_slot_on(database_url: str):
    town = await build_town(database_url)
    load_w = daily_and_weekly(37)
    for code in ("T1", "F1"):
        await add_load(database_url, town.place[code], MONDAY, load_w[:KNOWN_SLOTS])
    issued = await issue(database_url)
    assert (issued.place_count, issued.fallback_count) == (2, 0)
    assert issued.known_until == MONDAY + KNOWN_SLOTS * SLOT
    async with await connect(database_url, Role.READ) as connection:
        run = await latest_run(connection, as_of=NOW)
        rows = await forecast_between(
            connection, place_id=town.place["T1"], start=NOW - SLOT, end=NOW + timedelta(days=3), as_of=NOW
        )
        skill = await skill_of_place(connection, place_id=town.place["T1"], as_of=NOW)
    assert run is not None
    assert run.quantiles == pytest.approx(QUANTILES)
    assert [row.valid_from for row in rows] == [MONDAY + (KNOWN_SLOTS + lead) * SLOT for lead in range(96)]
    truth_w = load_w[KNOWN_SLOTS:][:78]
    assert np.abs(np.array([row.load_w for row in rows[:78]]) / truth_w - 1).mean() < 0.06
    assert skill is not None
    assert skill.method == "expert_mix"
    assert skill.mape_ratio is not None
    assert skill.naive_mape_ratio is not None
    assert skill.mape_ratio < skill.naive_mape_ratio


async def test_load_that_is_not_known_yet_changes_no_forecast(database_url: str):
    town = await build_town(database_url)
    load_w = daily_and_weekly(37)
    await add_load(database_url, town.place["T1"], MONDAY, load_w[:KNOWN_SLOTS])
    first = await issue(database_url)
    # The running slot and all that follow: wild, and in the database before the second issue.
    await add_load(database_url, town.place["T1"], MONDAY + KNOWN_SLOTS * SLOT, np.full(200, 9e9))
    second = await issue(database_url)
    assert second.known_until == first.known_until
    np.testing.assert_array_equal(
        await values_of(database_url, town, "T1", first.forecast_run_id),
        await values_of(database_url, town, "T1", second.forecast_run_id),
    )
    # The same row counts once its slot is over: the test above could fail.
    third = await issue(database_url, now=NOW + SLOT)
    assert third.known_until == first.known_until + SLOT


async def test_a_slot_that_is_still_coming_in_is_a_gap(database_url: str):
    town = await build_town(database_url)
    await add_load(database_url, town.place["T1"], MONDAY, daily_and_weekly(35), count=10)
    last = MONDAY + (35 * 48 - 1) * SLOT
    await add_load(database_url, town.place["T1"], last, np.array([3_000.0]), count=2)
    async with await connect(database_url, Role.COMPUTE) as connection:
        history = await load_history(connection, now=last + SLOT, days=35)
    assert np.isnan(history.load_w[0, -1])
    assert np.isfinite(history.load_w[0, :-1]).all()
    assert history.known_until == last


async def test_export_makes_the_load_negative(database_url: str):
    town = await build_town(database_url)
    await add_load(database_url, town.place["T1"], MONDAY, np.array([1_000.0, -400.0]))
    async with await connect(database_url, Role.COMPUTE) as connection:
        history = await load_history(connection, now=MONDAY + 2 * SLOT, days=1)
    np.testing.assert_allclose(history.load_w[0, -2:], [1_000.0, -400.0])


async def test_a_short_history_is_forecast_by_a_fall_back_without_skill(database_url: str):
    town = await build_town(database_url)
    await add_load(database_url, town.place["T1"], NOW.replace(minute=0) - timedelta(days=5), daily_and_weekly(5))
    issued = await issue(database_url)
    assert (issued.place_count, issued.fallback_count) == (1, 1)
    async with await connect(database_url, Role.READ) as connection:
        skill = await skill_of_place(connection, place_id=town.place["T1"], as_of=NOW)
        summary = await skill_summary(connection, now=NOW, level="power_transformer")
    assert skill is not None
    assert skill.method == "holt_winters_daily_multiplicative"
    assert (skill.origin_count, skill.mae_w, skill.mape_ratio, skill.coverage_ratio) == (0, None, None, None)
    assert summary is None


async def test_without_any_load_there_is_no_forecast_yet(database_url: str):
    await build_town(database_url)
    with pytest.raises(RetryableError, match="history_missing"):
        await issue(database_url)


async def test_an_earlier_moment_sees_the_forecast_of_that_moment(database_url: str):
    town = await build_town(database_url)
    await add_load(database_url, town.place["T1"], MONDAY, daily_and_weekly(37))
    first = await issue(database_url)
    second = await issue(database_url, now=NOW + timedelta(hours=6))
    soon, place_id = NOW + timedelta(hours=7), town.place["T1"]
    async with await connect(database_url, Role.READ) as connection:
        then, later = [
            await forecast_between(connection, place_id=place_id, start=soon, end=soon + 2 * SLOT, as_of=as_of)
            for as_of in (NOW, NOW + timedelta(days=1))
        ]
    assert {row.forecast_run_id for row in then} == {first.forecast_run_id}
    assert {row.forecast_run_id for row in later} == {second.forecast_run_id}


@pytest.mark.reference_data
async def test_the_summary_says_that_measured_feeders_are_forecast_better_than_by_last_week(
    database_url: str, reference_data: Path
):
    town = await build_town(database_url)
    spans = windows(measured_state(reference_data), days=35, every=500)
    for code, load_w in zip(("F1", "F2"), spans, strict=False):
        await add_load(database_url, town.place[code], MONDAY, load_w)
    await issue(database_url, now=MONDAY + timedelta(days=35))
    async with await connect(database_url, Role.READ) as connection:
        summary = await skill_summary(connection, now=NOW)
        each = [await skill_of_place(connection, place_id=town.place[code], as_of=NOW) for code in ("F1", "F2")]
    assert summary is not None
    assert (summary.level, summary.place_count) == ("feeder", 2)
    assert summary.mape_ratio < summary.naive_mape_ratio
    assert summary.mape_ratio == pytest.approx(np.mean([one.mape_ratio for one in each if one and one.mape_ratio]))
