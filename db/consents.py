"""What customers agreed to: for their usage point here, and for their resources as `db.resources` keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_integer
from db.statements import statements

_SQL: Final = statements("consents")


@dataclass(frozen=True, slots=True)
class NewUsagePointConsent:
    """A consent to be stored; see the comments of ``usage_point_consent``."""

    usage_point_key: UUID
    purpose: str
    text_version: str
    given_at: datetime
    given_how: str
    proof: str
    proof_sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class UsagePointConsent:
    """Tell one consent: of the usage point, or of a resource there where one is named."""

    purpose: str
    resource: str | None
    text_version: str
    given_at: datetime
    given_by: str
    given_how: str
    proof: str | None
    proof_sha256: bytes | None
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_how: str | None


@dataclass(frozen=True, slots=True)
class KeyedUsagePoint:
    """Name a usage point by its pseudonym and by its key inside the database."""

    usage_point_key: UUID
    usage_point_id: int


@dataclass(frozen=True, slots=True)
class ConsentCount:
    """Count the consents of a purpose that stand, and those that were withdrawn."""

    purpose: str
    standing: int
    withdrawn: int


async def usage_point_ids(connection: Connection, keys: Sequence[UUID]) -> dict[UUID, int]:
    """Return the keys inside the database of pseudonyms; those that nobody has are left out."""
    rows = await all_rows(connection, KeyedUsagePoint, _SQL["usage_point_ids"], {"usage_point_keys": list(keys)})
    return {row.usage_point_key: row.usage_point_id for row in rows}


async def insert_consents(
    connection: Connection, consents: Sequence[NewUsagePointConsent], *, actor: str, now: datetime
) -> set[UUID]:
    """Store consents and return whose were new; where one of the purpose holds already, nothing changes."""
    columns: dict[str, object] = {
        column.name: [getattr(one, column.name) for one in consents] for column in fields(NewUsagePointConsent)
    }
    columns |= {"actor": actor, "now": now}
    return {
        row.usage_point_key for row in await all_rows(connection, KeyedUsagePoint, _SQL["insert_consents"], columns)
    }


async def withdraw(
    connection: Connection, usage_point_id: int, purpose: str, *, how: str, actor: str, now: datetime
) -> bool:
    """End the consent that holds; False where none does."""
    facts = {"usage_point_id": usage_point_id, "purpose": purpose, "how": how, "actor": actor, "now": now}
    return await one_integer(connection, _SQL["withdraw"], facts) is not None


async def consents_of(connection: Connection, usage_point_id: int) -> list[UsagePointConsent]:
    """Return all that was ever agreed to at a usage point, for whatever purpose, the newest first."""
    return await all_rows(connection, UsagePointConsent, _SQL["consents_of"], {"usage_point_id": usage_point_id})


async def count_consents(connection: Connection) -> list[ConsentCount]:
    """Count consents by purpose."""
    return await all_rows(connection, ConsentCount, _SQL["count_consents"])
