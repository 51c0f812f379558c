"""Vector tiles hold the newest record of each key where it is, simplified for the zoom, and nothing outside."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.api.enjoy.test_exports import FIELDS, PARKS
from tests.enjoy.stations import bike, point

OPEN = VELO | {"openness": "open", "fields": FIELDS}
LATER = "2026-01-15T18:00:00Z"
RING = [[3.0 + 0.0005 * (step % 2) + 0.1 * step / 400, 50.6] for step in range(400)]
AREAS = OPEN | {
    "name": "areas",
    "fields": [{"name": "area", "type": "text", "title": "Area", "is_required": True}],
    "key_fields": ["area"],
    "time_field": None,
    "geometry_type": "Polygon",
}


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields_of(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield fields of a protobuf message; those of fixed width, which only doubles have here, as bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
            yield tag >> 3, value
            continue
        size, at = (8, at) if tag & 7 == 1 else varint(data, at)
        yield tag >> 3, data[at : at + size]
        at += size


def packed(data: bytes) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = varint(data, at)
        numbers.append(number)
    return numbers


def read_tile(data: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Return the name of the only layer, and its features: attributes, and the numbers of the geometry."""
    ((_, layer),) = fields_of(data)
    parts = list(fields_of(layer))
    keys = [value.decode() for number, value in parts if number == 3]
    values = [next(iter(fields_of(value)))[1] for number, value in parts if number == 4]
    found = []
    for feature in (dict(fields_of(value)) for number, value in parts if number == 2):
        tags = packed(feature[2])
        named = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
        found.append(named | {"geometry": packed(feature[4])})
    return next(value.decode() for number, value in parts if number == 1), found


@pytest.fixture
async def velo(callers: Callers) -> Callers:
    assert (await callers.ilevia.post("/v1/datasets", json=OPEN)).status_code == 201
    records = [
        bike("A", AT, 3, note="old", charge=0.5),
        bike("A", LATER, 7, note="new", open=True),
        bike("far", AT, 1) | {"geometry": point(-70.0, -30.0)},
    ]
    assert (await callers.ilevia.post("/v1/datasets/velo/records", json=records)).json()["inserted"] == 3
    return callers


async def test_a_tile_holds_the_newest_record_of_each_key_inside_it(velo: Callers):
    answer = await velo.stranger.get("/tiles/velo/0/0/0.mvt")
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layer, features = read_tile(answer.content)
    assert (layer, len(features)) == ("velo", 2)
    answer = await velo.stranger.get("/tiles/velo/12/2082/1377.mvt")
    _, (feature,) = read_tile(answer.content)
    ids = (await velo.stranger.get("/ogc/collections/velo/latest", params={"station": "A"})).json()["features"]
    geometry = feature.pop("geometry")
    assert feature == {
        "id": ids[0]["id"].encode(),
        "station": b"A",
        "at": LATER.encode(),
        "bikes": 7,
        "note": b"new",
        "open": 1,
    }
    x, y = ((one >> 1) ^ -(one & 1) for one in geometry[1:])
    assert (geometry[0], x, y) == (9, 3808, 3734)  # one point, 3.07° E 50.63° N in units of the tile


async def test_where_nothing_is_there_is_no_content_and_what_is_known_is_not_sent_again(velo: Callers):
    empty = await velo.stranger.get("/tiles/velo/12/0/0.mvt")
    assert (empty.status_code, empty.content) == (204, b"")
    first = await velo.stranger.get("/tiles/velo/0/0/0.mvt")
    seen = {"If-None-Match": first.headers["etag"]}
    assert (await velo.stranger.get("/tiles/velo/0/0/0.mvt", headers=seen)).status_code == 304
    assert (await velo.stranger.get("/tiles/velo/1/1/0.mvt", headers=seen)).status_code == 200
    await velo.ilevia.post("/v1/datasets/velo/records", json=[bike("A", "2026-01-15T19:00:00Z", 1)])
    assert (await velo.stranger.get("/tiles/velo/0/0/0.mvt", headers=seen)).status_code == 200


async def test_areas_lose_corners_that_a_zoom_does_not_show(callers: Callers):
    assert (await callers.ilevia.post("/v1/datasets", json=AREAS)).status_code == 201
    ring = [*RING, [3.1, 50.7], [3.0, 50.7], RING[0]]
    jagged = [[x, y + 0.0002 * (place % 2)] for place, (x, y) in enumerate(ring[:400])]
    jagged += [*ring[400:-1], jagged[0]]
    record = {"area": "centre", "geometry": {"type": "Polygon", "coordinates": [jagged]}}
    written = (await callers.ilevia.post("/v1/datasets/areas/records", json=[record])).json()
    sizes = []
    for z, x, y in ((9, 260, 172), (4, 8, 5)):
        answer = await callers.stranger.get(f"/tiles/areas/{z}/{x}/{y}.mvt")
        assert answer.status_code == 200, written
        _, (feature,) = read_tile(answer.content)
        sizes.append(len(feature["geometry"]))
    assert sizes[0] > 4 * sizes[1] >= 4 * 8


async def test_documents_lead_to_the_tiles(velo: Callers):
    told = (await velo.stranger.get("/tiles/velo.json")).json()
    assert (told["tilejson"], told["bounds"]) == ("3.0.0", [-70.0, -30.0, 3.07, 50.63])
    (layer,) = told["vector_layers"]
    assert (layer["id"], set(layer["fields"])) == ("velo", {"id", *(one["name"] for one in FIELDS)})
    address = told["tiles"][0].format(z=12, x=2082, y=1377)
    assert (await velo.stranger.get(address)).status_code == 200
    tileset = (await velo.stranger.get("/tiles/velo.v1")).json()
    assert tileset["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    (item,) = [one for one in tileset["links"] if one["rel"] == "item"]
    address = item["href"].format(tileMatrix=12, tileCol=2082, tileRow=1377)
    assert (await velo.stranger.get(address)).status_code == 200
    for path in ("/tiles/velo.json", "/tiles/velo.v1"):
        first = await velo.stranger.get(path)
        again = await velo.stranger.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("place", ["19/0/0", "3/8/0", "3/0/8", "2/-1/0", "-1/0/0", "70/1/1"])
async def test_there_are_no_tiles_outside_the_map(velo: Callers, place: str):
    answer = await velo.stranger.get(f"/tiles/velo/{place}.mvt")
    assert (answer.status_code, answer.json()["code"]) == (404, "tile_unknown")


async def test_what_has_no_geometry_or_is_private_has_no_tiles(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=PARKS)
    for path in ("/tiles/parks/0/0/0.mvt", "/tiles/parks.json", "/tiles/parks"):
        assert (await callers.reader.get(path)).json()["code"] == "tiles_none"
        assert (await callers.stranger.get(path)).json()["code"] == "collection_unknown"
