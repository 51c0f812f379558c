"""What is told of an order goes into an outbox, in the transaction of what it tells of: both are there or neither."""

import json
from datetime import datetime
from typing import Any

from db.connection import Connection
from db.orders import Line, Order, lines_of
from db.outbox import NewMessage, put_messages
from db.shops import Shop
from enjoy.shops.words import for_customer, for_merchant

_TYPE = "somel.enjoy.order"


async def tell(
    connection: Connection, shop: Shop, order: Order, *, now: datetime, reason: str = "", link: str = ""
) -> None:
    """Write down who is to be told what an order has become.

    Parameters
    ----------
    connection : Connection
        The one that moved it.
    shop : Shop
        Whose it is.
    order : Order
        As it is now.
    now : datetime
        Time.
    reason : str, default ""
        Why.
    link : str, default ""
        Address of the customer's page with the order's secret; known when the order is made, and never again.
    """
    lines = (await lines_of(connection, [order.order_id]))[order.order_id]
    messages = [
        *_mails(shop, order, lines, reason=reason, link=link),
        *_hooks(shop, order, lines, reason=reason, now=now),
    ]
    await put_messages(connection, shop.shop_id, order.order_id, messages, now=now)


def event_of(shop: Shop, order: Order, lines: list[Line], *, reason: str, now: datetime) -> dict[str, Any]:
    """Return what a merchant's own system is told: all of the order but how to reach who ordered."""
    return {
        "specversion": "1.0",
        "id": f"{order.order_id}/{order.state}",
        "source": f"/enjoy/v1/shops/{shop.name}",
        "type": f"{_TYPE}.{order.state}",
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "order": str(order.order_id),
            "reference": order.reference,
            "shop": shop.name,
            "state": order.state,
            "reason": reason,
            "slot": {"starts_at": order.starts_at.isoformat(), "ends_at": order.ends_at.isoformat()},
            "amount_eur_cent": order.amount_eur_cent,
            "payment": order.payment,
            "payment_state": order.payment_state,
            "lines": [
                {
                    "product_id": line.product_id,
                    "title": line.title,
                    "quantity": line.quantity,
                    "price_eur_cent": line.price_eur_cent,
                }
                for line in lines
            ],
        },
    }


def _mails(shop: Shop, order: Order, lines: list[Line], *, reason: str, link: str) -> list[NewMessage]:
    mails = []
    if order.email is not None:
        mails.append(NewMessage("email", order.email, *for_customer(shop, order, lines, reason=reason, link=link)))
    if shop.notify_email is not None and (letter := for_merchant(shop, order, lines, reason=reason)) is not None:
        mails.append(NewMessage("email", shop.notify_email, *letter))
    return mails


def _hooks(shop: Shop, order: Order, lines: list[Line], *, reason: str, now: datetime) -> list[NewMessage]:
    hooks = []
    if shop.webhook_url is not None and order.state != "draft":
        said = json.dumps(event_of(shop, order, lines, reason=reason, now=now), ensure_ascii=False)
        hooks.append(NewMessage("webhook", "", "", said))
    if shop.provider_notify_url is not None and order.payment_state == "refund_due":
        refund = {
            "type": "somel.enjoy.payment.refund_due",
            "reference": str(order.order_id),
            "amount_eur_cent": order.amount_eur_cent,
            "currency": "EUR",
            "reason": order.state,
        }
        hooks.append(NewMessage("provider", "", "", json.dumps(refund)))
    return hooks
