"""The directory of shops is a dataset: what is listed is in it, what changed is published, what is gone is deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from api.app import create_app
from enjoy.shops.directory import publish_directory
from tests.api.conftest import settings_at
from tests.db.village import ask
from tests.enjoy.lending import lending, standing

#: A Wednesday, noon in Lille.
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
HOURS = (
    '{"weekly": [{"days": [1, 2, 3, 4, 5, 6], "from": "09:00", "until": "19:00"}],'
    ' "closures": [{"from": "2026-12-25", "until": "2026-12-25"}]}'
)


def add_shop(url: str, name: str, siret: str, state: str = "listed") -> int:
    made: int
    [(made,)] = ask(
        url,
        "WITH own AS (INSERT INTO catalogue.organisation (name, title, kind) VALUES (%s, %s, 'merchant')"
        " RETURNING organisation_id)"
        " INSERT INTO shop.shop (organisation_id, name, siret, title, insee_code, address, location, hours, state,"
        " state_at, created_at) SELECT organisation_id, %s, %s, %s, '59350', '1 rue Nationale, 59000 Lille',"
        " ST_SetSRID(ST_MakePoint(3.06, 50.63), 4326), %s::jsonb, %s, %s, %s FROM own RETURNING shop_id",
        name, name.title(), name, siret, name.title(), HOURS, state, NOON, NOON,
    )  # fmt: skip
    return made


def add_bakery(url: str) -> int:
    """Make a bakery that sells bread, and slots: too soon, full, closed by the merchant, and one to collect in."""
    bakery = add_shop(url, "le-fournil", "73282932000074")
    ask(
        url,
        "INSERT INTO shop.shop_category (shop_id, code) VALUES (%s, 'bakery'), (%s, 'grocery')",
        bakery,
        bakery,
    )
    ask(
        url,
        "INSERT INTO shop.product (shop_id, title, price_eur_cent, vat_ratio, created_at)"
        " VALUES (%s, 'Pain', 450, 0.055, %s)",
        bakery,
        NOON,
    )
    for hours, orders, closed in ((0.25, 0, None), (1, 2, None), (2, 0, "merchant"), (3, 1, None)):
        ask(
            url,
            "INSERT INTO shop.slot (shop_id, starts_at, ends_at, capacity_orders, order_count, is_single, closed_by)"
            " VALUES (%s, %s, %s, 2, %s, true, %s)",
            bakery, NOON + timedelta(hours=hours), NOON + timedelta(hours=hours + 1), orders, closed,
        )  # fmt: skip
    return bakery


async def publish(url: str, now: datetime = NOON) -> int:
    return await publish_directory(lending(url), standing(now), wall=standing(now))


async def items(url: str) -> dict[str, dict[str, Any]]:
    app = create_app(settings_at(NOON), database_url=url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://somel.test") as client,
    ):
        answer = await client.get("/enjoy/ogc/collections/shops.v1/items", params={"f": "json"})
        assert answer.status_code == 200, answer.text
        return {one["properties"]["shop"]: one for one in answer.json()["features"]}


async def test_the_directory_follows_what_is_listed_and_writes_only_what_changed(database_url: str) -> None:
    assert await publish(database_url) == 0  # nobody is there to publish it
    ask(
        database_url,
        "INSERT INTO catalogue.organisation (name, title, kind) VALUES ('mel', 'Métropole', 'metropolis')",
    )
    bakery = add_bakery(database_url)
    add_shop(database_url, "la-librairie", "35600000000048")
    add_shop(database_url, "new-one", "44306184100047", "applied")
    assert await publish(database_url) == 2
    assert await publish(database_url) == 0

    seen = await items(database_url)
    assert sorted(seen) == ["la-librairie", "le-fournil"]
    told = seen["le-fournil"]["properties"]
    assert told["next_pickup_at"].startswith("2026-11-25T14:00:00")
    assert (told["categories"], told["click_and_collect"]) == ("bakery;grocery", True)
    assert told["opening_hours"] == "Mo-Sa 09:00-19:00; 2026 Dec 25 off"
    assert seen["le-fournil"]["geometry"] == {"type": "Point", "coordinates": [3.06, 50.63]}
    quiet = seen["la-librairie"]["properties"]
    assert (quiet["click_and_collect"], quiet["next_pickup_at"]) == (False, None)

    assert await publish(database_url, NOON + timedelta(hours=3)) == 1  # nothing to collect today any more
    ask(database_url, "UPDATE shop.shop SET state = 'suspended' WHERE shop_id = %s", bakery)
    assert await publish(database_url) == 1
    assert sorted(await items(database_url)) == ["la-librairie"]
