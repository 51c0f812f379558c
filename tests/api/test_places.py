from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from db.connection import connect
from tests.api.conftest import bearer, settings_at
from tests.api.world import NOW, World, build_world


async def every_page(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[list[dict[str, Any]]]:
    """Follow `next` to the end; return the items of each page."""
    answer = await client.get(path, params=parameters)
    pages = []
    while True:
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        if answer.json()["next"] is None:
            return pages
        answer = await client.get(answer.json()["next"])


async def test_places_are_listed_by_level_and_code(client: httpx.AsyncClient):
    items = (await client.get("/v1/places")).json()["items"]
    keys = [(item["level"], item["code"]) for item in items]
    assert keys == sorted(keys)
    assert len(keys) == 9


async def test_places_are_filtered_by_level(client: httpx.AsyncClient):
    items = (await client.get("/v1/places", params={"level": "feeder"})).json()["items"]
    assert [item["code"] for item in items] == ["F-1", "F-2"]


@pytest.mark.parametrize(
    ("within", "codes"),
    [
        ("territory:MEL", ["59009", "59350", "PS-1"]),
        ("substation:PS-1", ["F-1", "F-2"]),
        ("feeder:F-1", ["T-1", "T-2"]),
        ("commune:59350", ["T-1", "T-2"]),
        ("power_transformer:T-1", []),
    ],
)
async def test_places_below_a_place_are_listed(client: httpx.AsyncClient, within: str, codes: list[str]):
    items = (await client.get("/v1/places", params={"within": within})).json()["items"]
    assert [item["code"] for item in items] == codes


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 12))
async def test_pages_of_places_joined_are_the_whole_list(client: httpx.AsyncClient, limit: int):
    whole = (await client.get("/v1/places", params={"limit": 1000})).json()
    assert whole["next"] is None
    pages = await every_page(client, "/v1/places", limit=limit)
    assert [item for page in pages for item in page] == whole["items"]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


async def test_a_feeder_is_described_with_its_neighbours(client: httpx.AsyncClient):
    place = (await client.get("/v1/places/feeder/F-1")).json()
    assert place["usage_point_count"] == 3
    assert place["has_forecast"] is True
    assert place["ratings"] == {"rated_va": None, "nominal_voltage_v": 20000}
    assert [parent["code"] for parent in place["parents"]] == ["PS-1"]
    assert [child["code"] for child in place["children"]["items"]] == ["T-1", "T-2"]
    assert place["children"]["next"] is None
    assert place["geometry"]["type"] == "MultiPoint"


async def test_many_places_below_a_place_go_on_in_the_list(database_url: str):
    world = await build_world(database_url)
    async with await connect(database_url, None) as connection:
        await connection.execute("UPDATE place SET code = 'F&1 é' WHERE code = 'F-1'")
        await connection.execute(
            "WITH made AS (INSERT INTO place (level, code, name)"
            " SELECT 'power_transformer', 'X-' || n, 'Poste' FROM generate_series(1, 150) AS n RETURNING place_id)"
            " INSERT INTO power_transformer (place_id, feeder_place_id, commune_place_id, rated_va)"
            " SELECT place_id, %s, %s, 100000 FROM made",
            [world.place["F-1"], world.place["59350"]],
        )
    app = create_app(settings_at(NOW), database_url=database_url)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://somel.test") as client,
    ):
        client.headers.update(bearer(world.secrets["grid"]))
        children = (await client.get("/v1/places/feeder/F&1 é")).json()["children"]
        rest = await client.get(children["next"])
    codes = [item["code"] for item in children["items"] + rest.json()["items"]]
    assert len(codes) == len(set(codes)) == 152
    assert codes == sorted(codes)


async def test_a_transformer_has_a_rating_and_stands_in_a_feeder_and_a_commune(client: httpx.AsyncClient):
    place = (await client.get("/v1/places/power_transformer/T-3")).json()
    assert place["ratings"]["rated_va"] == 400000
    assert [(parent["level"], parent["code"]) for parent in place["parents"]] == [
        ("commune", "59009"),
        ("feeder", "F-2"),
    ]
    assert place["geometry"] == {"type": "Point", "coordinates": [3.05, 50.62]}


@pytest.mark.parametrize(
    ("level", "code", "count"), [("territory", "MEL", 4), ("substation", "PS-1", 4), ("commune", "59009", 1)]
)
async def test_usage_points_are_counted_at_every_level(client: httpx.AsyncClient, level: str, code: str, count: int):
    assert (await client.get(f"/v1/places/{level}/{code}")).json()["usage_point_count"] == count


async def test_a_place_shows_its_newest_nearly_whole_slot(client: httpx.AsyncClient):
    item = (await client.get("/v1/places", params={"level": "feeder"})).json()["items"][0]
    # The last slot of the day lacks a quarter-hour of one of three usage points.
    assert item["latest"]["start_at"] == "2026-01-15T23:00:00Z"
    assert item["latest"]["usage_point_count"] == 3


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/places/feeder/F-9", 404, "place_unknown"),
        ("/v1/places/feeder/59350", 404, "place_unknown"),
        ("/v1/places/planet/earth", 422, "request_invalid"),
        ("/v1/places/feeder/a%00b", 422, "request_invalid"),
        ("/v1/places?level=planet", 422, "request_invalid"),
        ("/v1/places?within=planet:earth", 422, "level_unknown"),
        ("/v1/places?within=feeder:F-9", 404, "place_unknown"),
        ("/v1/places?within=feeder", 422, "request_invalid"),
        ("/v1/places?limit=0", 422, "request_invalid"),
        ("/v1/places?cursor=%21", 422, "cursor_invalid"),
        ("/v1/places?cursor=WyJhIl0", 422, "cursor_invalid"),
        ("/v1/places?cursor=WyJhIiwiXHUwMDAwIl0", 422, "cursor_invalid"),
    ],
)
async def test_what_is_not_there_or_not_valid_is_told(client: httpx.AsyncClient, path: str, status: int, code: str):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_limit_above_the_highest_gives_the_highest(client: httpx.AsyncClient):
    assert (await client.get("/v1/places", params={"limit": 10**6})).status_code == 200


async def test_communes_are_geojson_with_boundaries_where_there_are_any(client: httpx.AsyncClient):
    answer = await client.get("/v1/communes")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [(one["id"], one["geometry"]["type"], one["properties"]["has_boundary"]) for one in features] == [
        ("59009", "Point", False),
        ("59350", "MultiPolygon", True),
    ]


async def test_usage_points_are_known_by_pseudonym_only(client: httpx.AsyncClient, world: World):
    pages = await every_page(client, "/v1/usage-points", limit=1)
    items = [item for page in pages for item in page]
    assert [item["usage_point_key"] for item in items] == sorted(str(key) for key in world.key.values())
    assert not any("usage_point_id" in item or "prm" in item for item in items)


@pytest.mark.parametrize(
    ("place", "count"), [("territory:MEL", 4), ("substation:PS-1", 4), ("feeder:F-1", 3), ("power_transformer:T-3", 1)]
)
async def test_usage_points_are_listed_by_place(client: httpx.AsyncClient, place: str, count: int):
    assert len((await client.get("/v1/usage-points", params={"place": place})).json()["items"]) == count


@pytest.mark.parametrize("path", ["/v1/usage-points?place=feeder:F-9", "/v1/places/feeder/F-9/latest"])
async def test_an_unknown_place_is_not_found(client: httpx.AsyncClient, path: str):
    assert (await client.get(path)).status_code == 404
