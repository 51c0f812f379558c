"""Whoever holds passes: how they sign in, and everything that is held of them."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from psycopg.rows import scalar_row

from core.errors import InvariantError
from db.access import hash_of
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("holders")
_SECRET_BYTES: Final = 32
Kind = Literal["anonymous", "named"]


@dataclass(frozen=True, slots=True)
class HolderRow:
    """Describe a holder who has not left; see the comments of ``pass.holder``."""

    holder_id: UUID
    kind: Kind
    email: str | None
    label: str
    born_on: date | None
    language: str
    created_on: date
    signs_in: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """Say what somebody signs in by."""

    holder_id: UUID
    passphrase: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class WayIn:
    """Say by what a holder will sign in: an address, or the handle of a recovery code; and the hash of the secret."""

    passphrase: str
    email: str | None = None
    handle: str | None = None

    @property
    def kind(self) -> Kind:
        """Kind of holder that signs in so."""
        return "anonymous" if self.email is None else "named"


@dataclass(frozen=True, slots=True)
class Held:
    """Tell rows, or how many, by table."""

    tables: Any


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """Describe a table that holds something of a holder; see the comments of ``pass.personal_table``."""

    name: str
    column_name: str
    reaches: str
    untold: list[str]
    on_leaving: str
    reason: str


async def insert_holder(
    connection: Connection,
    way_in: WayIn | None,
    *,
    language: str,
    today: date,
    label: str = "",
    born_on: date | None = None,
) -> UUID:
    """Store a holder and return their key; without a way in nobody signs in as them.

    Raises
    ------
    ConflictError
        ``already_exists``: the address signs in as somebody else.
    """
    facts = {
        "kind": "anonymous" if way_in is None else way_in.kind,
        "email": way_in and way_in.email,
        "handle": way_in and way_in.handle,
        "passphrase": way_in and way_in.passphrase,
        "label": label,
        "born_on": born_on,
        "language": language,
        "created_on": today,
    }
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_SQL["insert_holder"], facts)
        made = await cursor.fetchone()
    if not isinstance(made, UUID):
        raise InvariantError("row_not_stored", "A row was stored and not returned.")
    return made


async def find_sign_in(
    connection: Connection,
    *,
    now: datetime,
    email: str | None = None,
    handle: str | None = None,
    holder_id: UUID | None = None,
) -> SignIn | None:
    """Return who signs in by an address, a handle or a key, or None."""
    facts = {"email": email, "handle": handle, "holder_id": holder_id, "now": now}
    return await one_row(connection, SignIn, _SQL["find_sign_in"], facts)


async def note_attempt(connection: Connection, holder_id: UUID, *, is_right: bool, now: datetime) -> None:
    """Note that a secret was right or wrong; after five wrong ones none is tried for a while."""
    await run(connection, _SQL["note_attempt"], holder_id=holder_id, is_right=is_right, now=now)


async def set_way_in(connection: Connection, holder_id: UUID, way_in: WayIn) -> None:
    """Let a holder sign in by something else from now on, and end all sessions.

    Raises
    ------
    ConflictError
        ``already_exists``: the address signs in as somebody else.
    """
    facts = {"email": way_in.email, "handle": way_in.handle, "passphrase": way_in.passphrase}
    await run(connection, _SQL["set_sign_in"], holder_id=holder_id, kind=way_in.kind, **facts)
    await run(connection, _SQL["end_sessions"], holder_id=holder_id)


async def describe_holder(
    connection: Connection, holder_id: UUID, *, label: str | None = None, language: str | None = None
) -> None:
    """Store what a holder is called, and their language, where given."""
    await run(connection, _SQL["describe_holder"], holder_id=holder_id, label=label, language=language)


async def holder_of(connection: Connection, holder_id: UUID) -> HolderRow | None:
    """Return a holder who has not left, or None."""
    return await one_row(connection, HolderRow, _SQL["holder_of"], {"holder_id": holder_id})


async def hold_holder(connection: Connection, holder_id: UUID) -> None:
    """Keep others from changing what a holder has until the transaction ends."""
    await run(connection, _SQL["hold_holder"], holder_id=holder_id)


async def begin_session(connection: Connection, holder_id: UUID, *, now: datetime, lasts: timedelta) -> str:
    """Begin a session and return its secret; sessions that are over are forgotten."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    await run(connection, _SQL["forget_sessions"], now=now)
    facts = {"secret_sha256": hash_of(secret), "holder_id": holder_id, "expires_at": now + lasts}
    await run(connection, _SQL["begin_session"], **facts)
    return secret


async def find_session(connection: Connection, secret: str, *, now: datetime) -> HolderRow | None:
    """Return whose a session is, or None where there is none that lasts."""
    return await one_row(connection, HolderRow, _SQL["find_session"], {"secret_sha256": hash_of(secret), "now": now})


async def end_session(connection: Connection, secret: str) -> None:
    """End a session."""
    await run(connection, _SQL["end_session"], secret_sha256=hash_of(secret))


async def held_of(connection: Connection, holder_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return every row that is held of a holder, by table."""
    found = await one_row(connection, Held, _SQL["held_of"], {"holder_id": holder_id})
    tables: dict[str, list[dict[str, Any]]] = {} if found is None else found.tables
    return tables


async def erase_holder(connection: Connection, holder_id: UUID, *, today: date) -> None:
    """Forget who a holder was; rows that others count on stay and lead to nobody."""
    await all_rows(connection, Held, _SQL["erase_rows"], {"holder_id": holder_id})
    for step in ("erase_media", "erase_tokens", "erase_subjects", "erase_holder"):
        await run(connection, _SQL[step], holder_id=holder_id, today=today)


async def personal_tables(connection: Connection) -> list[PersonalTable]:
    """Return every table that holds something of a holder, and what is done with it."""
    return await all_rows(connection, PersonalTable, _SQL["personal_tables"])
