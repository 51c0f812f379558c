"""Days on the local grid all have 48 slots, whatever summer time does."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from core.slots import SLOT, local_day
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
        (date(2021, 5, 14), {"friday", "after_holiday", "bridge"}),
        (date(2020, 5, 8), {"friday", "holiday"}),
        (date(2028, 5, 26), {"friday", "after_holiday", "bridge"}),
        (date(2018, 1, 1), {"monday", "holiday", "turn_of_year"}),
        (date(2029, 12, 24), {"monday", "before_holiday", "bridge", "turn_of_year"}),
    ],
)
def test_a_day_is_what_its_flags_say(day: date, flags: set[str]):
    features = day_features(day - timedelta(days=1), 2)
    assert features.shape == (96, len(NAMES))
    assert (features[48:] == features[48]).all()
    described = dict(zip(NAMES, features[48], strict=True))
    assert {name for name, value in described.items() if value == 1.0 and not name.endswith("sine")} == flags
    assert described["year_cosine"] ** 2 + described["year_sine"] ** 2 == pytest.approx(1.0)


def test_a_holiday_between_a_holiday_and_a_weekend_is_no_bridge(monkeypatch: pytest.MonkeyPatch):
    thursday, friday = date(2026, 5, 14), date(2026, 5, 15)
    for module in ("grid.day_features", "grid.like_days"):
        monkeypatch.setattr(
            f"{module}.public_holidays", lambda year: {day for day in (thursday, friday) if day.year == year}
        )
    flags = dict(zip(NAMES, day_features(friday, 1)[0], strict=True))
    assert (flags["bridge"], flags["holiday"], flags["after_holiday"]) == (0.0, 1.0, 1.0)


def test_school_holidays_come_as_a_column_when_asked_for():
    features = day_features(date(2026, 10, 16), 2, school=True)
    assert features.shape == (96, len(NAMES) + 1)
    assert features[[0, 47, 48, 95], -1].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert day_features(date(2031, 7, 14), 1, school=True)[0, -1] == 0.0  # beyond what is known


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 1, 5), 48)])
def test_a_day_of_46_or_50_slots_is_one_day_of_features(day: date, slots: int):
    start, end = local_day(day)
    assert (end - start) // SLOT == slots
    local = LocalDays.of(start, slots)
    assert (local.first, local.days(slots)) == (day, 1)
    assert (local.place.min(), local.place.max(), np.unique(local.place).size) == (0, 47, min(slots, 48))
