"""A statement of what an event saved, as known at a moment: made, stored, and made again."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.errors import ConflictError, InputError
from core.slots import require_aware
from db.audit import record
from db.connection import Connection
from db.demand_response import Event
from db.settlement import (
    Participant,
    StatementRow,
    find_statements,
    insert_statement,
    participants,
    slots_of_statement,
    usage_points_of_statement,
)
from grid.demand_response.lifecycle import EventStatus, require_event
from grid.like_days import like_days
from grid.settlement.computing import Made, Read, Statement, hash_of, local_date, statement_of
from grid.settlement.curves import ERROR_DAYS, Asked, Hours, days_needed, disturbed_days, read_curves, who_compares
from grid.settlement.methods import LOOK_BACK_DAYS, Method, method_named
from grid.settlement.table import known

#: Readings carry the moment at which their batch was begun, and are stored a moment later: by default a statement is as
#: known so long ago.
MARGIN: Final = timedelta(minutes=2)


async def make_statement(
    connection: Connection,
    *,
    event_id: UUID,
    now: datetime,
    actor: str,
    method: str = "high_5_of_10",
    as_of: datetime | None = None,
    program: str | None = None,
) -> StatementRow:
    """Make a statement and store it; one of the same event, method and moment is made again and must be the same.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        Active or completed.
    now : datetime
        Time.
    actor : str
        Who has it made; see `db.audit.record`.
    method : str
        Key of `grid.settlement.methods.METHODS`.
    as_of : datetime, optional
        Nothing that became known later counts; by default `MARGIN` ago.
    program : str, optional
        Program that the event is settled under.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    InputError
        ``method_unknown``, or ``statement_in_future``.
    ConflictError
        ``event_not_measured``: it has not begun, or was cancelled; ``nobody_took_part``; ``statement_differs``: the one
        stored is not what the readings give now.
    """
    moment = now - MARGIN if as_of is None else require_aware(as_of)
    if moment > now:
        raise InputError("statement_in_future", "A statement cannot be as known later than now.", as_of=str(moment))
    event = await require_event(connection, event_id)
    made = await compute_statement(
        connection, event, method=method, as_of=moment, program=program, made_at=now, actor=actor
    )
    async with connection.transaction():
        stored = [
            row
            for row in await find_statements(connection, event_id=event_id)
            if (row.method, row.as_of) == (made.head.method, made.head.as_of)
        ]
        if not stored:
            key = await insert_statement(connection, made.head, made.usage_points, made.slots)
            facts = {"settlement_statement_id": key, "method": made.head.method, "as_of": moment, "program": program}
            facts |= {"reduction_wh": known(made.head.reduction_wh), "hash": made.head.hash.hex()}
            await record(
                connection, at=now, actor=actor, action="settlement.made", subject=f"event/{event_id}", facts=facts
            )
            stored = await find_statements(connection, settlement_statement_id=key)
        elif stored[0].hash != made.head.hash:
            message = "The statement that is stored for this moment is not what is known of that moment now."
            raise ConflictError("statement_differs", message, settlement_statement_id=stored[0].settlement_statement_id)
    return stored[0]


async def is_reproduced(connection: Connection, stored: StatementRow) -> bool:
    """Tell whether a stored statement is what it was, and what its readings give when it is made again.

    Its rows must have its hash, and so must those computed anew from what was known at its moment.
    """
    key = stored.settlement_statement_id
    usage_points, slots = await usage_points_of_statement(connection, key), await slots_of_statement(connection, key)
    if hash_of(stored, usage_points, slots) != stored.hash:
        return False
    event = await require_event(connection, stored.event_id)
    again = await compute_statement(
        connection,
        event,
        method=stored.method,
        as_of=stored.as_of,
        program=stored.program,
        made_at=stored.made_at,
        actor=stored.made_by,
    )
    return again.head.hash == stored.hash


async def compute_statement(
    connection: Connection,
    event: Event,
    *,
    method: str,
    as_of: datetime,
    program: str | None,
    made_at: datetime,
    actor: str,
) -> Statement:
    """Return a statement without storing it; all as `make_statement`."""
    how = method_named(method)
    if event.status not in (EventStatus.ACTIVE, EventStatus.COMPLETED):
        message = f"An event that is {event.status} is not measured."
        raise ConflictError("event_not_measured", message, event_id=str(event.event_id))
    members = await participants(connection, event.event_id, as_of=as_of)
    if not members:
        raise ConflictError("nobody_took_part", "Nobody took part in the event.", event_id=str(event.event_id))
    read = await _gather(connection, event, members, how, as_of)
    return await asyncio.to_thread(statement_of, event, how, read, Made(program, made_at, actor))


async def _gather(
    connection: Connection, event: Event, members: list[Participant], method: Method, as_of: datetime
) -> Read:
    hours, day = Hours.of(event.starts_at, event.ends_at), local_date(event)
    asked = Asked(event.place_id, [member.usage_point_id for member in members], [], as_of)
    excluded = await disturbed_days(connection, asked, day, hours, event=event.event_id)
    tried = like_days(day, count=ERROR_DAYS, within_days=LOOK_BACK_DAYS, excluded=excluded)
    days = days_needed(method, [*tried, day], excluded=excluded)
    if method.compares:
        asked = replace(asked, control_ids=await who_compares(connection, days, hours, as_of))
    return Read(members, asked, await read_curves(connection, asked, days, hours), excluded, tried)
