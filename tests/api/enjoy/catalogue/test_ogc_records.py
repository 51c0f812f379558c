"""GIS users search the catalogue with OGC API Records."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from core.settings import Settings
from tests.api.conftest import settings_at
from tests.api.enjoy.catalogue.conftest import Shelf
from tests.api.enjoy.catalogue.filled import NOW, OPEN
from tests.api.enjoy.conftest import Callers
from tests.api.serving import served
from tests.support.judges import environment

_JUDGE = Path(__file__).parent / "judge_owslib_records.py"
_PAIR = {"type": "array", "minItems": 2, "maxItems": 2}
_SPAN = {"type": "object", "required": ["interval"], "properties": {"interval": _PAIR}}
_TEXT = {"type": "string", "minLength": 1}
_LINK = {"type": "object", "required": ["href", "rel", "type"], "properties": {"href": {"pattern": "^https?://"}}}
#: What the standard asks of a record (20-004r1, recordGeoJSON and recordCommonProperties).
_RECORD = {
    "type": "object",
    "required": ["id", "type", "time", "geometry", "properties", "links"],
    "properties": {
        "id": _TEXT,
        "type": {"const": "Feature"},
        "conformsTo": {"type": "array", "items": _TEXT},
        "time": {"oneOf": [{"type": "null"}, _SPAN]},
        "geometry": {"oneOf": [{"type": "null"}, {"type": "object", "required": ["type", "coordinates"]}]},
        "links": {"type": "array", "items": _LINK, "minItems": 3},
        "properties": {
            "type": "object",
            "required": ["type", "title"],
            "properties": {
                "type": {"type": "string", "maxLength": 64},
                "keywords": {"type": "array", "items": _TEXT},
                "language": {"type": "object", "required": ["code"]},
                "externalIds": {"items": {"required": ["value"]}},
                "themes": {"minItems": 1, "items": {"required": ["concepts", "scheme"]}},
                "formats": {"items": {"anyOf": [{"required": ["name"]}, {"required": ["mediaType"]}]}},
                "contacts": {"items": {"anyOf": [{"required": ["name"]}, {"required": ["organization"]}]}},
                "license": {"type": "string", "maxLength": 64},
            },
        },
    },
}  # fmt: skip
ITEMS = "records/collections/datasets/items"


async def ids(client: httpx.AsyncClient, asked: str = "") -> list[str]:
    answer = await client.get(f"{ITEMS}?{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json"), answer.text
    return [one["id"] for one in answer.json()["features"]]


async def test_owslib_reads_and_searches_the_catalogue_unmodified(filled: Shelf, settings: Settings):
    program = await asyncio.to_thread(environment, "owslib", settings)
    async with served(settings_at(NOW), filled.url) as address:
        process = await asyncio.create_subprocess_exec(
            str(program), str(_JUDGE), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        asked = {"url": f"{address}/enjoy/records", "box": [3.06, 50.63, 3.07, 50.64]}
        out, _ = await process.communicate(json.dumps(asked).encode())
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(out)
    assert "/collections/{collection}/items" in told["paths"]
    assert "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core" in told["conformance"]
    assert told["records"] == ["datasets"]
    assert (told["matched"], told["all"]) == (len(OPEN), OPEN)
    assert told["box"] == ["car-parks", "quartiers", "velo", "words"]  # two have no place, and are everywhere
    assert told["then"] == OPEN  # all others have no time
    assert told["words"] == ["quartiers", "trees"]
    assert told["second"] == OPEN[1:]
    assert told["velo"] == ["V'lille en temps réel", ["2026-11-27T10:00:00Z", "2026-11-27T11:59:00Z"], "Polygon"]


async def test_every_record_is_as_the_standard_has_it_and_leads_to_its_data(shelf: Callers):
    collection = (await shelf.stranger.get(ITEMS)).json()
    for record in collection["features"]:
        jsonschema.validate(record, _RECORD)
        alone = await shelf.stranger.get(f"{ITEMS}/{record['id']}")
        assert (alone.json(), alone.headers["content-type"]) == (record, "application/geo+json")
    (velo,) = [one for one in collection["features"] if one["id"] == "velo"]
    links = {(one["rel"], one["type"]): one["href"] for one in velo["links"]}
    assert links["item", "application/geo+json"] == "http://somel.test/enjoy/ogc/collections/velo.v2/items"
    assert links["enclosure", "text/csv"] == "http://somel.test/enjoy/v1/datasets/velo/export?f=csv"
    page = await shelf.stranger.get(links["alternate", "application/ld+json"])
    assert page.status_code == 200
    (trees,) = [one for one in collection["features"] if one["id"] == "trees"]
    assert trees["properties"]["contacts"][0]["emails"] == [{"value": "donnees@lille.test"}]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=VÉLO", ["velo"]),
        ("q=temps réel", ["velo"]),
        ("q=réel temps", []),  # words of a phrase stand beside each other
        ("q=parkings , arbres", ["car-parks", "trees"]),
        ("bbox=3.0,50.0,3.05,50.9", ["car-parks", "quartiers", "trees", "words"]),
        ("bbox=170,50.0,-170,50.9", ["car-parks", "words"]),  # across the antimeridian
        ("bbox=170,50.0,3.05,50.9", ["car-parks", "quartiers", "trees", "words"]),
        ("bbox=3.0,50.0,0,3.05,50.9,100", ["car-parks", "quartiers", "trees", "words"]),
        ("datetime=2026-11-27", OPEN),
        ("datetime=../2026-11-26", ["car-parks", "quartiers", "trees", "words"]),
        ("datetime=2026-11-28T00:00:00Z/", ["car-parks", "quartiers", "trees", "words"]),
        ("type=dataset,service", OPEN),
        ("type=service", []),
        ("ids=velo,fares,nothing", ["velo"]),
        ("externalIds=urn:somel:dataset:trees,other:velo", ["trees"]),
        ("externalIds=urn:somel:dataset:trees&ids=velo", []),
    ],
)
async def test_records_are_found_by_what_the_standard_lets_ask(shelf: Callers, asked: str, found: list[str]):
    assert await ids(shelf.stranger, asked) == found


async def test_pages_are_followed_to_the_end_and_count_all_that_is_found(shelf: Callers):
    seen, following, matched = [], f"{ITEMS}?limit=2&q=a", set()
    while following:
        page = (await shelf.stranger.get(following)).json()
        seen += [one["id"] for one in page["features"]]
        matched.add(page["numberMatched"])
        following = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert (seen, matched) == (["car-parks", "quartiers", "trees", "velo", "words"], {5})
    assert len(await ids(shelf.stranger, "limit=999999")) == 5
    beyond = (await shelf.stranger.get(f"{ITEMS}?offset=50")).json()
    assert (beyond["features"], "numberMatched" in beyond) == ([], False)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("colour=red", "parameter_unknown"),
        ("q=a&q=b", "parameter_repeated"),
        ("q=%00", "parameter_invalid"),
        ("limit=0", "request_invalid"),
        ("limit=x", "request_invalid"),
        ("offset=-1", "request_invalid"),
        ("cursor=x", "cursor_invalid"),
        ("bbox=1,2,3", "bbox_invalid"),
        ("bbox=a,b,c,d", "bbox_invalid"),
        ("bbox=0,60,1,50", "bbox_invalid"),
        ("bbox=nan,1,2,3", "bbox_invalid"),
        ("datetime=yesterday", "datetime_invalid"),
        ("datetime=..", "datetime_invalid"),
        ("datetime=2026-01-01T00:00:00", "datetime_invalid"),
        ("datetime=2026-02-01/2026-01-01", "datetime_invalid"),
    ],
)
async def test_what_is_not_understood_is_refused_with_400(shelf: Callers, asked: str, code: str):
    answer = await shelf.stranger.get(f"{ITEMS}?{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_private_is_a_record_for_those_alone_who_may_read_it(shelf: Callers):
    assert await ids(shelf.reader) == ["car-parks", "fares", "quartiers", "staff", "trees", "velo", "words"]
    assert await ids(shelf.lille, "ids=fares,staff") == ["staff"]
    for client, name in ((shelf.stranger, "fares"), (shelf.lille, "fares"), (shelf.stranger, "nothing")):
        answer = await client.get(f"{ITEMS}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "dataset_unknown")
    assert (await shelf.stranger.get("records/collections/other/items")).json()["code"] == "collection_unknown"


async def test_the_document_of_the_api_is_openapi_3_0_with_every_parameter(shelf: Callers):
    document = (await shelf.stranger.get("records/api")).json()
    assert (document["openapi"], document["servers"]) == ("3.0.3", [{"url": "http://somel.test/enjoy/records"}])
    asked = {
        one["name"]: one["schema"] for one in document["paths"]["/collections/{collection}/items"]["get"]["parameters"]
    }
    assert set(asked) >= {"q", "bbox", "datetime", "type", "ids", "externalIds", "limit", "offset", "cursor"}
    assert (asked["bbox"]["type"], asked["bbox"]["nullable"]) == ("string", True)
    assert '"type": "null"' not in json.dumps(document)


async def test_the_landing_page_leads_to_all_that_there_is(shelf: Callers):
    assert (await shelf.stranger.get("records")).headers["location"] == "/enjoy/records/"
    landing = (await shelf.stranger.get("records/")).json()
    for one in landing["links"]:
        answer = await shelf.stranger.get(one["href"], headers={"origin": "https://elsewhere.test"})
        assert answer.status_code == 200, one
        assert answer.headers["content-type"].startswith(one["type"]), one
    (collection,) = (await shelf.stranger.get("records/collections")).json()["collections"]
    assert collection == (await shelf.stranger.get("records/collections/datasets")).json()
    assert (collection["itemType"], collection["type"]) == ("record", "catalog")
