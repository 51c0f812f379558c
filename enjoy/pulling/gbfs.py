"""GBFS 2 and 3: stations with their status, from the discovery file of a feed.

Versions call things differently; here they have one name each, that mappings may use beside those of the feed:
``station_id``, ``name``, ``lon``, ``lat``, ``capacity``, ``bikes``, ``docks``, ``state`` and ``last_reported``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from core.datasets import Contract
from core.errors import InputError
from enjoy.pulling.mapping import SourceMapping, value_at

INFORMATION: Final = "station_information"
STATUS: Final = "station_status"


@dataclass(frozen=True, slots=True)
class Feeds:
    """Name where stations and their status are."""

    information: str
    status: str


def feeds_of(discovery: object) -> Feeds:
    """Return the feeds that a discovery file names: of version 3 at once, of version 2 in its first language.

    Raises
    ------
    InputError
        ``source_malformed``.
    """
    data = value_at(discovery, "data")
    listed = value_at(data, "feeds")
    if listed is None and isinstance(data, Mapping):
        listed = next((one["feeds"] for one in data.values() if isinstance(one, Mapping) and "feeds" in one), None)
    feeds = listed if isinstance(listed, list) else []
    found = {str(value_at(one, "name")): value_at(one, "url") for one in feeds}
    information, status = found.get(INFORMATION), found.get(STATUS)
    if not isinstance(information, str) or not isinstance(status, str):
        message = f"The discovery file names no {INFORMATION} and {STATUS}."
        raise InputError("source_malformed", message)
    return Feeds(information, status)


def stations_of(information: object, status: object) -> list[dict[str, Any]]:
    """Return stations joined with their status, in the order of the latter; those of one file alone are left out.

    Raises
    ------
    InputError
        ``source_malformed``.
    """
    known = {str(value_at(one, "station_id")): one for one in _listed(information)}
    return [
        _station(known[str(value_at(one, "station_id"))], one)
        for one in _listed(status)
        if str(value_at(one, "station_id")) in known
    ]


def with_defaults(mapping: SourceMapping, contract: Contract) -> SourceMapping:
    """Return a mapping in which the time of a record is when its station last reported, if nothing else was said."""
    time = contract.time_field
    if time is None or time in mapping.fields or time in mapping.constants:
        return mapping
    return replace(mapping, fields={**mapping.fields, time: "last_reported"})


def _listed(document: object) -> Iterator[Mapping[str, Any]]:
    stations = value_at(document, "data.stations")
    if not isinstance(stations, list):
        raise InputError("source_malformed", "The feed has no stations.")
    return (one for one in stations if isinstance(one, Mapping))


def _station(information: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    name = information.get("name")
    if isinstance(name, list):  # version 3: a text for each language
        name = value_at(name, "0.text")
    bikes = status.get("num_bikes_available", status.get("num_vehicles_available"))
    return {
        **information,
        **status,
        "name": name,
        "bikes": bikes,
        "docks": status.get("num_docks_available"),
        "state": _state(status),
    }


def _state(status: Mapping[str, Any]) -> str:
    """Return whether a station is not there, closed, or for taking, for giving back, or for both."""
    if not status.get("is_installed", True):
        return "removed"
    renting, returning = bool(status.get("is_renting", True)), bool(status.get("is_returning", True))
    if renting and returning:
        return "open"
    return "renting only" if renting else "returning only" if returning else "closed"
