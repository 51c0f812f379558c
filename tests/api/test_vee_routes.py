"""Findings and completeness over HTTP: pages, filters, scope."""

import httpx

from tests.api.conftest import bearer
from tests.api.test_places import every_page
from tests.api.world import World


async def test_days_come_latest_first_and_their_counts_add_up(client: httpx.AsyncClient):
    items = (await client.get("/v1/completeness")).json()["items"]
    assert items
    assert [item["day"] for item in items] == sorted((item["day"] for item in items), reverse=True)
    for item in items:
        parts = sum(item[name] for name in ("received", "bad", "estimated", "missing"))
        assert item["expected"] == parts
    whole = (await client.get("/v1/completeness", params={"incomplete": True})).json()["items"]
    assert whole == [item for item in items if item["missing"] + item["estimated"] > 0]


async def test_days_and_findings_are_filtered(client: httpx.AsyncClient, world: World):
    key = str(world.key[world.usage_points[0]])
    items = (await client.get("/v1/completeness", params={"usage_point": key, "commune": "59350"})).json()["items"]
    assert {item["usage_point_key"] for item in items} == {key}
    assert (await client.get("/v1/completeness", params={"commune": "59009", "usage_point": key})).json()["items"] == []
    day = items[0]["day"]
    assert {item["day"] for item in (await client.get("/v1/completeness", params={"day": day})).json()["items"]} == {
        day
    }
    found = (await client.get("/v1/findings", params={"rule": "gap"})).json()["items"]
    assert {item["rule"] for item in found} == {"gap"}
    assert (await client.get("/v1/findings", params={"rule": "no_such_rule"})).json()["items"] == []


async def test_pages_joined_are_the_whole_list(client: httpx.AsyncClient):
    for path in ("/v1/findings", "/v1/completeness"):
        pages = await every_page(client, path, limit=2)
        assert [item for page in pages for item in page] == (await client.get(path)).json()["items"]
        assert (await client.get(path, params={"cursor": "x"})).status_code == 422


async def test_the_scope_to_read_the_grid_is_needed(anonymous: httpx.AsyncClient, world: World):
    for path in ("/v1/findings", "/v1/completeness"):
        assert (await anonymous.get(path)).status_code == 401
        assert (await anonymous.get(path, headers=bearer(world.secrets["ingest"]))).status_code == 403
        assert (await anonymous.get(path, headers=bearer(world.secrets["grid"]))).status_code == 200
