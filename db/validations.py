"""What was shown at readers: looked up, judged by others, and stored; many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, run
from db.statements import statements

_SQL: Final = statements("validations")


@dataclass(frozen=True, slots=True)
class Key:
    """Name what was shown: a token, or a serial as a service has it; and the half minute that a phone signed."""

    service_id: int
    token_id: UUID | None
    serial_hmac: bytes | None
    step: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownRow:
    """Hold what is known of it.

    Attributes
    ----------
    place : int
        Which of those asked for, from 1 on.
    subject_id : UUID or None
        Who; None: it is not known.
    service_id : int or None
        Of which service.
    status : int
        0 valid, 1 revoked, 2 blocked.
    is_blocked, has_left : bool
        Whether the service blocked them, or they left it.
    is_lost : bool
        Whether what was shown is blocked, or its medium was revoked by that day.
    rights : list of int
        Numbers that hold at the time.
    uses : list or None
        ``[rule, per, start, venue, count]`` each.
    first_at : datetime or None
        First admission, where it matters.
    is_replayed : bool
        Whether the half minute was taken already.
    """

    place: int
    subject_id: UUID | None
    service_id: int | None
    status: int
    is_blocked: bool
    has_left: bool
    is_lost: bool
    rights: list[int]
    uses: list[list[Any]] | None
    first_at: datetime | None
    is_replayed: bool


@dataclass(frozen=True, slots=True)
class LastAdmission:
    """Tell when somebody was last admitted, by rule and venue."""

    subject_id: UUID
    rule_id: int | None
    venue_id: int
    at: datetime
    proof: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class StoredRow:
    """Hold what was answered."""

    nonce: UUID
    reader_id: int
    is_admitted: bool
    reason: str
    price_class: str | None


@dataclass(frozen=True, slots=True)
class NonceRow:
    """Name a validation that was stored."""

    nonce: UUID


@dataclass(frozen=True, slots=True)
class NewValidation:
    """Hold a validation that is to be stored; see the comments of ``pass.validation``."""

    nonce: UUID
    reader_id: int
    venue_id: int
    at: datetime
    subject_id: UUID | None
    token_id: UUID | None
    serial_hmac: bytes | None
    step: int | None
    proof: str | None
    reason: str
    rule_id: int | None
    price_class: str | None
    is_offline: bool


@dataclass(frozen=True, slots=True)
class NewUse:
    """Hold one use that counts towards a limit; see the comments of ``pass.use``."""

    subject_id: UUID
    rule_id: int
    per: str
    start_on: date
    venue: str


async def hold_subjects(connection: Connection, keys: Sequence[Key]) -> None:
    """Let nobody else count uses of those who are shown until the transaction ends."""
    await run(connection, _SQL["by_index"])
    await run(connection, _SQL["hold_subjects"], **_known(keys))


async def shown(connection: Connection, keys: Sequence[Key]) -> list[ShownRow]:
    """Return what is known of what was shown, in its order."""
    facts = {**_known(keys), "steps": [key.step for key in keys], "ats": [key.at for key in keys]}
    return await all_rows(connection, ShownRow, _SQL["shown"], facts)


async def last_admissions(connection: Connection, subject_ids: Sequence[UUID], now: datetime) -> list[LastAdmission]:
    """Return when each was last admitted within a day, by rule and venue."""
    facts = {"subject_ids": list(subject_ids), "now": now}
    return await all_rows(connection, LastAdmission, _SQL["last_admissions"], facts)


async def stored(connection: Connection, nonces: Sequence[UUID]) -> dict[UUID, StoredRow]:
    """Return the validations that are there already."""
    rows = await all_rows(connection, StoredRow, _SQL["stored"], {"nonces": list(nonces)})
    return {row.nonce: row for row in rows}


async def insert_validations(connection: Connection, new: Sequence[NewValidation]) -> set[UUID]:
    """Store validations and return the nonces of those that were not there."""
    facts = {
        "nonces": [one.nonce for one in new],
        "reader_ids": [one.reader_id for one in new],
        "venue_ids": [one.venue_id for one in new],
        "ats": [one.at for one in new],
        "subject_ids": [one.subject_id for one in new],
        "token_ids": [one.token_id for one in new],
        "serials": [one.serial_hmac for one in new],
        "steps": [one.step for one in new],
        "proofs": [one.proof for one in new],
        "reasons": [one.reason for one in new],
        "rule_ids": [one.rule_id for one in new],
        "price_classes": [one.price_class for one in new],
        "offlines": [one.is_offline for one in new],
    }
    return {row.nonce for row in await all_rows(connection, NonceRow, _SQL["insert_validations"], facts)}


async def add_uses(connection: Connection, uses: Sequence[NewUse]) -> None:
    """Count uses."""
    await run(
        connection,
        _SQL["add_uses"],
        subject_ids=[one.subject_id for one in uses],
        rule_ids=[one.rule_id for one in uses],
        pers=[one.per for one in uses],
        starts=[one.start_on for one in uses],
        venues=[one.venue for one in uses],
    )


async def begin_uses(connection: Connection, firsts: Sequence[tuple[UUID, datetime]]) -> None:
    """Note first admissions, unless there was an earlier one."""
    await run(connection, _SQL["begin_uses"], subject_ids=[one for one, _ in firsts], ats=[at for _, at in firsts])


async def flag(connection: Connection, flags: Sequence[tuple[UUID, str]]) -> None:
    """Flag validations, each with what is wrong with it."""
    await run(connection, _SQL["flag"], nonces=[nonce for nonce, _ in flags], kinds=[kind for _, kind in flags])


def _known(keys: Sequence[Key]) -> dict[str, object]:
    return {
        "token_ids": [key.token_id for key in keys],
        "service_ids": [key.service_id for key in keys],
        "serials": [key.serial_hmac for key in keys],
    }
