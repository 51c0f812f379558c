"""Services that passes open: their venues, rights and rules, as they are stored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row, run, stored
from db.statements import statements

_SQL: Final = statements("pass_services")
KindOfService = Literal["public", "tourism"]


@dataclass(frozen=True, slots=True)
class PassService:
    """Describe a service; see the comments of ``pass.service``."""

    service_id: int
    organisation_id: int
    organisation: str
    organisation_title: str
    name: str
    title: str
    description: str
    kind: KindOfService
    proof: str
    stale_after_s: int
    is_open: bool
    created_at: datetime
    closed_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Venue:
    """Describe a venue; see the comments of ``pass.venue``. `commune` is its name, where it is of the metropolis."""

    venue_id: int
    service_id: int
    organisation: str
    name: str
    title: str
    kind: Literal["place", "transport"]
    insee_code: str | None
    commune: str | None
    lon: float | None
    lat: float | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class EntitlementKind:
    """Describe a right that a service knows; see the comments of ``pass.entitlement_kind``."""

    service_id: int
    number: int
    code: str
    title: str
    condition: Any
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Hold a rule as it is stored; see the comments of ``pass.rule``."""

    rule_id: int
    service_id: int
    content: Any
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CommuneName:
    """Name a commune of the metropolis."""

    insee_code: str
    name: str


async def find_service(connection: Connection, name: str) -> PassService | None:
    """Return a service by its name, closed ones too, or None."""
    return await one_row(connection, PassService, _SQL["find_service"], {"name": name})


async def list_services(
    connection: Connection,
    *,
    limit: int,
    after: str = "",
    organisation: str | None = None,
    insee_code: str | None = None,
) -> list[PassService]:
    """Return services by name, without closed ones; of an organisation, or with a venue in a commune."""
    asked = {"limit": limit, "after": after, "organisation": organisation, "insee_code": insee_code}
    return await all_rows(connection, PassService, _SQL["list_services"], asked)


async def count_services(connection: Connection, organisation_id: int) -> int:
    """Return how many services an organisation runs."""
    return await one_integer(connection, _SQL["count_services"], {"organisation_id": organisation_id}) or 0


async def insert_service(connection: Connection, organisation_id: int, *, now: datetime, **facts: object) -> None:
    """Store a service.

    Raises
    ------
    ConflictError
        ``already_exists``: the name is taken.
    """
    await run(connection, _SQL["insert_service"], **facts, organisation_id=organisation_id, now=now)


async def change_service(connection: Connection, service_id: int, **facts: object) -> None:
    """Say anew what a service is."""
    await run(connection, _SQL["change_service"], **facts, service_id=service_id)


async def close_service(connection: Connection, service_id: int, *, now: datetime) -> None:
    """Note that a service is closed for good."""
    await run(connection, _SQL["close_service"], service_id=service_id, now=now)


async def take_revision(connection: Connection, service_id: int, seen: int | None) -> int | None:
    """Begin a change: hold the service for this transaction and return its next revision.

    Returns
    -------
    int or None
        None where it is closed, or where its revision is not the one that was seen.
    """
    return await one_integer(connection, _SQL["take_revision"], {"service_id": service_id, "seen": seen})


async def venues_of(connection: Connection, service_ids: Iterable[int]) -> list[Venue]:
    """Return the venues of services, by service and name."""
    return await all_rows(connection, Venue, _SQL["list_venues"], {"service_ids": list(service_ids)})


async def put_venue(connection: Connection, service_id: int, organisation_id: int, **facts: object) -> None:
    """Store a venue, or say anew what it is."""
    await run(connection, _SQL["put_venue"], **facts, service_id=service_id, organisation_id=organisation_id)


async def kinds_of(connection: Connection, service_ids: Iterable[int]) -> list[EntitlementKind]:
    """Return the rights that services know, ended ones too, by service and number."""
    return await all_rows(connection, EntitlementKind, _SQL["list_kinds"], {"service_ids": list(service_ids)})


async def put_kind(
    connection: Connection, service_id: int, code: str, *, title: str, condition: Mapping[str, Any]
) -> None:
    """Store a right under the next number, or say anew what it is; its number stays."""
    facts = {"service_id": service_id, "code": code, "title": title, "condition": json.dumps(condition)}
    await run(connection, _SQL["put_kind"], **facts)


async def end_kind(connection: Connection, service_id: int, number: int, *, on: date) -> None:
    """Note that nobody has a right any more."""
    await run(connection, _SQL["end_kind"], service_id=service_id, number=number, on=on)


async def rules_of(connection: Connection, service_ids: Iterable[int], *, with_ended: bool = False) -> list[RuleRow]:
    """Return the rules of services in the order in which they are tried."""
    asked = {"service_ids": list(service_ids), "with_ended": with_ended}
    return await all_rows(connection, RuleRow, _SQL["list_rules"], asked)


async def insert_rule(connection: Connection, service_id: int, content: Mapping[str, Any], *, now: datetime) -> int:
    """Store a rule after all others and return its key."""
    facts = {"service_id": service_id, "content": json.dumps(content), "now": now}
    return stored(await one_integer(connection, _SQL["insert_rule"], facts))


async def end_rules(connection: Connection, service_id: int, rule_ids: Sequence[int], *, now: datetime) -> None:
    """Note that rules hold no more; they stay, so that what was judged by them can be explained."""
    await run(connection, _SQL["end_rules"], service_id=service_id, rule_ids=list(rule_ids), now=now)


async def communes(connection: Connection) -> dict[str, str]:
    """Return the names of the communes of the metropolis by INSEE code."""
    return {one.insee_code: one.name for one in await all_rows(connection, CommuneName, _SQL["list_communes"])}


async def organisation_kind(connection: Connection, organisation_id: int) -> str | None:
    """Return what an organisation is: metropolis, commune, partner, developer or merchant."""
    async with translated_errors():
        cursor = await connection.execute(_SQL["organisation_kind"], {"organisation_id": organisation_id})
        found = await cursor.fetchone()
    return found[0] if found else None


async def organisation_id_named(connection: Connection, name: str) -> int | None:
    """Return the key of an organisation, or None."""
    return await one_integer(connection, _SQL["organisation_id_named"], {"name": name})
