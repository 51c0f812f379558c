"""Records that keep their contract become rows; others are refused with field and reason, and nothing else is lost."""

from datetime import UTC, datetime

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from enjoy.records import check_records, key_of
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, point

AT = "2026-01-15T18:30:00+01:00"


def test_values_are_read_as_the_contract_has_them():
    checked = check_records(BIKES, [bike("Rihour", AT, 3.0, charge=50, open=False)])
    ((station, at, bikes, charge, is_open, geometry),) = checked.rows
    assert (station, at) == ("Rihour", datetime(2026, 1, 15, 17, 30, tzinfo=UTC))
    assert (bikes, charge, is_open) == (3, 50.0, False)
    assert isinstance(bikes, int)
    assert shapely.from_wkb(geometry).coords[0] == (3.07, 50.63)
    assert key_of(BIKES, checked.rows[0]) == ("Rihour", at)


@pytest.mark.parametrize(
    ("record", "field", "code"),
    [
        (bike("Rihour", AT, "3"), "bikes", "value_type"),
        (bike("Rihour", AT, True), "bikes", "value_type"),
        (bike("Rihour", AT, 3.5), "bikes", "value_type"),
        (bike("Rihour", AT, 2**70), "bikes", "value_range"),
        (bike("Rihour", AT, None), "bikes", "value_missing"),
        (bike("Rihour", AT, 3, charge=float("nan")), "charge", "value_range"),
        (bike("Rihour", AT, 3, charge=10**400), "charge", "value_range"),
        (bike("Rihour", AT, 3, open="yes"), "open", "value_type"),
        (bike("Rihour", "2026-01-15T18:30:00", 3), "at", "time_zone_missing"),
        (bike("Rihour", "0001-01-01T00:00:00+14:00", 3), "at", "value_range"),
        (bike("Rihour", "yesterday", 3), "at", "value_type"),
        (bike("Ri\0hour", AT, 3), "station", "value_text"),
        (bike("Rihour", AT, 3, colour="red"), "colour", "field_unknown"),
        (bike("Rihour", AT, 3) | {"geometry": None}, "geometry", "geometry_missing"),
        (bike("Rihour", AT, 3) | {"geometry": point(50.63, 93.07)}, "geometry", "geometry_range"),
        (bike("Rihour", AT, 3) | {"geometry": {"type": "Point"}}, "geometry", "geometry_malformed"),
        (bike("Rihour", AT, 3) | {"geometry": "here"}, "geometry", "geometry_malformed"),
        (
            bike("Rihour", AT, 3) | {"geometry": {"type": "MultiPoint", "coordinates": [[3.0, 50.6]]}},
            "geometry",
            "geometry_type",
        ),
        ("Rihour", None, "record_malformed"),
        ({"type": "Feature", "geometry": None}, None, "record_malformed"),
    ],
)
def test_what_does_not_keep_the_contract_is_refused_by_field_and_reason_beside_what_does(record, field, code):
    checked = check_records(BIKES, [bike("A", AT, 1), record, bike("B", AT, 2)])
    (refusal,) = checked.refusals
    assert (refusal.row, refusal.field, refusal.code) == (2, field, code)
    assert refusal.reason.endswith(".")
    assert checked.numbers == [1, 3]


def test_a_feature_is_a_record_and_geometry_is_refused_where_the_contract_has_none():
    feature = {"type": "Feature", "properties": {"park": "Nouveau Siècle", "places": 7}, "geometry": None}
    checked = check_records(CAR_PARKS, [feature, {"park": "x", "places": 1, "geometry": point(3.0, 50.0)}])
    assert checked.rows == [("Nouveau Siècle", 7, None, None)]
    assert [one.code for one in checked.refusals] == ["geometry_unexpected"]


def test_texts_are_read_as_what_the_contract_says():
    given_rows = [
        {"park": "007", "places": "12", "opened": ""},
        {"park": "a", "places": "twelve"},
        {"park": "", "places": "1"},
    ]
    checked = check_records(CAR_PARKS, given_rows, as_text=True, first=2)
    assert checked.rows == [("007", 12, None, None)]
    assert [(one.row, one.field, one.code) for one in checked.refusals] == [
        (3, "places", "value_type"),
        (4, "park", "value_missing"),
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([AT, "2026-01-15"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(
        ANYTHING
        | st.fixed_dictionaries(
            {"station": ANYTHING, "at": ANYTHING, "bikes": ANYTHING, "geometry": ANYTHING | st.just(point(3.0, 50.6))}
        ),
        max_size=8,
    )
)
def test_whatever_comes_each_record_is_kept_or_refused(records):
    checked = check_records(BIKES, records)
    places = sorted([*checked.numbers, *(one.row for one in checked.refusals)])
    assert places == list(range(1, len(records) + 1))
    for row in checked.rows:
        assert len(row) == len(BIKES.fields) + 1
        assert row[1].tzinfo is UTC
