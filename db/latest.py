"""Reads of the newest values of a usage point and of a place."""

from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.load import PlaceSlot
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("latest")


@dataclass(frozen=True, slots=True)
class LatestValue:
    """Hold the newest value of one register; `step_s` is None for anything but an interval, which `at` starts."""

    register: str
    unit: str
    at: datetime
    step_s: int | None
    value: float
    quality: int
    known_at: datetime


async def usage_point_latest(connection: Connection, usage_point_id: int) -> list[LatestValue]:
    """Return the newest value of each register that a usage point has sent."""
    return await all_rows(connection, LatestValue, _SQL["usage_point_latest"], {"usage_point_id": usage_point_id})


async def place_latest(connection: Connection, place_id: int) -> PlaceSlot | None:
    """Return the newest slot of a place with at least 90 % of the usage points of its fullest of the last 48."""
    return await one_row(connection, PlaceSlot, _SQL["place_latest"], {"place_id": place_id})
