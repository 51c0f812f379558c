"""Datasets that judges read: bicycles by station and minute, and car parks that are nowhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.api.enjoy.conftest import Callers

START = datetime(2026, 1, 1, tzinfo=UTC)
STATIONS = 40
MINUTES = 30
BIKES_FIELDS: list[dict[str, Any]] = [
    {"name": "station", "type": "text", "title": "Station", "is_required": True},
    {"name": "at", "type": "timestamp", "title": "When", "is_required": True},
    {"name": "bikes", "type": "integer", "title": "Bicycles", "unit": "1", "is_required": True},
    {"name": "charge", "type": "number", "title": "Mean charge", "unit": "%"},
    {"name": "open", "type": "boolean", "title": "Whether it is open"},
]
PARKS_FIELDS: list[dict[str, Any]] = [
    {"name": "park", "type": "text", "title": "Car park", "is_required": True},
    {"name": "places", "type": "integer", "title": "Places", "is_required": True},
    {"name": "opened", "type": "date", "title": "Day of opening"},
]
SAID = {
    "description": "Counted every minute.",
    "licence": "etalab-2.0",
    "theme": "TRAN",
    "keywords": ["bike"],
    "openness": "open",
}


def declared(name: str, fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name.title(), **SAID, "fields": fields, **more}


def bikes(stations: int = STATIONS, minutes: int = MINUTES) -> list[dict[str, Any]]:
    """Return minutes of stations on a grid around Lille."""
    return [
        {
            "station": f"S{station:03}",
            "at": (START + timedelta(minutes=minute)).isoformat(),
            "bikes": (station * 7 + minute) % 20,
            "charge": None if station % 3 else minute + 0.5,
            "open": station % 5 != 0,
            "geometry": {"type": "Point", "coordinates": [3.0 + station % 8 * 0.01, 50.6 + station // 8 * 0.01]},
        }
        for minute in range(minutes)
        for station in range(stations)
    ]


async def posted(client: httpx.AsyncClient, path: str, content: Any) -> dict[str, Any]:
    answer = await client.post(path, json=content)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def write(client: httpx.AsyncClient, name: str, records: list[dict[str, Any]]) -> None:
    for first in range(0, len(records), 250):
        told = await posted(client, f"/v1/datasets/{name}/records", records[first : first + 250])
        assert told["refused_count"] == 0


async def publish_bikes(callers: Callers, *, stations: int = STATIONS, minutes: int = MINUTES) -> None:
    shape = {"key_fields": ["station"], "time_field": "at", "geometry_type": "Point"}
    await posted(callers.ilevia, "/v1/datasets", declared("velo", BIKES_FIELDS, **shape))
    await write(callers.ilevia, "velo", bikes(stations, minutes))


async def publish_parks(callers: Callers, name: str = "parks", openness: str = "open") -> None:
    await posted(
        callers.ilevia, "/v1/datasets", declared(name, PARKS_FIELDS, key_fields=["park"]) | {"openness": openness}
    )
    parks = [{"park": f"P {place}/{place}", "places": place, "opened": "2020-02-29"} for place in range(12)]
    await write(callers.ilevia, name, parks)
