"""Feeds of both versions are understood, and what is none is refused."""

import pytest

from core.errors import InputError
from enjoy.pulling.gbfs import Feeds, feeds_of, stations_of, with_defaults
from enjoy.pulling.mapping import SourceMapping
from tests.enjoy.stations import BIKES, CAR_PARKS

FEEDS = [{"name": "station_information", "url": "http://i/"}, {"name": "station_status", "url": "http://s/"}]


@pytest.mark.parametrize("data", [{"feeds": FEEDS}, {"fr": {"feeds": FEEDS}}, {"x": 1, "en": {"feeds": FEEDS}}])
def test_feeds_are_found_in_both_versions(data):
    assert feeds_of({"data": data}) == Feeds("http://i/", "http://s/")


@pytest.mark.parametrize("data", [None, 1, {"feeds": FEEDS[:1]}, {"fr": {"feeds": 7}}, {"feeds": "none"}])
def test_a_discovery_file_without_stations_is_refused(data):
    with pytest.raises(InputError, match="source_malformed"):
        feeds_of({"data": data})


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({}, "open"),
        ({"is_renting": True, "is_returning": False}, "renting only"),
        ({"is_renting": 0, "is_returning": 1}, "returning only"),
        ({"is_renting": False, "is_returning": False}, "closed"),
        ({"is_installed": False}, "removed"),
    ],
)
def test_the_state_of_a_station_is_one_word(status, state):
    known = {"data": {"stations": [{"station_id": 1, "name": "A"}]}}
    (station,) = stations_of(known, {"data": {"stations": [{"station_id": "1", **status}, {"station_id": "2"}, None]}})
    assert (station["state"], station["name"]) == (state, "A")
    with pytest.raises(InputError, match="source_malformed"):
        stations_of(known, {"data": {}})


def test_the_time_of_a_record_is_when_its_station_reported_unless_something_else_is_said():
    assert with_defaults(SourceMapping(), BIKES).fields == {"at": "last_reported"}
    said = SourceMapping(fields={"at": "$.last_updated"})
    assert with_defaults(said, BIKES) is said
    assert with_defaults(SourceMapping(), CAR_PARKS) == SourceMapping()
