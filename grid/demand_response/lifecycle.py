"""The life of an event: draft, scheduled, active, completed or cancelled; one table says what may follow what."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from core.errors import ConflictError, InputError, NotFoundError
from core.slots import require_aware, slot_floor
from db.audit import record
from db.connection import Connection
from db.demand_response import (
    Event,
    event_by_id,
    insert_event,
    lock_event,
    open_events,
    place_exists,
    set_event_status,
)


class EventStatus(StrEnum):
    """Where an event stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


TRANSITIONS: Final[Mapping[EventStatus, frozenset[EventStatus]]] = MappingProxyType(
    {
        EventStatus.DRAFT: frozenset({EventStatus.SCHEDULED, EventStatus.CANCELLED}),
        EventStatus.SCHEDULED: frozenset({EventStatus.ACTIVE, EventStatus.CANCELLED}),
        EventStatus.ACTIVE: frozenset({EventStatus.COMPLETED, EventStatus.CANCELLED}),
        EventStatus.COMPLETED: frozenset(),
        EventStatus.CANCELLED: frozenset(),
    }
)

#: Who acts where nobody else is named: the platform itself.
SYSTEM: Final = "process/grid"
#: An event cannot be drafted further ahead: no statement of a resource and no forecast reaches there.
MOST_AHEAD: Final = timedelta(days=7)
LONGEST: Final = timedelta(hours=24)
_HAPPENED: Final = {
    EventStatus.ACTIVE: "started",
    EventStatus.COMPLETED: "completed",
    EventStatus.CANCELLED: "lapsed",
}


def require_transition(event: Event, status: EventStatus) -> None:
    """Check that an event may get a status.

    Raises
    ------
    ConflictError
        ``event_transition``, naming both.
    """
    if status not in TRANSITIONS[EventStatus(event.status)]:
        message = f"An event that is {event.status} cannot become {status}."
        raise ConflictError("event_transition", message, event_id=str(event.event_id))


async def require_event(connection: Connection, event_id: UUID, *, lock: bool = False) -> Event:
    """Return an event, kept from changing until the transaction ends when `lock` is set.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    """
    event = await (lock_event if lock else event_by_id)(connection, event_id)
    if event is None:
        raise NotFoundError("event_unknown", "There is no such event.", event_id=str(event_id))
    return event


async def draft_event(
    connection: Connection,
    *,
    name: str,
    place_id: int,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    target_w: float | None = None,
    actor: str = SYSTEM,
) -> Event:
    """Store a draft.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    name : str
        For people; not blank.
    place_id : int
        Where resources will be asked.
    starts_at, ends_at : datetime
        On slots' edges, not in the past, at most a day long and a week ahead.
    now : datetime
        Time.
    target_w : float, optional
        Reduction wanted in every slot; None: as much as the plan gives. [W]
    actor : str, default "process/grid"
        Who drafts it, for the audit log.

    Raises
    ------
    InputError
        ``event_name_missing``, ``event_off_grid``, ``event_span_empty``, ``event_in_past``, ``event_too_far``,
        ``event_too_long`` or ``event_target_invalid``.
    NotFoundError
        ``place_unknown``.
    """
    start, end = require_aware(starts_at), require_aware(ends_at)
    require_sound(name, start, end, target_w=target_w, now=now)
    async with connection.transaction():
        if not await place_exists(connection, place_id):
            raise NotFoundError("place_unknown", "There is no such place.", place_id=place_id)
        event = await insert_event(
            connection, name=name.strip(), place_id=place_id, starts_at=start, ends_at=end, now=now, target_w=target_w
        )
        facts = {"place_id": place_id, "starts_at": start, "ends_at": end, "target_w": target_w}
        await note(connection, event, "event.drafted", facts, actor=actor, now=now)
        return event


def require_sound(name: str, start: datetime, end: datetime, *, target_w: float | None, now: datetime) -> None:
    """Check what an event is asked to be.

    Raises
    ------
    InputError
        As `draft_event`.
    """
    if not name.strip():
        raise InputError("event_name_missing", "An event needs a name.")
    _check_span(start, end, now)
    if target_w is not None and not (math.isfinite(target_w) and target_w > 0):
        raise InputError("event_target_invalid", "A target is more than nothing.", target_w=str(target_w))


async def advance_events(connection: Connection, *, now: datetime) -> list[Event]:
    """Move events on by the clock and return those that moved, as they stand now.

    A scheduled event becomes active at its start and an active one completed at its end, both at once where the
    process had been away. A draft that nobody approved is cancelled at its start.
    """
    seen = await open_events(connection, completed_after=now)
    return [await _advance(connection, event.event_id, now) for event in seen if due_statuses(event, now)]


async def _advance(connection: Connection, event_id: UUID, now: datetime) -> Event:
    async with connection.transaction():
        event = await require_event(connection, event_id, lock=True)  # an operator may have cancelled it meanwhile
        for status in due_statuses(event, now):
            await set_event_status(connection, event_id=event_id, status=status, now=now)
            await note(connection, event, f"event.{_HAPPENED[status]}", {}, actor=SYSTEM, now=now)
        return await require_event(connection, event_id)


def due_statuses(event: Event, now: datetime) -> list[EventStatus]:
    """Return the statuses that the clock gives an event by `now`, in their order."""
    status = EventStatus(event.status)
    if status is EventStatus.DRAFT:
        return [EventStatus.CANCELLED] if event.starts_at <= now else []
    due = []
    if status is EventStatus.SCHEDULED and event.starts_at <= now:
        due.append(EventStatus.ACTIVE)
    if status in (EventStatus.SCHEDULED, EventStatus.ACTIVE) and event.ends_at <= now:
        due.append(EventStatus.COMPLETED)
    return due


async def change_status(
    connection: Connection, event: Event, status: EventStatus, now: datetime, *, reason: str | None = None
) -> None:
    """Give a locked event a status that its present one allows, and say why."""
    require_transition(event, status)
    await set_event_status(connection, event_id=event.event_id, status=status, now=now, reason=reason)


async def note(
    connection: Connection, event: Event, action: str, facts: Mapping[str, object], *, actor: str, now: datetime
) -> None:
    """Record in the audit log, in the same transaction, what is done to an event."""
    subject = f"event/{event.event_id}"
    await record(connection, at=now, actor=actor, action=action, subject=subject, facts=dict(facts))


def _check_span(start: datetime, end: datetime, now: datetime) -> None:
    faults = (
        (slot_floor(start) != start or slot_floor(end) != end, "event_off_grid", "start and end on a half-hour"),
        (end <= start, "event_span_empty", "end after it starts"),
        (start < now, "event_in_past", "start in the future"),
        (start > now + MOST_AHEAD, "event_too_far", "start within a week"),
        (end - start > LONGEST, "event_too_long", "last a day at most"),
    )
    for wrong, code, must in faults:
        if wrong:
            raise InputError(code, f"An event has to {must}.", starts_at=str(start), ends_at=str(end), now=str(now))
