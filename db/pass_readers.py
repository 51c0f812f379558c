"""Readers of passes: their credentials, where they stand, and the rules that hold there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer
from db.statements import statements

_SQL: Final = statements("pass_readers")


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """Describe a reader; see the comments of ``pass.reader``."""

    reader_id: int
    service: str
    venue: str
    title: str
    created_at: datetime
    last_seen_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Door:
    """Tell who a reader is, and of which service and venue."""

    reader_id: int
    title: str
    revoked_at: datetime | None
    venue_id: int
    venue: str
    venue_title: str
    is_open: bool
    service_id: int
    service: str
    service_title: str
    kind: Literal["public", "tourism"]
    proof: Literal["device", "token", "serial"]
    stale_after_s: int
    lon: float | None
    lat: float | None
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Hold a rule as it was declared."""

    rule_id: int
    content: dict[str, Any]
    ended_at: datetime | None


async def insert_reader(
    connection: Connection,
    organisation_id: int,
    service: str,
    venue: str,
    title: str,
    *,
    secret_sha256: bytes,
    now: datetime,
) -> int | None:
    """Store a reader and return its key; None: the organisation has no such venue."""
    facts = {"organisation_id": organisation_id, "service": service, "venue": venue, "title": title, "now": now}
    return await one_integer(connection, _SQL["insert_reader"], {**facts, "secret_sha256": secret_sha256})


async def readers(
    connection: Connection, organisation_id: int, *, after: int = 0, limit: int = 1, reader_id: int | None = None
) -> list[ReaderRow]:
    """Return the readers of an organisation, by key."""
    facts = {"organisation_id": organisation_id, "after": after, "limit": limit, "reader_id": reader_id}
    return await all_rows(connection, ReaderRow, _SQL["readers"], facts)


async def revoke_reader(connection: Connection, reader_id: int, *, now: datetime) -> None:
    """Revoke a reader for good."""
    async with translated_errors():
        await connection.execute(_SQL["revoke_reader"], {"reader_id": reader_id, "now": now})


async def find_readers(connection: Connection, secrets_sha256: Sequence[bytes]) -> list[Door]:
    """Return the readers that secrets belong to, revoked ones as well."""
    return await all_rows(connection, Door, _SQL["find_readers"], {"secrets_sha256": list(secrets_sha256)})


async def rules_of(connection: Connection, service_id: int, *, with_ended: bool = False) -> list[RuleRow]:
    """Return the rules of a service in their order."""
    return await all_rows(connection, RuleRow, _SQL["rules_of"], {"service_id": service_id, "with_ended": with_ended})


async def see_reader(connection: Connection, reader_id: int, *, now: datetime) -> None:
    """Note that a reader called."""
    async with translated_errors():
        await connection.execute(_SQL["see_reader"], {"reader_id": reader_id, "now": now})
