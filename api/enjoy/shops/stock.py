"""What a merchant has to give: products, their stock, and slots."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from api.context import InContext
from api.enjoy.operating import Shops
from api.enjoy.shops.told import Key, OwnShop
from api.models.order import NewSlot, SlotOf, SlotWanted
from api.models.page import Page
from api.models.shop import MovementOf, NewProduct, ProductOf, ProductWanted, StockWanted
from api.paging import Cursor, Limit, bounded, page_of, read_before, read_key
from core.errors import ConflictError, InputError, NotFoundError
from db import stock as store
from db.connection import Connection
from db.shops import Shop
from db.stock import NEWEST, Capacity, Product, ProductFacts, Slot

router = APIRouter(prefix="/v1/merchant", tags=["merchants"])

_MOST_SLOTS: Final = 5_000
_LONGEST_SLOT: Final = timedelta(days=1)


@router.get("/products")
async def get_products(
    request: Request, connection: Shops, shop: OwnShop, *, limit: Limit = 100, cursor: Cursor = None
) -> Page[ProductOf]:
    """List your products, offered or not."""
    after = 0 if cursor is None else read_key(cursor, int)
    rows = await store.products(connection, shop.shop_id, is_offered=False, limit=bounded(limit) + 1, after=after)
    return page_of(request, rows, limit, item=ProductOf.model_validate, key=lambda row: [row.product_id])


@router.post("/products", status_code=HTTPStatus.CREATED)
async def post_product(context: InContext, connection: Shops, shop: OwnShop, body: NewProduct) -> ProductOf:
    """Add a product."""
    now = context.wall.now()
    facts = ProductFacts(**body.model_dump(exclude={"stock"}))
    made = await store.insert_product(connection, shop.shop_id, facts, now=now)
    if body.stock is not None:
        await store.count_stock(connection, shop.shop_id, made, body.stock, now=now)
    return ProductOf.model_validate(await _product(connection, shop, made))


@router.put("/products/{product}")
async def put_product(connection: Shops, shop: OwnShop, product: Key, body: ProductWanted) -> ProductOf:
    """Say anew what is to be known of a product; what is ordered stays as it was."""
    await store.change_product(connection, shop.shop_id, product, ProductFacts(**body.model_dump()))
    return ProductOf.model_validate(await _product(connection, shop, product))


@router.post("/products/{product}/stock")
async def post_stock(
    context: InContext, connection: Shops, shop: OwnShop, product: Key, body: StockWanted
) -> ProductOf:
    """Say how many there are that nobody has ordered, or how many came or were lost."""
    said = [name for name in ("counted", "delivered", "lost") if getattr(body, name) is not None]
    if len(said) + body.is_uncounted != 1:
        raise InputError("stock_unclear", "Say one of counted, delivered, lost and is_uncounted.", field="counted")
    await _product(connection, shop, product)
    now = context.wall.now()
    if body.delivered is None and body.lost is None:
        await store.count_stock(connection, shop.shop_id, product, body.counted, now=now)
    else:
        change, kind = (body.delivered, "delivered") if body.delivered is not None else (-(body.lost or 0), "lost")
        if not await store.move_stock(connection, shop.shop_id, product, change, kind, now=now):  # type: ignore[arg-type]
            raise ConflictError("stock_not_so", "There are not so many, or they are not counted.")
    return ProductOf.model_validate(await _product(connection, shop, product))


@router.get("/products/{product}/movements")
async def get_movements(
    request: Request, connection: Shops, shop: OwnShop, product: Key, *, limit: Limit = 100, cursor: Cursor = None
) -> Page[MovementOf]:
    """List why the stock is what it is, the newest first."""
    await _product(connection, shop, product)
    before = read_before(cursor, NEWEST)
    rows = await store.movements(connection, product, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=MovementOf.model_validate, key=lambda row: [row.stock_movement_id])


@router.get("/slots")
async def get_slots(
    context: InContext,
    connection: Shops,
    shop: OwnShop,
    days: Annotated[int, Query(ge=1, le=60, description="How far ahead [days]")] = 7,
) -> list[SlotOf]:
    """List your slots from today on, with what is ordered for them."""
    now = context.wall.now()
    since, until = now - _LONGEST_SLOT, now + timedelta(days=days)
    rows = await store.slots(connection, shop.shop_id, since=since, until=until, limit=_MOST_SLOTS)
    return [SlotOf.model_validate(row) for row in rows if row.ends_at > now]


@router.post("/slots", status_code=HTTPStatus.CREATED)
async def post_slot(context: InContext, connection: Shops, shop: OwnShop, body: NewSlot) -> SlotOf:
    """Add a slot by itself, whatever the hours are."""
    if not timedelta(0) < body.ends_at - body.starts_at <= _LONGEST_SLOT or body.ends_at <= context.wall.now():
        raise InputError("slot_invalid", "A slot ends after it begins, within a day, and is to come.", field="ends_at")
    capacity = _capacity(body.capacity_orders, body.capacity_eur_cent)
    made = await store.insert_slot(connection, shop.shop_id, body.starts_at, body.ends_at, capacity)
    return SlotOf.model_validate(await _slot(connection, shop, made))


@router.put("/slots/{slot}")
async def put_slot(connection: Shops, shop: OwnShop, slot: Key, body: SlotWanted) -> SlotOf:
    """Say anew what a slot takes, or close it; what is ordered for it stays."""
    await _slot(connection, shop, slot)
    capacity = _capacity(body.capacity_orders, body.capacity_eur_cent)
    if not await store.change_slot(connection, shop.shop_id, slot, capacity, is_open=body.is_open):
        raise ConflictError("slot_holds_more", "More is ordered for the slot already; close it instead.")
    return SlotOf.model_validate(await _slot(connection, shop, slot))


def _capacity(orders: int | None, eur_cent: int | None) -> Capacity:
    if orders is None and eur_cent is None:
        message = "A slot takes so many orders, or orders worth so much, or both."
        raise InputError("slot_capacity_missing", message, field="capacity_orders")
    return Capacity(orders, eur_cent)


async def _product(connection: Connection, shop: Shop, product_id: int) -> Product:
    found = await store.find_product(connection, shop.shop_id, product_id)
    if found is None:
        raise NotFoundError("product_missing", f"Your shop has no product {product_id}.")
    return found


async def _slot(connection: Connection, shop: Shop, slot_id: int) -> Slot:
    found = await store.find_slot(connection, shop.shop_id, slot_id)
    if found is None:
        raise NotFoundError("slot_missing", f"Your shop has no slot {slot_id}.")
    return found
