"""Ages, counted in days of the territory: somebody is of an age from the first moment of a birthday in Lille."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

_ZONE: Final = ZoneInfo("Europe/Paris")
#: From this age on a child may sign in and see who acts for them.
SEES_WHO_ACTS: Final = 16
#: From this age on nobody acts for anybody.
MAJORITY: Final = 18


def birthday(born_on: date, age: int) -> date:
    """Return the day from which somebody is of an age; who was born on a 29 February, mostly on a 1 March.

    Examples
    --------
    >>> birthday(date(2008, 2, 29), 18)
    datetime.date(2026, 3, 1)
    """
    year = born_on.year + age
    if (born_on.month, born_on.day) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400)):
        return date(year, 3, 1)
    return born_on.replace(year=year)


def today_at(now: datetime) -> date:
    """Return the day that it is in Lille."""
    return now.astimezone(_ZONE).date()


def has_reached(born_on: date | None, age: int, now: datetime) -> bool:
    """Tell whether somebody is of an age; not where their day of birth is not known."""
    return born_on is not None and birthday(born_on, age) <= today_at(now)


def moment_of(day: date) -> datetime:
    """Return when a day begins in Lille."""
    return datetime(day.year, day.month, day.day, tzinfo=_ZONE)
