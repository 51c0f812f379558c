"""Reads of demand-response events as the API shows them: with their place, by page, commands counted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("events")

#: After every event, in the order of `list_events`.
NEWEST: Final = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class EventRow:
    """Describe an event and where its resources are asked."""

    event_id: UUID
    name: str
    place_level: str
    place_code: str
    place_name: str
    status: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    status_at: datetime
    target_w: float | None
    status_reason: str | None


@dataclass(frozen=True, slots=True)
class CommandCount:
    """Count the commands of an event that have one status."""

    status: str
    command_count: int


async def list_events(connection: Connection, *, limit: int, before: tuple[datetime, UUID] = NEWEST) -> list[EventRow]:
    """Return up to `limit` events, the one that starts last first, after the one with this start and key."""
    return await all_rows(connection, EventRow, _SQL["list_events"], _wanted(limit, before, None))


async def find_event(connection: Connection, event_id: UUID) -> EventRow | None:
    """Return an event, or None when there is none."""
    return await one_row(connection, EventRow, _SQL["list_events"], _wanted(1, NEWEST, event_id))


async def command_counts(connection: Connection, event_id: UUID) -> list[CommandCount]:
    """Return how many commands of an event have which status."""
    return await all_rows(connection, CommandCount, _SQL["command_counts"], {"event_id": event_id})


def _wanted(limit: int, before: tuple[datetime, UUID], event_id: UUID | None) -> dict[str, object]:
    return {"limit": limit, "before_at": before[0], "before_id": before[1], "event_id": event_id}
