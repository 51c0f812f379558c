"""Working days are compared with working days, weekends and holidays with each other."""

from datetime import date

import pytest

from grid.like_days import easter_sunday, is_working_day, like_days, public_holidays


@pytest.mark.parametrize(
    "easter", [date(2000, 4, 23), date(2019, 4, 21), date(2024, 3, 31), date(2025, 4, 20), date(2038, 4, 25)]
)
def test_easter_falls_where_the_calendar_says(easter: date):
    assert easter_sunday(easter.year) == easter


def test_there_are_eleven_public_holidays():
    assert len(public_holidays(2026)) == 11
    assert {date(2026, 4, 6), date(2026, 5, 25), date(2026, 7, 14)} <= public_holidays(2026)


def test_a_working_day_is_compared_with_working_days_without_events():
    found = like_days(date(2026, 5, 15), count=3, within_days=20, excluded={date(2026, 5, 12)})
    assert found == [date(2026, 5, 7), date(2026, 5, 11), date(2026, 5, 13)]  # 8 May and Ascension are holidays


def test_a_holiday_is_compared_with_weekends():
    found = like_days(date(2026, 5, 14), count=3, within_days=20)
    assert found == [date(2026, 5, 8), date(2026, 5, 9), date(2026, 5, 10)]
    assert not any(is_working_day(day) for day in found)


def test_fewer_days_are_returned_when_there_are_no_more():
    assert len(like_days(date(2026, 1, 10), count=10, within_days=14)) == 5
