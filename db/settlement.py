"""Settlement: who took part as known at a moment, statements, what made them differ, and how wrong baselines are."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Final
from uuid import UUID

from psycopg.rows import scalar_row

from db.connection import Connection, translated_errors
from db.demand_response_rows import EventSpan
from db.rows import all_rows, one_integer
from db.settlement_rows import (
    NewStatement,
    Participant,
    ReadingChange,
    SkillRow,
    SlotRow,
    StatementRow,
    UsagePointRow,
    WindowToScore,
)
from db.statements import statements

__all__ = [
    "NewStatement",
    "Participant",
    "ReadingChange",
    "SkillRow",
    "SlotRow",
    "StatementRow",
    "UsagePointRow",
    "WindowToScore",
]

_SQL = statements("settlement")
#: More usage points are not compared with.
MOST_CONTROLS: Final = 2_000


async def participants(connection: Connection, event_id: UUID, *, as_of: datetime) -> list[Participant]:
    """Return who took part in an event, as known at a moment, by usage point."""
    rows = await all_rows(connection, Participant, _SQL["participants"], {"event_id": event_id, "as_of": as_of})
    return [Participant(row.usage_point_id, row.usage_point_key, sorted(row.resources)) for row in rows]


async def spans_disturbed(
    connection: Connection,
    usage_point_ids: Sequence[int],
    *,
    event_id: UUID | None,
    after: datetime,
    before: datetime,
    as_of: datetime,
) -> list[EventSpan]:
    """Return spans in ``[after, before)`` in which events other than one called usage points, as known at a moment."""
    values = {"usage_point_ids": list(usage_point_ids), "event_id": event_id, "after": after, "before": before}
    return await all_rows(connection, EventSpan, _SQL["spans_disturbed"], {**values, "as_of": as_of})


async def controls(connection: Connection, *, after: datetime, before: datetime, as_of: datetime) -> list[int]:
    """Return usage points that no event of ``[after, before)`` called; `MOST_CONTROLS` at most."""
    values = {"after": after, "before": before, "as_of": as_of, "limit": MOST_CONTROLS}
    return sorted(await _integers(connection, "controls", values))


async def enrolled_usage_points(connection: Connection, place_id: int, *, program: str = "") -> list[int]:
    """Return the usage points under a place with a resource enrolled, or that took part under a program."""
    return await _integers(connection, "enrolled_usage_points", {"place_id": place_id, "program": program})


async def reading_changes(
    connection: Connection,
    usage_point_ids: Sequence[int],
    spans: Sequence[tuple[datetime, datetime]],
    *,
    older: datetime,
    newer: datetime,
) -> list[ReadingChange]:
    """Return readings of energy, inside spans, that were known otherwise at one moment than at a later one."""
    values = {
        "usage_point_ids": list(usage_point_ids),
        "span_starts": [start for start, _ in spans],
        "span_ends": [end for _, end in spans],
        "older": older,
        "newer": newer,
    }
    return await all_rows(connection, ReadingChange, _SQL["reading_changes"], values)


async def insert_statement(
    connection: Connection, head: NewStatement, usage_points: Sequence[UsagePointRow], slots: Sequence[SlotRow]
) -> int:
    """Store a statement with its rows and return its key; one of the same event, method and moment is a conflict."""
    key = await one_integer(connection, _SQL["insert_statement"], asdict(head))
    columns = ("usage_point_id", "slot_start_at", "baseline_w", "adjusted_baseline_w", "measured_w")
    values: dict[str, object] = {name: [getattr(slot, name) for slot in slots] for name in columns}
    async with translated_errors(), connection.cursor() as cursor:
        members = [asdict(one) | {"settlement_statement_id": key} for one in usage_points]
        await cursor.executemany(_SQL["insert_usage_point"], members)
        await cursor.execute(_SQL["insert_slots"], values | {"settlement_statement_id": key})
    return int(key or 0)


async def find_statements(
    connection: Connection,
    *,
    event_id: UUID | None = None,
    program: str | None = None,
    settlement_statement_id: int | None = None,
) -> list[StatementRow]:
    """Return statements, of the latest moment first: of an event, of a program, or the one with a key."""
    values = {"event_id": event_id, "program": program, "settlement_statement_id": settlement_statement_id}
    return await all_rows(connection, StatementRow, _SQL["find_statements"], values)


async def usage_points_of_statement(connection: Connection, settlement_statement_id: int) -> list[UsagePointRow]:
    """Return the usage points of a statement, by key."""
    values = {"settlement_statement_id": settlement_statement_id}
    return await all_rows(connection, UsagePointRow, _SQL["usage_points_of_statement"], values)


async def slots_of_statement(connection: Connection, settlement_statement_id: int) -> list[SlotRow]:
    """Return the slots of a statement, by usage point and time."""
    values = {"settlement_statement_id": settlement_statement_id}
    return await all_rows(connection, SlotRow, _SQL["slots_of_statement"], values)


async def store_skills(connection: Connection, rows: Sequence[SkillRow]) -> None:
    """Store how wrong methods were, over what was stored for the same place, month and hours."""
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.executemany(_SQL["store_skill"], [asdict(row) for row in rows])


async def skills_of_place(connection: Connection, place_id: int, month: date | None = None) -> list[SkillRow]:
    """Return how wrong methods were at a place, the latest month first."""
    return await all_rows(connection, SkillRow, _SQL["skills_of_place"], {"place_id": place_id, "month": month})


async def windows_to_score(
    connection: Connection, *, month: date, month_starts: datetime, month_ends: datetime
) -> list[WindowToScore]:
    """Return places with events in a month that baselines were not scored for yet."""
    values = {"month": month, "month_starts": month_starts, "month_ends": month_ends}
    return await all_rows(connection, WindowToScore, _SQL["windows_to_score"], values)


async def _integers(connection: Connection, name: str, values: dict[str, object]) -> list[int]:
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_SQL[name], values)
        return [int(one) for one in await cursor.fetchall()]
