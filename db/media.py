"""What holders show: cards, codes on paper and phones, the hashes of serials, and the tokens on them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run, stored
from db.statements import statements

_SQL: Final = statements("media")
MediumKind = Literal["card", "paper", "phone"]
MediumStatus = Literal["active", "blocked", "revoked"]


@dataclass(frozen=True, slots=True)
class Made:
    """Name a medium that was stored or linked."""

    medium_id: UUID


@dataclass(frozen=True, slots=True)
class Medium:
    """Describe a medium; see the comments of ``pass.medium``."""

    medium_id: UUID
    kind: MediumKind
    label: str
    status: MediumStatus
    replaced_by: UUID | None
    created_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Serial:
    """Tell at which service a card is known, and as what."""

    medium_id: UUID
    service_id: int
    service: str
    serial_hmac: bytes


@dataclass(frozen=True, slots=True)
class Whose:
    """Name the holder whose card a serial is, or was."""

    holder_id: UUID


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Describe a token that holds or is blocked; see the comments of ``pass.token``."""

    medium_id: UUID
    service: str
    title: str
    status: int
    is_bound: bool
    issued_on: date
    expires_at: datetime


async def insert_medium(connection: Connection, holder_id: UUID, kind: MediumKind, label: str, *, today: date) -> UUID:
    """Store a medium and return its key."""
    facts = {"holder_id": holder_id, "kind": kind, "label": label, "today": today}
    made = await one_row(connection, Made, _SQL["insert_medium"], facts)
    return stored(made).medium_id


async def media_of(connection: Connection, holder_id: UUID) -> list[Medium]:
    """Return the media of a holder; what is revoked comes last."""
    return await all_rows(connection, Medium, _SQL["media_of"], {"holder_id": holder_id})


async def hold_medium(connection: Connection, holder_id: UUID, medium_id: UUID) -> Medium | None:
    """Return a medium of a holder and keep others from changing it, or None."""
    return await one_row(connection, Medium, _SQL["hold_medium"], {"holder_id": holder_id, "medium_id": medium_id})


async def count_media(connection: Connection, holder_id: UUID) -> int:
    """Return how many media a holder has that are not revoked."""
    return await one_integer(connection, _SQL["count_media"], {"holder_id": holder_id}) or 0


async def set_medium(
    connection: Connection, medium_id: UUID, status: MediumStatus, *, today: date, replaced_by: UUID | None = None
) -> None:
    """Store whether a medium is accepted, and which one took its place."""
    await run(connection, _SQL["set_medium"], medium_id=medium_id, status=status, today=today, replaced_by=replaced_by)


async def label_medium(connection: Connection, medium_id: UUID, label: str) -> None:
    """Store what a medium is called."""
    await run(connection, _SQL["label_medium"], medium_id=medium_id, label=label)


async def link_serial(
    connection: Connection, service_id: int, serial_hmac: bytes, *, medium_id: UUID, subject_id: UUID
) -> bool:
    """Link a serial at one service; False where it is another medium's there."""
    facts = {"service_id": service_id, "serial_hmac": serial_hmac, "medium_id": medium_id, "subject_id": subject_id}
    return await one_row(connection, Made, _SQL["link_serial"], facts) is not None


async def serials_of(connection: Connection, holder_id: UUID) -> list[Serial]:
    """Return at which services the cards of a holder are known."""
    return await all_rows(connection, Serial, _SQL["serials_of"], {"holder_id": holder_id})


async def delete_serials(
    connection: Connection, *, medium_id: UUID | None = None, subject_id: UUID | None = None
) -> None:
    """Forget the serials of a medium, or those by which a service knows a holder."""
    await run(connection, _SQL["delete_serials"], medium_id=medium_id, subject_id=subject_id)


async def free_serial(connection: Connection, service_id: int, serial_hmac: bytes) -> UUID | None:
    """Forget a serial at one service and return whose it was, or None."""
    facts = {"service_id": service_id, "serial_hmac": serial_hmac}
    freed = await one_row(connection, Whose, _SQL["free_serial"], facts)
    return None if freed is None else freed.holder_id


async def holder_by_serial(connection: Connection, service_id: int, serial_hmac: bytes) -> UUID | None:
    """Return whose card a serial is at one service, unless it is blocked; or None."""
    facts = {"service_id": service_id, "serial_hmac": serial_hmac}
    found = await one_row(connection, Whose, _SQL["holder_by_serial"], facts)
    return None if found is None else found.holder_id


async def tokens_of(connection: Connection, holder_id: UUID, *, now: datetime) -> list[TokenRow]:
    """Return the tokens of a holder that hold or are blocked."""
    return await all_rows(connection, TokenRow, _SQL["tokens_of"], {"holder_id": holder_id, "now": now})
