"""Capacity limits of places follow the OpenADR events of business logic: set, changed and taken back with them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from db import audit
from db.capacity_limits import NewCapacityLimit, insert_capacity_limit
from db.connection import Connection
from db.openadr import OpenadrObject
from db.openadr_limits import (
    LimitingEvent,
    StoredLimit,
    limiting_events,
    limits_of_events,
    places_named,
    withdraw_limits,
)
from grid.openadr.limits import (
    MOST,
    PREFIX,
    Claim,
    claims_of,
    in_force,
    names_place,
    places_of,
    too_many,
    unknown_place,
)
from grid.openadr.nouns import ObjectType
from grid.openadr.privacy import Viewer

_LONGEST_REASON: Final = 200
#: Event, place, limit, from, until: what makes two limits the same.
_Key: TypeAlias = tuple[str, int, float, datetime, datetime | None]


async def limits_follow(
    connection: Connection, author: Viewer, changed: Sequence[OpenadrObject], *, now: datetime
) -> None:
    """Set and take back limits until they are what the events say; in the transaction of the change.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    author : Viewer
        Who changed something.
    changed : sequence of OpenadrObject
        What was created or changed, as it was and as it is, or is gone.
    now : datetime
        Time. Events that are over then are left alone.

    Raises
    ------
    InputError
        ``openadr_place_unknown`` or ``openadr_limit_invalid``: an event says what no place can keep.
    """
    found = [row for row in changed if _matters(row)]
    touched = {row.object_id for row in found if row.object_type == ObjectType.EVENT}
    # In their order: an event that changed its program is gone from the first before it is in the second.
    for program_id in dict.fromkeys(row.program_id for row in found if row.program_id is not None):
        await _follow(connection, author, program_id, touched, now)


def _matters(row: OpenadrObject) -> bool:
    """Tell whether limits may hang on an object: on a program, and on an event that names a place."""
    if row.object_type == ObjectType.EVENT:
        return names_place(row.targets) or names_place(row.program_targets)
    return row.object_type == ObjectType.PROGRAM


async def _follow(connection: Connection, author: Viewer, program_id: str, touched: set[str], now: datetime) -> None:
    """Bring the limits of one program's events up to date."""
    events = {row.object_id: row for row in await limiting_events(connection, program_id, prefix=PREFIX, now=now)}
    wanted = await _wanted(connection, list(events.values()))
    stored = await limits_of_events(connection, touched.union(events))
    known = {_key(row) for row in stored}
    gone: dict[str, list[int]] = defaultdict(list)
    for row in stored:
        if _key(row) not in wanted:
            gone[row.openadr_event_id].append(row.capacity_limit_id)
    for event_id, limit_ids in gone.items():
        await withdraw_limits(connection, limit_ids, now=now)
        await _record(connection, author, "capacity_limit.withdrawn", event_id, limit_ids, now)
    new: dict[str, list[int]] = defaultdict(list)
    for key in wanted:
        if key not in known:
            limit = _limit(events[key[0]], key, author, now)
            new[key[0]].append(await insert_capacity_limit(connection, limit))
    for event_id, limit_ids in new.items():
        await _record(connection, author, "capacity_limit.set", event_id, limit_ids, now)


async def _wanted(connection: Connection, events: Sequence[LimitingEvent]) -> dict[_Key, None]:
    """Return the limits that a program's events ask for, in their order, each once."""
    claims: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for event in events:
        mine = claims_of(event.object_id, event.content, event.program_content, event.modified_at)
        places = places_of(event.targets, event.program_targets) if mine else []
        if len(mine) * len(places) > MOST:
            raise too_many()
        for place in places:
            claims[place].extend(mine)
    rows = {(row.level, row.code): row.place_id for row in await places_named(connection, list(claims))}
    for level, code in claims:
        if (level, code) not in rows:
            raise unknown_place(f"{PREFIX}{level}-{code}")
    return {
        (one.event_id, rows[place], one.limit_w, one.span.start, one.span.end): None
        for place, asked in claims.items()
        for one in in_force(asked)
    }


def _key(row: StoredLimit) -> _Key:
    return row.openadr_event_id, row.place_id, row.limit_w, row.valid_from, row.valid_until


def _limit(event: LimitingEvent, key: _Key, author: Viewer, now: datetime) -> NewCapacityLimit:
    _, place_id, limit_w, valid_from, valid_until = key
    reason = event.name[:_LONGEST_REASON] if event.name else None
    actor = f"{author.role}/{author.client_id}"
    return NewCapacityLimit(
        place_id, limit_w, valid_from, valid_until, "openadr", reason, now, actor, openadr_event_id=event.object_id
    )


async def _record(
    connection: Connection, author: Viewer, action: str, event_id: str, limit_ids: Sequence[int], now: datetime
) -> None:
    """Put on record what became of the limits of an event."""
    await audit.record(
        connection,
        at=now,
        actor=f"{author.role}/{author.client_id}",
        action=action,
        subject=f"openadr/{event_id}",
        facts={"capacity_limit_ids": list(limit_ids)},
    )
