"""Orders that are paid at a provider's page: where that is, and what follows from what the provider says."""

from datetime import datetime

from core.errors import ConflictError
from db import orders as store
from db.connection import Connection
from db.orders import Order
from db.shops import Shop
from enjoy.payment import PaymentRequest, page_of, read_result
from enjoy.shops.ordering import found
from enjoy.shops.steps import PAID, end_if_over, take
from enjoy.shops.telling import tell


def pay_at(shop: Shop, order: Order, *, return_url: str, notify_url: str, now: datetime) -> str:
    """Return the address at which an order is paid.

    Raises
    ------
    ConflictError
        ``order_not_payable``: it is paid, or over, or to be paid at the shop.
    """
    if order.state != "draft" or order.due_at is None or shop.provider_url is None or shop.provider_secret is None:
        raise ConflictError("order_not_payable", "There is nothing to be paid for this order now.", state=order.state)
    request = PaymentRequest(
        reference=str(order.order_id),
        payee=shop.siret,
        amount_eur_cent=order.amount_eur_cent,
        return_url=return_url,
        notify_url=notify_url,
        expires_at=order.due_at,
    )
    return page_of(shop.provider_url, request, shop.provider_secret, now=now)


async def take_result(connection: Connection, shop: Shop, order: Order, text: str, *, now: datetime) -> Order:
    """Do what follows from what a provider said of an order; the same again changes nothing.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_SHOP`; on an error nothing may be committed.
    shop : Shop
        Whose order it is.
    order : Order
        The one that it has to be of.
    text : str
        What the provider said.
    now : datetime
        Time.

    Raises
    ------
    InputError
        ``payment_result_invalid``.
    ConflictError
        ``payment_result_other``, ``order_not_payable``, ``order_paid_already``: by another payment.
    """
    if order.payment != "handoff" or shop.provider_secret is None:
        raise ConflictError("order_not_payable", "There is nothing to be paid for this order now.", state=order.state)
    result = read_result(
        text, shop.provider_secret, reference=str(order.order_id), amount_eur_cent=order.amount_eur_cent, now=now
    )
    is_new = await store.take_payment_message(connection, shop.shop_id, result.message_id, order.order_id, now=now)
    if not is_new or result.outcome == "failed":
        return await found(connection, order_id=order.order_id)
    if not await store.note_paid(connection, order.order_id, result.payment_id):
        raise ConflictError("order_paid_already", "The order was paid by another payment before; give this one back.")
    return await _go_on(connection, shop, await found(connection, order_id=order.order_id), now=now)


async def _go_on(connection: Connection, shop: Shop, order: Order, *, now: datetime) -> Order:
    """Place what is paid; of what is over already the provider is told to give the money back."""
    if order.state != "draft":
        await tell(connection, shop, order, reason="paid_too_late", now=now)
        return order
    if order.due_at is not None and order.due_at <= now:
        return await end_if_over(connection, shop, order, now=now)
    return await take(connection, shop, order.order_id, PAID, actor="provider", now=now)
