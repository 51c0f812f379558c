"""Holders before a desk: codes that they show, and the minutes in which the desk may say what it saw."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from db.access import hash_of
from db.connection import Connection
from db.rows import one_row, run
from db.statements import statements

_SQL: Final = statements("pass_desks")


@dataclass(frozen=True, slots=True)
class Before:
    """Say who is before a desk."""

    holder_id: UUID


async def put_code(connection: Connection, holder_id: UUID, code: str, *, expires_at: datetime) -> None:
    """Store a holder's code by its hash, in the place of the one before."""
    await run(connection, _SQL["put_code"], code_hash=hash_of(code), holder_id=holder_id, expires_at=expires_at)


async def take_code(connection: Connection, code: str, *, now: datetime) -> UUID | None:
    """Take a code, which is then no more, and return whose it is; None where it is not good."""
    found = await one_row(connection, Before, _SQL["take_code"], {"code_hash": hash_of(code), "now": now})
    return None if found is None else found.holder_id


async def insert_session(
    connection: Connection,
    secret: str,
    holder_id: UUID,
    *,
    organisation_id: int,
    actor: str,
    expires_at: datetime,
) -> None:
    """Store that a holder is before a desk."""
    facts = {
        "session_hash": hash_of(secret),
        "holder_id": holder_id,
        "organisation_id": organisation_id,
        "actor": actor,
        "expires_at": expires_at,
    }
    await run(connection, _SQL["insert_session"], **facts)


async def find_session(
    connection: Connection, secret: str, *, organisation_id: int, actor: str, now: datetime
) -> UUID | None:
    """Return who is before a desk; None where the session is over, or is somebody else's."""
    asked = {"session_hash": hash_of(secret), "organisation_id": organisation_id, "actor": actor, "now": now}
    found = await one_row(connection, Before, _SQL["find_session"], asked)
    return None if found is None else found.holder_id


async def end_session(connection: Connection, secret: str) -> None:
    """Note that nobody is before a desk any more."""
    await run(connection, _SQL["end_session"], session_hash=hash_of(secret))


async def forget_desks(connection: Connection, *, now: datetime) -> None:
    """Forget codes and sessions that are good no more."""
    for name in ("forget_codes", "forget_sessions"):
        await run(connection, _SQL[name], now=now)
