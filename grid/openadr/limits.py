"""What an OpenADR event says of the power that may flow into places, without input or output.

A place is named by the target ``somel-place-<level>-<code>``: ``somel-place-feeder-DP-0001``. An event that names none
is for the places that its program names.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from core.errors import InputError
from core.openadr_periods import Span, after, instant_of, spans_of

PREFIX: Final = "somel-place-"
#: Levels whose limits plans keep, one inside the other.
LEVELS: Final = ("territory", "substation", "feeder", "power_transformer")
#: Most limits of one event: its intervals by its places.
MOST: Final = 1_000
_LIMIT: Final = "IMPORT_CAPACITY_LIMIT"
#: What a unit is in watts; without one it is the kilowatt.
_WATTS: Final = {"W": 1.0, "KW": 1e3, "MW": 1e6}
_HIGHEST_W: Final = 1e12


@dataclass(frozen=True, slots=True)
class Claim:
    """No more than `limit_w` over a span, by one event; of its priority a lower number comes first. [W]."""

    event_id: str
    limit_w: float
    span: Span
    priority: float


def names_place(targets: Collection[str]) -> bool:
    """Tell whether any target names a place."""
    return any(target.startswith(PREFIX) for target in targets)


def places_of(targets: Sequence[str], program_targets: Sequence[str]) -> list[tuple[str, str]]:
    """Return level and code of the places that an event is for, each once.

    Raises
    ------
    InputError
        ``openadr_place_unknown``: a target names no level whose limits are kept.

    Examples
    --------
    >>> places_of(["group-1"], ["somel-place-feeder-DP-0001"])
    [('feeder', 'DP-0001')]
    """
    named = targets if names_place(targets) else program_targets
    found: dict[tuple[str, str], None] = {}
    for target in named:
        if target.startswith(PREFIX):
            level, _, code = target.removeprefix(PREFIX).partition("-")
            if level not in LEVELS or not code:
                raise unknown_place(target)
            found[level, code] = None
    return list(found)


def unknown_place(target: str) -> InputError:
    """Return the error for a target that should name a place."""
    message = f"The target {target} names no place whose limits are kept; write {PREFIX}<level>-<code>."
    return InputError("openadr_place_unknown", message, target=target, levels=list(LEVELS))


def claims_of(event_id: str, event: Mapping[str, Any], program: Mapping[str, Any], now: datetime) -> list[Claim]:
    """Return the limits of an event, interval by interval.

    Parameters
    ----------
    event_id : str
        The event.
    event, program : mapping
        It and its program, as the specification writes them.
    now : datetime
        What a start in the year 1 stands for.

    Raises
    ------
    InputError
        ``openadr_limit_invalid``: a limit is not one number that is not negative, has a unit that is not of active
        power, or it is not known when it begins and ends.

    Notes
    -----
    ``randomizeStart`` spreads the starts of many devices; a place has one, so its limit holds from the start on. With a
    ``duration`` of the event its intervals are repeated until then, and cut there.
    """
    if not any(True for interval in event.get("intervals") or () for _ in _values(interval)):
        return []
    watts = _unit_w(event, program)
    rank = float("inf") if event.get("priority") is None else float(event["priority"])
    found = [
        Claim(event_id, _limit_w(value, watts), span, rank)
        for interval, span in _timed(event, now)
        for value in _values(interval)
    ]
    if len(found) > MOST:
        raise too_many()
    return found


def too_many() -> InputError:
    """Return the error for an event with more limits than one may have."""
    return _invalid(f"An event has no more than {MOST} limits: its intervals by its places.")


def in_force(claims: Sequence[Claim]) -> list[Claim]:
    """Return what counts of the claims of one program on one place: where they overlap, the highest priority alone.

    Of claims with the same priority all count, so that the lowest limit decides. Claims without one come last.
    """
    found: list[Claim] = []
    for claim in claims:
        above = [other.span for other in claims if other.priority < claim.priority]
        found.extend(replace(claim, span=piece) for piece in _without(claim.span, above))
    return found


def _without(span: Span, others: Sequence[Span]) -> list[Span]:
    """Return what is left of a span without others."""
    pieces = [span]
    for other in others:
        pieces = [part for piece in pieces for part in _less(piece, other)]
    return pieces


def _less(span: Span, other: Span) -> Iterator[Span]:
    """Yield what is left of a span without another."""
    if not (_before(span.start, other.end) and _before(other.start, span.end)):
        yield span
        return
    if span.start < other.start:
        yield Span(span.start, other.start)
    if other.end is not None and _before(other.end, span.end):
        yield Span(other.end, span.end)


def _before(instant: datetime, end: datetime | None) -> bool:
    return end is None or instant < end


def _values(interval: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the values of the limits in an interval."""
    return (payload["values"] for payload in interval.get("payloads") or () if payload["type"] == _LIMIT)


def _limit_w(values: Sequence[Any], watts: float) -> float:
    is_number = len(values) == 1 and isinstance(values[0], (int, float)) and not isinstance(values[0], bool)
    if not is_number or not 0 <= values[0] <= _HIGHEST_W / watts:
        raise _invalid(f"{_LIMIT} has one value, a number that is not negative.")
    return float(values[0]) * watts


def _unit_w(event: Mapping[str, Any], program: Mapping[str, Any]) -> float:
    """Return the unit of limits by the event's descriptor, else by its program's. [W]."""
    for descriptor in [*(event.get("payloadDescriptors") or ()), *(program.get("payloadDescriptors") or ())]:
        if descriptor["payloadType"] == _LIMIT and descriptor["objectType"] == "EVENT_PAYLOAD_DESCRIPTOR":
            unit = descriptor.get("units") or "KW"
            if unit.upper() not in _WATTS:
                raise _invalid(f"A place is limited in {', '.join(_WATTS)}, not in {unit}.")
            return _WATTS[unit.upper()]
    return _WATTS["KW"]


def _timed(event: Mapping[str, Any], now: datetime) -> Iterator[tuple[Mapping[str, Any], Span]]:
    """Yield intervals with their spans, as often as the event's duration wants; refuse what has no time."""
    period = dict(event.get("intervalPeriod") or {})
    whole = event.get("duration")
    if whole and not period.get("duration"):
        period["duration"] = whole
    intervals = event["intervals"]
    once = _once(intervals, period, now)
    if not whole or not period.get("start"):
        yield from once
        return
    start = instant_of(period["start"], now)
    end = after(start, whole)
    if end is not None and end <= start:
        raise _invalid("A limit holds for some time.")
    for interval, span in islice(_repeated(once, start, end), MOST + 1):
        if not _before(span.start, end):
            return
        yield interval, span if _ends_by(span, end) else Span(span.start, end)


def _once(
    intervals: Sequence[Mapping[str, Any]], period: Mapping[str, Any], now: datetime
) -> list[tuple[Mapping[str, Any], Span]]:
    for interval in intervals:
        if not ((interval.get("intervalPeriod") or {}).get("duration") or period.get("duration")):
            raise _invalid("Nothing says how long a limit holds; P9999Y is for ever.")
    found = list(spans_of(intervals, period, now))
    if len(found) != len(intervals):
        raise _invalid("Nothing says when a limit begins.")
    if any(span.end is not None and span.end <= span.start for _, span in found):
        raise _invalid("A limit holds for some time.")
    return found


def _repeated(
    once: Sequence[tuple[Mapping[str, Any], Span]], start: datetime, end: datetime | None
) -> Iterator[tuple[Mapping[str, Any], Span]]:
    """Yield intervals again and again, each round after the one before it, as far as calendars go."""
    ends = [span.end for _, span in once if span.end is not None]
    if end is None and len(once) == 1:
        yield once[0][0], Span(once[0][1].start, None)
        return
    if end is None:
        raise _invalid("Several intervals cannot be repeated for ever.")
    yield from once
    if len(ends) < len(once):
        return
    length = max(ends) - min(start, *(span.start for _, span in once))
    shift = length
    with suppress(OverflowError):
        while True:
            for interval, span in once:
                yield interval, Span(span.start + shift, None if span.end is None else span.end + shift)
            shift += length


def _ends_by(span: Span, end: datetime | None) -> bool:
    return end is None or (span.end is not None and span.end <= end)


def _invalid(message: str) -> InputError:
    return InputError("openadr_limit_invalid", message)
