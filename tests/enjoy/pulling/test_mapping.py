"""Items of any JSON become records by the paths of their values."""

from datetime import UTC, datetime

import pytest

from core.errors import InputError
from enjoy.pulling.mapping import SourceMapping, items_of, records_of
from enjoy.records import check_records
from tests.enjoy.stations import BIKES, CAR_PARKS, point

NOW = datetime(2026, 1, 15, 17, 30, tzinfo=UTC)
DOCUMENT = {
    "updated": 1_768_498_200,
    "result": {"rows": [{"id": 7, "free": {"now": [3, 4]}, "where": {"x": 3.07, "y": "50.63"}, "charge": None}]},
}
MAPPING = SourceMapping(
    items="result.rows",
    fields={"station": "id", "at": "$.updated", "bikes": "free.now.1"},
    constants={"open": True},
    longitude="where.x",
    latitude="where.y",
)


def test_values_are_found_by_their_paths():
    records = records_of(items_of(DOCUMENT, MAPPING), DOCUMENT, MAPPING, BIKES, pulled_at=NOW)
    assert records == [
        {
            "station": "7",
            "at": "2026-01-15T17:30:00+00:00",
            "bikes": 4,
            "charge": None,
            "open": True,
            "geometry": {"type": "Point", "coordinates": [3.07, 50.63]},
        }
    ]
    assert check_records(BIKES, records).refusals == []


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1_768_498_200, "2026-01-15T17:30:00+00:00"),
        (1_768_498_200_000, "2026-01-15T17:30:00+00:00"),
        (1_768_498_200.5, "2026-01-15T17:30:00.500000+00:00"),
        ("2026-01-15T17:30:00Z", "2026-01-15T17:30:00Z"),
        (True, True),
        (1e300, 1e300),
        (None, NOW.isoformat()),
    ],
)
def test_times_are_texts_or_posix_ones_and_else_when_it_was_pulled(given, read):
    items = [{"station": "A", "at": given, "bikes": 1}]
    (record,) = records_of(items, items, SourceMapping(), BIKES, pulled_at=NOW)
    assert record["at"] == read
    (named,) = records_of(items, items, SourceMapping(fields={"at": "nothing"}), BIKES, pulled_at=NOW)
    assert named["at"] is None  # who names a path wants what is there


def test_geometry_may_be_geojson_and_may_be_missing():
    items = [{"place": point(3.0, 50.0)}, {}, {"lon": "west", "lat": 50}]
    with_path = records_of(items, items, SourceMapping(geometry="place"), BIKES, pulled_at=NOW)
    assert [one["geometry"] for one in with_path] == [point(3.0, 50.0), None, None]
    by_names = records_of(items, items, SourceMapping(), BIKES, pulled_at=NOW)
    assert by_names[2]["geometry"] == {"type": "Point", "coordinates": ["west", 50]}
    assert "geometry" not in records_of(items, items, SourceMapping(), CAR_PARKS, pulled_at=NOW)[0]


def test_a_document_without_the_list_and_a_mapping_of_other_fields_are_refused():
    for mapping in (SourceMapping(items="result"), SourceMapping(items="result.rows.9"), SourceMapping()):
        with pytest.raises(InputError, match="source_malformed"):
            items_of(DOCUMENT, mapping)
    for wrong in (SourceMapping(fields={"colour": "c"}), SourceMapping(fields={"park": "p"}, constants={"park": "x"})):
        with pytest.raises(InputError, match="mapping_invalid"):
            wrong.check(CAR_PARKS)


def test_a_mapping_is_stored_and_read_again():
    assert SourceMapping.of(MAPPING.stored()) == MAPPING
