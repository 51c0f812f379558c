"""How wrong baselines were in a month, by hand; and the month before is scored by itself."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from core.errors import ConflictError, InputError
from core.slots import LOCAL_ZONE
from db.connection import Role, connect
from db.settlement import SkillRow, skills_of_place
from grid.like_days import like_days
from grid.settlement.curves import Hours
from grid.settlement.methods import METHODS
from grid.settlement.skill import month_span, passes, score_last_month, score_month
from tests.grid.settlement.past import at, past_days, town_with_event, usual_w

MONTH = date(2026, 1, 1)
EVENING = Hours(time(19), 2)  # 18:00 UTC, in winter
AFTER = datetime(2026, 2, 8, 12, tzinfo=LOCAL_ZONE)


def mean_of_ten(points: list[int]) -> tuple[list[float], list[float]]:
    """Return the baseline history_mean_10_days and the load, slot by slot, of all days of the month but the event's."""
    baseline, measured = [], []
    for number in range(28):
        day = MONTH + timedelta(days=number)
        days = like_days(day, count=10, within_days=90)
        for slot in (8, 9):
            baseline.append(sum(usual_w(point, one, slot) for point in points for one in days) / 10)
            measured.append(sum(usual_w(point, day, slot) for point in points))
    return baseline, measured


async def test_a_month_is_scored_once_its_readings_have_settled(database_url: str):
    town, _ = await town_with_event(database_url)
    place_id = town.place["T1"]
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        assert await score_last_month(connection, now=AFTER - timedelta(days=2)) == 0
        assert await score_last_month(connection, now=AFTER) == 1
        assert await score_last_month(connection, now=AFTER) == 0
        rows = await skills_of_place(connection, place_id, MONTH)
        assert await skills_of_place(connection, place_id, date(2025, 12, 1)) == []
        again = await score_month(connection, place_id, MONTH, EVENING, now=AFTER)
        program = await score_month(connection, town.place["F1"], MONTH, EVENING, now=AFTER)
        with pytest.raises(ConflictError, match="nobody_enrolled"):
            await score_month(connection, place_id, MONTH, EVENING, now=AFTER, program="none")
        with pytest.raises(ConflictError, match="nobody_enrolled"):
            await score_month(connection, town.place["F2"], MONTH, EVENING, now=AFTER)
        with pytest.raises(ConflictError, match="month_not_over"):
            await score_month(connection, place_id, MONTH, EVENING, now=AFTER - timedelta(days=20))
    assert [row.bias_w for row in program] == [row.bias_w for row in again]  # the others of F1 are not enrolled
    by_name = {(row.method, row.is_adjusted): row for row in rows}
    assert len(by_name) == len(rows) == len(METHODS) + sum(method.is_adjusted for method in METHODS.values())
    assert sorted(again, key=lambda row: (row.method, row.is_adjusted)) == rows
    found = by_name["history_mean_10_days", False]
    # The event was on the 29th; the days after it have no readings: they count as days, and not as slots.
    assert (found.usage_point_count, found.day_count, found.slot_count) == (3, 30, 56)
    close(found, *mean_of_ten(town.usage_points["T1"]))
    assert by_name["low_5_of_10", False].bias_w < found.bias_w < by_name["high_5_of_10", False].bias_w
    assert by_name["weather_regression", False].mae_w < found.mae_w  # here load follows the weather
    assert by_name["control_group", False].mae_w < found.mae_w  # and neighbours feel the same


def close(found: SkillRow, baseline: list[float], measured: list[float]) -> None:
    error, energy = np.array(baseline) - np.array(measured), sum(measured)
    expected = [error.mean(), abs(error).mean(), np.sqrt((error**2).mean()) / np.mean(measured)]
    expected += [abs(error).sum() / energy, abs(error.sum()) / energy]
    figures = [found.bias_w, found.mae_w, found.cv_rmse_ratio, found.absolute_error_ratio, found.centring_error_ratio]
    np.testing.assert_allclose(figures, expected, rtol=1e-6)


def test_months_end_on_the_local_clock_and_are_given_by_their_first_day():
    start, end = month_span(date(2025, 12, 1))
    assert (end - start, end.isoformat()) == (timedelta(days=31), "2025-12-31T23:00:00+00:00")
    assert month_span(date(2026, 3, 1))[1] - month_span(date(2026, 3, 1))[0] == timedelta(days=31, hours=-1)
    with pytest.raises(InputError, match="month_not_first"):
        month_span(date(2026, 1, 2))


def test_the_checks_are_thirty_five_and_fifteen_percent():
    assert passes(0.35, 0.15)
    assert not passes(0.36, 0.0)
    assert not passes(0.0, 0.16)
    assert not passes(float("nan"), 0.0)


def test_the_past_is_what_this_file_thinks():
    assert past_days()[-1] == date(2026, 1, 28)
    assert at(date(2026, 1, 28), 8).astimezone(LOCAL_ZONE).hour == 19
