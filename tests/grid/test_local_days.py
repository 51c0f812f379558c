"""Days on the local grid all have 48 slots, whatever summer time does."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from grid.day_features import NAMES, day_features
from grid.local_days import LocalDays


def test_a_winter_day_begins_an_hour_before_midnight_utc():
    local = LocalDays.of(datetime(2026, 1, 4, 23, tzinfo=UTC), 50)
    assert local.first == date(2026, 1, 5)
    assert local.place.tolist() == list(range(50))
    assert local.days(48) == 1
    assert local.days(49) == 2


def test_in_spring_two_slots_are_missing():
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    local = LocalDays.of(start, 47)
    grid = local.spread(np.arange(46.0)[np.newaxis], 46)[0]
    assert grid.size == 48
    assert np.flatnonzero(np.isnan(grid)).tolist() == [4, 5]
    assert grid[~np.isnan(grid)].tolist() == list(range(46))


def test_in_autumn_two_slots_hold_the_mean_of_both():
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    local = LocalDays.of(start, 51)
    values = np.arange(50.0)[np.newaxis]
    values[0, 7] = np.nan
    grid = local.spread(values, 50)[0]
    assert grid.size == 48
    assert grid[:8].tolist() == [0.0, 1.0, 2.0, 3.0, 5.0, 5.0, 8.0, 9.0]  # half past two came twice, but was known once


def test_a_series_that_ends_within_the_hour_that_comes_twice_knows_nothing_of_later():
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    local = LocalDays.of(start, 60)
    assert local.place[6] == 4  # two o'clock again
    assert local.spread(np.arange(6.0)[np.newaxis], 6).tolist() == [[0.0, 1.0, 2.0, 3.0]]


def test_a_series_that_begins_within_a_day_has_nothing_before_it():
    local = LocalDays.of(datetime(2026, 1, 5, 11, tzinfo=UTC), 3)
    grid = local.spread(np.array([[7.0, 8.0]]), 2)[0]
    assert grid.size == 26
    assert np.isnan(grid[:24]).all()
    assert grid[24:].tolist() == [7.0, 8.0]


@pytest.mark.parametrize(
    ("day", "flags"),
    [
        (date(2026, 5, 14), {"thursday", "holiday"}),
        (date(2026, 5, 15), {"friday", "after_holiday", "bridge"}),
        (date(2026, 7, 13), {"monday", "before_holiday", "bridge"}),
        (date(2026, 12, 26), {"saturday", "after_holiday", "turn_of_year"}),
        (date(2026, 8, 9), {"august"}),
    ],
)
def test_a_day_is_what_its_flags_say(day: date, flags: set[str]):
    features = day_features(day - timedelta(days=1), 2)
    assert features.shape == (96, len(NAMES))
    assert (features[48:] == features[48]).all()
    described = dict(zip(NAMES, features[48], strict=True))
    assert {name for name, value in described.items() if value == 1.0 and not name.endswith("sine")} == flags
    assert described["year_cosine"] ** 2 + described["year_sine"] ** 2 == pytest.approx(1.0)
