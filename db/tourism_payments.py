"""Sales of passes that are paid at a provider's page: whose, what it said, and what it has to give back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID, uuid4

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run
from db.statements import statements
from db.tourism_sales import Payment

_SQL: Final = statements("tourism_payments")
Reason = Literal["cancelled", "paid_too_late"]


@dataclass(frozen=True, slots=True)
class SalePayment:
    """Describe how a sale is paid; `payee` runs the service, and without `secret` it names no provider."""

    sale_id: UUID
    payee: str
    payment: Payment
    payment_reference: str | None
    payment_due_at: datetime | None
    pass_count: int
    price_eur_cent: int
    url: str | None
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class UnpaidSale:
    """Name a sale that was not paid in time."""

    sale_id: UUID


@dataclass(frozen=True, slots=True)
class Refund:
    """Hold a refund that is to be told, and where to."""

    refund_id: UUID
    sale_id: UUID
    amount_eur_cent: int
    reason: Reason
    made_at: datetime
    attempt_count: int
    url: str | None
    secret: bytes | None


async def set_provider(
    connection: Connection, organisation_id: int, url: str, notify_url: str | None, secret: bytes, *, now: datetime
) -> None:
    """Keep at whose page a tourist office's passes are paid, in the place of whoever it was before."""
    facts = {"organisation_id": organisation_id, "url": url, "notify_url": notify_url, "secret": secret, "now": now}
    await run(connection, _SQL["set_provider"], **facts)


async def end_provider(connection: Connection, organisation_id: int) -> None:
    """Forget the provider of a tourist office."""
    await run(connection, _SQL["end_provider"], organisation_id=organisation_id)


async def has_provider(connection: Connection, organisation_id: int) -> bool:
    """Tell whether a tourist office has a provider."""
    return await one_integer(connection, _SQL["has_provider"], {"organisation_id": organisation_id}) == 1


async def hold_payment(connection: Connection, sale_id: UUID) -> SalePayment | None:
    """Return how a sale is paid, held until the transaction ends, or None."""
    return await one_row(connection, SalePayment, _SQL["hold_payment"], {"sale_id": sale_id})


async def take_message(connection: Connection, sale_id: UUID, message_id: str, *, now: datetime) -> bool:
    """Note what a provider said of a sale; False: it said the same before."""
    return await run(connection, _SQL["take_message"], sale_id=sale_id, message_id=message_id, now=now) == 1


async def set_payment(connection: Connection, sale_id: UUID, payment: Payment, reference: str | None) -> None:
    """Note what came of a payment, unless one came before."""
    await run(connection, _SQL["set_payment"], sale_id=sale_id, payment=payment, payment_reference=reference)


async def unpaid_sales(connection: Connection, *, now: datetime, limit: int) -> list[UnpaidSale]:
    """Return sales whose time to be paid is over, held until the transaction ends."""
    return await all_rows(connection, UnpaidSale, _SQL["unpaid_sales"], {"now": now, "limit": limit})


async def count_cancelled(connection: Connection, sale_id: UUID) -> int:
    """Return how many passes of a sale were taken back."""
    return await one_integer(connection, _SQL["count_cancelled"], {"sale_id": sale_id}) or 0


async def insert_refund(
    connection: Connection, sale_id: UUID, amount_eur_cent: int, reason: Reason, *, now: datetime
) -> None:
    """Write down what a provider has to give back, in the caller's transaction."""
    facts = {"refund_id": uuid4(), "sale_id": sale_id, "amount_eur_cent": amount_eur_cent, "reason": reason}
    await run(connection, _SQL["insert_refund"], now=now, **facts)


async def next_refund(connection: Connection, *, now: datetime) -> Refund | None:
    """Return a refund that is to be told and that nobody else has, and hold it until the transaction ends."""
    return await one_row(connection, Refund, _SQL["next_refund"], {"now": now})


async def note_told(
    connection: Connection,
    refund_id: UUID,
    status: Literal["pending", "sent", "dead"],
    answer: str,
    *,
    due_from: datetime,
) -> None:
    """Note what came of telling a refund."""
    await run(connection, _SQL["note_told"], refund_id=refund_id, status=status, answer=answer, due_from=due_from)
