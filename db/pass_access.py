"""Who looked at or changed what is held of a holder of passes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("pass_access")


@dataclass(frozen=True, slots=True)
class Access:
    """Tell one look; see the comments of ``pass.access``."""

    at: datetime
    actor: str
    organisation: str | None
    subject: str
    purpose: str


async def note_access(
    connection: Connection,
    holder_id: UUID,
    *,
    at: datetime,
    actor: str,
    organisation: str | None,
    subject: str,
    purpose: str,
) -> None:
    """Note who looked at or changed what, and what for, in the caller's transaction."""
    facts = {
        "holder_id": holder_id,
        "at": at,
        "actor": actor,
        "organisation": organisation,
        "subject": subject,
        "purpose": purpose,
    }
    async with translated_errors():
        await connection.execute(_SQL["note_access"], facts)


async def accesses(connection: Connection, holder_id: UUID, *, limit: int) -> list[Access]:
    """Return who looked, the newest first."""
    return await all_rows(connection, Access, _SQL["accesses"], {"holder_id": holder_id, "limit": limit})
