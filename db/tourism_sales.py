"""Tourism passes as they are sold, opened and taken into a card account."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID, uuid4

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row, run
from db.statements import statements

_SQL: Final = statements("tourism_sales")
SaleKind = Literal["link", "voucher"]
Payment = Literal["seller", "awaited", "paid", "failed"]


@dataclass(frozen=True, slots=True)
class NewSale:
    """Hold what is stored of a sale; see the comments of ``pass.sale``."""

    sale_id: UUID
    product_id: int
    organisation_id: int
    kind: SaleKind
    pass_count: int
    price_eur_cent: int
    reference: str
    payment: Payment
    payment_due_at: datetime | None
    starts_at: datetime | None
    use_until: datetime
    sold_at: datetime
    idempotency_key: str | None
    request_sha256: bytes | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """Name the sale that was made with a key, and what was asked."""

    sale_id: UUID
    request_sha256: bytes


@dataclass(frozen=True, slots=True)
class Sale:
    """Describe a sale; `office_id` runs the service."""

    sale_id: UUID
    product_id: int
    product: str
    seller: str
    organisation_id: int
    office_id: int
    kind: SaleKind
    pass_count: int
    price_eur_cent: int
    reference: str
    payment: Payment
    payment_reference: str | None
    payment_due_at: datetime | None
    starts_at: datetime | None
    use_until: datetime
    sold_at: datetime
    opened_count: int
    started_count: int
    cancelled_count: int


@dataclass(frozen=True, slots=True)
class SoldPass:
    """Describe one pass of a sale; see the comments of ``pass.sold_pass``."""

    sale_id: UUID
    number: int
    subject_id: UUID | None
    opened_on: date | None
    is_started: bool
    started_at: datetime | None
    ends_at: datetime | None
    cancelled_at: datetime | None
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class ClaimedPass:
    """Describe the pass that a code opens."""

    sale_id: UUID
    number: int
    subject_id: UUID | None
    is_started: bool
    started_at: datetime | None
    ends_at: datetime | None
    cancelled_at: datetime | None
    ended_on: date | None
    product_id: int
    payment: Payment
    starts_at: datetime | None
    use_until: datetime


@dataclass(frozen=True, slots=True)
class PassMedium:
    """Name a medium of a pass, and the key of the phone that it is."""

    medium_id: UUID
    device_key: bytes | None


@dataclass(frozen=True, slots=True)
class PassHolder:
    """Say who holds a pass, and whether they were made for it alone."""

    holder_id: UUID
    is_of_pass_alone: bool


async def insert_sale(connection: Connection, sale: NewSale, claims: Sequence[bytes]) -> None:
    """Store a sale with the hashes of its codes.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    async with translated_errors():
        await connection.execute(_SQL["insert_sale"], asdict(sale))
        await connection.execute(_SQL["insert_sold_passes"], {"sale_id": sale.sale_id, "claims": list(claims)})


async def find_repeated(connection: Connection, organisation_id: int, key: str) -> Repeated | None:
    """Return the sale that an organisation made with a key, or None."""
    wanted = {"organisation_id": organisation_id, "idempotency_key": key}
    return await one_row(connection, Repeated, _SQL["find_repeated"], wanted)


async def forget_keys(connection: Connection, *, before: datetime) -> None:
    """Forget the keys of sales before a time: their codes are told no more."""
    async with translated_errors():
        await connection.execute(_SQL["forget_keys"], {"before": before})


async def sales(
    connection: Connection,
    organisation_id: int,
    *,
    sale_id: UUID | None = None,
    before: datetime | None = None,
    limit: int = 1,
) -> list[Sale]:
    """Return sales that an organisation made, or of passes of its services; the newest first."""
    wanted = {"organisation_id": organisation_id, "sale_id": sale_id, "before": before, "limit": limit}
    return await all_rows(connection, Sale, _SQL["sales"], wanted)


async def sold_passes(connection: Connection, sale_id: UUID) -> list[SoldPass]:
    """Return the passes of a sale, held until the transaction ends."""
    return await all_rows(connection, SoldPass, _SQL["sold_passes"], {"sale_id": sale_id})


async def cancel_passes(connection: Connection, sale_id: UUID, numbers: Sequence[int] | None, *, at: datetime) -> int:
    """Take passes back that were never used, or all of those (None); return how many."""
    wanted = {"sale_id": sale_id, "numbers": None if numbers is None else list(numbers), "at": at}
    return await run(connection, _SQL["cancel_passes"], **wanted)


async def claimed_pass(connection: Connection, claim_sha256: bytes) -> ClaimedPass | None:
    """Return the pass that a code opens, held until the transaction ends, or None."""
    return await one_row(connection, ClaimedPass, _SQL["claimed_pass"], {"claim_sha256": claim_sha256})


async def open_pass(
    connection: Connection,
    claimed: ClaimedPass,
    service_id: int,
    number: int,
    *,
    valid_from: datetime,
    valid_until: datetime,
    ends_at: datetime | None,
    on: date,
) -> UUID:
    """Give a pass a holder of its own, without a name, who has its right; return who they are to the service.

    Parameters
    ----------
    ends_at : datetime or None
        When it is over, where it began at a time that was chosen; None: it begins at its first use.
    """
    wanted = {
        "holder_id": uuid4(),
        "subject_id": uuid4(),
        "service_id": service_id,
        "on": on,
        "opened_on": on,
        "right": number,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "started_at": None if ends_at is None else claimed.starts_at,
        "ends_at": ends_at,
        "sale_id": claimed.sale_id,
    }
    async with translated_errors():
        await connection.execute(_SQL["insert_pass_holder"], wanted)
        await connection.execute(_SQL["insert_pass_subject"], wanted)
        await connection.execute(_SQL["insert_pass_right"], {**wanted, "number": number})
        await connection.execute(_SQL["open_pass"], {**wanted, "number": claimed.number})
    return UUID(str(wanted["subject_id"]))


async def insert_pass_medium(
    connection: Connection, subject_id: UUID, kind: Literal["paper", "phone"], label: str, *, on: date
) -> UUID:
    """Link a medium to whoever holds a pass; return its key."""
    medium_id = uuid4()
    wanted = {"medium_id": medium_id, "subject_id": subject_id, "kind": kind, "label": label, "on": on}
    async with translated_errors():
        await connection.execute(_SQL["insert_pass_medium"], wanted)
    return medium_id


async def pass_medium(
    connection: Connection, subject_id: UUID, kind: Literal["paper", "phone"], label: str
) -> PassMedium | None:
    """Return the medium of a kind and a name that a code of a pass was made for last, or None."""
    wanted = {"subject_id": subject_id, "kind": kind, "label": label}
    return await one_row(connection, PassMedium, _SQL["pass_medium"], wanted)


async def end_pass_medium(connection: Connection, medium_id: UUID, *, on: date) -> None:
    """Note that a medium is used no more."""
    async with translated_errors():
        await connection.execute(_SQL["end_pass_medium"], {"medium_id": medium_id, "on": on})


async def holder_of_pass(connection: Connection, subject_id: UUID) -> PassHolder | None:
    """Return who holds a pass."""
    return await one_row(connection, PassHolder, _SQL["holder_of_pass"], {"subject_id": subject_id})


async def take_pass(connection: Connection, subject_id: UUID, holder_id: UUID) -> None:
    """Let a pass and its media be another holder's."""
    wanted = {"subject_id": subject_id, "holder_id": holder_id}
    async with translated_errors():
        await connection.execute(_SQL["take_pass_media"], wanted)
        await connection.execute(_SQL["take_pass"], wanted)


async def passes_held(connection: Connection, holder_id: UUID, service_id: int) -> int:
    """Return how many passes of a service a holder has that are not over."""
    wanted = {"holder_id": holder_id, "service_id": service_id}
    return await one_integer(connection, _SQL["passes_held"], wanted) or 0


async def leave_pass_holder(connection: Connection, holder_id: UUID, *, on: date) -> None:
    """Let a holder that was made for a pass alone leave."""
    async with translated_errors():
        await connection.execute(_SQL["leave_pass_holder"], {"holder_id": holder_id, "on": on})
