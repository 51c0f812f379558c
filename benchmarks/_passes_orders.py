"""Two hundred customers at a time want what there is ten or seven of: never more is sold, and nothing is stuck.

``python -m benchmarks._passes_orders DATABASE_URL SHOP_ID SLOT_ID PRODUCT_ID SEED COUNT`` is one process of customers,
for tests that run several and kill some; it says ``open``, begins when a line comes on its input, and
says ``placed`` after each order that it placed.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from core.errors import ConflictError, InvariantError
from db.connection import Connection, Pool, Role, borrow, connect, open_pool
from db.migrate import migrate
from db.orders import Order
from db.shops import Shop, find_shop
from enjoy.shops.ordering import Asked, Credentials, place
from enjoy.shops.steps import REFUSE, cancelling, take
from somel.embedded.places import Places
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import ClusterTuning

#: A Wednesday, noon in Lille: the time of all that happens.
NOON: Final = datetime(2026, 11, 25, 11, tzinfo=UTC)
CUSTOMERS, PLACES, PIECES = 200, 10, 7
SEEDS: Final = 50
_CONNECTIONS: Final = 16
_THINKING: Final = 4
#: Of those who got something, so many give it back. [ratio]
_SECOND_THOUGHTS: Final = 0.4
_HELD: Final = """
SELECT
    (SELECT count(*) FROM shop.customer_order AS o WHERE o.slot_id = slot.slot_id AND o.state = ANY(%(held)s)),
    (SELECT coalesce(sum(l.held), 0) FROM shop.order_line AS l WHERE l.product_id = product.product_id),
    slot.order_count, slot.capacity_orders, coalesce(product.stock, 0),
    (SELECT coalesce(sum(m.change), 0) FROM shop.stock_movement AS m WHERE m.product_id = product.product_id),
    (SELECT coalesce(sum(o.amount_eur_cent), 0) FROM shop.customer_order AS o
        WHERE o.slot_id = slot.slot_id AND o.state = ANY(%(held)s)),
    slot.held_eur_cent,
    (SELECT coalesce(sum(l.quantity), 0) FROM shop.order_line AS l JOIN shop.customer_order AS o USING (order_id)
        WHERE l.product_id = product.product_id AND o.state = ANY(%(held)s)),
    (SELECT count(*) FROM shop.customer_order AS o WHERE o.slot_id = slot.slot_id
        AND NOT EXISTS (SELECT FROM shop.order_line AS l WHERE l.order_id = o.order_id)),
    (SELECT count(*) FROM shop.customer_order AS o WHERE o.slot_id = slot.slot_id AND o.state = 'draft')
FROM shop.slot, shop.product
WHERE slot.slot_id = %(slot_id)s AND product.product_id = %(product_id)s
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Name a slot and a product that orders are for; the product is counted, or not."""

    slot_id: int
    product_id: int
    pieces: int | None


@dataclass
class Rush:
    """Count what came of a rush."""

    placed: int = 0
    given_back: int = 0
    turned_away: int = 0
    oversold: int = 0
    faults: list[str] = field(default_factory=list)


async def open_shop(url: str) -> int:
    """Make a shop that takes orders; return its key."""
    async with await connect(url, Role.OWNER) as connection:
        organisation = await _number(
            connection,
            "INSERT INTO catalogue.organisation (name, title, kind) VALUES (%s, 'Rush', 'merchant')"
            " RETURNING organisation_id",
            f"rush-{uuid4().hex[:8]}",
        )
        digits = f"{random.randrange(10**14):014}"  # noqa: S311 - of a shop in a test
        return await _number(
            connection,
            "INSERT INTO shop.shop (organisation_id, name, siret, title, insee_code, address, location, hours, state,"
            " state_at, created_at, lead_min) VALUES (%s, %s, %s, 'Rush', '59350', 'Lille',"
            " ST_SetSRID(ST_MakePoint(3, 50), 4326), '{}', 'listed', %s, %s, 0) RETURNING shop_id",
            organisation,
            f"rush-{uuid4().hex[:8]}",
            digits,
            NOON,
            NOON,
        )


async def set_up(url: str, shop_id: int, *, places: int, pieces: int | None, number: int) -> Stand:
    """Add a slot and a product to a shop."""
    async with await connect(url, Role.OWNER) as connection:
        begins = NOON + timedelta(hours=1, minutes=number)
        slot = await _number(
            connection,
            "INSERT INTO shop.slot (shop_id, starts_at, ends_at, capacity_orders, is_single)"
            " VALUES (%s, %s, %s, %s, true) RETURNING slot_id",
            shop_id,
            begins,
            begins + timedelta(minutes=30),
            places,
        )
        product = await _number(
            connection,
            "INSERT INTO shop.product (shop_id, title, price_eur_cent, vat_ratio, stock, created_at)"
            " VALUES (%s, 'Bread', 450, 0.055, %s, %s) RETURNING product_id",
            shop_id,
            pieces,
            NOON,
        )
        if pieces is not None:
            await connection.execute(
                "INSERT INTO shop.stock_movement (product_id, at, kind, change) VALUES (%s, %s, 'counted', %s)",
                (product, NOON, pieces),
            )
    return Stand(slot, product, pieces)


async def order(pool: Pool, shop: Shop, stand: Stand) -> Order | None:
    """Order one piece; None where there is none, or no place."""
    asked = Asked({stand.product_id: 1}, stand.slot_id, "at_shop", None, None, "", "fr")
    made = Credentials(uuid4(), os.urandom(16), uuid4().hex, bytes(32))  # hashing codes is not what is measured
    try:
        async with borrow(pool) as connection:
            return (await place(connection, shop, asked, made, key=None, link="", now=NOON))[0]
    except ConflictError as error:
        if error.code not in {"stock_spent", "slot_full"}:
            raise
        return None


async def rush(pool: Pool, thinking: Pool, shop: Shop, stand: Stand, seed: int, *, count: int = CUSTOMERS) -> Rush:
    """Let many order at a time, some of whom think again, and look all the while whether more is held than there is.

    Who thinks again does so over connections of their own: they would else wait until all have ordered.
    """
    draws, told, is_over = random.Random(seed), Rush(), asyncio.Event()  # noqa: S311 - draws that can be had again
    moods = [(draws.random(), draws.random() < _SECOND_THOUGHTS, draws.random() < 0.5) for _ in range(count)]  # noqa: PLR2004

    async def customer(late: float, thinks_again: bool, is_refused: bool) -> None:
        await asyncio.sleep(late * 0.01)
        placed = await order(pool, shop, stand)
        if placed is None:
            told.turned_away += 1
            return
        told.placed += 1
        if thinks_again:
            async with borrow(thinking) as connection:
                step = REFUSE if is_refused else cancelling(shop)
                await take(connection, shop, placed.order_id, step, actor="customer", now=NOON)
            told.given_back += 1

    async def watch() -> None:
        while not is_over.is_set():
            async with borrow(thinking) as connection:
                told.oversold += await _excess(connection, stand)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    done = await asyncio.gather(*(customer(*mood) for mood in moods), return_exceptions=True)
    is_over.set()
    await watching
    told.faults += [repr(one) for one in done if one is not None]
    return told


async def fill_up(pool: Pool, shop: Shop, stand: Stand) -> int:
    """Order one after the other until there is nothing more; return how many got something."""
    count = 0
    while await order(pool, shop, stand) is not None:
        count += 1
    return count


async def look(connection: Connection, stand: Stand) -> tuple[int, list[str]]:
    """Return how many orders have a place, and what does not fit together."""
    row = await _row(connection, stand)
    orders, pieces, counted, most, stock, moved, worth, held_worth, wanted, empty, drafts = row
    expected = 0 if stand.pieces is None else stand.pieces
    faults = {
        f"{orders} orders have a place and {counted} are counted": orders != counted,
        f"{orders} orders have one of {most} places": orders > most,
        f"{pieces} pieces are held, {stock} are left of {expected}": pieces + stock != expected,
        f"the stock is {stock} and movements add up to {moved}": stock != moved,
        f"orders are worth {worth} and the slot holds {held_worth}": worth != held_worth,
        f"orders are of {wanted} pieces and hold {pieces}": stand.pieces is not None and wanted != pieces,
        f"{empty} orders are empty, {drafts} are drafts": empty + drafts > 0,
    }
    return orders, [said for said, is_so in faults.items() if is_so]


async def seeds(url: str, count: int = SEEDS) -> tuple[list[Rush], float]:
    """Run a rush on ten places and one on seven pieces for each seed; return what came of them, and orders a second."""
    shop_id = await open_shop(url)
    told: list[Rush] = []
    async with (
        open_pool(url, Role.ENJOY_SHOP, min_size=_CONNECTIONS, max_size=_CONNECTIONS) as pool,
        open_pool(url, Role.ENJOY_SHOP, min_size=_THINKING, max_size=_THINKING) as thinking,
    ):
        async with borrow(pool) as connection:
            shop = await find_shop(connection, shop_id=shop_id)
        if shop is None:
            raise InvariantError("row_not_stored", "A row was stored and not returned.")
        began_s = time.perf_counter()
        for seed in range(count):
            for places, pieces, most in ((PLACES, None, PLACES), (CUSTOMERS, PIECES, PIECES)):
                stand = await set_up(url, shop_id, places=places, pieces=pieces, number=len(told))
                one = await rush(pool, thinking, shop, stand, seed)
                await fill_up(pool, shop, stand)
                async with borrow(pool) as connection:
                    held, faults = await look(connection, stand)
                one.oversold += max(0, held - most)
                one.faults += faults + ([f"{held} of {most} are used"] if held != most else [])
                told.append(one)
        took_s = time.perf_counter() - began_s
    return told, len(told) * CUSTOMERS / took_s


def measure_oversold(count: int = SEEDS) -> dict[str, float]:
    """Return how much more was sold than there was, which is nothing, and how many orders a second were answered."""
    with throwaway_services(Places.from_environment(), cluster=ClusterTuning.kept()) as services:
        told, per_s = asyncio.run(_measured(services.database_url, count))
    if faults := [fault for one in told for fault in one.faults]:
        raise InvariantError("orders_not_consistent", f"{len(faults)} faults, such as: {faults[0]}.")
    return {"oversold": float(sum(one.oversold for one in told)), "orders_per_s": per_s}


async def _measured(url: str, count: int) -> tuple[list[Rush], float]:
    await migrate(url)
    return await seeds(url, count)


async def _excess(connection: Connection, stand: Stand) -> int:
    """Return how much more is held at this moment than there is, by what orders say and by what is counted."""
    orders, pieces, counted, most, *_ = await _row(connection, stand)
    return max(0, orders - most, counted - most, pieces - (stand.pieces if stand.pieces is not None else pieces))


async def _row(connection: Connection, stand: Stand) -> tuple[int, ...]:
    wanted = {
        "held": ["draft", "placed", "accepted", "ready", "collected", "no_show"],
        "slot_id": stand.slot_id,
        "product_id": stand.product_id,
    }
    row = await (await connection.execute(_HELD, wanted)).fetchone()
    return tuple(map(int, row or ()))


async def _number(connection: Connection, sql: str, *values: object) -> int:
    row = await (await connection.execute(sql, values)).fetchone()
    return int(row[0]) if row else 0


async def _customers(url: str, shop_id: int, stand: Stand, seed: int, count: int, say: Callable[[str], None]) -> None:
    """Be a process of customers."""
    draws = random.Random(seed)  # noqa: S311 - draws that can be had again
    async with open_pool(url, Role.ENJOY_SHOP, min_size=4, max_size=4) as pool:
        async with borrow(pool) as connection:
            shop = await find_shop(connection, shop_id=shop_id)
        say("open")
        await asyncio.to_thread(sys.stdin.readline)
        for _ in range(count):
            if shop is not None and (placed := await order(pool, shop, stand)) is not None:
                say("placed")
                if draws.random() < _SECOND_THOUGHTS:
                    async with borrow(pool) as connection:
                        await take(connection, shop, placed.order_id, cancelling(shop), actor="customer", now=NOON)


if __name__ == "__main__":
    _, database, shop_number, slot_number, product_number, seed_number, order_count = sys.argv
    asyncio.run(
        _customers(
            database,
            int(shop_number),
            Stand(int(slot_number), int(product_number), PIECES),
            int(seed_number),
            int(order_count),
            lambda said: print(said, flush=True),
        )
    )
