"""What is owed to partners, month by month: a month is open until it is closed, and then it never changes.

An entry that is told after its month was closed is in the statement of the next month that is closed, as a line of its
own month. Statements hold counts alone, nothing of who entered.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from core.canonical import canonical_json
from core.errors import ConflictError, InputError
from db import tourism_settlements as store
from db.audit import record
from db.connection import Connection
from db.tourism_products import TourismService
from db.tourism_settlements import Line, Settlement
from enjoy.passes.tourism.using import LILLE

#: Hash before the first month that is closed.
NO_HASH: Final = bytes(32)
_NUMBERS: Final = ("entry_count", "offline_count", "flagged_count", "amount_eur_cent")
COLUMNS: Final = (
    "service",
    "statement_month",
    "is_closed",
    "partner",
    "product",
    "venue",
    "month",
    "is_correction",
    "settlement_eur_cent",
    *_NUMBERS,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Tell what a month comes to, for one partner or for all.

    Attributes
    ----------
    lines : tuple of Line
        Entries by partner, product, venue, month and rate.
    closed_at : datetime or None
        When it was closed; None: it is open, and changes yet.
    content_sha256 : str or None
        Hash of the whole closed month after the one before, hexadecimal.
    """

    service: str
    month: date
    lines: tuple[Line, ...]
    closed_at: datetime | None
    content_sha256: str | None


def month_of(text: str) -> date:
    """Return the first day of a month that is written as ``2026-11``.

    Raises
    ------
    InputError
        ``month_invalid``.
    """
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError as error:
        raise InputError("month_invalid", "A month is written as 2026-11.", month=text) from error


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


async def statement(connection: Connection, service: TourismService, month: date, *, partner: str | None) -> Statement:
    """Return the statement of a month, closed or as it stands; of one partner alone, or of all.

    A month before the one that was closed last is empty where it was not closed: its entries are in a later one.
    """
    closed = await store.find_settlement(connection, service.service_id, month)
    if closed is not None:
        lines = _read(closed.content)
        digest = closed.content_sha256.hex()
        return Statement(service.name, month, _of(lines, partner), closed.closed_at, digest)
    newest = await store.newest_settlement(connection, service.service_id)
    if newest is not None and newest.month > month:
        return Statement(service.name, month, (), None, None)
    lines = await store.unsettled_lines(connection, service.service_id, before=next_month(month))
    return Statement(service.name, month, _of(lines, partner), None, None)


async def close(
    connection: Connection, service: TourismService, month: date, *, actor: str, now: datetime
) -> Statement:
    """Close a month for good; it takes in all earlier entries that are in no statement yet.

    Raises
    ------
    ConflictError
        ``month_not_over``, or ``month_closed`` where it or a later one was closed before.
    """
    if now.astimezone(LILLE).date() < next_month(month):
        raise ConflictError("month_not_over", "A month is closed when it is over.", month=f"{month:%Y-%m}")
    await store.hold_settlements(connection, service.service_id)
    newest = await store.newest_settlement(connection, service.service_id)
    if newest is not None and newest.month >= month:
        message = "This month or a later one is closed: what came since is in the next."
        raise ConflictError("month_closed", message, newest=f"{newest.month:%Y-%m}")
    lines = await store.settle_entries(connection, service.service_id, month=month, before=next_month(month))
    content = _written(service, month, lines)
    before = NO_HASH if newest is None else newest.content_sha256
    digest = hash_of(before, content)
    closed = Settlement(month, content, before, digest, now)
    await store.insert_settlement(connection, service.service_id, closed)
    told = {"service": service.name, "month": f"{month:%Y-%m}", "content_sha256": digest.hex()}
    subject = f"settlement/{service.name}/{month:%Y-%m}"
    await record(connection, at=now, actor=actor, action="settlement.closed", subject=subject, facts=told)
    return await statement(connection, service, month, partner=None)


def hash_of(previous: bytes, content: str) -> bytes:
    """Return the hash of a closed month: of the hash before and its content."""
    return sha256(previous + content.encode()).digest()


def amount_eur_cent(line: Line) -> int:
    """Return what is owed for a line. [EUR 0.01]."""
    return line.entry_count * line.settlement_eur_cent


def csv_of(statements: Sequence[Statement]) -> str:
    """Return statements as CSV (RFC 4180), amounts in cents."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for one in statements:
        for line in one.lines:
            rows.writerow(
                [
                    one.service,
                    f"{one.month:%Y-%m}",
                    str(one.closed_at is not None).lower(),
                    line.partner,
                    line.product,
                    line.venue,
                    f"{line.month:%Y-%m}",
                    str(line.month != one.month).lower(),
                    line.settlement_eur_cent,
                    line.entry_count,
                    line.offline_count,
                    line.flagged_count,
                    amount_eur_cent(line),
                ]
            )
    return written.getvalue()


def _written(service: TourismService, month: date, lines: Sequence[Line]) -> str:
    told: list[dict[str, Any]] = [asdict(line) | {"month": line.month.isoformat()} for line in lines]
    return canonical_json({"service": service.name, "month": month.isoformat(), "lines": told})


def _read(content: str) -> list[Line]:
    return [Line(**line | {"month": date.fromisoformat(line["month"])}) for line in json.loads(content)["lines"]]


def _of(lines: Sequence[Line], partner: str | None) -> tuple[Line, ...]:
    return tuple(line for line in lines if partner is None or line.partner == partner)
