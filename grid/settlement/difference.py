"""Why two statements of an event differ: row by row, with the readings that were known otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from core.errors import InputError, NotFoundError
from core.quality import Quality
from core.slots import SLOT
from db.connection import Connection
from db.settlement import (
    ReadingChange,
    SlotRow,
    StatementRow,
    UsagePointRow,
    find_statements,
    participants,
    reading_changes,
    slots_of_statement,
    usage_points_of_statement,
)
from grid.demand_response.lifecycle import require_event
from grid.settlement.computing import local_date
from grid.settlement.curves import ADJUSTMENT, LEAD, Asked, Hours, days_needed, disturbed_days, read_temperature
from grid.settlement.methods import Method, method_named

_UNUSABLE: Final = frozenset({Quality.MISSING, Quality.BAD})


@dataclass(frozen=True, slots=True)
class Reason:
    """Say one thing that made a row differ.

    Attributes
    ----------
    kind : str
        reading_arrived, reading_revised, reading_estimated, estimate_replaced, reading_marked_bad,
        baseline_days_changed, control_group_changed, weather_known_otherwise, took_part_otherwise, method_differs, or
        not_explained.
    role : str
        What the reading counts for: measured, baseline, adjustment or control; empty: it is no reading.
    message : str
        One sentence.
    reading : ReadingChange or None
        Old and new value, quality and time of knowing.
    """

    kind: str
    role: str
    message: str
    reading: ReadingChange | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """A slot of a usage point that differs: None where a statement has no such row; NaN where a figure is not known."""

    usage_point_key: UUID
    slot_start_at: datetime
    older: SlotRow | None
    newer: SlotRow | None
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two statements of an event, the one of the earlier moment first."""

    older: StatementRow
    newer: StatementRow
    rows: list[RowChange]
    row_count: int


@dataclass(frozen=True, slots=True)
class _Side:
    """One of two statements, its rows by usage point."""

    head: StatementRow
    members: dict[int, UsagePointRow]
    slots: dict[tuple[int, datetime], SlotRow]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was known otherwise: readings by usage point, with the days and slots of the window that they reach into."""

    hours: Hours
    day: date
    method: Method
    readings: dict[int, list[tuple[ReadingChange, date, range]]]
    is_weather_changed: bool


async def difference(connection: Connection, one: int, other: int) -> Difference:
    """Compare two stored statements of one event.

    Parameters
    ----------
    connection : Connection
        A role that reads.
    one, other : int
        Their keys, in any order.

    Raises
    ------
    NotFoundError
        ``statement_unknown``.
    InputError
        ``statements_of_two_events``.
    """
    sides = sorted([await _side(connection, one), await _side(connection, other)], key=lambda side: side.head.as_of)
    older, newer = sides
    if older.head.event_id != newer.head.event_id:
        raise InputError("statements_of_two_events", "Only statements of the same event can be compared.")
    keys = [key for key in sorted(older.slots.keys() | newer.slots.keys()) if _differs(older, newer, key)]
    seen = await _what_changed(connection, older, newer) if keys else None
    rows = []
    for key in keys:
        old, new = older.slots.get(key), newer.slots.get(key)
        member = (newer if key[0] in newer.members else older).members[key[0]]
        reasons = _reasons(older, newer, key, seen) if seen is not None else []
        rows.append(RowChange(member.usage_point_key, key[1], old, new, reasons))
    return Difference(older.head, newer.head, rows, len(older.slots.keys() | newer.slots.keys()))


async def _side(connection: Connection, key: int) -> _Side:
    found = await find_statements(connection, settlement_statement_id=key)
    if not found:
        raise NotFoundError("statement_unknown", f"There is no statement {key}.", settlement_statement_id=key)
    members = await usage_points_of_statement(connection, key)
    slots = await slots_of_statement(connection, key)
    return _Side(
        found[0],
        {member.usage_point_id: member for member in members},
        {(slot.usage_point_id, slot.slot_start_at): slot for slot in slots},
    )


def _differs(older: _Side, newer: _Side, key: tuple[int, datetime]) -> bool:
    old, new = older.slots.get(key), newer.slots.get(key)
    return old is None or new is None or not _same(_figures(old), _figures(new))


def _figures(slot: SlotRow) -> tuple[float, float, float]:
    return slot.baseline_w, slot.adjusted_baseline_w, slot.measured_w


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    return bool(np.array_equal(np.array(one), np.array(other), equal_nan=True))


async def _what_changed(connection: Connection, older: _Side, newer: _Side) -> _Seen:
    event = await require_event(connection, older.head.event_id)
    hours, day, method = Hours.of(event.starts_at, event.ends_at), local_date(event), method_named(newer.head.method)
    sides = [older, newer]
    days: set[date] = {day}
    for side in sides:
        members = await participants(connection, event.event_id, as_of=side.head.as_of)
        asked = Asked(event.place_id, [member.usage_point_id for member in members], [], side.head.as_of)
        excluded = await disturbed_days(connection, asked, day, hours, event=event.event_id)
        days |= set(days_needed(method, [day], excluded=excluded))
    ids = {one for side in sides for member in side.members.values() for one in member.control_usage_point_ids}
    ids |= {one for side in sides for one in side.members}
    changes = await reading_changes(
        connection,
        sorted(ids),
        [hours.window(one) for one in sorted(days)],
        older=older.head.as_of,
        newer=newer.head.as_of,
    )
    placed: dict[int, list[tuple[ReadingChange, date, range]]] = {}
    for change in changes:
        placed.setdefault(change.usage_point_id, []).extend(_places(change, sorted(days), hours))
    is_changed = False
    if method.days == "all":
        known = [
            await read_temperature(connection, Asked(event.place_id, [], [], side.head.as_of), sorted(days), hours)
            for side in sides
        ]
        is_changed = not np.array_equal(known[0], known[1], equal_nan=True)
    return _Seen(hours, day, method, placed, is_changed)


def _places(change: ReadingChange, days: Sequence[date], hours: Hours) -> Iterator[tuple[ReadingChange, date, range]]:
    """Yield the days in whose window a reading lies, with the slots that it reaches into."""
    end_at = change.start_at + timedelta(seconds=change.step_s)
    for day in days:
        start, end = hours.window(day)
        if change.start_at < end and end_at > start:
            first = max((change.start_at - start) // SLOT, 0)
            stop = -((start - end_at) // SLOT)
            yield change, day, range(first, stop)


def _reasons(older: _Side, newer: _Side, key: tuple[int, datetime], seen: _Seen) -> list[Reason]:
    old, new = older.slots.get(key), newer.slots.get(key)
    if old is None or new is None:
        when = "then" if new is None else "later"
        return [Reason("took_part_otherwise", "", f"The usage point counts as having taken part only as known {when}.")]
    if older.head.method != newer.head.method:
        message = f"The baseline is {newer.head.method} instead of {older.head.method}."
        return [Reason("method_differs", "", message)]
    slot = (key[1] - seen.hours.window(seen.day)[0]) // SLOT
    found: list[Reason] = []
    if not _same([old.measured_w], [new.measured_w]):
        found += _readings(seen, [key[0]], "measured", {seen.day: (slot,)})
    if not _same([old.baseline_w], [new.baseline_w]):
        found += _of_baseline(older.members[key[0]], newer.members[key[0]], slot, seen)
    if not _same([old.adjusted_baseline_w], [new.adjusted_baseline_w]):
        found += _of_adjustment(older.members[key[0]], newer.members[key[0]], slot, seen)
    kept = list(dict.fromkeys(found))
    return kept or [Reason("not_explained", "", "No reading, day or participant explains this.")]


def _of_baseline(old: UsagePointRow, new: UsagePointRow, slot: int, seen: _Seen) -> list[Reason]:
    """Say why a baseline differs: other days, other readings of the same days, another control group, or weather."""
    method, inside = seen.method, range(seen.hours.inside.start, seen.hours.inside.stop)
    if method.days == "none":
        edges = [LEAD - 1] if method.name == "simple_rectangle" else [LEAD - 1, inside.stop]
        return _readings(seen, [new.usage_point_id], "baseline", {seen.day: edges})
    found = _of_days(old, new)
    every = bool(found) or method.days == "all"
    days = sorted({*old.baseline_days, *new.baseline_days})
    if every:
        days = sorted({day for rows in seen.readings.values() for _, day, _ in rows if day != seen.day})
    slots = list(inside) if every or method.compares else [slot]
    if method.days == "all":
        slots += range(ADJUSTMENT.start, ADJUSTMENT.stop)
    found += _readings(seen, [new.usage_point_id], "baseline", dict.fromkeys(days, tuple(slots)))
    if method.compares:
        found += _of_controls(old, new, dict.fromkeys([*days, seen.day], tuple(inside)), seen)
    if seen.is_weather_changed:
        found.append(Reason("weather_known_otherwise", "", "The temperature of these days was known otherwise."))
    return found


def _of_days(old: UsagePointRow, new: UsagePointRow) -> list[Reason]:
    gone = [str(day) for day in old.baseline_days if day not in new.baseline_days]
    come = [str(day) for day in new.baseline_days if day not in old.baseline_days]
    if not gone and not come:
        return []
    message = f"Baseline days no more: {', '.join(gone) or 'none'}; new: {', '.join(come) or 'none'}."
    return [Reason("baseline_days_changed", "", message)]


def _of_controls(
    old: UsagePointRow, new: UsagePointRow, where: Mapping[date, Sequence[int]], seen: _Seen
) -> list[Reason]:
    both = {*old.control_usage_point_ids, *new.control_usage_point_ids}
    found = _readings(seen, sorted(both), "control", where)
    if old.control_usage_point_ids != new.control_usage_point_ids:
        message = "It is compared with other usage points: who is most like it is known otherwise."
        found.insert(0, Reason("control_group_changed", "", message))
    return found


def _of_adjustment(old: UsagePointRow, new: UsagePointRow, slot: int, seen: _Seen) -> list[Reason]:
    found = _of_baseline(old, new, slot, seen)
    early = tuple(range(ADJUSTMENT.start, ADJUSTMENT.stop))
    days = {*old.baseline_days, *new.baseline_days, seen.day}
    return found + _readings(seen, [new.usage_point_id], "adjustment", dict.fromkeys(sorted(days), early))


def _readings(
    seen: _Seen, usage_point_ids: Sequence[int], role: str, where: Mapping[date, Sequence[int]]
) -> list[Reason]:
    """Return readings of usage points that reach into slots of days and were known otherwise."""
    return [
        _reason(change, role)
        for usage_point_id in usage_point_ids
        for change, day, reach in seen.readings.get(usage_point_id, [])
        if any(slot in reach for slot in where.get(day, ()))
    ]


def _reason(change: ReadingChange, role: str) -> Reason:
    old, new = change.old_quality, change.new_quality
    if change.new_value is None:
        kind, what = "reading_revised", "was taken into another interval"
    elif new in _UNUSABLE:
        kind, what = "reading_marked_bad", "was marked as not usable"
    elif new == Quality.ESTIMATED and (change.old_value is None or old in _UNUSABLE):
        kind, what = "reading_estimated", "was estimated"
    elif change.old_value is None or old in _UNUSABLE:
        kind, what = "reading_arrived", "arrived"
    elif old == Quality.ESTIMATED and new == Quality.OK:
        kind, what = "estimate_replaced", "replaced an estimate"
    else:
        kind, what = "reading_revised", "was revised"
    message = f"The {role} reading of {change.start_at:%Y-%m-%d %H:%M}Z {what}."
    return Reason(kind, role, message, change)
