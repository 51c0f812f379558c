"""Opening hours: what a week is like, when it is closed and what is otherwise; in local time, as people say it.

Content is what callers send and what is stored::

    {"weekly": [{"days": [2, 3, 4, 5, 6], "from": "08:00", "until": "12:30"}],
     "closures": [{"from": "2026-12-24", "until": "2026-12-26", "reason": "Noël"}],
     "exceptional": [{"on": "2026-12-20", "from": "09:00", "until": "12:00"}]}

Days are ISO 8601's, 1 is Monday. A span that ends at or before its beginning ends on the day after; "24:00" is
midnight. A day that is exceptional has its exceptional hours alone; a closure wins over all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.errors import InputError

ZONE: Final = ZoneInfo("Europe/Paris")
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DAYS: Final = range(1, 8)
_MIDNIGHT: Final = 24 * 60
_MOST: Final = 200
_LONGEST_CLOSURE: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Say when it is open on some days of every week; minutes after midnight, the end after the beginning."""

    days: frozenset[int]
    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True)
class Closure:
    """Say on which days it is closed, the last included."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Say when it is open on one day, whatever its week is like."""

    on: date
    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Hold opening hours.

    Attributes
    ----------
    weekly : sequence of Weekly
        What every week is like.
    closures : sequence of Closure
        Days on which it is closed whatever else is said.
    exceptional : sequence of Exceptional
        Days that are unlike their week.
    """

    weekly: Sequence[Weekly]
    closures: Sequence[Closure]
    exceptional: Sequence[Exceptional]

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return when it is open on a local day, in UTC and in order; the last span may end on the day after."""
        if any(one.first <= day <= one.last for one in self.closures):
            return []
        unlike = [(one.from_min, one.until_min) for one in self.exceptional if one.on == day]
        like = [(one.from_min, one.until_min) for one in self.weekly if day.isoweekday() in one.days]
        spans = [(_instant(day, first), _instant(day, last)) for first, last in sorted(unlike or like)]
        return [(first, last) for first, last in spans if first < last]

    def spans_between(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Return when it is open on the days from `first` to `last`, both included."""
        for number in range((last - first).days + 1):
            yield from self.spans_on(first + timedelta(days=number))

    def is_open(self, at: datetime) -> bool:
        """Tell whether it is open at a moment."""
        today = at.astimezone(ZONE).date()
        return any(first <= at < last for first, last in self.spans_between(today - timedelta(days=1), today))


def read_hours(content: Mapping[str, Any]) -> Hours:
    """Read opening hours.

    Raises
    ------
    InputError
        ``hours_invalid``: it says what is wrong.

    Examples
    --------
    >>> hours = read_hours({"weekly": [{"days": [6], "from": "18:00", "until": "02:00"}]})
    >>> [f"{first:%H:%M} {last:%d %H:%M}" for first, last in hours.spans_on(date(2026, 1, 17))]
    ['17:00 18 01:00']
    """
    if not isinstance(content, Mapping) or set(content) - {"weekly", "closures", "exceptional"}:
        raise _invalid("hours are weekly, closures and exceptional")
    return Hours(
        [_weekly(one) for one in _items(content, "weekly")],
        [_closure(one) for one in _items(content, "closures")],
        [Exceptional(_date(one, "on"), *_span(one)) for one in _items(content, "exceptional")],
    )


def _items(content: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = content.get(name, [])
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(one, Mapping) for one in found):
        raise _invalid(f"{name} is a list of up to {_MOST} objects")
    return found


def _weekly(one: Mapping[str, Any]) -> Weekly:
    days = one.get("days")
    if not isinstance(days, list) or not days or any(type(day) is not int or day not in _DAYS for day in days):
        raise _invalid("days are numbers from 1 (Monday) to 7")
    return Weekly(frozenset(days), *_span(one))


def _closure(one: Mapping[str, Any]) -> Closure:
    first, last = _date(one, "from"), _date(one, "until")
    if not timedelta(0) <= last - first <= _LONGEST_CLOSURE:
        raise _invalid(f"a closure ends on the day it begins or later, after {_LONGEST_CLOSURE.days} days at most")
    return Closure(first, last, str(one.get("reason") or ""))


def _span(one: Mapping[str, Any]) -> tuple[int, int]:
    first, last = _minutes(one, "from"), _minutes(one, "until")
    if first == _MIDNIGHT:
        raise _invalid("a span begins before 24:00")
    return first, last if last > first else last + _MIDNIGHT


def _minutes(one: Mapping[str, Any], name: str) -> int:
    text = one.get(name)
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise _invalid(f"{name} is a time such as 08:30")
    return int(text[:2]) * 60 + int(text[3:])


def _date(one: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(one.get(name)))
    except ValueError as error:
        raise _invalid(f"{name} is a date such as 2026-12-24") from error


def _instant(day: date, minutes: int) -> datetime:
    """Return a local time of a day in UTC; what the clocks skip in spring is the moment after."""
    days, rest = divmod(minutes, _MIDNIGHT)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), ZONE)
    return local.astimezone(UTC)


def _invalid(why: str) -> InputError:
    return InputError("hours_invalid", f"The opening hours cannot be read: {why}.", field="hours")
