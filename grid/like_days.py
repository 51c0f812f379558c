"""Days that resemble each other: working days among themselves, weekends and public holidays among themselves."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from typing import Final

_SATURDAY: Final = 5
#: Month and day of the holidays that do not move (Code du travail, art. L3133-1).
_FIXED: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
#: Days after Easter Sunday: Easter Monday, Ascension Thursday, Whit Monday.
_AFTER_EASTER: Final = (1, 39, 50)


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Return metropolitan France's eleven public holidays (Alsace-Moselle has two more).

    Examples
    --------
    >>> date(2026, 5, 14) in public_holidays(2026)  # Ascension
    True
    """
    easter = easter_sunday(year)
    moving = {easter + timedelta(days=days) for days in _AFTER_EASTER}
    return frozenset(moving | {date(year, month, day) for month, day in _FIXED})


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar.

    References
    ----------
    .. [1] Meeus, J. (1991). Astronomical Algorithms, chapter 8.

    Examples
    --------
    >>> easter_sunday(2026)
    datetime.date(2026, 4, 5)
    """
    golden = year % 19
    century, in_century = divmod(year, 100)
    skipped, leap_centuries = century // 4, century % 4
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - moon + 15) % 30
    weekday = (32 + 2 * leap_centuries + 2 * (in_century // 4) - epact - in_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_working_day(day: date) -> bool:
    """Tell whether a day is neither on a weekend nor a public holiday."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year)


def like_days(day: date, *, count: int, within_days: int, excluded: Collection[date] = ()) -> list[date]:
    """Return the latest `count` earlier days of the same kind as `day`, oldest first.

    Parameters
    ----------
    day : date
        Local calendar day; not among the result.
    count : int
        Most days to return. [days]
    within_days : int
        How far back to look. [days]
    excluded : collection of date
        Days to leave out.

    Examples
    --------
    >>> [str(like) for like in like_days(date(2026, 1, 5), count=3, within_days=10)]
    ['2025-12-30', '2025-12-31', '2026-01-02']
    """
    earlier = (day - timedelta(days=back) for back in range(1, within_days + 1))
    alike = [one for one in earlier if is_working_day(one) == is_working_day(day) and one not in excluded]
    return alike[:count][::-1]
