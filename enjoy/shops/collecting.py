"""An order is handed out to who shows its pickup code; codes that are guessed close the counter for a while."""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.errors import ConflictError, ForbiddenError
from db import orders as store
from db import shops
from db.connection import Connection, Pool, borrow
from db.orders import Order
from db.shops import Shop
from enjoy.shops.order_secret import is_code, read_code
from enjoy.shops.ordering import found
from enjoy.shops.steps import COLLECT, take

#: Wrong codes that an order takes, and all orders of a shop together; right ones do not count.
OF_AN_ORDER, OF_A_SHOP = 5, 20
CLOSED_FOR: Final = timedelta(minutes=15)


async def collect(pool: Pool, shop: Shop, order_id: UUID, code: str, *, actor: str, now: datetime) -> Order:
    """Hand out an order.

    Parameters
    ----------
    pool : Pool
        In the role `Role.ENJOY_SHOP`: a try is counted, and stays so, before the code is looked at.
    shop : Shop
        Whose order it is.
    order_id : UUID
        Which.
    code : str
        As it was typed or scanned.
    actor : str
        Who hands it out.
    now : datetime
        Time.

    Raises
    ------
    NotFoundError
        ``order_unknown``.
    ForbiddenError
        ``pickup_code_wrong``.
    ConflictError
        ``order_not_so``: it is not ready; ``pickup_codes_closed``: too many were wrong.
    """
    async with borrow(pool) as connection:
        order = await found(connection, order_id=order_id, shop_id=shop.shop_id)
        if order.state != "ready" or order.code_hash is None:
            message = f"The order is {order.state}, and cannot become collected."
            raise ConflictError("order_not_so", message, state=order.state)
        is_open = await _count(connection, shop.shop_id, order_id, now=now)
    if not is_open:
        message = "Too many pickup codes were wrong; the order is handed out again in a quarter of an hour at most."
        raise ConflictError("pickup_codes_closed", message)
    if not await asyncio.to_thread(is_code, read_code(code), order_id, order.code_hash):
        raise ForbiddenError("pickup_code_wrong", "This is not the pickup code of the order.")
    async with borrow(pool) as connection:
        handed = await take(connection, shop, order_id, COLLECT, actor=actor, now=now)
        await shops.code_of_shop_right(connection, shop.shop_id)
        return handed


async def _count(connection: Connection, shop_id: int, order_id: UUID, *, now: datetime) -> bool:
    of_order = await store.try_code(connection, shop_id, order_id, most=OF_AN_ORDER, closed_for=CLOSED_FOR, now=now)
    return of_order and await shops.try_code_of_shop(
        connection, shop_id, most=OF_A_SHOP, closed_for=CLOSED_FOR, now=now
    )
