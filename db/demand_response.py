"""Demand response: events, the resources they can ask, plans, commands and measured results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from db.connection import Connection, translated_errors
from db.demand_response_rows import (
    DispatchPlan,
    DispatchShortage,
    Event,
    EventCommand,
    EventResult,
    EventSpan,
    FlexibleResource,
    NewCommand,
    NewPlan,
    NewShortage,
    TransformerRating,
)
from db.rows import all_rows
from db.statements import statements

__all__ = [
    "DispatchPlan",
    "DispatchShortage",
    "Event",
    "EventCommand",
    "EventResult",
    "EventSpan",
    "FlexibleResource",
    "NewCommand",
    "NewPlan",
    "NewShortage",
    "TransformerRating",
]

Row = TypeVar("Row")
#: A store whose state was last told longer ago is not planned as one: in an hour a battery of a house may be filled or
#: emptied by a third, and a gateway that tells every half-hour may lose one message.
STATE_HOLDS_FOR: Final = timedelta(hours=1)


async def insert_event(
    connection: Connection,
    *,
    name: str,
    place_id: int,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    target_w: float | None = None,
) -> Event:
    """Store a draft and return it; the target is the reduction wanted in every slot. [W]."""
    values = {
        "name": name,
        "place_id": place_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "now": now,
        "target_w": target_w,
    }
    return (await _rows(connection, Event, "insert_event", values))[0]


async def event_by_id(connection: Connection, event_id: UUID) -> Event | None:
    """Return an event."""
    return _first(await _rows(connection, Event, "event_by_id", {"event_id": event_id}))


async def lock_event(connection: Connection, event_id: UUID) -> Event | None:
    """Return an event and keep others from changing it until the transaction ends."""
    return _first(await _rows(connection, Event, "lock_event", {"event_id": event_id}))


async def open_events(connection: Connection, *, completed_after: datetime) -> list[Event]:
    """Return events that the clock still moves, and completed ones that ended after `completed_after`."""
    return await _rows(connection, Event, "open_events", {"completed_after": completed_after})


async def set_event_status(
    connection: Connection, *, event_id: UUID, status: str, now: datetime, reason: str | None = None
) -> None:
    """Give an event a status, and say why; whether it may have it is the caller's to check."""
    values = {"event_id": event_id, "status": status, "now": now, "reason": reason}
    await _execute(connection, "set_event_status", values)


async def place_exists(connection: Connection, place_id: int) -> bool:
    """Tell whether a place is registered."""
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statements("demand_response")["place_exists"], {"place_id": place_id})
        rows = await cursor.fetchall()
    return bool(rows[0][0])


async def flexible_resources(
    connection: Connection, *, place_id: int, event_id: UUID, now: datetime
) -> list[FlexibleResource]:
    """Return the enrolled resources under a place that other events leave free, by transformer."""
    values = {"place_id": place_id, "event_id": event_id, "now": now, "states_since": now - STATE_HOLDS_FOR}
    return await _rows(connection, FlexibleResource, "flexible_resources", values)


async def transformer_ratings(connection: Connection, place_ids: Sequence[int]) -> list[TransformerRating]:
    """Return what transformers may carry, by place."""
    return await _rows(connection, TransformerRating, "transformer_ratings", {"place_ids": list(place_ids)})


async def replace_plan(connection: Connection, plan: NewPlan, shortages: Sequence[NewShortage]) -> DispatchPlan:
    """Store the plan of an event instead of the one it may have had."""
    await _execute(connection, "delete_shortages", {"event_id": plan.event_id})
    await _execute(connection, "delete_plan", {"event_id": plan.event_id})
    stored = (await _rows(connection, DispatchPlan, "insert_plan", asdict(plan)))[0]
    for shortage in shortages:
        values = asdict(shortage) | {"dispatch_plan_id": stored.dispatch_plan_id}
        await _execute(connection, "insert_shortage", values)
    return stored


async def plan_of_event(connection: Connection, event_id: UUID) -> DispatchPlan | None:
    """Return the plan of an event."""
    return _first(await _rows(connection, DispatchPlan, "plan_of_event", {"event_id": event_id}))


async def shortages_of_event(connection: Connection, event_id: UUID) -> list[DispatchShortage]:
    """Return why the plan of an event is infeasible; empty when it is not."""
    return await _rows(connection, DispatchShortage, "shortages_of_event", {"event_id": event_id})


async def insert_commands(connection: Connection, commands: Sequence[NewCommand]) -> None:
    """Put commands into the outbox of ingest."""
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.executemany(
            statements("demand_response")["insert_command"], [asdict(command) for command in commands]
        )


async def take_back_commands(
    connection: Connection, event_id: UUID, *, now: datetime, reason: str = "event_cancelled"
) -> None:
    """Take back the commands of an event: those not sent yet, and those sent to gateways that know withdrawals."""
    await _execute(connection, "take_back_commands", {"event_id": event_id, "now": now, "reason": reason})


async def commands_of_event(connection: Connection, event_id: UUID) -> list[EventCommand]:
    """Return what each resource was told and what it answered."""
    return await _rows(connection, EventCommand, "commands_of_event", {"event_id": event_id})


async def participating_usage_points(connection: Connection, event_id: UUID) -> list[int]:
    """Return the usage points whose resources were told and did not decline."""
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statements("demand_response")["participating_usage_points"], {"event_id": event_id})
        rows = await cursor.fetchall()
    return [int(row[0]) for row in rows]


async def earlier_events_of(
    connection: Connection, *, event_id: UUID, usage_point_ids: Sequence[int], after: datetime, before: datetime
) -> list[EventSpan]:
    """Return spans inside ``[after, before)`` in which other events asked any of the usage points."""
    values = {"event_id": event_id, "usage_point_ids": list(usage_point_ids), "after": after, "before": before}
    return await _rows(connection, EventSpan, "earlier_events_of", values)


async def results_of_event(connection: Connection, event_id: UUID) -> list[EventResult]:
    """Return baseline against measured load, slot by slot."""
    return await _rows(connection, EventResult, "results_of_event", {"event_id": event_id})


async def store_results(connection: Connection, event_id: UUID, results: Sequence[EventResult]) -> None:
    """Store results, over those of the same slots."""
    values = [asdict(result) | {"event_id": event_id} for result in results]
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.executemany(statements("demand_response")["store_result"], values)


async def _rows(connection: Connection, row: type[Row], name: str, values: Mapping[str, object]) -> list[Row]:
    return await all_rows(connection, row, statements("demand_response")[name], values)


async def _execute(connection: Connection, name: str, values: Mapping[str, object]) -> None:
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statements("demand_response")[name], values)


def _first(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None
