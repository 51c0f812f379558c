"""Orders at a shop's counter: what came in, accepted or refused, made ready, handed out."""

import hashlib
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.context import InContext
from api.enjoy.operating import Shops
from api.enjoy.shops.told import OrderPath, OwnShop, Runs, merchant_told, require_no_sandbox, shop_of
from api.models.order import FigureOf, MerchantOrderOf, PickupCode, Reason
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, parsed, read_cursor
from db import orders as store
from db.connection import Connection, borrow
from db.orders import Order, State
from db.shops import Shop
from enjoy.shops.collecting import collect
from enjoy.shops.ordering import found
from enjoy.shops.steps import ACCEPT, OPEN, READY, REFUSE, Step, end_if_over, take

router = APIRouter(prefix="/v1/merchant", tags=["merchants"])

_MOST_OVER: Final = 50
_CURSOR_PARTS: Final = 2


@router.get("/orders", responses={304: {"description": "Nothing has changed"}})
async def get_orders(
    request: Request,
    response: Response,
    context: InContext,
    connection: Shops,
    shop: OwnShop,
    *,
    state: Annotated[
        list[State] | None, Query(max_length=9, description="Left out: all that are not over", examples=[["placed"]])
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Page[MerchantOrderOf]:
    """List orders, the newest first; ask again with `If-None-Match` as often as you like."""
    await _end_what_is_over(connection, shop, now=context.wall.now())
    before = None if cursor is None else _before(cursor)
    rows = await store.orders_of_shop(connection, shop.shop_id, state or OPEN, limit=bounded(limit) + 1, before=before)
    told = {one.order: one for one in await merchant_told(connection, rows)}
    page = page_of(
        request,
        rows,
        limit,
        item=lambda row: told[row.order_id],
        key=lambda row: [row.created_at.isoformat(), row.order_id],
    )
    tag = f'"{hashlib.sha256(page.model_dump_json().encode()).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})  # type: ignore[return-value]  # FastAPI sends it as it is
    return page


@router.get("/orders/{order}")
async def get_order(context: InContext, connection: Shops, shop: OwnShop, order: OrderPath) -> MerchantOrderOf:
    """Tell of an order, and what became of it so far."""
    known = await found(connection, order_id=order, shop_id=shop.shop_id)
    return await _one(connection, await end_if_over(connection, shop, known, now=context.wall.now()))


@router.post("/orders/{order}/accept")
async def post_accept(
    context: InContext, connection: Shops, operator: Runs, shop: OwnShop, order: OrderPath
) -> MerchantOrderOf:
    """Accept an order: you will have it ready."""
    return await _taken(context, connection, shop, order, ACCEPT, operator.actor)


@router.post("/orders/{order}/refuse")
async def post_refuse(
    context: InContext, connection: Shops, operator: Runs, shop: OwnShop, order: OrderPath, body: Reason
) -> MerchantOrderOf:
    """Refuse an order, also one that you accepted and that is not ready: what it held is for others again."""
    return await _taken(context, connection, shop, order, REFUSE, operator.actor, reason=body.reason)


@router.post("/orders/{order}/ready")
async def post_ready(
    context: InContext, connection: Shops, operator: Runs, shop: OwnShop, order: OrderPath
) -> MerchantOrderOf:
    """Say that an order can be collected."""
    return await _taken(context, connection, shop, order, READY, operator.actor)


@router.post("/orders/{order}/collect", dependencies=[Depends(require_no_sandbox)])
async def post_collect(context: InContext, operator: Runs, order: OrderPath, body: PickupCode) -> MerchantOrderOf:
    """Hand out an order to who shows its pickup code.

    After five wrong codes for an order, or twenty in the shop, no code is looked at for 15 minutes.
    """
    async with borrow(context.shops) as connection:
        shop = await shop_of(connection, operator)
    handed = await collect(context.shops, shop, order, body.code, actor=operator.actor, now=context.wall.now())
    async with borrow(context.shops) as connection:
        return await _one(connection, handed)


@router.get("/figures")
async def get_figures(
    context: InContext,
    connection: Shops,
    shop: OwnShop,
    days: Annotated[int, Query(ge=1, le=366, description="Back from today, and a week ahead [days]")] = 30,
) -> list[FigureOf]:
    """Count orders by the day on which they are collected, and by what became of them; of nobody in particular."""
    now = context.wall.now()
    since, until = now - timedelta(days=days), now + timedelta(days=7)
    return [
        FigureOf.model_validate(one) for one in await store.figures(connection, shop.shop_id, since=since, until=until)
    ]


async def _taken(
    context: InContext, connection: Connection, shop: Shop, order_id: UUID, step: Step, actor: str, *, reason: str = ""
) -> MerchantOrderOf:
    now = context.wall.now()
    return await _one(connection, await take(connection, shop, order_id, step, actor=actor, reason=reason, now=now))


async def _one(connection: Connection, order: Order) -> MerchantOrderOf:
    (told,) = await merchant_told(connection, [order], with_history=True)
    return told


async def _end_what_is_over(connection: Connection, shop: Shop, *, now: datetime) -> None:
    """Show nothing as open whose time is over, should the process that sees to it be late."""
    for one in await store.over(connection, shop_id=shop.shop_id, now=now, limit=_MOST_OVER):
        order = await found(connection, order_id=one.order_id)
        await end_if_over(connection, shop, order, now=now)
        await connection.commit()  # each by itself: who holds several orders waits for who holds others


def _before(cursor: str) -> tuple[datetime, UUID]:
    at, order_id = read_cursor(cursor, _CURSOR_PARTS)
    return parsed(at, datetime.fromisoformat), parsed(order_id, UUID)
