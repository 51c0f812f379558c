"""Two hundred order at a time what there is ten or seven of: exactly so many have it, and nothing is stuck."""

import asyncio
import sys

import pytest

from benchmarks._passes_orders import NOON, SEEDS, Stand, fill_up, look, open_shop, seeds, set_up
from core.errors import ConflictError
from db.connection import Pool, Role, borrow, open_pool
from db.shops import Shop, find_shop
from enjoy.shops.ordering import Asked, new_credentials, place
from enjoy.shops.steps import ACCEPT, cancelling, take
from tests.db.village import ask
from tests.ingest.running import ROOT


@pytest.mark.slow(70)
@pytest.mark.timeout(300)
async def test_two_hundred_orders_for_ten_places_and_for_seven_pieces_never_oversell_in_fifty_seeds(database_url: str):
    told, _ = await seeds(database_url)
    assert len(told) == 2 * SEEDS
    assert [fault for one in told for fault in one.faults] == []
    assert sum(one.oversold for one in told) == 0
    assert all(one.placed + one.turned_away == 200 for one in told)
    assert sum(one.given_back for one in told) > 2 * SEEDS, "there were second thoughts"
    assert any(one.placed > 10 for one in told), "what was given back was taken by others"
    (waiting,) = ask(database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted")
    assert waiting == (0,)


async def opened(pool: Pool, url: str) -> Shop:
    shop_id = await open_shop(url)
    async with borrow(pool) as connection:
        shop = await find_shop(connection, shop_id=shop_id)
    assert shop is not None
    return shop


async def test_a_process_that_is_killed_in_the_middle_leaves_nothing_behind(database_url: str):
    async with open_pool(database_url, Role.ENJOY_SHOP, max_size=4) as pool:
        shop = await opened(pool, database_url)
        stand = await set_up(database_url, shop.shop_id, places=200, pieces=7, number=0)
        numbers = (shop.shop_id, stand.slot_id, stand.product_id)
        processes = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks._passes_orders", database_url, *map(str, numbers)),
                *(str(seed), "400" if seed else "1000000"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
            )
            for seed in range(2)
        ]
        killed, other = processes
        assert killed.stdin
        assert killed.stdout
        assert other.stdin
        assert other.stdout
        async with asyncio.timeout(150):
            assert await killed.stdout.readline() == await other.stdout.readline() == b"open\n"
            killed.stdin.write(b"\n")
            for _ in range(3):  # of seven pieces, while nobody else is there
                assert await killed.stdout.readline() == b"placed\n"
            other.stdin.write(b"\n")
            await asyncio.sleep(0.02)  # both are at it
            killed.kill()
            await killed.communicate()
            await other.communicate()
        assert (killed.returncode, other.returncode) == (-9, 0)
        await fill_up(pool, shop, stand)
        async with borrow(pool) as connection:
            assert await look(connection, stand) == (7, [])


async def test_orders_of_many_products_in_any_order_wait_for_each_other_and_none_is_lost(database_url: str):
    async with open_pool(database_url, Role.ENJOY_SHOP, min_size=8, max_size=8) as pool:
        shop = await opened(pool, database_url)
        first, *others = [
            await set_up(database_url, shop.shop_id, places=30, pieces=60, number=number) for number in range(5)
        ]
        products = [first.product_id, *(one.product_id for one in others)]

        async def customer(number: int) -> None:
            wanted = products if number % 2 else products[::-1]
            asked = Asked(dict.fromkeys(wanted, 2), first.slot_id, "at_shop", None, None, "", "fr")
            async with borrow(pool) as connection:
                made, *_ = await place(
                    connection, shop, asked, new_credentials(str(number)), key=None, link="", now=NOON
                )
            async with borrow(pool) as connection:
                await take(connection, shop, made.order_id, cancelling(shop), actor="customer", now=NOON)

        await asyncio.gather(*(customer(number) for number in range(30)))
        async with borrow(pool) as connection:
            for stand in (first, *others):
                assert await look(connection, Stand(stand.slot_id, stand.product_id, 60)) == (0, [])


async def test_of_steps_that_are_taken_at_the_same_time_one_happens_and_gives_back_once(database_url: str):
    async with open_pool(database_url, Role.ENJOY_SHOP, min_size=8, max_size=8) as pool:
        shop = await opened(pool, database_url)
        stand = await set_up(database_url, shop.shop_id, places=3, pieces=7, number=0)
        asked = Asked({stand.product_id: 3}, stand.slot_id, "at_shop", None, None, "", "fr")
        async with borrow(pool) as connection:
            made, *_ = await place(connection, shop, asked, new_credentials("x"), key=None, link="", now=NOON)

        async def step(number: int) -> str:
            try:
                async with borrow(pool) as connection:
                    wanted = ACCEPT if number % 2 else cancelling(shop)
                    return (await take(connection, shop, made.order_id, wanted, actor="x", now=NOON)).state
            except ConflictError as error:
                return error.code

        said = await asyncio.gather(*(step(number) for number in range(16)))
        assert sorted(said)[1:] == ["order_not_so"] * 15
        cancelled = "cancelled" in said
        async with borrow(pool) as connection:
            assert await look(connection, stand) == (0 if cancelled else 1, [])
        assert ask(database_url, "SELECT stock FROM shop.product") == [(7 if cancelled else 4,)]
