"""Published records as OGC API Features: what is asked for is what SQL says, and nothing that is wrong goes through."""

import csv
import io
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg import sql

from db.connection import Role, connect
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.judged import MINUTES, STATIONS, publish_bikes, publish_parks, write

ITEMS = "/ogc/collections/velo.v1/items"
LATEST = "/ogc/collections/velo.v1/latest"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


async def counted(callers: Callers, condition: str, table: str = "d1") -> int:
    async with await connect(callers.url, Role.OWNER) as connection:
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier("record", table), sql.SQL(condition))
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        number: int = row[0]
        return number


async def got(client: httpx.AsyncClient, path: str, **asked: Any) -> dict[str, Any]:
    answer = await client.get(path, params={name.replace("_", "-"): value for name, value in asked.items()} or None)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def problem(client: httpx.AsyncClient, path: str, **asked: Any) -> tuple[int, str]:
    answer = await client.get(path, params={name.replace("_", "-"): value for name, value in asked.items()} or None)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"]


async def followed(client: httpx.AsyncClient, path: str, **asked: Any) -> list[dict[str, Any]]:
    """Follow `next` to the end and return every feature."""
    page, found = await got(client, path, **asked), []
    while True:
        assert page["numberReturned"] == len(page["features"])
        found += page["features"]
        following = [one["href"] for one in page["links"] if one["rel"] == "next"]
        if not following:
            return found
        assert len(page["features"]) == asked["limit"]
        page = await got(client, following[0])


@pytest.fixture
async def velo(callers: Callers) -> Callers:
    await publish_bikes(callers)
    return callers


async def test_what_is_asked_for_is_counted_and_paged_as_sql_does(velo: Callers):
    box = "ST_Intersects(_geometry, ST_MakeEnvelope(3.005, 50.595, 3.035, 50.625, 4326))"
    asked: list[tuple[dict[str, Any], str]] = [
        ({}, "true"),
        ({"bbox": "3.005,50.595,3.035,50.625"}, box),
        ({"bbox": "3.005,50.595,-5,3.035,50.625,99"}, box),
        ({"bbox": "50.595,3.005,50.625,3.035", "bbox_crs": f"{EPSG}4326"}, box),
        ({"bikes": "7"}, "bikes = 7"),
        ({"open": "false", "station": "S005"}, "NOT open AND station = 'S005'"),
        ({"at": "2026-01-01T00:03:00Z"}, "at = '2026-01-01T00:03:00Z'"),
        ({"charge": "4.5"}, "charge = 4.5"),
        ({"datetime": "2026-01-01T00:03:00Z"}, "at = '2026-01-01T00:03:00Z'"),
        ({"datetime": "2026-01-01"}, "true"),
        ({"datetime": "../2026-01-01T00:03:00Z"}, "at <= '2026-01-01T00:03:00Z'"),
        ({"datetime": "2026-01-01T01:03:00+01:00/"}, "at >= '2026-01-01T00:03:00Z'"),
        (
            {"datetime": "2026-01-01T00:03:00Z/2026-01-01T00:05:00Z", "bikes": "7"},
            "bikes = 7 AND extract(minute FROM at) BETWEEN 3 AND 5",
        ),
        ({"filter": "bikes > 10 AND charge IS NULL"}, "bikes > 10 AND charge IS NULL"),
        ({"filter": '{"op":">","args":[{"property":"bikes"},18]}', "filter_lang": "cql2-json"}, "bikes > 18"),
    ]
    for parameters, condition in asked:
        wanted = await counted(velo, condition)
        assert wanted > 0, condition
        page = await got(velo.stranger, ITEMS, **parameters, limit=7)
        assert page["numberMatched"] == wanted, parameters
        limit = 400 if wanted > 300 else 7
        found = await followed(velo.stranger, ITEMS, **parameters, limit=limit)
        assert len({one["id"] for one in found}) == len(found) == wanted, parameters


async def test_the_newest_of_every_station_comes_in_one_call_and_can_be_filtered(velo: Callers):
    page = await got(velo.stranger, LATEST)
    assert page["numberMatched"] == page["numberReturned"] == STATIONS
    assert {one["properties"]["at"] for one in page["features"]} == {f"2026-01-01T00:{MINUTES - 1}:00Z"}
    assert [one["properties"]["station"] for one in page["features"]] == [f"S{place:03}" for place in range(STATIONS)]
    assert not [one for one in page["links"] if one["rel"] == "next"]
    plain = await got(velo.stranger, LATEST, f="json", open="true", limit=2)
    assert plain["count"] == await counted(velo, "open", "d1_latest")
    assert plain["records"][0] == page["features"][1]["properties"] | {"geometry": page["features"][1]["geometry"]}
    assert len(await followed(velo.stranger, LATEST, limit=7)) == STATIONS
    await write(
        velo.ilevia,
        "velo",
        [
            {
                "station": "S001",
                "at": "2026-01-02T00:00:00Z",
                "bikes": 99,
                "geometry": page["features"][1]["geometry"],
            }
        ],
    )
    (one,) = (await got(velo.stranger, LATEST, station="S001"))["features"]
    assert one["properties"]["bikes"] == 99
    await publish_parks(velo)
    parks = await got(velo.stranger, "/ogc/collections/parks/latest")
    assert (parks["numberMatched"], parks["features"][0]["geometry"]) == (12, None)


async def test_shapes_come_in_the_system_that_is_asked_for(velo: Callers):
    first: dict[str, Any] = {"limit": 1}
    plain = (await got(velo.stranger, ITEMS, **first))["features"][0]["geometry"]["coordinates"]
    for uri in (CRS84, *(f"{EPSG}{code}" for code in (4326, 3857, 2154))):
        answer = await velo.stranger.get(ITEMS, params={"crs": uri, **first})
        assert answer.headers["content-crs"] == f"<{uri}>"
        (feature,) = answer.json()["features"]
        one = await velo.stranger.get(f"{ITEMS}/{feature['id']}", params={"crs": uri})
        assert one.headers["content-crs"] == f"<{uri}>"
        assert one.json()["geometry"] == feature["geometry"]
        given = feature["geometry"]["coordinates"]
        if uri == f"{EPSG}4326":
            assert given == plain[::-1]
        if uri == f"{EPSG}3857":
            north = 6378137 * math.log(math.tan(math.pi / 4 + math.radians(plain[1]) / 2))
            assert given == pytest.approx([6378137 * math.radians(plain[0]), north], abs=0.01)
        near = [given[0] - 0.004, given[1] - 0.004, given[0] + 0.004, given[1] + 0.004]
        found = await got(velo.stranger, ITEMS, bbox=",".join(map(str, near)), bbox_crs=uri)
        assert found["numberMatched"] == MINUTES, uri
        west, south, east, north = near
        shape = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
        found = await got(velo.stranger, ITEMS, filter=f"S_WITHIN(geometry,{shape})", filter_crs=uri)
        assert found["numberMatched"] == MINUTES, uri


async def test_only_what_is_wanted_comes_in_the_order_that_is_wanted(velo: Callers):
    page = await got(velo.stranger, ITEMS, properties="bikes,at", skipGeometry="true", sortby="-at", limit=3)
    assert [list(one["properties"]) for one in page["features"]] == [["at", "bikes"]] * 3
    assert [one["geometry"] for one in page["features"]] == [None] * 3
    backwards = await followed(velo.stranger, ITEMS, sortby="-at", limit=500)
    forwards = await followed(velo.stranger, ITEMS, sortby="at", limit=500)
    assert [one["id"] for one in backwards] == [one["id"] for one in reversed(forwards)]
    passed = await got(velo.stranger, ITEMS, offset=5, limit=3)
    assert passed["features"] == forwards[5:8]


async def test_tables_have_points_in_two_columns_and_lead_to_their_next_page(velo: Callers):
    answer = await velo.stranger.get(
        ITEMS, params={"limit": 2, "properties": "station,open"}, headers={"Accept": "text/csv"}
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows == [
        ["station", "open", "longitude", "latitude"],
        ["S000", "false", "3", "50.6"],
        ["S001", "true", "3.01", "50.6"],
    ]
    following = await velo.stranger.get(answer.links["next"]["url"], headers={"Accept": "text/csv"})
    assert following.text.splitlines()[1].startswith("S002,")


async def test_people_are_sent_to_pages_and_programs_get_what_they_accept(velo: Callers):
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path, page in (
        ("/ogc/", "datasets"),
        ("/ogc/collections", "datasets"),
        (ITEMS, "datasets/velo"),
        (LATEST, "datasets/velo"),
        (f"{ITEMS}/S001,2026-01-01T00:00:00Z", "datasets/velo"),
        ("/ogc/collections/velo", "datasets/velo"),
    ):
        for asked in ({"headers": browser}, {"params": {"f": "html"}}):
            answer = await velo.stranger.get(path, **asked)  # type: ignore[arg-type]
            assert (answer.status_code, answer.headers["location"]) == (307, f"/enjoy/{page}"), path
    for accept in ("*/*", "application/geo+json, application/json", "application/xml", "text/html;q=0,*/*", "a;q=x"):
        answer = await velo.stranger.get(ITEMS, headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/geo+json", accept
    for name in ("json", "geojson", "application/geo+json", "application/json"):
        answer = await velo.stranger.get(ITEMS, params={"f": name})
        assert answer.headers["content-type"] == "application/geo+json"
    assert (await velo.stranger.get("/ogc")).headers["location"] == "/enjoy/ogc/"


WRONG: list[tuple[dict[str, str], str]] = [
    ({"ooga": "booga"}, "parameter_unknown"),
    ({"limit": "unlimited"}, "parameter_invalid"),
    ({"limit": "0"}, "parameter_invalid"),
    ({"limit": "-1"}, "parameter_invalid"),
    ({"offset": "100001"}, "parameter_invalid"),
    ({"cursor": "x"}, "cursor_invalid"),
    ({"cursor": "WyJub3doZXJlIl0"}, "cursor_invalid"),
    ({"bbox": "1,2,3"}, "bbox_invalid"),
    ({"bbox": "1,2,3,nan"}, "bbox_invalid"),
    ({"bbox": "1,2,x,4"}, "bbox_invalid"),
    ({"bbox": "1,4,3,2"}, "bbox_invalid"),
    ({"bbox": "1,2,3,200"}, "bbox_invalid"),
    ({"bbox-crs": "EPSG:1"}, "crs_unknown"),
    ({"crs": "http://www.opengis.net/def/crs/EPSG/0/1"}, "crs_unknown"),
    ({"datetime": "yesterday"}, "datetime_invalid"),
    ({"datetime": "2026-01-01T00:00:00"}, "datetime_invalid"),
    ({"datetime": "2026-01-02/2026-01-01"}, "datetime_invalid"),
    ({"datetime": "a/b/c"}, "datetime_invalid"),
    ({"datetime": ".."}, "datetime_invalid"),
    ({"bikes": "many"}, "parameter_invalid"),
    ({"bikes": str(2**63)}, "parameter_invalid"),
    ({"charge": "nan"}, "parameter_invalid"),
    ({"open": "yes"}, "parameter_invalid"),
    ({"at": "2026-01-01T00:00:00"}, "parameter_invalid"),
    ({"properties": "docks"}, "parameter_invalid"),
    ({"skipGeometry": "perhaps"}, "parameter_invalid"),
    ({"sortby": "bikes"}, "parameter_invalid"),
    ({"f": "gml"}, "format_unknown"),
    ({"filter": "docks > 3"}, "filter_invalid"),
    ({"filter": "bikes > 3", "filter-lang": "sql"}, "filter_language"),
    ({"station": "x\0"}, "parameter_invalid"),
]


async def test_what_is_wrong_is_a_bad_request(velo: Callers):
    for asked, code in WRONG:
        assert await problem(velo.stranger, ITEMS, **asked) == (400, code), asked
    assert await problem(velo.stranger, f"{ITEMS}?limit=1&limit=2") == (400, "parameter_repeated")


async def test_what_is_not_there_is_not_found(velo: Callers):
    for path in (
        "/ogc/collections/none",
        "/ogc/collections/velo.v2/items",
        "/ogc/collections/velo.v0",
        "/ogc/collections/V/items",
    ):
        assert await problem(velo.stranger, path) == (404, "collection_unknown"), path
    for name in ("S001", "S001,2026-01-01T00:00:59Z", "S001,then", "~3,2026-01-01T00:00:00Z"):
        assert await problem(velo.stranger, f"{ITEMS}/{name}") == (404, "feature_unknown"), name
    assert await problem(velo.stranger, "/ogc/nothing") == (404, "route_unknown")
    assert (await velo.stranger.post(ITEMS, json={})).status_code == 405


async def test_a_limit_that_is_too_large_is_clamped(velo: Callers):
    page = await got(velo.stranger, ITEMS, limit=10**30)
    assert page["numberReturned"] == STATIONS * MINUTES


async def test_the_time_of_an_answer_is_that_of_the_answer(velo: Callers):
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    page = await got(velo.stranger, ITEMS, limit=1)
    assert before <= datetime.fromisoformat(page["timeStamp"]) <= datetime.now(UTC)
