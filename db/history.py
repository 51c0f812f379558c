"""Load as columns, for the kernels: of places by slot, of usage points by slot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOT_S
from db.connection import Connection, translated_errors
from db.copy import Field, read_columns
from db.statements import statements

#: What `place_load` packs for each slot, big-endian as on the wire; time counts from 2000-01-01. [µs], [W]
_PLACE_SLOT: Final = np.dtype([("start_us", ">i8"), ("usage_point_count", ">i4"), ("load_w", ">f8")])
_EPOCH_2000_US: Final = 946_684_800_000_000
_SLOT_US: Final = SLOT_S * 1_000_000
_USAGE_POINT_LOAD: Final = {"usage_point_id": Field.INT4, "slot": Field.INT4, "load_w": Field.FLOAT8}


@dataclass(frozen=True, slots=True)
class PlaceLoadColumns:
    """Mean net power of places, one entry per place and slot that has a sum.

    Attributes
    ----------
    place_id : ndarray, shape (row,), int32
        Place.
    slot : ndarray, shape (row,), int32
        Slots since the start of the span. [slots]
    usage_point_count : ndarray, shape (row,), int32
        Usage points in the sum.
    load_w : ndarray, shape (row,), float64
        Import less export, import positive. [W]
    """

    place_id: NDArray[np.int32]
    slot: NDArray[np.int32]
    usage_point_count: NDArray[np.int32]
    load_w: NDArray[np.float64]


async def place_load(connection: Connection, *, start: datetime, end: datetime) -> PlaceLoadColumns:
    """Return the load of every place over the slots in ``[start, end)``, in no order."""
    async with translated_errors(), connection.cursor(binary=True) as cursor:
        await cursor.execute(statements("history")["place_load"], {"start": start, "end": end})
        rows = await cursor.fetchall()
    slots = np.frombuffer(b"".join(packed for _, packed in rows), dtype=_PLACE_SLOT)
    start_us = round(start.timestamp()) * 1_000_000 - _EPOCH_2000_US
    place_id = np.array([place_id for place_id, _ in rows], dtype=np.int32)
    return PlaceLoadColumns(
        np.repeat(place_id, [len(packed) // _PLACE_SLOT.itemsize for _, packed in rows]),
        ((slots["start_us"] - start_us) // _SLOT_US).astype(np.int32),
        slots["usage_point_count"].astype(np.int32),
        slots["load_w"].astype(np.float64),
    )


async def usage_point_load(
    connection: Connection,
    *,
    usage_point_ids: Sequence[int],
    start: datetime,
    end: datetime,
    as_of: datetime | None = None,
) -> NDArray[np.float64]:
    """Return the net load of usage points over consecutive slots.

    Parameters
    ----------
    connection : Connection
        A role that reads interval readings.
    usage_point_ids : sequence of int
        Rising.
    start, end : datetime
        Span, on slots' edges.
    as_of : datetime, optional
        Of what was known then.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Mean power, import positive; NaN where the slot's import is not complete. [W]
    """
    span = {"usage_point_ids": list(usage_point_ids), "start": start, "end": end, "as_of": as_of}
    query = statements("history")["usage_point_load"]
    async with translated_errors():
        columns = await read_columns(connection, query, span, _USAGE_POINT_LOAD)
    slots = (end - start) // SLOT
    inside = (columns["slot"] >= 0) & (columns["slot"] < slots)
    row = np.searchsorted(np.asarray(usage_point_ids, dtype=np.int64), columns["usage_point_id"])
    load_w = np.full((len(usage_point_ids), slots), np.nan)
    load_w[row[inside], columns["slot"][inside]] = columns["load_w"][inside]
    return load_w
