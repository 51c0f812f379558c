"""Tokens that were issued, and what issuing one asks of the database."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run
from db.statements import statements

_SQL: Final = statements("pass_tokens")


@dataclass(frozen=True, slots=True)
class Issuable:
    """Say whether a token may be made of a subject for a medium of the same holder."""

    service: str
    has_left: bool
    is_blocked: bool
    medium_kind: Literal["card", "paper", "phone"]
    medium_status: Literal["active", "blocked", "revoked"]


@dataclass(frozen=True, slots=True)
class RightNow:
    """Name a right that holds, and until when."""

    number: int
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class NewToken:
    """Hold a token that is to be stored; see the comments of ``pass.token``."""

    token_id: UUID
    subject_id: UUID
    medium_id: UUID
    status_index: int
    device_key: bytes | None
    kid: str
    issued_on: date
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenBefore:
    """Describe a token that a new one takes the place of."""

    token_id: UUID
    status_index: int
    status: int
    is_bound: bool


@dataclass(frozen=True, slots=True)
class StatusSet:
    """Say whose status was set, and until when it matters."""

    status_index: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Name the place of a token that is no longer there."""

    status_index: int


@dataclass(frozen=True, slots=True)
class Whose:
    """Name the tokens that are meant, in one way of four: one, or those of a medium, a subject or a signing key."""

    token_id: UUID | None = None
    medium_id: UUID | None = None
    subject_id: UUID | None = None
    kid: str | None = None


async def find_issuable(connection: Connection, subject_id: UUID, medium_id: UUID) -> Issuable | None:
    """Return what a token would be made of, held until the transaction ends; None where the holders differ."""
    return await one_row(connection, Issuable, _SQL["find_issuable"], _pair(subject_id, medium_id))


async def rights_now(connection: Connection, subject_id: UUID, now: datetime) -> list[RightNow]:
    """Return the rights of a subject that hold, by number."""
    return await all_rows(connection, RightNow, _SQL["rights_now"], {"subject_id": subject_id, "now": now})


async def insert_token(connection: Connection, token: NewToken) -> bool:
    """Store a token; tell whether its place in the status list was free."""
    return await one_integer(connection, _SQL["insert_token"], asdict(token)) is not None


async def tokens_before(connection: Connection, subject_id: UUID, medium_id: UUID, now: datetime) -> list[TokenBefore]:
    """Return the tokens of a subject on a medium that still hold, or are blocked."""
    return await all_rows(connection, TokenBefore, _SQL["tokens_before"], {**_pair(subject_id, medium_id), "now": now})


async def set_tokens(connection: Connection, whose: Whose, status: int) -> list[StatusSet]:
    """Set the status of tokens and return those that had another; what is revoked stays so."""
    return await all_rows(connection, StatusSet, _SQL["set_tokens"], {**asdict(whose), "status": status})


async def block_subject(connection: Connection, subject_id: UUID, *, is_blocked: bool) -> None:
    """Say whether tokens are made for a subject."""
    await run(connection, _SQL["block_subject"], subject_id=subject_id, is_blocked=is_blocked)


async def replace_tokens(connection: Connection, token_ids: Sequence[UUID]) -> None:
    """Revoke tokens that others took the place of."""
    await run(connection, _SQL["replace_tokens"], token_ids=list(token_ids))


async def forget_tokens(connection: Connection, before: datetime, *, most: int) -> list[int]:
    """Delete tokens that expired before a time, the oldest first, and return their places in the status list."""
    rows = await all_rows(connection, Forgotten, _SQL["forget_tokens"], {"before": before, "most": most})
    return [row.status_index for row in rows]


def _pair(subject_id: UUID, medium_id: UUID) -> dict[str, object]:
    return {"subject_id": subject_id, "medium_id": medium_id}
