"""What a hindcast reads: places of a level, their load as known at each origin, and forecasts that were issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.registers import EXPORT_WH, IMPORT_WH
from db.connection import Connection, translated_errors
from db.copy import Field, read_columns
from db.rows import all_rows
from db.statements import statements

_VERSIONS: Final = {
    "place_id": Field.INT4,
    "slot": Field.INT4,
    "origin": Field.INT4,
    "usage_point_count": Field.INT4,
    "load_w": Field.FLOAT8,
}
_ISSUED: Final = {
    "forecast_run_id": Field.INT8,
    "place_id": Field.INT4,
    "slot": Field.INT4,
    "ordinal": Field.INT4,
    "load_w": Field.FLOAT4,
}


@dataclass(frozen=True, slots=True)
class PlaceOfLevel:
    """Name a place of a level."""

    place_id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Name an issue of forecasts and when it was made."""

    forecast_run_id: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class LoadChanges:
    """By how much the sum of a place and slot differs at an origin from that at the origin before; one entry a row.

    Attributes
    ----------
    place_id : ndarray, shape (row,), int32
        Place.
    slot : ndarray, shape (row,), int32
        Slots since the start of the span. [slots]
    origin : ndarray, shape (row,), int32
        First origin that knows of it.
    usage_point_count : ndarray, shape (row,), int32
        Usage points that came into the sum, less those that left it.
    load_w : ndarray, shape (row,), float64
        Import less export, import positive. [W]
    """

    place_id: NDArray[np.int32]
    slot: NDArray[np.int32]
    origin: NDArray[np.int32]
    usage_point_count: NDArray[np.int32]
    load_w: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IssuedColumns:
    """What issues said, one entry a number.

    Attributes
    ----------
    forecast_run_id : ndarray, shape (row,), int64
        Issue.
    place_id : ndarray, shape (row,), int32
        Place.
    slot : ndarray, shape (row,), int32
        Slots since the start of the span. [slots]
    ordinal : ndarray, shape (row,), int32
        0 for the point, else the place of the quantile, from 1.
    load_w : ndarray, shape (row,), float32
        [W]
    """

    forecast_run_id: NDArray[np.int64]
    place_id: NDArray[np.int32]
    slot: NDArray[np.int32]
    ordinal: NDArray[np.int32]
    load_w: NDArray[np.float32]


async def places_of_level(connection: Connection, *, level: str, code: str | None = None) -> list[PlaceOfLevel]:
    """Return the places of a level, or the one of them with a code, in the order of their codes."""
    wanted = {"level": level, "code": code}
    return await all_rows(connection, PlaceOfLevel, statements("hindcast")["places_of_level"], wanted)


async def load_changes(
    connection: Connection,
    *,
    place_ids: Sequence[int],
    start: datetime,
    end: datetime,
    origins: Sequence[datetime] | None = None,
) -> LoadChanges:
    """Return the load of places over the slots in ``[start, end)``, in no order.

    Parameters
    ----------
    connection : Connection
        A role that reads load.
    place_ids : sequence of int
        Places.
    start, end : datetime
        Span, on slots' edges.
    origins : sequence of datetime, optional
        Rising. Sums readings, and what they were before they were revised, as known at each; costs a pass over the
        readings of the span. Left out: the newest sums, as if the first origin knew them.

    Returns
    -------
    LoadChanges
    """
    wanted: dict[str, object] = {"place_ids": list(place_ids), "start": start, "end": end}
    name = "load_now"
    if origins is not None:
        name = "load_then"
        registers = {"import_id": IMPORT_WH.register_id, "export_id": EXPORT_WH.register_id}
        wanted |= {"origins": list(origins), **registers}
    async with translated_errors():
        return LoadChanges(**await read_columns(connection, statements("hindcast")[name], wanted, _VERSIONS))


async def runs_between(
    connection: Connection, *, start: datetime, end: datetime, quantiles: Sequence[float]
) -> list[Issue]:
    """Return the issues made in ``[start, end)`` with these quantiles, by rising key."""
    wanted = {"start": start, "end": end, "quantiles": list(quantiles)}
    return await all_rows(connection, Issue, statements("hindcast")["runs_between"], wanted)


async def issued_between(
    connection: Connection, *, place_ids: Sequence[int], run_ids: Sequence[int], start: datetime, end: datetime
) -> IssuedColumns:
    """Return what issues said of places and the slots in ``[start, end)``, in no order."""
    wanted = {"place_ids": list(place_ids), "run_ids": list(run_ids), "start": start, "end": end}
    async with translated_errors():
        query = statements("hindcast")["issued_between"]
        return IssuedColumns(**await read_columns(connection, query, wanted, _ISSUED))
