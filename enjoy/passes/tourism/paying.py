"""Sales that are paid at the page of the tourist office's provider; until then their passes open nothing."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.clock import WALL_CLOCK, Clock
from core.errors import ConflictError, InputError, NotFoundError
from db import tourism_payments as store
from db.connection import Connection, Role
from db.tourism_payments import Reason, SalePayment
from db.tourism_products import Product
from db.tourism_sales import SaleKind, cancel_passes
from enjoy.acting import Connect
from enjoy.payment import PaymentRequest, page_of, read_result

#: A sale that is not paid by then is taken back.
PAYABLE_FOR: Final = timedelta(minutes=30)
_AT_A_TIME: Final = 200


async def require_payable(connection: Connection, product: Product, kind: SaleKind) -> None:
    """Have a sale paid at a provider's page only where that is possible.

    Raises
    ------
    InputError
        ``handoff_refused``: vouchers are put into stock, and what is free is not paid.
    ConflictError
        ``handoff_not_offered``.
    """
    if kind != "link" or product.price_eur_cent == 0:
        raise InputError(
            "handoff_refused", "Only passes that are sold now, for a price, are paid at a provider's page."
        )
    if not await store.has_provider(connection, product.organisation_id):
        raise ConflictError("handoff_not_offered", "Who runs the service names no payment provider.")


async def pay_at(connection: Connection, sale_id: UUID, *, return_url: str, notify_url: str, now: datetime) -> str:
    """Return the address at which a sale is paid.

    Raises
    ------
    NotFoundError
        ``sale_unknown``.
    ConflictError
        ``sale_not_payable``: paid, over, taken back, or to be paid to the seller.
    """
    sale = await _held(connection, sale_id)
    due_at = sale.payment_due_at
    is_gone = await store.count_cancelled(connection, sale_id) == sale.pass_count
    if sale.payment != "awaited" or due_at is None or due_at <= now or is_gone or sale.url is None:
        raise _not_payable(sale)
    request = PaymentRequest(
        reference=str(sale_id),
        payee=sale.payee,
        amount_eur_cent=sale.pass_count * sale.price_eur_cent,
        return_url=return_url,
        notify_url=notify_url,
        expires_at=due_at,
    )
    return page_of(sale.url, request, sale.secret or b"", now=now)


async def take_result(connection: Connection, sale_id: UUID, text: str, *, now: datetime) -> None:
    """Do what follows from what a provider said of a sale; the same again changes nothing.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_PASS`; on an error nothing may be committed.
    sale_id : UUID
        The one that it has to be of.
    text : str
        What the provider said.
    now : datetime
        Time.

    Raises
    ------
    NotFoundError
        ``sale_unknown``.
    InputError
        ``payment_result_invalid``.
    ConflictError
        ``payment_result_other``, ``sale_not_payable``, ``sale_paid_already``: by another payment.
    """
    sale = await _held(connection, sale_id)
    if sale.payment == "seller" or sale.secret is None:
        raise _not_payable(sale)
    amount = sale.pass_count * sale.price_eur_cent
    result = read_result(text, sale.secret, reference=str(sale_id), amount_eur_cent=amount, now=now)
    is_new = await store.take_message(connection, sale_id, result.message_id, now=now)
    if not is_new or result.outcome == "failed" or sale.payment_reference == result.payment_id:
        return
    if sale.payment_reference is not None:
        raise ConflictError("sale_paid_already", "The sale was paid by another payment before; give this one back.")
    await _note_paid(connection, sale, result.payment_id, now=now)


async def _note_paid(connection: Connection, sale: SalePayment, payment_id: str, *, now: datetime) -> None:
    """Let the passes be used; of those that are gone the provider is told to give the money back."""
    is_late = sale.payment != "awaited" or sale.payment_due_at is None or sale.payment_due_at <= now
    if is_late:
        await _expire(connection, sale.sale_id, now=now)
    await store.set_payment(connection, sale.sale_id, "failed" if is_late else "paid", payment_id)
    gone = await store.count_cancelled(connection, sale.sale_id)
    if gone:
        reason: Reason = "paid_too_late" if is_late else "cancelled"
        await store.insert_refund(connection, sale.sale_id, gone * sale.price_eur_cent, reason, now=now)


async def give_back(connection: Connection, sale: SalePayment, pass_count: int, *, now: datetime) -> None:
    """Have the provider give back what was paid for passes that were taken back."""
    if sale.payment_reference is not None and pass_count:
        await store.insert_refund(connection, sale.sale_id, pass_count * sale.price_eur_cent, "cancelled", now=now)


async def expire_unpaid(lend: Connect, _clock: Clock) -> None:
    """Take back sales that were not paid in time; a job of the worker."""
    await expire_over(lend, now=WALL_CLOCK.now())


async def expire_over(lend: Connect, *, now: datetime) -> int:
    """Do so at a time; return how many sales that were."""
    count = 0
    while True:
        async with lend(Role.ENJOY_PASS) as connection:
            over = await store.unpaid_sales(connection, now=now, limit=_AT_A_TIME)
            for one in over:
                await _expire(connection, one.sale_id, now=now)
        count += len(over)
        if len(over) < _AT_A_TIME:
            return count


async def _expire(connection: Connection, sale_id: UUID, *, now: datetime) -> None:
    """Take the passes of a sale back: none has a code yet, since none is made before it is paid."""
    await store.set_payment(connection, sale_id, "failed", None)
    await cancel_passes(connection, sale_id, None, at=now)


async def _held(connection: Connection, sale_id: UUID) -> SalePayment:
    sale = await store.hold_payment(connection, sale_id)
    if sale is None:
        raise NotFoundError("sale_unknown", "There is no such sale.", sale=str(sale_id))
    return sale


def _not_payable(sale: SalePayment) -> ConflictError:
    return ConflictError("sale_not_payable", "There is nothing to be paid for this sale now.", payment=sale.payment)
