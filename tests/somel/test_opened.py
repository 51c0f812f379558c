"""What the demo opens beside data: each address that it tells is there, and a second demo does no harm."""

import asyncio
from datetime import UTC, datetime

import httpx

from api.app import create_app
from db.connection import Role, connect
from db.territory import load_communes, read_commune_facts
from enjoy.passes.secret import PassSecret
from somel.demo.city_data import add_organisations
from somel.demo.opened import Opened, open_city
from somel.demo.shops import SHOPS
from somel.demo.tourism import PRODUCT, VENUES
from tests.api.conftest import PASS_SECRET, settings_at
from tests.db.village import ask

NOW = datetime.now(UTC)


async def _opened(url: str) -> tuple[Opened, Opened]:
    async with await connect(url, Role.OWNER) as connection:
        await load_communes(connection, read_commune_facts())
    await add_organisations(url)
    secret = PassSecret(PASS_SECRET.encode())
    return await open_city(url, secret, now=NOW), await open_city(url, secret, now=NOW)


def test_what_the_demo_opens_is_there_once_and_each_demo_has_secrets_of_its_own(database_url: str):
    first, again = asyncio.run(_opened(database_url))
    assert len({first.claim, again.claim, first.merchant, again.merchant}) == 4
    assert ask(database_url, "SELECT count(*) FROM pass.product") == [(1,)]
    assert ask(database_url, "SELECT count(*) FROM shop.shop WHERE state = 'listed'") == [(len(SHOPS),)]
    told = list(first.lines("http://demo"))
    starts = {line.index("http://demo/enjoy/") for line in told}
    assert len(starts) == 1, "the addresses stand below each other"
    assert asyncio.run(_answers(database_url, first, told)) == []


async def _answers(url: str, opened: Opened, told: list[str]) -> list[str]:
    """Ask for every address that is told; return those that are not there."""
    app = create_app(settings_at(NOW), database_url=url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo") as client,
    ):
        addresses = [line.split("http://demo")[1].split("#")[0].split(":")[0] for line in told]
        missing = [one for one in addresses if (await client.get(one)).status_code != 200]
        [product] = (await client.get("/enjoy/v1/tourism/products")).json()
        assert {one["venue"] for one in product["venues"]} == set(VENUES), "the partner has agreed"
        page = (await client.get(f"/enjoy/tourism/passes/{opened.claim}?lang=fr")).text
        assert str(PRODUCT["title"]) in page
        offered = await client.get(f"/enjoy/v1/shops/{SHOPS[0].name}/products")
        assert SHOPS[0].products[0][0] in offered.text
    return missing
