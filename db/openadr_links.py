"""Where OpenADR's objects meet the platform's: resources and devices, events and commands, reports and readings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import scalar_row

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL = statements("openadr_links")


@dataclass(frozen=True, slots=True)
class PendingReport:
    """A report that ingest has not read yet, with the usage points that its resources stand for, by their names."""

    object_id: str
    queued_at: datetime
    modified_at: datetime
    content: dict[str, Any]
    usage_points: dict[str, int]


@dataclass(frozen=True, slots=True)
class BridgedCommand:
    """A command to a VEN's resource, and the OpenADR event that carries it, if one does. Setpoints are in [W]."""

    command_id: UUID
    event_name: str
    event_status: str
    status: str
    start_at: datetime
    step_s: int
    dispatch_setpoint_w: list[float]
    resource_id: str
    resource_targets: list[str]
    event_id: str | None
    event_content: dict[str, Any] | None
    is_followed: bool = False


async def link_resource(connection: Connection, object_id: str) -> None:
    """Let a resource be the device of its name, where there is one that no other resource is."""
    await _execute(connection, "link_resource", {"object_id": object_id})


async def queue_report(connection: Connection, object_id: str) -> None:
    """Have ingest read a report."""
    await _execute(connection, "queue_report", {"object_id": object_id})


async def opt_out(
    connection: Connection, *, event_id: str, client_id: str, names: Collection[str], now: datetime
) -> list[UUID]:
    """Mark the command that an event carries as opted out of, and return it.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : str
        OpenADR event.
    client_id : str
        Client that reports.
    names : collection of str
        Its resources that opted out.
    now : datetime
        Time.
    """
    values = {"event_id": event_id, "client_id": client_id, "names": list(names), "now": now}
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_SQL["opt_out"], values)
        found: list[UUID] = await cursor.fetchall()
    return found


async def pending_reports(connection: Connection, *, limit: int) -> list[PendingReport]:
    """Return reports that ingest has not read yet, the oldest first."""
    return await all_rows(connection, PendingReport, _SQL["pending_reports"], {"row_limit": limit})


async def forget_pending(connection: Connection, reports: Sequence[PendingReport]) -> None:
    """Take reports as read, but for those that changed meanwhile."""
    values = {
        "object_ids": [report.object_id for report in reports],
        "queued_at": [report.queued_at for report in reports],
    }
    await _execute(connection, "forget_pending", values)


async def bridged_commands(connection: Connection, *, now: datetime) -> list[BridgedCommand]:
    """Return commands that an event should carry, and those that one does."""
    return await all_rows(connection, BridgedCommand, _SQL["bridged_commands"], {"now": now})


async def carry_command(connection: Connection, object_id: str, command_id: UUID | None) -> None:
    """Say which command an event carries."""
    await _execute(connection, "carry_command", {"object_id": object_id, "command_id": command_id})


async def program_named(connection: Connection, name: str) -> str | None:
    """Return the program of a name."""
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_SQL["program_named"], {"name": name})
        found: str | None = await cursor.fetchone()
    return found


async def _execute(connection: Connection, name: str, values: Mapping[str, object]) -> None:
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(_SQL[name], values)
