"""Opening hours as OpenStreetMap writes them (``opening_hours``), for maps and whoever reads the directory.

Each calendar day is written in full, so that what comes later in the text replaces it whole: a span over midnight
becomes one until 24:00 and one from 00:00. Readers disagree on what a closure does to the hours of the night before;
written so, there is nothing to disagree on.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

from enjoy.shops.hours import Hours

Spans: TypeAlias = tuple[tuple[int, int], ...]

_MIDNIGHT: Final = 24 * 60
_DAY: Final = timedelta(days=1)
_WEEK: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def osm_hours(hours: Hours, since: date) -> str:
    """Return opening hours in the form of OpenStreetMap.

    Parameters
    ----------
    hours : Hours
        In local time.
    since : date
        Exceptional days and closures before it are over, and left out.

    References
    ----------
    .. [1] OpenStreetMap, Key:opening_hours/specification.

    Examples
    --------
    >>> from enjoy.shops.hours import read_hours
    >>> week = {"days": [1, 2, 3, 4, 5], "from": "09:00", "until": "19:00"}
    >>> closed = {"from": "2026-12-24", "until": "2026-12-26"}
    >>> osm_hours(read_hours({"weekly": [week], "closures": [closed]}), date(2026, 11, 28))
    'Mo-Fr 09:00-19:00; 2026 Dec 24-26 off'
    """
    weekly = _Week(hours)
    rules = [f"{days} {_times(spans)}" for days, spans in _of_week(weekly)]
    unlike = [(day, spans) for day, spans in _unlike(hours, weekly) if day >= since]
    rules += [f"{_dates(first, last)} {_times(spans)}" for first, last, spans in _runs(unlike)]
    return "; ".join(rules) or "off"


class _Week:
    """Hold what begins on each day of the week, and what each such day is like from midnight to midnight."""

    def __init__(self, hours: Hours) -> None:
        self.begins = {
            day: [(one.from_min, one.until_min) for one in hours.weekly if day in one.days] for day in range(1, 8)
        }

    def day(self, number: int) -> Spans:
        """Return a day of the week from midnight to midnight."""
        return _calendar(self.begins[number], self.begins[(number + 5) % 7 + 1])


def _calendar(today: list[tuple[int, int]], yesterday: list[tuple[int, int]]) -> Spans:
    """Return the minutes at which a day is open, from what begins on it and on the day before."""
    spans = [(first, min(last, _MIDNIGHT)) for first, last in today]
    spans += [(0, last - _MIDNIGHT) for _, last in yesterday if last > _MIDNIGHT]
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _of_week(week: _Week) -> Iterator[tuple[str, Spans]]:
    """Yield days of the week that are alike, and when they are open; days that are not open are left out."""
    alike: dict[Spans, list[int]] = {}
    for number in range(1, 8):
        if spans := week.day(number):
            alike.setdefault(spans, []).append(number)
    for spans, numbers in alike.items():
        yield _week_days(numbers), spans


def _week_days(numbers: list[int]) -> str:
    runs: list[list[int]] = [[numbers[0], numbers[0]]]
    for before, number in pairwise(numbers):
        if number == before + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    names = [(_WEEK[first - 1], _WEEK[last - 1], last - first) for first, last in runs]
    joins = {0: "", 1: ","}
    return ",".join(first if not length else f"{first}{joins.get(length, '-')}{last}" for first, last, length in names)


def _unlike(hours: Hours, week: _Week) -> Iterator[tuple[date, Spans]]:
    """Yield the days that are not as their week is, in order: closed or exceptional, and what the night before left."""
    closed = {
        one.first + timedelta(days=number)
        for one in hours.closures
        for number in range((one.last - one.first).days + 1)
    }
    begins: dict[date, list[tuple[int, int]]] = {}
    for one in hours.exceptional:
        begins.setdefault(one.on, []).append((one.from_min, one.until_min))
    begins |= {day: [] for day in closed}

    def of(day: date) -> list[tuple[int, int]]:
        return begins[day] if day in begins else week.begins[day.isoweekday()]

    for day in sorted({*begins, *(one + _DAY for one in begins)}):
        spans = _calendar(of(day), of(day - _DAY))
        if day in closed or spans != week.day(day.isoweekday()):
            yield day, spans


def _runs(days: list[tuple[date, Spans]]) -> Iterator[tuple[date, date, Spans]]:
    """Join days that follow each other and are alike."""
    first: date | None = None
    for place, (day, spans) in enumerate(days):
        first = first or day
        if place + 1 < len(days) and days[place + 1] == (day + _DAY, spans):
            continue
        yield first, day, spans
        first = None


def _dates(first: date, last: date) -> str:
    begin = f"{first.year} {_MONTHS[first.month - 1]} {first.day:02d}"
    if first == last:
        return begin
    if (first.year, first.month) == (last.year, last.month):
        return f"{begin}-{last.day:02d}"
    return f"{begin}-{last.year} {_MONTHS[last.month - 1]} {last.day:02d}"


def _times(spans: Spans) -> str:
    return ",".join(f"{_clock(first)}-{_clock(last)}" for first, last in spans) or "off"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
