"""School holidays of zone B: what is known of them, and where that ends."""

from datetime import date, timedelta

import pytest

from grid.school_holidays import KNOWN_FROM, KNOWN_UNTIL, ZONE_B, is_school_holiday


def test_holidays_follow_each_other_and_lie_in_what_is_known():
    edges = [KNOWN_FROM, *(day for span in ZONE_B for day in span), KNOWN_UNTIL + timedelta(days=1)]
    assert edges == sorted(edges)
    assert len(set(edges)) == len(edges)


@pytest.mark.parametrize("autumn", range(2019, 2027))
def test_every_school_year_has_its_five_holidays_of_the_usual_length(autumn: int):
    year = [span for span in ZONE_B if date(autumn, 9, 3) < span[0] < date(autumn + 1, 9, 1)]
    days = [(last - first).days + 1 for first, last in year]
    assert len(days) == 5
    assert all(16 <= length <= 17 for length in days[:4])
    assert 55 <= days[4] <= 60
    assert [first.month for first, _ in year] == [10, 12, 2, 4, 7]
    assert all(first.weekday() == 5 for first, _ in year[:4])  # they begin on a Saturday


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (date(2021, 4, 12), True),  # the spring that was moved
        (date(2021, 4, 26), False),
        (date(2023, 5, 1), True),
        (date(2026, 11, 2), False),
        (date(2019, 9, 1), None),
        (date(2027, 9, 1), None),
    ],
)
def test_a_day_is_a_holiday_or_not_or_nobody_knows(day: date, is_one: bool | None):
    assert is_school_holiday(day) is is_one
