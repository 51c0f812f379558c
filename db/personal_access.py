"""The access log: who read what is stored of a single usage point; written in batches, never changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("personal_access")
#: After every entry, in the order of `list_accesses`.
NEWEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NewAccess:
    """An access to be noted; see the comments of ``personal_access``."""

    accessed_at: datetime
    actor: str
    usage_point_id: int
    subject: str
    purpose: str
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Tell who read what; see the comments of ``personal_access``."""

    personal_access_id: int
    accessed_at: datetime
    recorded_at: datetime
    actor: str
    usage_point_key: UUID
    subject: str
    purpose: str
    start_at: datetime | None
    end_at: datetime | None


@dataclass(frozen=True, slots=True)
class WantedAccesses:
    """Choose accesses: what is None does not matter; accessed in ``[since, until)``."""

    usage_point_key: UUID | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def insert_accesses(connection: Connection, accesses: Sequence[NewAccess]) -> None:
    """Store accesses in one statement."""
    columns = {column.name: [getattr(one, column.name) for one in accesses] for column in fields(NewAccess)}
    async with translated_errors():
        await connection.execute(_SQL["insert_accesses"], columns)


async def list_accesses(
    connection: Connection, wanted: WantedAccesses, *, limit: int, before: int = NEWEST
) -> list[Access]:
    """Return up to `limit` accesses, the newest first, before the one of this key."""
    return await all_rows(
        connection, Access, _SQL["list_accesses"], {**asdict(wanted), "limit": limit, "before": before}
    )


async def forget_accesses(connection: Connection, before_at: datetime) -> int:
    """Delete accesses that were recorded before a time, in the role that owns; return how many.

    Raises
    ------
    InvariantError
        ``role_not_allowed``: some are not six months old.
    """
    async with translated_errors():
        return (await connection.execute(_SQL["forget_accesses"], {"before_at": before_at})).rowcount
