"""CSV as people's tools write it becomes records; what is wrong with a row stays with the row."""

from pathlib import Path

import pytest

from core.errors import InputError
from enjoy.files.separated import read_csv
from enjoy.records import check_records
from tests.enjoy.stations import BIKES, CAR_PARKS

HEADER = "station,at,bikes,longitude,latitude"
ROW = "A,2026-01-15T18:30:00Z,3,3.07,50.63"


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimiters_byte_order_marks_and_line_ends_are_found_out(tmp_path, delimiter, encoding, ending):
    text = ending.join([HEADER, ROW, "", "B,2026-01-15T18:30:00Z,4,3.07,50.63"]).replace(",", delimiter)
    checked = check_records(BIKES, read_csv(written(tmp_path, text, encoding), BIKES), as_text=True)
    assert [(row[0], row[2]) for row in checked.rows] == [("A", 3), ("B", 4)]
    assert checked.refusals == []


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("lon,lat", "3.07,50.63"),
        ("geometry", "POINT (3.07 50.63)"),
        ("geometry", "SRID=4326;POINT (3.07 50.63)"),
        ("X,Y", "3.07,50.63"),
    ],
)
def test_geometry_is_longitude_and_latitude_or_wkt(tmp_path, header, place):
    text = f"station,at,bikes,{header}\nA,2026-01-15T18:30:00Z,3,{place}\n"
    checked = check_records(BIKES, read_csv(written(tmp_path, text), BIKES), as_text=True)
    assert len(checked.rows) == 1


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("A,2026-01-15T18:30:00Z,3,3.07", None, "row_length"),
        ("A,2026-01-15T18:30:00Z,3,west,50.63", "geometry", "geometry_malformed"),
        ("A,2026-01-15T18:30:00Z,3,,", "geometry", "geometry_missing"),
        ("A,2026-01-15T18:30:00Z,three,3.07,50.63", "bikes", "value_type"),
        (",2026-01-15T18:30:00Z,3,3.07,50.63", "station", "value_missing"),
    ],
)
def test_a_row_that_is_wrong_is_refused_beside_those_that_are_right(tmp_path, row, field, code):
    text = f"{HEADER}\n{ROW}\n{row}\n{ROW}"
    checked = check_records(BIKES, read_csv(written(tmp_path, text), BIKES), as_text=True)
    (refusal,) = checked.refusals
    assert (refusal.row, refusal.field, refusal.code) == (2, field, code)
    assert refusal.content
    assert checked.numbers == [1, 3]


def test_a_wkt_that_cannot_be_read_is_refused_with_its_row(tmp_path):
    text = "station,at,bikes,geometry\nA,2026-01-15T18:30:00Z,3,here\n"
    (refusal,) = check_records(BIKES, read_csv(written(tmp_path, text), BIKES), as_text=True).refusals
    assert (refusal.field, refusal.code) == ("geometry", "geometry_malformed")


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        ("station,at,bikes,longitude,latitude,colour", "colour"),
        ("station,at,longitude,latitude", "bikes"),
        ("station,at,bikes", "geometry"),
        ("station,station,at,bikes,geometry", "station"),
    ],
)
def test_a_header_that_is_not_the_contracts_is_refused_with_the_columns(tmp_path, header, wrong):
    with pytest.raises(InputError, match="columns_invalid") as refused:
        list(read_csv(written(tmp_path, f"{header}\n"), BIKES))
    problems = refused.value.context["problems"]
    assert isinstance(problems, dict)
    assert wrong in problems


@pytest.mark.parametrize("content", [b"park,places\n\xe9,1\n", b'park,places\n"a,1\n', b"\xff\xfe\x00\x00"])
def test_what_is_no_csv_in_utf_8_is_refused_as_a_whole(tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"file_unreadable|columns_invalid"):
        list(read_csv(path, CAR_PARKS))
