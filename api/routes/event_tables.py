"""Everything about demand-response events as tables to take away: CSV or Parquet."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from fastapi.responses import StreamingResponse

from api.access import Needs
from api.context import Lasting
from api.routes.parameters import EventId
from api.tables import Format, table_of
from core.slots import SLOT
from db.closed_loop import EventTracking, tracking_of_event
from db.connection import Connection
from db.demand_response import EventResult, commands_of_event, plan_of_event, results_of_event
from db.events import NEWEST, EventRow, list_events
from grid.demand_response.lifecycle import require_event

router = APIRouter(prefix="/v1", tags=["demand response"], dependencies=[Depends(Needs("read:grid"))])

_AT_ONCE: Final = 1_000


class EventTable(StrEnum):
    """What can be taken away of an event."""

    PLAN = "plan"
    COMMANDS = "commands"
    RESULTS = "results"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """What a plan takes out in a slot of its event. [W]."""

    slot_start_at: datetime
    planned_reduction_w: float


@dataclass(frozen=True, slots=True)
class CommandedSlot:
    """What a resource was told for a step, to follow or to draw at most, and what became of that command. [W]."""

    command_id: UUID
    resource: str
    step_start_at: datetime
    step_s: int
    dispatch_setpoint_w: float
    is_followed: bool
    status: str
    issued_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    reason: str | None


@router.get("/events/table", response_class=StreamingResponse)
async def get_events_table(connection: Lasting, format: Format) -> StreamingResponse:  # noqa: A002 - its name in the address
    """Give all events, the one that starts last first."""
    return await table_of(EventRow, _events(connection), form=format, name="events")


@router.get("/events/{event_id}/tables/{table}", response_class=StreamingResponse)
async def get_event_table(
    connection: Lasting,
    event_id: EventId,
    table: Annotated[EventTable, Path(description="Which table", examples=["plan"])],
    format: Format,  # noqa: A002 - its name in the address
) -> StreamingResponse:
    """Give one table of an event: plan, results or tracking (by slot), or commands (by resource and step)."""
    await require_event(connection, event_id)
    kind, rows = _TABLES[table]
    return await table_of(kind, rows(connection, event_id), form=format, name=f"event-{event_id}-{table}")


async def _events(connection: Connection) -> AsyncIterator[Sequence[EventRow]]:
    before = NEWEST
    while rows := await list_events(connection, limit=_AT_ONCE, before=before):
        yield rows
        before = (rows[-1].starts_at, rows[-1].event_id)


async def _plan(connection: Connection, event_id: UUID) -> AsyncIterator[Sequence[PlannedSlot]]:
    event, plan = await require_event(connection, event_id), await plan_of_event(connection, event_id)
    planned = [] if plan is None else plan.planned_reduction_w
    yield [PlannedSlot(event.starts_at + index * SLOT, watts) for index, watts in enumerate(planned)]


async def _commands(connection: Connection, event_id: UUID) -> AsyncIterator[Sequence[CommandedSlot]]:
    for command in await commands_of_event(connection, event_id):
        step = timedelta(seconds=command.step_s)
        yield [
            CommandedSlot(
                command.command_id,
                command.resource,
                command.start_at + index * step,
                command.step_s,
                watts,
                command.is_followed,
                command.status,
                command.issued_at,
                command.expires_at,
                command.sent_at,
                command.answered_at,
                command.reason,
            )
            for index, watts in enumerate(command.dispatch_setpoint_w)
        ]


async def _results(connection: Connection, event_id: UUID) -> AsyncIterator[Sequence[EventResult]]:
    yield await results_of_event(connection, event_id)


async def _tracking(connection: Connection, event_id: UUID) -> AsyncIterator[Sequence[EventTracking]]:
    yield await tracking_of_event(connection, event_id)


_Rows = Callable[[Connection, UUID], AsyncIterator[Sequence[Any]]]
_TABLES: Final[Mapping[EventTable, tuple[type, _Rows]]] = MappingProxyType(
    {
        EventTable.PLAN: (PlannedSlot, _plan),
        EventTable.COMMANDS: (CommandedSlot, _commands),
        EventTable.RESULTS: (EventResult, _results),
        EventTable.TRACKING: (EventTracking, _tracking),
    }
)
