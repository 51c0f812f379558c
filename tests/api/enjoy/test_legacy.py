"""Applications that read V'lille as it was told before Enjoy read it still."""

from typing import Any

import pytest

from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.judged import declared, posted, write

SEARCH = "/api/records/1.0/search/"
FIELDS: list[dict[str, Any]] = [
    {"name": "station_id", "type": "text", "title": "Station", "is_required": True},
    {"name": "at", "type": "timestamp", "title": "When", "is_required": True},
    {"name": "name", "type": "text", "title": "Name"},
    {"name": "bikes", "type": "integer", "title": "Bicycles"},
    {"name": "docks", "type": "integer", "title": "Docks"},
    {"name": "state", "type": "text", "title": "State"},
]


async def searched(callers: Callers, **asked: Any) -> dict[str, Any]:
    parameters = {name.replace("__", "."): value for name, value in asked.items()}
    answer = await callers.stranger.get(SEARCH, params={"dataset": "vlille-realtime", **parameters})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def station(number: int, name: str, bikes: int, longitude: float, **more: Any) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [longitude, 50.632366]}
    told = {"station_id": str(number), "at": "2026-01-08T15:31:09Z", "name": name, "bikes": bikes, "geometry": place}
    return told | {"docks": 18, "state": "open"} | more


@pytest.fixture
async def stations(callers: Callers) -> Callers:
    """Publish four records of three stations."""
    shape = {"key_fields": ["station_id"], "time_field": "at", "geometry_type": "Point"}
    await posted(callers.ilevia, "/v1/datasets", declared("vlille", FIELDS, **shape))
    told = [
        station(8, "Place Richebe", 14, 3.062313),
        station(8, "Place Richebe", 3, 3.062313, at="2026-01-08T15:30:09Z"),
        station(12, "Opera", 15, 3.065902),
        station(19, "Gare", 0, 3.09, state="closed", docks=None),
    ]
    await write(callers.ilevia, "vlille", told)
    return callers


async def test_what_was_told_of_a_station_is_told_still(stations: Callers):
    told = await searched(stations, q="richebe", facet=["etat", "libelle"])
    assert (told["nhits"], told["parameters"]["facet"]) == (1, ["etat", "libelle"])
    assert told["facet_groups"][0] == {
        "name": "etat",
        "facets": [{"name": "EN SERVICE", "path": "EN SERVICE", "count": 1, "state": "displayed"}],
    }
    (record,) = told["records"]
    assert record["fields"] == {
        "libelle": 8,
        "nom": "PLACE RICHEBE",
        "etat": "EN SERVICE",
        "etatconnexion": "CONNECTED",
        "nbvelosdispo": 14,
        "nbplacesdispo": 18,
        "datemiseajour": "2026-01-08T16:31:09+01:00",
        "geo": [50.632366, 3.062313],
        "localisation": [50.632366, 3.062313],
    }
    assert record["datasetid"] == "vlille-realtime"
    assert len(record["recordid"]) == 40
    assert record["geometry"]["coordinates"] == [3.062313, 50.632366]
    (record,) = (await searched(stations, timezone="UTC", rows=1))["records"]
    assert record["fields"]["datemiseajour"][-6:] == "+00:00"


async def test_stations_are_sorted_refined_and_paged_as_before(stations: Callers):
    async def numbers(**asked: Any) -> list[int]:
        return [one["fields"]["libelle"] for one in (await searched(stations, **asked))["records"]]

    assert await numbers(sort="nbvelosdispo") == [12, 8, 19]
    assert await numbers(sort="-nom", rows=2) == [19, 12]
    assert (await numbers(sort="nbplacesdispo", rows=-1))[-1] == 19
    assert await numbers(refine__etat="HORS SERVICE") == [19]
    assert await numbers(rows=1, start=1) == (await numbers())[1:2]
    assert await numbers(geofilter__distance="50.632366,3.0658,500") == [12, 8]


async def test_what_cannot_be_understood_is_refused_and_what_is_known_not_sent_again(stations: Callers):
    feed = {"dataset": "vlille-realtime"}
    for wrong in ({"rows": "x"}, {"geofilter.distance": "x"}):
        answer = await stations.stranger.get(SEARCH, params={**feed, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "parameter_invalid")
    known = {"If-None-Match": (await stations.stranger.get(SEARCH, params=feed)).headers["etag"]}
    assert (await stations.stranger.get(SEARCH, params=feed, headers=known)).status_code == 304


async def test_a_feed_that_is_not_there_is_not_found(callers: Callers):
    for asked, code in (
        ({}, "feed_unknown"),
        ({"dataset": "x"}, "feed_unknown"),
        ({"dataset": "vlille-realtime"}, "collection_unknown"),
    ):
        answer = await callers.stranger.get(SEARCH, params=asked)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
