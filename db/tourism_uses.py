"""Tourism passes as they are used: when they begin, what partners are paid for, when they are over."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row
from db.statements import statements

_SQL: Final = statements("tourism_uses")


@dataclass(frozen=True, slots=True)
class Begun:
    """Say until when a pass lasts, now that an admission is known.

    Attributes
    ----------
    is_late : bool
        Whether the admission was after its end, or the pass was taken back.
    """

    sale_id: UUID
    number: int
    product_id: int
    right_number: int
    ends_at: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class OverPass:
    """Name a pass whose codes are to be revoked."""

    sale_id: UUID
    number: int
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class ForgottenPass:
    """Say who held a pass until it was forgotten."""

    subject_id: UUID
    holder_id: UUID


async def begin_pass(connection: Connection, subject_id: UUID, *, at: datetime) -> Begun | None:
    """Let a pass begin no later than an admission; None: the subject holds no pass that was sold."""
    return await one_row(connection, Begun, _SQL["begin_pass"], {"subject_id": subject_id, "at": at})


async def end_right(connection: Connection, subject_id: UUID, number: int, *, until: datetime) -> None:
    """Let a right end at a time, unless it ends before."""
    async with translated_errors():
        await connection.execute(_SQL["end_right"], {"subject_id": subject_id, "number": number, "until": until})


async def end_rights(connection: Connection, subject_id: UUID, *, until: datetime) -> None:
    """Let all rights of a subject end at a time, unless they end before."""
    async with translated_errors():
        await connection.execute(_SQL["end_rights"], {"subject_id": subject_id, "until": until})


async def leave_service(connection: Connection, subject_id: UUID, *, on: date) -> None:
    """Note that a subject uses its service no more: no code is made for it."""
    async with translated_errors():
        await connection.execute(_SQL["leave_service"], {"subject_id": subject_id, "on": on})


async def insert_entry(
    connection: Connection,
    product_id: int,
    venue_id: int,
    *,
    at: datetime,
    day: date,
    is_offline: bool,
    is_flagged: bool,
) -> bool:
    """Note an entry that a partner is paid for; False: nothing was ever agreed there."""
    wanted = {
        "product_id": product_id,
        "venue_id": venue_id,
        "at": at,
        "day": day,
        "is_offline": is_offline,
        "is_flagged": is_flagged,
    }
    return await one_integer(connection, _SQL["insert_entry"], wanted) is not None


async def over_passes(connection: Connection, *, now: datetime, limit: int) -> list[OverPass]:
    """Return passes that are over and whose codes are not revoked yet, held until the transaction ends."""
    return await all_rows(connection, OverPass, _SQL["over_passes"], {"now": now, "limit": limit})


async def end_pass(connection: Connection, over: OverPass, *, on: date) -> None:
    """Note that the codes of a pass are revoked."""
    async with translated_errors():
        await connection.execute(_SQL["end_pass"], {"sale_id": over.sale_id, "number": over.number, "on": on})


async def forget_times(connection: Connection, *, before: date) -> None:
    """Forget when passes were used that ended before a day."""
    async with translated_errors():
        await connection.execute(_SQL["forget_times"], {"before": before})


async def forgotten_passes(connection: Connection, *, before: date) -> list[ForgottenPass]:
    """Forget who held passes that ended before a day."""
    return await all_rows(connection, ForgottenPass, _SQL["forgotten_passes"], {"before": before})
