"""Estimates: exact where they can be, better than a straight line on real homes where they cannot."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.vee import held_out_errors, read_homes
from core.slots import LOCAL_ZONE
from ingest.vee.days import LocalDays, last_closed_day, number_of
from ingest.vee.estimation import Grid, IndexPair, estimate, make_grid
from ingest.vee.profile import like_days

START_S = int(datetime(2026, 1, 15, tzinfo=LOCAL_ZONE).timestamp())
DAYS = LocalDays(START_S - 70 * 86_400, START_S + 90 * 86_400)
NO_HISTORY = (np.empty(0, np.int64), np.empty(0))


def grid_of(values: list[float], step_s: int = 1_800) -> Grid:
    value = np.array(values)
    return Grid(START_S, step_s, value, ~np.isnan(value))


def test_a_short_gap_is_a_straight_line_between_its_neighbours():
    guess = estimate(grid_of([100.0, np.nan, np.nan, np.nan, 500.0]), (1, 4), NO_HISTORY, None, DAYS)
    assert guess.value.tolist() == [200.0, 300.0, 400.0]
    assert (guess.method, guess.is_scaled) == ("linear", False)


@pytest.mark.parametrize(("before_s", "after_s"), [(1_800, 7_200), (900, 7_200), (600, 8_700)])
def test_the_line_meets_the_index_difference_also_off_the_slots(before_s: int, after_s: int):
    grid = grid_of([100.0, np.nan, np.nan, np.nan, 500.0])
    known = 100.0 * (1_800 - before_s) / 1_800 + 500.0 * (after_s - 7_200) / 1_800
    pair = IndexPair(START_S + before_s, 1_000.0, START_S + after_s, 1_000.0 + known + 1_200.0)
    guess = estimate(grid, (1, 4), NO_HISTORY, pair, DAYS)
    assert guess.is_scaled
    assert guess.value == pytest.approx([200.0 * 4 / 3, 300.0 * 4 / 3, 400.0 * 4 / 3])


def test_an_index_that_says_less_than_was_measured_is_not_believed():
    grid = grid_of([100.0, np.nan, 300.0])
    guess = estimate(grid, (1, 2), NO_HISTORY, IndexPair(START_S, 1_000.0, START_S + 5_400, 1_100.0), DAYS)
    assert (guess.value.tolist(), guess.is_scaled) == ([200.0], False)
    assert "not scaled" in guess.reason


def test_energy_where_the_line_says_zero_is_spread_evenly():
    grid = grid_of([0.0, np.nan, np.nan, 0.0])
    guess = estimate(grid, (1, 3), NO_HISTORY, IndexPair(START_S, 0.0, START_S + 7_200, 80.0), DAYS)
    assert (guess.value.tolist(), guess.is_scaled) == ([40.0, 40.0], True)


def test_a_long_gap_without_history_is_left_and_says_why():
    guess = estimate(grid_of([1.0, *[np.nan] * 10, 1.0]), (1, 11), NO_HISTORY, None, DAYS)
    assert (guess.value.size, guess.method, guess.reason) == (0, "none", "the history has too few like days")


def test_like_days_are_the_same_weekday_else_of_the_same_kind():
    day_s = np.array([START_S - back * 86_400 for back in range(1, 22)])
    starts = (day_s[:, np.newaxis] + 3_600 * np.arange(24)).ravel()
    weekday = (np.arange(3 - 1, 3 - 22, -1) % 7)[:, np.newaxis]
    value = (100.0 * weekday + np.arange(24)).ravel().astype(np.float64)
    wanted = START_S + 3_600 * np.arange(30)  # Thursday, and six hours of Friday
    mean, fewest = like_days(starts, value, wanted, step_s=3_600, days=DAYS)
    assert mean.tolist() == [300.0 + hour for hour in range(24)] + [400.0 + hour for hour in range(6)]
    assert fewest == 3
    week = starts >= START_S - 7 * 86_400
    mean, fewest = like_days(starts[week], value[week], wanted[:2], step_s=3_600, days=DAYS)
    assert (mean.tolist(), fewest) == ([200.0, 201.0], 5)  # the mean of Monday to Friday


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", [0, 1, 3, 4]), ("2025-10-26", [0, 1, 2, 2, 3])])
def test_the_clock_on_the_wall_skips_and_repeats_an_hour(day: str, hours: list[int]):
    start_s = int(datetime.fromisoformat(day).replace(tzinfo=LOCAL_ZONE).timestamp())
    days = LocalDays(start_s, start_s + 90_000)
    _, wall_s = days.wall_s(start_s + 3_600 * np.arange(len(hours)))
    assert (wall_s // 3_600).tolist() == hours


def test_a_day_is_over_at_local_midnight():
    assert last_closed_day(datetime(2026, 1, 15, 22, 59, tzinfo=UTC)) == number_of(datetime(2026, 1, 14).date())  # noqa: DTZ001
    assert last_closed_day(datetime(2026, 1, 15, 23, 0, tzinfo=UTC)) == number_of(datetime(2026, 1, 15).date())  # noqa: DTZ001


def test_rows_of_any_step_are_laid_on_slots():
    facts = np.array(
        [
            [START_S, 3_600, 0, 0],
            [START_S + 3_600, 900, 0, 0],
            [START_S + 4_500, 900, 0, 0],
            [START_S + 5_400, 900, 0, 0],
        ]
    ).T
    grid = make_grid(facts, np.array([8.0, 1.0, 2.0, 5.0]), origin_s=START_S, end_s=START_S + 7_200, step_s=1_800)
    assert grid.value[:3].tolist() == [4.0, 4.0, 3.0]
    assert np.isnan(grid.value[3])
    assert grid.is_taken.tolist() == [True, True, True, True]


@pytest.mark.reference_data
def test_on_real_homes_estimates_are_nearer_than_a_straight_line(reference_data: Path):
    errors = held_out_errors(read_homes(reference_data), gaps=40)
    assert errors["like_days"] < 0.9 * errors["linear"]
    assert errors["like_days_scaled"] < 0.97 * errors["linear_scaled"]
