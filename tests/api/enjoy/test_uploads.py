"""Files are uploaded over the API: good rows are kept, bad ones told, and the report is found again."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api import limits
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.enjoy.files.test_columns import HERE
from tests.enjoy.stations import bike

UPLOADS = "/v1/datasets/velo/uploads"
CSV = {"Content-Type": "text/csv; charset=utf-8"}
LINES = ["station;at;bikes;lon;lat", *(f"S{n};{AT};{n};3.07;50.63" for n in range(2_500))]


def table(*lines: str) -> bytes:
    return "\n".join(lines).encode("utf-8-sig")


async def test_a_file_is_written_and_its_report_kept(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    lines = [*LINES, f"S1;{AT};one;3.07;50.63", f"S9;{AT};9;3.07;93.0"]
    answer = await callers.ilevia.post(f"{UPLOADS}?filename=stations.csv", content=table(*lines), headers=CSV)
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert (report["rows"], report["inserted"], report["refused_count"]) == (2_502, 2_500, 2)
    assert (report["format"], report["name"], report["uploaded_by"]) == ("csv", "stations.csv", "key/ada")
    assert [(one["row"], one["field"], one["code"]) for one in report["refused"]] == [
        (2_501, "bikes", "value_type"),
        (2_502, "geometry", "geometry_range"),
    ]
    assert (await callers.ilevia.get(f"{UPLOADS}/{report['upload_id']}")).json() == report
    refused = (await callers.ilevia.get("/v1/datasets/velo/refused-records")).json()["items"]
    assert [(one["row_number"], one["source"]) for one in refused] == [
        (2_502, "upload/stations.csv"),
        (2_501, "upload/stations.csv"),
    ]
    again = await callers.ilevia.post(UPLOADS, content=table(*LINES), headers=CSV)
    assert (again.json()["inserted"], again.json()["unchanged"]) == (0, 2_500)
    page = (await callers.ilevia.get(f"{UPLOADS}?limit=1")).json()
    assert ([one["name"] for one in page["items"]], page["next"] is not None) == (["file"], True)
    following = (await callers.ilevia.get(page["next"].removeprefix("/enjoy"))).json()
    assert [one["name"] for one in following["items"]] == ["stations.csv"]
    assert "refused" not in following["items"][0]


async def test_geojson_and_parquet_are_taken_too(callers: Callers, tmp_path):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    record = bike("A", AT, 1)
    feature = {"type": "Feature", "geometry": record.pop("geometry"), "properties": record}
    collection = json.dumps({"type": "FeatureCollection", "features": [feature, {"type": "Feature"}]})
    for headers in ({"Content-Type": "application/geo+json"}, {"Content-Type": "application/octet-stream"}):
        report = (await callers.ilevia.post(UPLOADS, content=collection.encode(), headers=headers)).json()
        assert (report["format"], report["rows"], report["refused_count"]) == ("geojson", 2, 1)
    path = tmp_path / "velo.parquet"
    pq.write_table(pa.table({"station": ["B"], "at": [AT], "bikes": [2], "geometry": [HERE]}), path)
    report = (await callers.ilevia.post(UPLOADS, content=path.read_bytes())).json()
    assert (report["format"], report["inserted"], report["refused_count"]) == ("parquet", 1, 0)


async def test_a_dry_run_tells_what_would_become_of_the_rows_and_stores_none(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    content = table(*LINES[:11], "x")
    tried = (await callers.ilevia.post(f"{UPLOADS}?dry_run=true", content=content, headers=CSV)).json()
    assert (tried["inserted"], tried["refused_count"], tried["is_dry_run"]) == (10, 1, True)
    assert (await callers.ilevia.get("/v1/datasets/velo/refused-records")).json()["items"] == []
    assert (await callers.ilevia.get("/v1/datasets/velo")).json()["records_changed_at"] is None
    assert (await callers.ilevia.get(f"{UPLOADS}/{tried['upload_id']}")).json() == tried
    sandbox = (await callers.sandbox.post(UPLOADS, content=content, headers=CSV)).json()
    assert (sandbox["inserted"], sandbox["upload_id"]) == (10, None)
    assert len((await callers.ilevia.get(UPLOADS)).json()["items"]) == 1
    done = (await callers.ilevia.post(UPLOADS, content=content, headers=CSV)).json()
    assert done["inserted"] == 10


async def test_an_upload_with_a_key_is_done_once(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    headers = CSV | {"Idempotency-Key": "a"}
    first = await callers.ilevia.post(UPLOADS, content=table(*LINES[:5]), headers=headers)
    again = await callers.ilevia.post(UPLOADS, content=table(*LINES[:5]), headers=headers)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await callers.ilevia.post(UPLOADS, content=table(*LINES[:6]), headers=headers)
    assert other.json()["code"] == "idempotency_key_reused"
    assert len((await callers.ilevia.get(UPLOADS)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"nothing known", {}, "format_unknown"),
        (b"\xff\xfe", CSV, "file_unreadable"),
        (table(*LINES[:1_500]) + b"\n\xff", CSV, "file_unreadable"),
        (b"station,colour\n", CSV, "columns_invalid"),
        (b"{}", {"Content-Type": "application/geo+json"}, "file_unreadable"),
        (b"PAR1", {}, "file_unreadable"),
        (b"", CSV | {"Content-Encoding": "gzip"}, "encoding_unsupported"),
    ],
)
async def test_of_a_file_that_cannot_be_read_nothing_is_kept(callers: Callers, content, headers, code):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    answer = await callers.ilevia.post(UPLOADS, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert (await callers.ilevia.get("/v1/datasets/velo")).json()["records_changed_at"] is None
    assert (await callers.ilevia.get(UPLOADS)).json()["items"] == []


async def test_files_are_their_publishers_alone_and_bounded(callers: Callers, monkeypatch: pytest.MonkeyPatch):
    await callers.ilevia.post("/v1/datasets", json=VELO | {"openness": "open"})
    mine = (await callers.ilevia.post(UPLOADS, content=table(*LINES[:2]), headers=CSV)).json()["upload_id"]
    for method, path in (("POST", UPLOADS), ("GET", UPLOADS), ("GET", f"{UPLOADS}/{mine}")):
        for other, status in ((callers.lille, 403), (callers.reader, 403), (callers.stranger, 401)):
            assert (await other.request(method, path, headers=CSV, content=b"x")).status_code == status, (method, path)
    assert (await callers.ilevia.get(f"{UPLOADS}/99")).json()["code"] == "upload_unknown"
    monkeypatch.setattr(limits, "_LARGEST_AT", [(path, 100) for path, _ in limits._LARGEST_AT])
    assert (await callers.ilevia.post(UPLOADS, content=table(*LINES[:99]), headers=CSV)).status_code == 413
