"""Reads of load: sums of a place by slot and readings of a usage point, as known now or at an earlier time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.registers import EXPORT_WH, IMPORT_WH
from db.connection import Connection
from db.rows import all_rows, one_integer
from db.statements import statements

_SQL = statements("load")


@dataclass(frozen=True, slots=True)
class PlaceSlot:
    """Hold the load of a place over one half-hour slot; mean power import positive. [W, Wh]."""

    start_at: datetime
    load_w: float
    import_wh: float
    export_wh: float
    usage_point_count: int
    estimated_count: int


@dataclass(frozen=True, slots=True)
class IntervalReading:
    """Hold one value of an interval register as a usage point's meter sent it."""

    start_at: datetime
    step_s: int
    value: float
    quality: int
    known_at: datetime


async def place_load(
    connection: Connection,
    place_id: int,
    start: datetime,
    end: datetime,
    *,
    limit: int,
    as_of: datetime | None = None,
) -> list[PlaceSlot]:
    """Return up to `limit` slots of a place that start in ``[start, end)``, in the order of time.

    Parameters
    ----------
    connection : Connection
        Any role that reads load.
    place_id : int
        Place.
    start, end : datetime
        Span, aware; start included, end not.
    limit : int
        Most rows to return.
    as_of : datetime, optional
        Sum what was known then. Costs a pass over the readings of the span; without it the stored sums are read.
    """
    parameters: dict[str, object] = {"place_id": place_id, "start": start, "end": end, "limit": limit}
    if as_of is None:
        return await all_rows(connection, PlaceSlot, _SQL["place_load"], parameters)
    parameters |= {"as_of": as_of, "import_id": IMPORT_WH.register_id, "export_id": EXPORT_WH.register_id}
    return await all_rows(connection, PlaceSlot, _SQL["place_load_as_of"], parameters)


async def find_usage_point_id(connection: Connection, usage_point_key: UUID) -> int | None:
    """Return the key inside the database of a pseudonym, or None when nobody has it."""
    return await one_integer(connection, _SQL["find_usage_point_id"], {"usage_point_key": usage_point_key})


async def usage_point_load(
    connection: Connection,
    usage_point_id: int,
    register_id: int,
    start: datetime,
    end: datetime,
    *,
    limit: int,
    as_of: datetime | None = None,
) -> list[IntervalReading]:
    """Return up to `limit` values of a register whose intervals start in ``[start, end)``, in the order of time.

    Parameters
    ----------
    connection : Connection
        Any role that reads load.
    usage_point_id, register_id : int
        Usage point and interval register.
    start, end : datetime
        Span, aware; start included, end not.
    limit : int
        Most rows to return.
    as_of : datetime, optional
        Return the values known then, before later revisions.
    """
    parameters = {
        "usage_point_id": usage_point_id,
        "register_id": register_id,
        "start": start,
        "end": end,
        "as_of": as_of,
        "limit": limit,
    }
    return await all_rows(connection, IntervalReading, _SQL["usage_point_load"], parameters)
