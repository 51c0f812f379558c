"""What the Enjoy process does for shops again and again: expire, forget, cut slots."""

import asyncio
from datetime import timedelta
from uuid import UUID

from benchmarks._passes_orders import NOON, Stand, look, open_shop, set_up
from core.clock import WALL_CLOCK, Clock
from db.connection import Pool, Role, borrow, connect, open_pool
from db.shops import Ordering, Shop, find_shop, set_state
from db.stock import Slot, slots
from enjoy.shops.merchants import set_ordering
from enjoy.shops.ordering import Asked, new_credentials, place
from enjoy.shops.slots import renew_all_slots, renew_slots
from enjoy.shops.steps import ACCEPT, READY, end_what_is_over, forget_customers, take
from somel.demo.shops import SHOPS, open_shops
from tests.db.village import ask
from tests.enjoy.lending import lending, standing


def at(**after: float) -> Clock:
    return standing(NOON + timedelta(**after))


async def three_orders(pool: Pool, shop: Shop, stand: Stand) -> list[UUID]:
    """Place three orders of two pieces: one that nobody accepts, one that is accepted, one that is ready."""
    asked = Asked({stand.product_id: 2}, stand.slot_id, "at_shop", "ada@example.org", "0612345678", "Merci", "en")
    made = []
    for number, steps in enumerate(((), (ACCEPT,), (ACCEPT, READY))):
        async with borrow(pool) as connection:
            order, *_ = await place(
                connection, shop, asked, new_credentials(str(number)), key=f"key-{number}", link="x", now=NOON
            )
        made.append(order.order_id)
        for step in steps:
            async with borrow(pool) as connection:
                await take(connection, shop, order.order_id, step, actor="account/1", now=NOON)
    return made


def find_nothing_of_who_ordered(url: str) -> None:
    kept = str(ask(url, "SELECT * FROM shop.customer_order"))
    assert not [word for word in ("ada@example.org", "0612345678", "Merci") if word in kept]
    [row] = ask(
        url,
        "SELECT bool_and(secret_sha256 IS NULL AND secret_salt IS NULL AND code_hash IS NULL AND key_sha256 IS NULL)"
        " FROM shop.customer_order",
    )
    assert row == (True,)


async def test_orders_expire_by_themselves_and_who_made_them_is_forgotten_two_weeks_later(database_url: str):
    lend = lending(database_url)
    async with open_pool(database_url, Role.ENJOY_SHOP, max_size=4) as pool:
        shop_id = await open_shop(database_url)
        async with borrow(pool) as connection:
            shop = await find_shop(connection, shop_id=shop_id)
        assert shop is not None
        stand = await set_up(database_url, shop_id, places=5, pieces=7, number=0)
        made = await three_orders(pool, shop, stand)

        assert await end_what_is_over(lend, WALL_CLOCK, wall=at(minutes=59)) == 0
        both = await asyncio.gather(*(end_what_is_over(lend, WALL_CLOCK, wall=at(minutes=61)) for _ in range(2)))
        assert sum(both) == 1, "two processes end it once"
        assert await end_what_is_over(lend, WALL_CLOCK, wall=at(hours=3)) == 2
        states = "SELECT order_id, state FROM shop.customer_order"
        assert dict(ask(database_url, states)) == dict(zip(made, ("expired", "expired", "no_show"), strict=True))
        async with borrow(pool) as connection:
            assert await look(connection, Stand(stand.slot_id, stand.product_id, 5)) == (
                1,
                ["orders are of 2 pieces and hold 0"],
            ), "what nobody collected has its place, and is not held any more"
    subjects = [row[0] for row in ask(database_url, "SELECT subject FROM shop.outbox ORDER BY outbox_id")]
    assert {str(subject).rpartition(" ")[2] for subject in subjects} == {
        "placed", "accepted", "ready", "expired", "collected"
    }  # fmt: skip
    assert await forget_customers(lend, WALL_CLOCK, wall=at(days=2)) == 0
    ask(database_url, "UPDATE shop.customer_order SET state_at = state_at - INTERVAL '15 days' RETURNING 1")
    assert await forget_customers(lend, WALL_CLOCK, wall=at(days=2)) == 3
    assert await forget_customers(lend, WALL_CLOCK, wall=at(days=2)) == 0
    find_nothing_of_who_ordered(database_url)


async def test_slots_follow_the_hours_and_those_with_orders_stay(database_url: str):
    assert await open_shops(database_url, now=NOON) == len(SHOPS)
    assert await open_shops(database_url, now=NOON) == 0, "once"
    async with await connect(database_url, Role.ENJOY_SHOP, autocommit=True) as connection:
        shop = await find_shop(connection, name=SHOPS[0].name)
        assert shop is not None

        async def listed() -> list[Slot]:
            return await slots(connection, shop.shop_id, since=NOON, until=NOON + timedelta(days=9), limit=1000)

        before = await listed()
        assert len(before) > 100
        first, second = before[4], before[5]
        [(bread,)] = ask(database_url, "SELECT min(product_id) FROM shop.product WHERE shop_id = %s", shop.shop_id)
        asked = Asked({bread: 1}, first.slot_id, "at_shop", None, None, "", "fr")
        async with connection.transaction():
            await place(connection, shop, asked, new_credentials("x"), key=None, link="", now=NOON)
        ask(
            database_url,
            'UPDATE shop.shop SET hours = \'{"closures": [{"from": "2026-11-25", "until": "2026-12-05"}]}\''
            " WHERE shop_id = %s RETURNING 1",
            shop.shop_id,
        )
        await renewed(database_url, shop)
        assert [(one.slot_id, one.closed_by) for one in await listed()] == [(first.slot_id, "hours")]
        open_again = shop.hours
        await renewed(database_url, shop, hours=open_again)
        after = {(one.starts_at, one.closed_by) for one in await listed()}
        assert after == {(one.starts_at, None) for one in before}
        assert second.starts_at in {starts for starts, _ in after}
        await set_state(connection, shop.shop_id, "suspended", "x", now=NOON)
        await set_ordering(connection, shop, Ordering(60, 15, 30, 30, "ready", None, None, None, 7), now=NOON)
    await renew_all_slots(lending(database_url), WALL_CLOCK, wall=at(days=2))
    [(count,)] = ask(database_url, "SELECT count(DISTINCT shop_id) FROM shop.slot")
    assert count == len(SHOPS)


async def renewed(url: str, shop: Shop, *, hours: object = None) -> None:
    """Cut the hours of a shop anew, as they are or as they are given."""
    async with await connect(url, Role.ENJOY_SHOP) as connection:
        found = await find_shop(connection, shop_id=shop.shop_id)
        assert found is not None
        await renew_slots(connection, shop if hours is not None else found, is_anew=True, now=NOON)
