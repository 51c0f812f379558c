"""Orders, for who makes them: without an account; whoever has an order's secret sees it, pays it and cancels it."""

import asyncio
import secrets
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import InContext
from api.enjoy.once import REPLAYED
from api.enjoy.operating import Shops
from api.enjoy.shops.told import OrderPath, ShopPath, order_facts
from api.models.order import CustomerOrderOf, NewOrder, NewOrderOf, PaymentLink, PaymentResult
from core.errors import InputError, InvariantError, NotFoundError, UnauthenticatedError
from db.access import hash_of
from db.connection import Connection, borrow
from db.orders import Order, find_order, lines_of, transitions_of
from db.shops import Shop, find_shop
from enjoy.passes.codes import code_of as drawn_code
from enjoy.shops.merchants import shop_named
from enjoy.shops.order_secret import code_of
from enjoy.shops.ordering import Asked, found, new_credentials, place
from enjoy.shops.paying import pay_at, take_result
from enjoy.shops.steps import cancelling, end_if_over, take

router = APIRouter(prefix="/v1", tags=["orders"])

_SECRET_BYTES: Final = 32
_LONGEST_SECRET: Final = 200
_SCHEME: Final = HTTPBearer(auto_error=False, scheme_name="Order", description="The secret of the order")
OrderKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=16,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Random, new for each order, and as secret as the order: the same request again opens it again",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]


async def _secret(shown: Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)] = None) -> str:
    if shown is None or not 0 < len(shown.credentials) <= _LONGEST_SECRET:
        raise UnauthenticatedError("order_secret_missing", "Send the order's secret: `Authorization: Bearer <secret>`.")
    return shown.credentials


Secret = Annotated[str, Depends(_secret)]


@router.post("/shops/{shop}/orders", status_code=HTTPStatus.CREATED)
async def post_order(
    request: Request,
    response: Response,
    context: InContext,
    shop: ShopPath,
    body: NewOrder,
    idempotency_key: OrderKey = None,
) -> NewOrderOf:
    """Order: all of it is yours until you are told otherwise, or nothing is. No account is needed."""
    quantities = {line.product_id: line.quantity for line in body.lines}
    if len(quantities) != len(body.lines):
        raise InputError("product_repeated", "Each product is in one line.", field="lines")
    facts = body.model_dump(exclude={"lines"})
    known = idempotency_key or secrets.token_urlsafe(_SECRET_BYTES)
    made = await asyncio.to_thread(new_credentials, known)  # before a connection is held
    now = context.wall.now()
    async with borrow(context.shops) as connection:
        named = await shop_named(connection, shop, is_listed=True)
        order, secret, is_old = await place(
            connection,
            named,
            Asked(quantities=quantities, **facts),
            made,
            key=idempotency_key,
            link=f"{_address(request, context)}/orders",
            now=now,
        )
        told = await _told(connection, named, order, secret)
    if is_old:
        response.headers[REPLAYED] = "true"
    response.headers["Cache-Control"] = "no-store"
    return NewOrderOf(**told, secret=secret)


@router.get("/orders/{order}")
async def get_order(context: InContext, connection: Shops, order: OrderPath, secret: Secret) -> CustomerOrderOf:
    """Tell of your order."""
    known, shop = await _opened(connection, order, secret)
    known = await end_if_over(connection, shop, known, now=context.wall.now())
    return CustomerOrderOf(**await _told(connection, shop, known, secret))


@router.get("/orders/{order}/code", response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}})
async def get_code(connection: Shops, order: OrderPath, secret: Secret) -> Response:
    """Draw the pickup code of your order as a QR code."""
    known, _ = await _opened(connection, order, secret)
    code = code_of(secret)
    drawn = drawn_code(_pickup_text(known, code)).svg(title=code)
    return Response(drawn, media_type="image/svg+xml")


@router.post("/orders/{order}/cancel")
async def post_cancel(context: InContext, connection: Shops, order: OrderPath, secret: Secret) -> CustomerOrderOf:
    """Cancel your order: until it is accepted or, where the shop says so, until it is ready."""
    known, shop = await _opened(connection, order, secret)
    now = context.wall.now()
    cancelled = await take(connection, shop, known.order_id, cancelling(shop), actor="customer", now=now)
    return CustomerOrderOf(**await _told(connection, shop, cancelled, secret))


@router.post("/orders/{order}/payment")
async def post_payment(
    request: Request, context: InContext, connection: Shops, order: OrderPath, secret: Secret
) -> PaymentLink:
    """Tell where your order is paid: at the page of the shop's provider. We never see a card."""
    known, shop = await _opened(connection, order, secret)
    now = context.wall.now()
    known = await end_if_over(connection, shop, known, now=now)
    address = _address(request, context)
    return PaymentLink(
        url=pay_at(
            shop,
            known,
            return_url=f"{address}/orders/{known.order_id}",
            notify_url=f"{address}/v1/orders/{known.order_id}/payment-result",
            now=now,
        )
    )


@router.post("/orders/{order}/payment-result", status_code=HTTPStatus.NO_CONTENT)
async def post_payment_result(context: InContext, connection: Shops, order: OrderPath, body: PaymentResult) -> Response:
    """Bring what the provider said, as it came with your browser, or as the provider itself: all the same."""
    known = await found(connection, order_id=order)
    await take_result(connection, await _shop(connection, known), known, body.result, now=context.wall.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _address(request: Request, context: InContext) -> str:
    """Return where Enjoy is, as the caller reaches it."""
    return (context.settings.enjoy_url or str(request.base_url)).rstrip("/")


def _pickup_text(order: Order, code: str) -> str:
    return f"SOMEL-ORDER:{order.order_id}:{code}"


async def _opened(connection: Connection, order_id: OrderPath, secret: str) -> tuple[Order, Shop]:
    """Return an order that a secret opens, and its shop; which of both is wrong is not told."""
    order = await find_order(connection, order_id=order_id, secret_sha256=hash_of(secret))
    if order is None:
        raise NotFoundError("order_unknown", "There is no such order.")
    return order, await _shop(connection, order)


async def _shop(connection: Connection, order: Order) -> Shop:
    shop = await find_shop(connection, shop_id=order.shop_id)
    if shop is None:
        raise InvariantError("order_without_shop", "An order has lost its shop.")
    return shop


async def _told(connection: Connection, shop: Shop, order: Order, secret: str) -> dict[str, Any]:
    lines = (await lines_of(connection, [order.order_id]))[order.order_id]
    code = code_of(secret)
    return {
        **order_facts(order, lines, await transitions_of(connection, order.order_id)),
        "pickup_code": code,
        "pickup_text": _pickup_text(order, code),
        "can_cancel": order.state in cancelling(shop).from_states,
        "email": order.email,
        "phone": order.phone,
        "shop_title": shop.title,
        "shop_address": shop.address,
    }
