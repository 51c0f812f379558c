"""How often resources are called: the count of the season, limits, and who opted out of an event."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("calls")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What a resource was asked for over a span.

    Attributes
    ----------
    call_count, household_call_count : int
        Events that called it, and that called any resource of its usage point.
    curtailed_wh : float
        Energy kept from it at the time it would have drawn it by itself, as planned. [Wh]
    last_ended_at : datetime or None
        End of its last call.
    """

    end_device_id: int
    usage_point_id: int
    call_count: int
    curtailed_wh: float
    last_ended_at: datetime | None
    household_call_count: int


@dataclass(frozen=True, slots=True)
class CallLimit:
    """How often a resource may be called; None where there is no limit.

    Attributes
    ----------
    calls_per_day, calls_per_week, calls_per_season : int or None
        Most calls that start on a local day, in a week from Monday, in a season from 1 September.
    rest_s : int
        Least time between the end of a call and the start of the next. [s]
    """

    calls_per_day: int | None = None
    calls_per_week: int | None = None
    calls_per_season: int | None = None
    rest_s: int = 0


@dataclass(frozen=True, slots=True)
class OptOut:
    """A resource does not take part in an event; `source` is resident, operator, ven or device."""

    event_id: UUID
    resource: str
    opted_out_at: datetime
    source: str
    recorded_by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A command that no longer counts."""

    command_id: UUID
    event_id: UUID


async def call_records(
    connection: Connection,
    end_device_ids: Sequence[int],
    *,
    start: datetime,
    end: datetime,
    except_event_id: UUID | None = None,
) -> list[CallRecord]:
    """Return what resources were asked for by events that start in ``[start, end)``, by rising key."""
    values = {"end_device_ids": list(end_device_ids), "start": start, "end": end, "except_event_id": except_event_id}
    return await all_rows(connection, CallRecord, _SQL["call_records"], values)


async def put_call_limit(connection: Connection, end_device_id: int, limit: CallLimit) -> None:
    """Store how often a resource may be called, instead of what was stored."""
    async with translated_errors():
        await connection.execute(_SQL["put_call_limit"], asdict(limit) | {"end_device_id": end_device_id})


async def insert_opt_out(
    connection: Connection,
    *,
    event_id: UUID,
    end_device_id: int,
    now: datetime,
    source: str,
    recorded_by: str,
    reason: str | None,
) -> OptOut | None:
    """Store that a resource does not take part in an event; None when that was known already."""
    values = {
        "event_id": event_id,
        "end_device_id": end_device_id,
        "now": now,
        "source": source,
        "recorded_by": recorded_by,
        "reason": reason,
    }
    rows = await all_rows(connection, OptOut, _SQL["insert_opt_out"], values)
    return rows[0] if rows else None


async def opt_outs_of_event(connection: Connection, event_id: UUID) -> list[OptOut]:
    """Return who does not take part in an event, by resource; devices' own answers are among them."""
    return await all_rows(connection, OptOut, _SQL["opt_outs_of_event"], {"event_id": event_id})


async def take_back_of_resource(
    connection: Connection, end_device_id: int, *, event_id: UUID | None, reason: str, now: datetime
) -> list[TakenBack]:
    """Take back the commands of one resource, of one event or of all, that are not over; return them."""
    values = {"end_device_id": end_device_id, "event_id": event_id, "reason": reason, "now": now}
    return await all_rows(connection, TakenBack, _SQL["take_back_of_resource"], values)
