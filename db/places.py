"""Reads of the territory: places, their particulars and neighbours, communes, usage points."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row
from db.statements import statements

_SQL = statements("places")

#: Below every key that a usage point can have.
LOWEST_KEY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Place:
    """Name a place and its newest nearly whole slot of load; the latter is None before any reading."""

    place_id: int
    level: str
    code: str
    name: str
    latest_start_at: datetime | None
    latest_load_w: float | None
    latest_usage_point_count: int | None


@dataclass(frozen=True, slots=True)
class PlaceDetail:
    """Describe a place: ratings where its level has them, and its geometry as GeoJSON (WGS 84)."""

    place_id: int
    level: str
    code: str
    name: str
    population: int | None
    nominal_voltage_v: int | None
    rated_va: int | None
    usage_point_count: int
    has_forecast: bool
    geometry: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PlaceName:
    """Name a place."""

    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Commune:
    """Describe a commune with its boundary, or its centroid until a boundary is loaded, as GeoJSON (WGS 84)."""

    insee_code: str
    name: str
    population: int
    has_boundary: bool
    geometry: dict[str, Any]
    centroid_lon: float
    centroid_lat: float


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """Describe a place of supply by its pseudonym."""

    usage_point_key: UUID
    power_transformer_code: str
    subscribed_va: int
    tariff: str
    category: str
    interval_step_s: int


async def list_places(
    connection: Connection,
    *,
    limit: int,
    level: str | None = None,
    within_id: int | None = None,
    after: tuple[str, str] = ("", ""),
) -> list[Place]:
    """Return up to `limit` places after the (level, code) `after`, in that order.

    Parameters
    ----------
    connection : Connection
        Any role that reads the territory.
    limit : int
        Most rows to return.
    level : str, optional
        Only places of this level.
    within_id : int, optional
        Only the places directly below this one.
    after : tuple of str
        Level and code of the last place already seen.
    """
    parameters = {
        "level": level,
        "within_id": within_id,
        "after_level": after[0],
        "after_code": after[1],
        "limit": limit,
    }
    return await all_rows(connection, Place, _SQL["list_places"], parameters)


async def find_place_id(connection: Connection, level: str, code: str) -> int | None:
    """Return the key of a place, or None when there is none of that level and code."""
    return await one_integer(connection, _SQL["find_place_id"], {"level": level, "code": code})


async def find_place(connection: Connection, level: str, code: str) -> PlaceDetail | None:
    """Return a place's particulars, or None when there is none of that level and code."""
    return await one_row(connection, PlaceDetail, _SQL["find_place"], {"level": level, "code": code})


async def parents_of(connection: Connection, place_id: int) -> list[PlaceName]:
    """Return the places directly above one: of a transformer, its feeder and its commune."""
    return await all_rows(connection, PlaceName, _SQL["parents_of"], {"place_id": place_id})


async def communes(connection: Connection) -> list[Commune]:
    """Return all communes in the order of their INSEE codes."""
    return await all_rows(connection, Commune, _SQL["communes"])


async def usage_points(
    connection: Connection, *, limit: int, place_id: int | None = None, after: UUID = LOWEST_KEY
) -> list[UsagePoint]:
    """Return up to `limit` usage points supplied in a place, or anywhere, with keys above `after`, in their order."""
    parameters = {"place_id": place_id, "after": after, "limit": limit}
    return await all_rows(connection, UsagePoint, _SQL["usage_points"], parameters)
