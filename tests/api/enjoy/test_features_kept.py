"""What is known is not sent again, what is private stays so, and an old shape answers until its sunset."""

from datetime import timedelta

import pytest

from api.enjoy.features.describing import CONFORMANCE
from db.connection import Role, connect
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.judged import BIKES_FIELDS, MINUTES, posted, publish_bikes, publish_parks, write
from tests.api.enjoy.test_features import CRS84, EPSG, ITEMS, LATEST, got, problem
from tests.enjoy.test_publishing import NOW


@pytest.fixture
async def velo(callers: Callers) -> Callers:
    await publish_bikes(callers)
    return callers


async def test_an_answer_that_is_known_is_not_sent_again_until_something_changes(velo: Callers):
    await publish_parks(velo)
    paths = [
        "/ogc/collections",
        "/ogc/collections/velo",
        ITEMS,
        LATEST,
        f"{ITEMS}/S001,2026-01-01T00:00:00Z",
        "/ogc/api",
    ]
    tags = {}
    for path in paths:
        answer = await velo.stranger.get(path)
        tags[path] = answer.headers["etag"]
        assert tags[path].startswith('"')
        for known in (tags[path], f'"other", W/{tags[path]}', "*"):
            again = await velo.stranger.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tags[path]), path
    assert (await velo.stranger.get(ITEMS, params={"limit": 1})).headers["etag"] != tags[ITEMS]
    for station in ("S001", "S002"):  # the platform's clock shows one time for both: that must not hide the second
        async with await connect(velo.url, Role.OWNER) as connection:
            query = "UPDATE catalogue.dataset SET records_changed_at = %s WHERE name = 'velo'"
            await connection.execute(query, [NOW])
        answer = await velo.stranger.get(ITEMS, headers={"If-None-Match": tags[ITEMS]})
        assert answer.status_code == 200, station
        tags[ITEMS] = answer.headers["etag"]


async def test_private_records_are_read_by_those_they_are_shared_with_alone_and_kept_by_no_proxy(callers: Callers):
    await publish_parks(callers, "secret", "private")
    items = "/ogc/collections/secret/items"
    for path in (
        items,
        "/ogc/collections/secret",
        "/ogc/collections/secret.v1/queryables",
        "/ogc/collections/secret/latest",
        f"{items}/P 1~11",
    ):
        assert (await callers.ilevia.get(path)).status_code == 200, path
        for other in (callers.lille, callers.stranger):
            assert await problem(other, path) == (404, "collection_unknown"), path
    answer = await callers.ilevia.get(items)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in answer.headers["vary"]
    stolen = await callers.stranger.get(items, headers={"If-None-Match": answer.headers["etag"]})
    assert stolen.status_code == 404
    assert (await got(callers.lille, "/ogc/collections"))["collections"] == []
    assert "secret" not in (await callers.stranger.get("/ogc/api")).text
    assert (await callers.ilevia.put("/v1/datasets/secret/shares/lille")).status_code == 204
    assert (await got(callers.lille, items))["numberMatched"] == 12
    assert (await callers.ilevia.delete("/v1/datasets/secret/shares/lille")).status_code == 204
    assert await problem(callers.lille, items) == (404, "collection_unknown")
    wrong = {"Authorization": "Bearer enjoy_wrong"}
    answer = await callers.stranger.get(items, headers=wrong)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_not_valid")


async def test_collections_say_where_and_when_they_are_and_what_they_are_filtered_by(velo: Callers):
    await publish_parks(velo)
    told = await got(velo.stranger, "/ogc/collections")
    parks, bikes = told["collections"]
    assert await got(velo.stranger, "/ogc/collections/velo") == bikes
    assert bikes["extent"]["spatial"]["bbox"] == [[3.0, 50.6, 3.07, 50.64]]
    assert bikes["extent"]["temporal"]["interval"] == [["2026-01-01T00:00:00Z", f"2026-01-01T00:{MINUTES - 1}:00Z"]]
    assert bikes["crs"] == [CRS84, *(f"{EPSG}{code}" for code in (4326, 3857, 2154))]
    assert bikes["storageCrs"] == CRS84
    assert "extent" not in parks
    assert "crs" not in parks
    queryables = await got(velo.stranger, "/ogc/collections/velo/queryables")
    assert queryables["properties"]["bikes"] == {
        "title": "Bicycles",
        "type": "integer",
        "format": "int64",
        "x-ogc-unit": "1",
    }
    assert queryables["properties"]["geometry"]["format"] == "geometry-point"
    schema = await got(velo.stranger, "/ogc/collections/parks/schema")
    assert schema["required"] == ["park", "places"]
    assert await got(velo.stranger, "/ogc/conformance") == CONFORMANCE
    names = [
        one["name"]
        for one in (await got(velo.stranger, "/ogc/api"))["paths"]["/collections/velo.v1/items"]["get"]["parameters"]
        if "name" in one
    ]
    assert names == [one["name"] for one in BIKES_FIELDS]


async def test_programs_in_browsers_of_others_may_read(velo: Callers):
    answer = await velo.stranger.get(ITEMS, headers={"Origin": "https://app.test"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    asked = {
        "Origin": "https://app.test",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    assert (await velo.stranger.options(ITEMS, headers=asked)).status_code == 200


async def test_a_renamed_field_takes_a_new_version_and_the_old_shape_answers_until_its_sunset(velo: Callers):
    renamed = [one | {"name": "bikes_available"} if one["name"] == "bikes" else one for one in BIKES_FIELDS]
    shape = {"fields": renamed, "key_fields": ["station"], "time_field": "at", "geometry_type": "Point"}
    sunset = NOW + timedelta(days=400)
    told = {**shape, "renamed": {"bikes": "bikes_available"}, "sunset_at": sunset.isoformat()}
    refused = await velo.ilevia.post("/v1/datasets/velo/versions", json=told | {"renamed": {}})
    assert (refused.status_code, refused.json()["code"]) == (409, "contract_broken")
    before = (await velo.stranger.get(ITEMS)).headers["etag"]
    await posted(velo.ilevia, "/v1/datasets/velo/versions", told)
    old = await velo.stranger.get(ITEMS, params={"limit": 1}, headers={"If-None-Match": before})
    assert old.json()["features"][0]["properties"]["bikes"] == 0
    assert old.headers["sunset"] == sunset.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert int(old.headers["deprecation"].removeprefix("@")) == pytest.approx(NOW.timestamp(), abs=600)
    successor = old.links["successor-version"]["url"]
    assert successor.endswith("/ogc/collections/velo.v2")
    for name in ("velo.v2", "velo"):
        new = await velo.stranger.get(f"/ogc/collections/{name}/items", params={"limit": 1})
        assert new.json()["features"][0]["properties"]["bikes_available"] == 0
        assert not {"sunset", "deprecation"} & set(new.headers)
    assert await problem(velo.stranger, "/ogc/collections/velo.v2/items", bikes="3") == (400, "parameter_unknown")
    listed = (await got(velo.stranger, "/ogc/collections"))["collections"]
    assert [(one["id"], "sunset" in one) for one in listed] == [("velo.v1", True), ("velo.v2", False)]
    async with await connect(velo.url, Role.OWNER) as connection:  # as if its time had come
        query = "UPDATE catalogue.dataset_version SET deprecated_at = %s, sunset_at = %s WHERE version = 1"
        await connection.execute(query, [NOW - timedelta(days=401), NOW - timedelta(days=1)])
        await connection.execute("UPDATE catalogue.dataset SET changed_at = clock_timestamp()")
    gone = await velo.stranger.get(ITEMS)
    assert (gone.status_code, gone.json()["code"]) == (410, "version_gone")
    assert gone.links["successor-version"]["url"] == successor
    assert [one["id"] for one in (await got(velo.stranger, "/ogc/collections"))["collections"]] == ["velo.v2"]


async def test_where_something_has_been_it_is_said_to_be_still(velo: Callers):
    before = (await got(velo.stranger, "/ogc/collections/velo"))["extent"]["spatial"]["bbox"][0]
    moved = {
        "station": "S000",
        "at": "2026-02-01T00:00:00Z",
        "bikes": 1,
        "geometry": {"type": "Point", "coordinates": [4.0, 51.0]},
    }
    await write(velo.ilevia, "velo", [moved])
    async with await connect(velo.url, Role.OWNER) as connection:
        await connection.execute(
            "UPDATE catalogue.dataset_summary SET summarised_at = summarised_at - INTERVAL '2 minutes'"
        )
    after = (await got(velo.stranger, "/ogc/collections/velo"))["extent"]
    assert after["spatial"]["bbox"] == [[*before[:2], 4.0, 51.0]]
    assert after["temporal"]["interval"][0][1] == moved["at"]
