"""Parquet and GeoParquet become records."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from core.errors import InputError
from enjoy.files import columns
from enjoy.files.columns import read_parquet
from enjoy.records import check_records
from tests.enjoy.stations import BIKES, CAR_PARKS

AT = datetime(2026, 1, 15, 17, 30, tzinfo=UTC)
HERE = shapely.to_wkb(shapely.Point(3.07, 50.63))


def bikes(unit: str = "us", zone: str | None = "UTC", geometry: object = HERE) -> pa.Table:
    return pa.table(
        {
            "station": ["A", "B"],
            "at": pa.array([AT, AT], pa.timestamp(unit, zone)),
            "bikes": pa.array([3, None], pa.int16()),
            "geometry": pa.array([HERE, geometry], pa.binary()),
        }
    )


def geo(**changes: object) -> dict[bytes, bytes]:
    column = {"encoding": "WKB", "geometry_types": ["Point"]} | changes
    return {b"geo": json.dumps({"primary_column": "geometry", "columns": {"geometry": column}}).encode()}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    "metadata", [None, geo(), geo(crs=None), geo(crs={"id": {"authority": "OGC", "code": "CRS84"}})]
)
def test_rows_are_read_with_their_times_and_geometries(tmp_path, unit, metadata):
    path = tmp_path / "file.parquet"
    pq.write_table(bikes(unit).replace_schema_metadata(metadata), path)
    checked = check_records(BIKES, read_parquet(path, BIKES))
    assert [row[:3] for row in checked.rows] == [("A", AT, 3)]
    assert [(one.row, one.field, one.code) for one in checked.refusals] == [(2, "bikes", "value_missing")]


def test_a_time_without_a_zone_and_a_geometry_that_is_none_are_refused_with_their_rows(tmp_path):
    path = tmp_path / "file.parquet"
    pq.write_table(bikes(zone=None, geometry=b"here"), path)
    refusals = check_records(BIKES, read_parquet(path, BIKES)).refusals
    assert [one.code for one in refusals] == ["time_zone_missing", "geometry_malformed"]


def test_days_and_decimals_are_read_as_the_contract_has_them(tmp_path):
    path = tmp_path / "file.parquet"
    table = pa.table(
        {"park": ["a"], "places": pa.array([Decimal("12.00")], pa.decimal128(8, 2)), "opened": [date(2026, 1, 15)]}
    )
    pq.write_table(table, path)
    assert check_records(CAR_PARKS, read_parquet(path, CAR_PARKS)).rows == [("a", 12, date(2026, 1, 15), None)]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        (geo(encoding="point"), "file_unreadable"),
        (geo(crs={"id": {"authority": "EPSG", "code": 2154}}), "crs_unsupported"),
        ({b"geo": b"{"}, "file_unreadable"),
        ({b"geo": b'{"primary_column": "nothing", "columns": {}}'}, "file_unreadable"),
    ],
)
def test_geometries_of_another_kind_are_refused(tmp_path, metadata, code):
    path = tmp_path / "file.parquet"
    pq.write_table(bikes().replace_schema_metadata(metadata), path)
    with pytest.raises(InputError, match=code):
        list(read_parquet(path, BIKES))


def test_what_is_no_parquet_or_would_be_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "file.parquet"
    path.write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(InputError, match="file_unreadable"):
        list(read_parquet(path, BIKES))
    pq.write_table(bikes(), path)
    monkeypatch.setattr(columns, "MOST_UNPACKED", 10)
    with pytest.raises(InputError, match="unpacked"):
        list(read_parquet(path, BIKES))
