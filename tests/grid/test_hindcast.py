"""A hindcast says what was said, from what was known, and nothing that came later moves it."""

import doctest
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest

from core.errors import InputError
from core.slots import SLOT
from db.connection import Role, connect
from db.hindcast import places_of_level
from db.rollup import roll_up_pending
from grid.forecaster import Forecaster
from grid.hindcast import plan as plan_module
from grid.hindcast.plan import Known, Plan, origins_of
from grid.hindcast.summary import summary
from grid.hindcast.survey import Found, survey
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.town import Town, add_load, build_town

#: Noon of the 36th day, and the days after it.
FIRST, DAYS = date(2026, 2, 9), 3
NOW = MONDAY + timedelta(days=44)
#: Readings are received so long after their slot began.
DELAY = timedelta(hours=20)


async def write_readings(
    url: str, point: int, start: datetime, load_w: Any, *, known_at: datetime | None = None
) -> None:
    """Store import of a usage point as received after `DELAY`, or at one time; what was there becomes a revision."""
    values = [float(value) / 2 for value in load_w]
    async with await connect(url, None) as connection:
        at = [start + slot * SLOT for slot in range(len(values))]
        when = [known_at or one + DELAY for one in at]
        await connection.execute(
            "INSERT INTO interval_reading_revision (usage_point_id, register_id, quality, step_s, start_at, known_at,"
            " replaced_at, value) SELECT usage_point_id, register_id, quality, step_s, start_at, known_at, %s, value"
            " FROM interval_reading WHERE usage_point_id = %s AND start_at = ANY(%s::timestamptz[])",
            [known_at or NOW, point, at],
        )
        await connection.execute(
            "INSERT INTO interval_reading (usage_point_id, register_id, step_s, start_at, known_at, value)"
            " SELECT %s, 1, 1800, one.* FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::float8[]) AS one"
            " ON CONFLICT (usage_point_id, register_id, start_at) DO UPDATE"
            " SET value = excluded.value, known_at = excluded.known_at",
            [point, at, when, values],
        )


async def roll_up(url: str) -> None:
    """Sum all readings again."""
    async with await connect(url, None) as connection:
        await connection.execute(
            "INSERT INTO rollup_pending (power_transformer_place_id, start_at, end_at)"
            " SELECT place_id, %s, %s FROM power_transformer",
            [MONDAY, NOW],
        )
    async with await connect(url, Role.INGEST) as connection:
        await roll_up_pending(connection, NOW)


async def hindcast(url: str, *, known: Known = "then", days: int = DAYS, code: str | None = None) -> tuple[Plan, Found]:
    async with await connect(url, Role.READ) as connection:
        places = tuple(await places_of_level(connection, level="feeder", code=code))
        end = FIRST + timedelta(days=days)
        origins = origins_of(FIRST, end, time(12), NOW)
        plan = Plan("feeder", places, FIRST, end, time(12), origins, NOW, 35, 48, known)
        return plan, await survey(connection, plan, lambda *_: None)


async def _town_with_readings(url: str) -> Town:
    town = await build_town(url, usage_points=1)
    for number, code in enumerate(("T1", "T2", "T3")):
        await write_readings(url, town.usage_points[code][0], MONDAY, daily_and_weekly(43, seed=number, mean_w=900.0))
    await roll_up(url)
    return town


def test_the_example_runs_as_written():
    assert doctest.testmod(plan_module).failed == 0


def test_issues_in_the_future_are_left_out_and_none_is_refused():
    now = datetime(2026, 2, 10, 11, tzinfo=UTC)
    assert [at.day for at in origins_of(FIRST, date(2026, 2, 20), time(12), now)] == [9, 10]
    with pytest.raises(InputError, match="period_empty"):
        origins_of(date(2026, 2, 11), date(2026, 2, 20), time(12), now)


async def test_what_comes_later_moves_nothing_that_was_said_then(database_url: str):
    town = await _town_with_readings(database_url)
    plan, before = await hindcast(database_url)
    wild = np.full(400, 50_000.0)
    received = plan.origins[-1] + timedelta(minutes=1)
    for code in ("T1", "T2", "T3"):
        point = town.usage_points[code][0]
        await write_readings(database_url, point, plan.origins[-1] - 480 * SLOT, wild, known_at=received)
    _, after = await hindcast(database_url)
    then, now = before.samples["largest"], after.samples["largest"]
    assert then.place == now.place
    np.testing.assert_array_equal(now.said_w, then.said_w)
    np.testing.assert_array_equal(now.quantile_w, then.quantile_w)
    np.testing.assert_array_equal(after.survey.weight, before.survey.weight)


async def test_what_was_received_in_time_is_in_it(database_url: str):
    town = await _town_with_readings(database_url)
    plan, before = await hindcast(database_url)
    wild = np.full(96, 5_000.0)
    for code in ("T1", "T2", "T3"):
        point = town.usage_points[code][0]
        await write_readings(database_url, point, plan.origins[0] - 96 * SLOT, wild, known_at=plan.origins[1])
    _, after = await hindcast(database_url)
    first, second = before.samples["largest"].issues[:2]
    said = [found.samples["largest"].said_w for found in (before, after)]
    np.testing.assert_array_equal(said[0][first:second], said[1][first:second])
    assert (said[0][second:] != said[1][second:]).any()


async def test_it_says_what_was_issued_then(database_url: str):
    await _town_with_readings(database_url)
    origins = origins_of(FIRST, FIRST + timedelta(days=DAYS), time(12), NOW)
    for origin in origins:
        # The sums as they stood then: of the readings that had been received.
        async with await connect(database_url, None) as connection:
            await connection.execute(
                "CREATE TABLE kept AS SELECT * FROM interval_reading WHERE known_at > %s", [origin]
            )
            await connection.execute("DELETE FROM interval_reading WHERE known_at > %s", [origin])
            await connection.execute("DELETE FROM place_interval")
        await roll_up(database_url)
        async with await connect(database_url, Role.COMPUTE) as connection:
            await Forecaster(history_days=35, horizon_h=48, fit_every=timedelta(0)).issue(connection, now=origin)
        async with await connect(database_url, None) as connection:
            await connection.execute("INSERT INTO interval_reading SELECT * FROM kept")
            await connection.execute("DROP TABLE kept")
    await roll_up(database_url)
    plan, found = await hindcast(database_url)
    assert found.issue_count == DAYS
    assert found.survey.issued is not None
    again, really = found.survey.scores, found.survey.issued
    for name in ("mae_w", "crps_w", "below_ratio"):
        np.testing.assert_allclose(getattr(again, name), getattr(really, name), rtol=1e-4)
    told = summary(plan, found)
    assert told["issued"]["issue_count"] == DAYS
    assert told["issued"]["whole"]["rmae_ratio"] == pytest.approx(told["level"]["whole"]["rmae_ratio"], rel=1e-4)


async def test_the_summary_has_figures_by_lead_for_level_and_places(database_url: str):
    town = await build_town(database_url)
    for number, code in enumerate(("F1", "F2")):
        await add_load(database_url, town.place[code], MONDAY, daily_and_weekly(43, seed=number))
    plan, found = await hindcast(database_url, known="now")
    told = summary(plan, found)
    assert [block["lead_end_h"] for block in told["level"]["by_lead"]] == [6, 12, 24, 36, 48]
    assert told["level"]["whole"]["naive_ratio"] < 0.9
    rmae = [place["whole"]["rmae_ratio"] for place in told["places"]]
    assert rmae == sorted(rmae)
    assert told["level"]["whole"]["rmae_ratio"] == pytest.approx(np.mean(rmae))
    assert told["level"]["method_count"] == {"expert_mix": 2 * DAYS}
    assert told["level"]["whole"]["coverage_ratio"] == pytest.approx(0.9, abs=0.1)
    assert len(told["level"]["rmae_by_hour"]) == 48
    weights = told["level"]["weights"][0]
    assert sum(value for name, value in weights.items() if name != "origin") == pytest.approx(1.0)
    assert told["issued"] is None
    assert "newest value" in told["notes"][0]


async def test_a_place_without_load_is_told_as_one_that_could_not_be_judged(database_url: str):
    town = await build_town(database_url)
    await add_load(database_url, town.place["F1"], MONDAY, daily_and_weekly(43))
    plan, found = await hindcast(database_url, known="now")
    judged, silent = summary(plan, found)["places"]
    assert (judged["code"], silent["code"]) == ("F1", "F2")
    assert silent["whole"]["mae_w"] is silent["mean_load_w"] is None
    assert silent["method_count"] == {"none": DAYS}


async def test_without_any_load_it_says_what_is_missing(database_url: str):
    town = await build_town(database_url)
    with pytest.raises(InputError, match="period_unknown"):
        await hindcast(database_url, known="now")
    await add_load(database_url, town.place["F1"], MONDAY, daily_and_weekly(43))
    with pytest.raises(InputError, match=r"--known now.*period_unknown"):
        await hindcast(database_url, known="then")
