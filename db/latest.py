"""Reads of the newest values of a usage point and of a place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection
from db.load import PlaceSlot, place_load
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("latest")
#: How far back a former newest slot is looked for, and how many slots that are.
_REACH_BACK: Final = timedelta(days=2)
_MOST_SLOTS: Final = 96
_FULLNESS: Final = 0.9


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


async def usage_point_latest(
    connection: Connection, usage_point_id: int, *, as_of: datetime | None = None
) -> list[LatestValue]:
    """Return the newest value of each register that a usage point has sent; with `as_of`, as known then."""
    asked = {"usage_point_id": usage_point_id, "as_of": as_of}
    return await all_rows(connection, LatestValue, _SQL["usage_point_latest"], asked)


async def place_latest(connection: Connection, place_id: int, *, as_of: datetime | None = None) -> PlaceSlot | None:
    """Return the newest slot of a place with at least 90 % of the usage points of its fullest of the last 48.

    Parameters
    ----------
    connection : Connection
        Any role that reads load.
    place_id : int
        Place.
    as_of : datetime, optional
        As known then, of the two days before; costs a pass over their readings.
    """
    if as_of is None:
        return await one_row(connection, PlaceSlot, _SQL["place_latest"], {"place_id": place_id})
    known = await place_load(connection, place_id, as_of - _REACH_BACK, as_of, limit=_MOST_SLOTS, as_of=as_of)
    day = known[-48:]
    fullest = max((slot.usage_point_count for slot in day), default=0)
    return next((slot for slot in reversed(day) if slot.usage_point_count >= _FULLNESS * fullest), None)
