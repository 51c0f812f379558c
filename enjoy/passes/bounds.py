"""The times that all tokens share: they begin and end on Mondays, and what holders change is listed by night, at three.

What begins and ends with everybody else's tells nothing of who holds it, and at three in the morning in Lille nobody
stands at a door whose pass ends just then.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_PARIS: Final = ZoneInfo("Europe/Paris")
_AT: Final = time(3)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


def bound_before(now: datetime) -> datetime:
    """Return the last bound that is not after a time.

    Examples
    --------
    >>> from datetime import UTC
    >>> bound_before(datetime(2026, 11, 25, 11, tzinfo=UTC)).isoformat()
    '2026-11-23T02:00:00+00:00'
    """
    there = now.astimezone(_PARIS)
    monday = there.date() - timedelta(days=there.weekday())
    bound = _at_three(monday)
    return bound if bound <= now else _at_three(monday - _WEEK)


def bound_after(now: datetime) -> datetime:
    """Return the first bound after a time.

    Examples
    --------
    >>> from datetime import UTC
    >>> bound_after(datetime(2026, 3, 28, 11, tzinfo=UTC)).isoformat()  # summer time began
    '2026-03-30T01:00:00+00:00'
    """
    return _at_three(bound_before(now).astimezone(_PARIS).date() + _WEEK)


def night_after(now: datetime) -> datetime:
    """Return three in the morning after a time.

    Examples
    --------
    >>> from datetime import UTC
    >>> night_after(datetime(2026, 11, 25, 11, tzinfo=UTC)).isoformat()
    '2026-11-26T02:00:00+00:00'
    >>> night_after(datetime(2026, 11, 25, 2, tzinfo=UTC)).isoformat()
    '2026-11-26T02:00:00+00:00'
    """
    today = now.astimezone(_PARIS).date()
    night = _at_three(today)
    return night if night > now else _at_three(today + _DAY)


def _at_three(day: date) -> datetime:
    return datetime.combine(day, _AT, _PARIS).astimezone(UTC)
