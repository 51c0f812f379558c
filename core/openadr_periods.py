"""When an OpenADR event, or one of its intervals, begins and ends: ISO 8601 durations, defaults, now and for ever."""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_DURATION: Final = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
#: A start in this year stands for now; durations of this many years, for ever.
_NOW_YEAR: Final = 1
_FOR_EVER_YEARS: Final = 9999


@dataclass(frozen=True, slots=True)
class Span:
    """A span ``[start, end)``; an end of None is never."""

    start: datetime
    end: datetime | None


def instant_of(text: str, now: datetime) -> datetime:
    """Return the time that RFC 3339 text names; a start in the year 1 is `now`, and a time without a zone is UTC."""
    instant = datetime.fromisoformat(text)
    if instant.year == _NOW_YEAR:
        return now
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def after(start: datetime, duration: str) -> datetime | None:
    """Return when a duration that begins at `start` ends; None when it never does, as far as calendars go.

    Examples
    --------
    >>> after(datetime(2026, 1, 31, tzinfo=UTC), "P1MT30M")
    datetime.datetime(2026, 2, 28, 0, 30, tzinfo=datetime.timezone.utc)
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        return None
    parts = {name: float(value or 0) for name, value in match.groupdict().items() if name != "sign"}
    sign = -1 if match["sign"] else 1
    years, months = int(parts.pop("years")), int(parts.pop("months"))
    if years >= _FOR_EVER_YEARS:
        return None
    try:
        return _months_later(start, sign * (12 * years + months)) + sign * timedelta(**parts)
    except (OverflowError, ValueError):  # past the last day of the calendar
        return None


def spans_of(
    intervals: Sequence[Mapping[str, Any]], default: Mapping[str, Any] | None, now: datetime
) -> Iterator[tuple[Mapping[str, Any], Span]]:
    """Yield the intervals whose time is known, each with its span.

    An interval without a period of its own follows the one before it and takes the default's duration; the first begins
    at the default's start. Where nothing says when, there is no span.

    Parameters
    ----------
    intervals : sequence of mapping
        As the specification writes them.
    default : mapping or None
        The period of what they belong to.
    now : datetime
        What a start of ``0001-01-01`` stands for.
    """
    following = default or {}
    start = instant_of(following["start"], now) if following.get("start") else None
    for interval in intervals:
        own = interval.get("intervalPeriod") or {}
        if own.get("start"):
            start = instant_of(own["start"], now)
        duration = own.get("duration") or following.get("duration")
        if start is None:
            continue
        end = after(start, duration) if duration else None
        yield interval, Span(start, end)
        start = end


def end_of(event: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when an event has transpired; None when it never does, or nothing says when.

    Its own duration decides, from its start on; else its last interval does, and without intervals its period.
    """
    period = event.get("intervalPeriod") or {}
    if event.get("duration") and period.get("start"):
        return after(instant_of(period["start"], now), event["duration"])
    ends = [span.end for _, span in spans_of(event.get("intervals") or [{}], period, now)]
    if not ends or None in ends:
        return None
    return max(end for end in ends if end is not None)


def _months_later(start: datetime, months: int) -> datetime:
    if not months:
        return start
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)
