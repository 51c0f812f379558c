"""What is told of shops and orders, from rows; and whose shop a request is about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Path, Request

from api.enjoy.access import WhoCalls
from api.enjoy.operating import Operating, Shops
from api.models.order import LineOf, MerchantOrderOf, OrderOf, TransitionOf
from api.models.shop import HoursOf, OrderingOf, OwnShopOf, ShopOf
from core.errors import ForbiddenError, NotFoundError
from db.connection import Connection
from db.orders import Line, Order, Transition, lines_of, transitions_of
from db.shops import Shop, ShopFacts, find_shop
from enjoy.accounts import Operator
from enjoy.shops.hours import read_hours
from enjoy.shops.steps import ENDED, PROCESS

_LARGEST_KEY: Final = 2**31 - 1
_READS: Final = frozenset({"GET", "HEAD"})
ShopPath = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Shop", examples=["le-fournil-de-wazemmes"])
]
OrderPath = Annotated[UUID, Path(description="Order", examples=["1f0b52c7-0000-4000-8000-000000000000"])]
Key = Annotated[int, Path(ge=1, le=_LARGEST_KEY, examples=[1])]
Runs = Annotated[Operator, Depends(Operating("manage:shop"))]


def require_no_sandbox(request: Request, caller: WhoCalls) -> None:
    """Let keys of a sandbox read alone: what shops write is told to customers, and cannot be tried.

    Raises
    ------
    ForbiddenError
        ``sandbox_reads``.
    """
    if caller.is_sandbox and request.method not in _READS:
        raise ForbiddenError("sandbox_reads", "A key of a sandbox only reads what is of shops.")


async def shop_of(connection: Connection, operator: Operator) -> Shop:
    """Return the shop of whoever acts for a merchant.

    Raises
    ------
    NotFoundError
        ``shop_missing``: the organisation has none.
    """
    shop = await find_shop(connection, organisation_id=operator.organisation_id)
    if shop is None:
        raise NotFoundError("shop_missing", f"{operator.organisation} has no shop; name one with ?organisation=.")
    return shop


async def _own_shop(
    operator: Runs, connection: Shops, _only_reads: Annotated[None, Depends(require_no_sandbox)]
) -> Shop:
    return await shop_of(connection, operator)


#: The shop of whoever asks.
OwnShop = Annotated[Shop, Depends(_own_shop)]


def payments_of(shop: Shop) -> list[Literal["at_shop", "handoff"]]:
    """Return how orders of a shop can be paid."""
    return ["at_shop"] if shop.provider_url is None else ["at_shop", "handoff"]


def shop_told(shop: Shop, now: datetime) -> ShopOf:
    """Return what everybody may know of a shop."""
    return ShopOf(**_public(shop, now))


def own_shop_told(shop: Shop, now: datetime) -> OwnShopOf:
    """Return what a merchant knows of its shop."""
    names = (
        "organisation", "state", "state_reason", "state_at", "created_at", "language", "notify_email", "provider_url",
        "provider_notify_url", "webhook_url",
    )  # fmt: skip
    own = {name: getattr(shop, name) for name in names}
    return OwnShopOf(**_public(shop, now), **own, ordering=OrderingOf.model_validate(shop))


def facts_of(body: object) -> ShopFacts:
    """Return what a merchant says of a shop as it is stored."""
    names = ("title", "description", "address", "longitude", "latitude", "language", "notify_email")
    facts = {name: getattr(body, name) for name in names}
    hours: HoursOf = getattr(body, "hours")  # noqa: B009 - the same body
    return ShopFacts(**facts, hours=hours.content())


async def merchant_told(
    connection: Connection, orders: Sequence[Order], *, with_history: bool = False
) -> list[MerchantOrderOf]:
    """Return what a merchant is told of its orders."""
    lines = await lines_of(connection, [order.order_id for order in orders])
    told = []
    for order in orders:
        history = await transitions_of(connection, order.order_id) if with_history else []
        phone = None if order.state in ENDED else order.phone
        told.append(MerchantOrderOf(**order_facts(order, lines[order.order_id], history), phone=phone))
    return told


def order_facts(order: Order, lines: Sequence[Line], history: Sequence[Transition]) -> dict[str, Any]:
    """Return what is told of an order to both sides."""
    names = set(OrderOf.model_fields) - {"order", "lines", "history"}
    return {
        **{name: getattr(order, name) for name in names},
        "order": order.order_id,
        "lines": [LineOf.model_validate(line) for line in lines],
        "history": [
            TransitionOf(to_state=one.to_state, at=one.at, actor=_side(one.actor), reason=one.reason) for one in history
        ],
    }


def _side(actor: str) -> Literal["customer", "merchant", "process"]:
    """Return on which side somebody is; who it was at the shop is the shop's own matter."""
    if actor == PROCESS:
        return "process"
    return "customer" if actor in ("customer", "provider") else "merchant"


def _public(shop: Shop, now: datetime) -> dict[str, Any]:
    names = (
        "name", "title", "description", "siret", "insee_code", "address", "longitude", "latitude", "categories",
        "cancel_until", "lead_min",
    )  # fmt: skip
    known: dict[str, Any] = {name: getattr(shop, name) for name in names}
    is_open = read_hours(shop.hours).is_open(now)
    return known | {"hours": HoursOf.model_validate(shop.hours), "payments": payments_of(shop), "is_open": is_open}
