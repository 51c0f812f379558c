"""What shops have to give: products and their stock, slots and their places."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run, stored
from db.statements import statements

_SQL: Final = statements("stock")
#: After every movement, in the order of `movements`.
NEWEST: Final = 2**63 - 1
_EARLIEST, _LATEST = "-infinity", "infinity"


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """Hold what a merchant says of a product, beside its stock."""

    title: str
    description: str
    unit: str
    price_eur_cent: int
    vat_ratio: float
    is_offered: bool


@dataclass(frozen=True, slots=True)
class Product:
    """Describe a product; see the comments of ``shop.product``."""

    product_id: int
    title: str
    description: str
    unit: str
    price_eur_cent: int
    vat_ratio: float
    stock: int | None
    is_offered: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """Say why a stock changed."""

    stock_movement_id: int
    at: datetime
    kind: str
    change: int
    order_id: UUID | None


@dataclass(frozen=True, slots=True)
class Slot:
    """Describe a slot; see the comments of ``shop.slot``."""

    slot_id: int
    starts_at: datetime
    ends_at: datetime
    capacity_orders: int | None
    capacity_eur_cent: int | None
    order_count: int
    held_eur_cent: int
    is_single: bool
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """Name a shop whose hours are cut into slots."""

    shop_id: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """Say how many orders, and worth how much, a slot takes; None: any."""

    capacity_orders: int | None
    capacity_eur_cent: int | None


async def insert_product(connection: Connection, shop_id: int, facts: ProductFacts, *, now: datetime) -> int:
    """Store a product whose stock is not counted; return its key."""
    return await _made(connection, "insert_product", shop_id=shop_id, now=now, **asdict(facts))


async def change_product(connection: Connection, shop_id: int, product_id: int, facts: ProductFacts) -> bool:
    """Say anew what a merchant says of a product; tell whether the shop has it."""
    return await run(connection, _SQL["change_product"], shop_id=shop_id, product_id=product_id, **asdict(facts)) > 0


async def products(
    connection: Connection, shop_id: int, *, is_offered: bool, limit: int, after: int = 0
) -> list[Product]:
    """Return a shop's products, or of those only what is offered."""
    wanted = {"shop_id": shop_id, "product_id": None, "is_offered": is_offered, "limit": limit, "after": after}
    return await all_rows(connection, Product, _SQL["products"], wanted)


async def find_product(connection: Connection, shop_id: int, product_id: int) -> Product | None:
    """Return a product of a shop, or None."""
    wanted = {"shop_id": shop_id, "product_id": product_id, "is_offered": False, "limit": 1, "after": 0}
    return await one_row(connection, Product, _SQL["products"], wanted)


async def count_stock(
    connection: Connection, shop_id: int, product_id: int, stock: int | None, *, now: datetime
) -> bool:
    """Say how many there are, None for not counted; tell whether the shop has the product."""
    return await run(connection, _SQL["count_stock"], shop_id=shop_id, product_id=product_id, stock=stock, now=now) > 0


async def move_stock(
    connection: Connection,
    shop_id: int,
    product_id: int,
    change: int,
    kind: Literal["delivered", "lost"],
    *,
    now: datetime,
) -> bool:
    """Add pieces to a counted stock, or take some; tell whether there were so many."""
    facts = {"change": change, "kind": kind, "now": now}
    return await run(connection, _SQL["move_stock"], shop_id=shop_id, product_id=product_id, **facts) > 0


async def movements(connection: Connection, product_id: int, *, limit: int, before: int = NEWEST) -> list[Movement]:
    """Return why a product's stock is what it is, the newest first."""
    wanted = {"product_id": product_id, "limit": limit, "before": before}
    return await all_rows(connection, Movement, _SQL["movements"], wanted)


async def insert_slot(
    connection: Connection, shop_id: int, starts_at: datetime, ends_at: datetime, capacity: Capacity
) -> int:
    """Store a slot by itself; return its key."""
    facts = {"starts_at": starts_at, "ends_at": ends_at, **asdict(capacity)}
    return await _made(connection, "insert_slot", shop_id=shop_id, **facts)


async def change_slot(connection: Connection, shop_id: int, slot_id: int, capacity: Capacity, *, is_open: bool) -> bool:
    """Say anew what a slot takes; tell whether the shop has it and it holds no more already."""
    facts = {"shop_id": shop_id, "slot_id": slot_id, "is_open": is_open, **asdict(capacity)}
    return await run(connection, _SQL["change_slot"], **facts) > 0


async def slots(connection: Connection, shop_id: int, *, since: datetime, until: datetime, limit: int) -> list[Slot]:
    """Return a shop's slots that begin in ``[since, until)``."""
    wanted = {"shop_id": shop_id, "slot_id": None, "since": since, "until": until, "limit": limit}
    return await all_rows(connection, Slot, _SQL["slots"], wanted)


async def find_slot(connection: Connection, shop_id: int, slot_id: int) -> Slot | None:
    """Return a slot of a shop, or None."""
    wanted = {"shop_id": shop_id, "slot_id": slot_id, "since": _EARLIEST, "until": _LATEST, "limit": 1}
    return await one_row(connection, Slot, _SQL["slots"], wanted)


async def fit_slots(
    connection: Connection,
    shop_id: int,
    spans: Sequence[tuple[datetime, datetime]],
    capacity: Capacity,
    *,
    is_anew: bool,
    now: datetime,
) -> None:
    """Let a shop's slots to come be those that its hours are cut into.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_SHOP`.
    shop_id : int
        Held by `db.shops.hold_shop`.
    spans : sequence of pairs
        Beginning and end of each slot that is wanted.
    capacity : Capacity
        What each takes; one that holds more already takes so much.
    is_anew : bool
        Whether slots that are there are changed too, for hours or capacity are others now.
    now : datetime
        Slots that have begun stay as they are.

    Notes
    -----
    A slot that is not wanted is deleted where nobody ever ordered for it, and takes no more orders where somebody did.
    """
    columns = {"starts_at": [start for start, _ in spans], "ends_at": [end for _, end in spans]}
    await run(connection, _SQL["put_slots"], shop_id=shop_id, is_anew=is_anew, **columns, **asdict(capacity))
    if is_anew:
        await run(connection, _SQL["drop_slots"], shop_id=shop_id, now=now, **columns)
        await run(connection, _SQL["close_slots"], shop_id=shop_id, now=now, **columns)


async def shops_with_slots(connection: Connection) -> list[int]:
    """Return the listed shops whose hours are cut into slots."""
    return [one.shop_id for one in await all_rows(connection, SlotPlan, _SQL["shops_with_slots"])]


async def _made(connection: Connection, name: str, **facts: object) -> int:
    return stored(await one_integer(connection, _SQL[name], facts))
