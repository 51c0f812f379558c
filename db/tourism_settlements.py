"""What is owed to partners for entries, month by month."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row
from db.statements import statements
from db.tourism_products import TourismService

_SQL: Final = statements("tourism_settlements")


@dataclass(frozen=True, slots=True)
class Line:
    """Count the entries of one product at one venue at one rate.

    Attributes
    ----------
    partner, product, venue : str
        Names.
    month : date
        First day of the month in which the entries were; an earlier one than the statement's: they were told late.
    settlement_eur_cent : int
        Rate of an entry. [EUR 0.01]
    entry_count, offline_count, flagged_count : int
        All; of them, those that a reader admitted on its own; those that should not have been.
    """

    partner: str
    product: str
    venue: str
    month: date
    settlement_eur_cent: int
    entry_count: int
    offline_count: int
    flagged_count: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """Hold a month that is closed; see the comments of ``pass.settlement``."""

    month: date
    content: str
    previous_sha256: bytes
    content_sha256: bytes
    closed_at: datetime


async def unsettled_lines(connection: Connection, service_id: int, *, before: date) -> list[Line]:
    """Return what entries before a day, which are in no statement yet, come to."""
    return await all_rows(connection, Line, _SQL["unsettled_lines"], {"service_id": service_id, "before": before})


async def settle_entries(connection: Connection, service_id: int, *, month: date, before: date) -> list[Line]:
    """Put the same into the statement of a month for good."""
    wanted = {"service_id": service_id, "month": month, "before": before}
    return await all_rows(connection, Line, _SQL["settle_entries"], wanted)


async def insert_settlement(connection: Connection, service_id: int, closed: Settlement) -> None:
    """Store a month that is closed.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    wanted = {
        "service_id": service_id,
        "month": closed.month,
        "content": closed.content,
        "previous_sha256": closed.previous_sha256,
        "content_sha256": closed.content_sha256,
        "closed_at": closed.closed_at,
    }
    async with translated_errors():
        await connection.execute(_SQL["insert_settlement"], wanted)


async def find_settlement(connection: Connection, service_id: int, month: date) -> Settlement | None:
    """Return a month that is closed, or None."""
    wanted = {"service_id": service_id, "month": month}
    return await one_row(connection, Settlement, _SQL["find_settlement"], wanted)


async def newest_settlement(connection: Connection, service_id: int) -> Settlement | None:
    """Return the month that was closed last, or None."""
    return await one_row(connection, Settlement, _SQL["newest_settlement"], {"service_id": service_id})


async def hold_settlements(connection: Connection, service_id: int) -> None:
    """Let nobody else close a month of a service until the transaction ends."""
    async with translated_errors():
        await connection.execute(_SQL["hold_settlements"], {"service_id": service_id})


async def settling_services(
    connection: Connection, organisation_id: int, *, service: str | None
) -> list[TourismService]:
    """Return the services that an organisation runs or has venues of, or one of them."""
    wanted = {"organisation_id": organisation_id, "service": service}
    return await all_rows(connection, TourismService, _SQL["settling_services"], wanted)
