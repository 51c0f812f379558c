"""Demand-response events as an operator handles them on the command line."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.errors import NotFoundError
from db.closed_loop import EventAdjustment, EventTracking, adjustments_of_event, tracking_of_event
from db.connection import Role, connect
from db.demand_response import DispatchPlan, Event, EventResult, commands_of_event, plan_of_event, results_of_event
from db.events import EventRow, find_event, list_events
from db.places import find_place_id
from grid.demand_response.lifecycle import draft_event
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event, stop_event, stop_events

#: Who acts, in the audit log: whoever may reach the database.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class EventStory:
    """An event with all that is known of it; `commands` counts them by purpose and status."""

    event: EventRow
    plan: DispatchPlan | None
    commands: dict[str, int]
    tracking: list[EventTracking]
    adjustments: list[EventAdjustment]
    results: list[EventResult]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an event is to be: less load in a place over a span, by so much in every slot or as much as can be. [W]."""

    name: str
    place_level: str
    place_code: str
    starts_at: datetime
    ends_at: datetime
    target_w: float | None


async def newest_events(database_url: str, limit: int) -> list[EventRow]:
    """Return events, the one that starts last first."""
    async with await connect(database_url, Role.READ) as connection:
        return await list_events(connection, limit=limit)


async def story_of(database_url: str, event_id: UUID) -> EventStory:
    """Return all that is known of an event.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    """
    async with await connect(database_url, Role.READ) as connection:
        event = await find_event(connection, event_id)
        if event is None:
            raise NotFoundError("event_unknown", "There is no such event.", event_id=str(event_id))
        commands = await commands_of_event(connection, event_id)
        return EventStory(
            event,
            await plan_of_event(connection, event_id),
            dict(Counter(command.status for command in commands)),
            await tracking_of_event(connection, event_id),
            await adjustments_of_event(connection, event_id),
            await results_of_event(connection, event_id),
        )


async def draft(database_url: str, wanted: Wanted, *, now: datetime) -> tuple[Event, DispatchPlan]:
    """Draft an event and plan it.

    Raises
    ------
    NotFoundError
        ``place_unknown``.
    """
    async with await connect(database_url, Role.COMPUTE) as connection:
        place_id = await find_place_id(connection, wanted.place_level, wanted.place_code)
        if place_id is None:
            raise NotFoundError("place_unknown", f"There is no {wanted.place_level} {wanted.place_code}.")
        event = await draft_event(
            connection,
            name=wanted.name,
            place_id=place_id,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            now=now,
            target_w=wanted.target_w,
            actor=OPERATOR,
        )
        return event, await plan_event(connection, event_id=event.event_id, now=now, actor=OPERATOR)


async def approve(database_url: str, event_id: UUID, *, now: datetime) -> Event:
    """Approve a planned event."""
    async with await connect(database_url, Role.COMPUTE) as connection:
        return await approve_event(connection, event_id=event_id, now=now, actor=OPERATOR)


async def cancel(database_url: str, event_id: UUID, reason: str | None, *, now: datetime) -> Event:
    """Cancel an event."""
    async with await connect(database_url, Role.COMPUTE) as connection:
        return await cancel_event(connection, event_id=event_id, now=now, actor=OPERATOR, reason=reason)


async def stop(database_url: str, event_id: UUID | None, reason: str, *, now: datetime) -> list[Event]:
    """Stop one event, or all that are scheduled or active."""
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        if event_id is None:
            return await stop_events(connection, now=now, actor=OPERATOR, reason=reason)
        return [await stop_event(connection, event_id=event_id, now=now, actor=OPERATOR, reason=reason)]
