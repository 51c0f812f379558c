"""Shops as everybody sees them: where they are, what they sell, when it can be collected."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from api.context import InContext
from api.enjoy.operating import Shops
from api.enjoy.shops.told import ShopPath, shop_told
from api.models.order import OpenSlotOf
from api.models.page import Page
from api.models.shop import CategoryOf, OfferOf, ShopOf
from api.paging import Cursor, Limit, bounded, page_of, read_key
from db import shops as store
from db import stock
from db.shops import WantedShops
from db.stock import Slot
from enjoy.shops.merchants import shop_named

router = APIRouter(prefix="/v1", tags=["shops"])

_MOST_SLOTS: Final = 2_000
_MOST_DAYS: Final = 60


@router.get("/shop-categories")
async def get_categories(connection: Shops) -> list[CategoryOf]:
    """List what shops may be."""
    return [CategoryOf.model_validate(one) for one in await store.categories(connection)]


@router.get("/shops")
async def get_shops(
    request: Request,
    context: InContext,
    connection: Shops,
    *,
    insee_code: Annotated[str | None, Query(pattern=r"^[0-9][0-9AB][0-9]{3}$", description="Commune")] = None,
    category: Annotated[str | None, Query(pattern=r"^[a-z][a-z_]{1,39}$")] = None,
    q: Annotated[
        str | None, Query(min_length=2, max_length=80, pattern=r"^[^\x00]+$", description="In title or description")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShopOf]:
    """List shops by name."""
    after = "" if cursor is None else read_key(cursor, str)
    wanted = WantedShops(insee_code=insee_code, category=category, words=q)
    rows = await store.list_shops(connection, wanted, limit=bounded(limit) + 1, after=after)
    now = context.wall.now()
    return page_of(request, rows, limit, item=lambda row: shop_told(row, now), key=lambda row: [row.name])


@router.get("/shops/{shop}")
async def get_shop(context: InContext, connection: Shops, shop: ShopPath) -> ShopOf:
    """Tell of a shop."""
    return shop_told(await shop_named(connection, shop, is_listed=True), context.wall.now())


@router.get("/shops/{shop}/products")
async def get_products(
    request: Request, connection: Shops, shop: ShopPath, *, limit: Limit = 100, cursor: Cursor = None
) -> Page[OfferOf]:
    """List what can be ordered at a shop."""
    found = await shop_named(connection, shop, is_listed=True)
    after = 0 if cursor is None else read_key(cursor, int)
    rows = await stock.products(connection, found.shop_id, is_offered=True, limit=bounded(limit) + 1, after=after)
    return page_of(request, rows, limit, item=OfferOf.model_validate, key=lambda row: [row.product_id])


@router.get("/shops/{shop}/slots")
async def get_slots(
    context: InContext,
    connection: Shops,
    shop: ShopPath,
    days: Annotated[int, Query(ge=1, le=_MOST_DAYS, description="How far ahead [days]")] = 7,
) -> list[OpenSlotOf]:
    """List when orders can be collected, and which of these times are full or closed."""
    found = await shop_named(connection, shop, is_listed=True)
    now = context.wall.now()
    earliest, until = now + timedelta(minutes=found.lead_min), now + timedelta(days=days)
    rows = await stock.slots(connection, found.shop_id, since=earliest, until=until, limit=_MOST_SLOTS)
    return [
        OpenSlotOf(slot_id=row.slot_id, starts_at=row.starts_at, ends_at=row.ends_at, is_open=_has_room(row))
        for row in rows
    ]


def _has_room(slot: Slot) -> bool:
    is_full = slot.capacity_orders is not None and slot.order_count >= slot.capacity_orders
    is_spent = slot.capacity_eur_cent is not None and slot.held_eur_cent >= slot.capacity_eur_cent
    return slot.closed_by is None and not is_full and not is_spent
