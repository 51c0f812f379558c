"""Whole datasets leave as GeoJSON, CSV and Parquet: the same records as in the database, in constant memory."""

import asyncio
import csv
import gzip
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from api.enjoy.routes.exports import files_below
from core.settings import Settings
from db.connection import Role, connect
from db.datasets import act_for, find_published
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.enjoy.stations import bike, point
from tests.support.judges import environment

ODD = 'say "no",\r\n\\ to \t "é" '
FIELDS = [
    *VELO["fields"],  # type: ignore[misc]
    {"name": "note", "type": "text", "title": "Note"},
    {"name": "charge", "type": "number", "title": "Charge", "unit": "%"},
    {"name": "open", "type": "boolean", "title": "Open"},
    {"name": "since", "type": "date", "title": "Since"},
]
RECORDS = [
    bike("A", AT, 3, note=ODD, charge=0.1, open=True, since="2024-02-29") | {"geometry": point(3.07, 50.63)},
    bike("A", "2026-01-15T17:31:00.25Z", 4, note="") | {"geometry": point(3.07, 50.63)},
    bike("B, C", AT, 2**60, open=False) | {"geometry": point(-3.5, 50.123456789)},
]
PARKS = {
    **VELO,
    "name": "parks",
    "fields": [
        {"name": "park", "type": "text", "title": "Park", "is_required": True},
        {"name": "places", "type": "integer", "title": "Places"},
    ],
    "key_fields": ["park"],
    "time_field": None,
    "geometry_type": None,
}
EXPORT = "/v1/datasets/velo/export"


@pytest.fixture
async def velo(callers: Callers) -> Callers:
    assert (await callers.ilevia.post("/v1/datasets", json={**VELO, "fields": FIELDS})).status_code == 201
    written = await callers.ilevia.post("/v1/datasets/velo/records", json=RECORDS)
    assert written.json()["inserted"] == len(RECORDS), written.text
    return callers


async def test_geojson_holds_every_record_as_it_was_written(velo: Callers):
    answer = await velo.reader.get(EXPORT, params={"f": "geojson"})
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-disposition"] == 'attachment; filename="velo.geojson"'
    whole = answer.json()
    assert (whole["type"], whole["numberReturned"]) == ("FeatureCollection", 3)
    first, second, third = sorted(whole["features"], key=lambda one: one["properties"]["bikes"])
    assert first["geometry"] == {"type": "Point", "coordinates": [3.07, 50.63]}
    assert first["properties"] == {
        "station": "A",
        "at": AT,
        "bikes": 3,
        "note": ODD,
        "charge": 0.1,
        "open": True,
        "since": "2024-02-29",
    }
    assert (second["properties"]["at"], second["properties"]["note"]) == ("2026-01-15T17:31:00.25Z", "")
    assert (third["properties"]["bikes"], third["properties"]["note"]) == (2**60, None)
    assert len({one["id"] for one in whole["features"]}) == 3


async def test_csv_is_that_of_rfc_4180_with_points_in_two_columns(velo: Callers):
    answer = await velo.reader.get(EXPORT, params={"f": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    content = answer.content.decode()
    assert content.count("\r\n") == content.count("\n") == len(RECORDS) + 2  # one of them in a text
    heading, *rows = csv.reader(io.StringIO(content, newline=""))
    assert heading == ["station", "at", "bikes", "note", "charge", "open", "since", "longitude", "latitude"]
    assert ["A", AT, "3", ODD, "0.1", "true", "2024-02-29", "3.07", "50.63"] in rows
    assert ["B, C", AT, str(2**60), "", "", "false", "", "-3.5", "50.123456789"] in rows


async def test_parquet_is_read_back_with_types_units_geometries_and_bounds(velo: Callers):
    answer = await velo.reader.get(EXPORT, params={"f": "parquet"}, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    file = pq.ParquetFile(io.BytesIO(answer.content))
    assert file.schema_arrow.field("charge").metadata == {b"title": b"Charge", b"unit": b"%"}
    geo = json.loads(file.metadata.metadata[b"geo"])
    assert geo["columns"]["geometry"]["bbox"] == [-3.5, 50.123456789, 3.07, 50.63]
    table = pd.read_parquet(io.BytesIO(answer.content)).sort_values("bikes")
    assert list(table["bikes"]) == [3, 4, 2**60]
    assert table["at"].iloc[1] == datetime(2026, 1, 15, 17, 31, 0, 250_000, UTC)
    assert list(table["note"].iloc[:2]) == [ODD, ""]
    assert pd.isna(table["note"].iloc[2])
    assert (table["since"].iloc[0], table["open"].iloc[2]) == (date(2024, 2, 29), False)
    assert [shapely.from_wkb(one).wkt for one in table["geometry"]][2] == "POINT (-3.5 50.123456789)"
    assert table["bbox"].iloc[2] == {"xmin": -3.5, "ymin": 50.123456789, "xmax": -3.5, "ymax": 50.123456789}


@pytest.mark.parametrize("filled", [True, False], ids=["records", "none"])
async def test_the_judge_of_geoparquet_finds_nothing_wrong(
    callers: Callers, settings: Settings, tmp_path: Path, *, filled: bool
):
    await callers.ilevia.post("/v1/datasets", json={**VELO, "fields": FIELDS})
    if filled:
        await callers.ilevia.post("/v1/datasets/velo/records", json=RECORDS)
    file = tmp_path / "velo.parquet"
    file.write_bytes((await callers.reader.get(EXPORT, params={"f": "parquet"})).content)
    program = environment("geoparquet-validator", settings).with_name("geoparquet-validator")
    judged = await asyncio.create_subprocess_exec(program, "check", "--json", file, stdout=asyncio.subprocess.PIPE)
    said, _ = await judged.communicate()
    assert judged.returncode == 0, said.decode()
    assert f"{len(RECORDS) if filled else 0} values decoded" in said.decode()


async def test_what_has_no_geometry_is_a_plain_table(callers: Callers):
    assert (await callers.ilevia.post("/v1/datasets", json=PARKS)).status_code == 201
    records = [{"park": "", "places": None}, {"park": "Opéra", "places": 3}]
    await callers.ilevia.post("/v1/datasets/parks/records", json=records)
    answers = {
        form: await callers.reader.get("/v1/datasets/parks/export", params={"f": form})
        for form in ("geojson", "csv", "parquet")
    }
    assert sorted(answers["csv"].text.splitlines()) == ['"",', "Opéra,3", "park,places"]
    assert [one["geometry"] for one in answers["geojson"].json()["features"]] == [None, None]
    file = pq.ParquetFile(io.BytesIO(answers["parquet"].content))
    assert b"geo" not in (file.metadata.metadata or {})
    assert sorted(file.read().to_pylist(), key=lambda row: row["park"]) == records


async def test_what_a_reader_has_seen_is_not_sent_again_until_it_changes(velo: Callers):
    first = await velo.reader.get(EXPORT, params={"f": "csv"})
    seen = {"If-None-Match": first.headers["etag"]}
    same = await velo.reader.get(EXPORT, params={"f": "csv"}, headers=seen)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await velo.reader.get(EXPORT, params={"f": "geojson"}, headers=seen)).status_code == 200
    plain = await velo.reader.get(EXPORT, params={"f": "csv"}, headers={"Accept-Encoding": "identity"} | seen)
    assert plain.status_code == 200  # other bytes, another tag
    await velo.ilevia.post("/v1/datasets/velo/records", json=[bike("D", AT, 1)])
    changed = await velo.reader.get(EXPORT, params={"f": "csv"}, headers=seen)
    assert (changed.status_code, b"\r\nD," in changed.content) == (200, True)


async def test_a_reader_says_whether_it_wants_it_packed(velo: Callers):
    async with velo.reader.stream("GET", EXPORT, params={"f": "csv"}, headers={"Accept-Encoding": "gzip"}) as packed:
        content = b"".join([part async for part in packed.aiter_raw()])
    plain = await velo.reader.get(EXPORT, params={"f": "csv"}, headers={"Accept-Encoding": "identity"})
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert gzip.decompress(content) == plain.content


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"station": "A"}, 2),
        ({"latest": "true"}, 2),
        ({"bbox": "3,50,4,51"}, 2),
        ({"datetime": f"{AT}/.."}, 3),
        ({"datetime": AT}, 2),
        ({"filter": "bikes > 3 AND station = 'A'"}, 1),
        ({"station": "nobody"}, 0),
    ],
)
async def test_some_records_are_asked_for_as_of_items(velo: Callers, asked: dict[str, str], count: int):
    answer = (await velo.reader.get(EXPORT, params={"f": "geojson"} | asked)).json()
    assert (answer["numberReturned"], len(answer["features"])) == (count, count)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 422, "request_invalid"),
        ({"f": "xlsx"}, 422, "request_invalid"),
        ({"f": "csv", "version": "2"}, 404, "collection_unknown"),
        ({"f": "csv", "limit": "3"}, 422, "parameter_unknown"),
        ({"f": "csv", "bikes": "many"}, 422, "parameter_invalid"),
    ],
)
async def test_what_cannot_be_given_is_refused(velo: Callers, asked: dict[str, str], status: int, code: str):
    answer = await velo.reader.get(EXPORT, params=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_is_private_leaves_only_for_those_who_may_read_it(velo: Callers):
    for other in (velo.stranger, velo.lille):
        assert (await other.get(EXPORT, params={"f": "csv"})).status_code == 404


async def test_nothing_is_left_of_an_old_shape_but_its_names(velo: Callers):
    renamed = [one | ({"name": "free"} if one["name"] == "bikes" else {}) for one in FIELDS]
    shape = {name: VELO[name] for name in ("key_fields", "time_field", "geometry_type")}
    opened = {"fields": renamed, "renamed": {"bikes": "free"}, "sunset_at": "2029-01-01T00:00:00Z"}
    assert (await velo.ilevia.post("/v1/datasets/velo/versions", json=shape | opened)).status_code == 201
    old = await velo.reader.get(EXPORT, params={"f": "csv", "version": 1})
    new = await velo.reader.get(EXPORT, params={"f": "csv"})
    assert old.text.replace("bikes", "free", 1) == new.text
    assert (old.headers["sunset"], "sunset" in new.headers) == ("Mon, 01 Jan 2029 00:00:00 GMT", False)
    assert '/enjoy/ogc/collections/velo.v2>; rel="successor-version"' in old.headers["link"]
    assert old.headers["content-disposition"].endswith('"velo.v1.csv"')


async def test_links_of_a_collection_lead_to_its_files(velo: Callers):
    async with await connect(velo.url, Role.ENJOY_READ) as connection:
        await act_for(connection, [1])  # the first organisation of all, who published it
        published = await find_published(connection, "velo")
    assert published is not None
    links = files_below("http://somel.test/enjoy", published, 1)
    assert [media.partition(";")[0] for _, media, _ in links] == [
        "application/geo+json",
        "text/csv",
        "application/vnd.apache.parquet",
    ]
    collection = (await velo.reader.get("/ogc/collections/velo")).json()
    enclosures = [(one["href"], one["type"], one["title"]) for one in collection["links"] if one["rel"] == "enclosure"]
    assert [address for address, *_ in enclosures] == [address for address, *_ in links]
    for address, media, _ in links:
        answer = await velo.reader.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
