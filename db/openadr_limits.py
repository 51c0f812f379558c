"""Capacity limits that follow events of the OpenADR VTN."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("openadr_limits")


@dataclass(frozen=True, slots=True)
class LimitingEvent:
    """An event that may limit places, with what it takes from its program."""

    object_id: str
    name: str | None
    modified_at: datetime
    targets: list[str]
    content: dict[str, Any]
    program_targets: list[str]
    program_content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place by its level and code."""

    place_id: int
    level: str
    code: str


@dataclass(frozen=True, slots=True)
class StoredLimit:
    """A limit that counts, and the event that it follows. [W]."""

    capacity_limit_id: int
    openadr_event_id: str
    place_id: int
    limit_w: float
    valid_from: datetime
    valid_until: datetime | None


async def limiting_events(
    connection: Connection, program_id: str, *, prefix: str, now: datetime
) -> list[LimitingEvent]:
    """Return the events of a program that are not over and have a target with a prefix, the oldest first.

    The program is kept from others who would do the same, until the transaction ends.
    """
    await connection.execute(_SQL["lock_program"], {"program_id": program_id})
    values = {"program_id": program_id, "prefix": prefix, "now": now}
    return await all_rows(connection, LimitingEvent, _SQL["limiting_events"], values)


async def places_named(connection: Connection, named: Sequence[tuple[str, str]]) -> list[NamedPlace]:
    """Return those places that there are of levels and codes."""
    values = {"levels": [level for level, _ in named], "codes": [code for _, code in named]}
    return await all_rows(connection, NamedPlace, _SQL["limited_places_named"], values)


async def limits_of_events(connection: Connection, event_ids: Collection[str]) -> list[StoredLimit]:
    """Return the limits that count and follow certain events, the oldest first."""
    return await all_rows(connection, StoredLimit, _SQL["limits_of_events"], {"event_ids": sorted(event_ids)})


async def withdraw_limits(connection: Connection, capacity_limit_ids: Sequence[int], *, now: datetime) -> None:
    """Take limits back."""
    values = {"capacity_limit_ids": list(capacity_limit_ids), "now": now}
    await connection.execute(_SQL["withdraw_limits"], values)
