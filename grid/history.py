"""Load of all places as one matrix on the half-hour grid, with nothing in it that was not known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY, slot_floor
from db.connection import Connection
from db.history import PlaceLoadColumns, place_load

#: A sum over fewer usage points than this share of the place's usual number is a gap, not a dip. [ratio]
COMPLETE_RATIO: Final = 0.9


@dataclass(frozen=True, slots=True)
class LoadHistory:
    """Hold the load of places up to a moment.

    Attributes
    ----------
    place_id : ndarray, shape (place,), int32
        Rising.
    start, end : datetime
        Span; ``end`` is the start of the slot that was running.
    load_w : ndarray, shape (place, slot), float64
        Mean net power, import positive; NaN marks a missing or incomplete slot. [W]
    """

    place_id: NDArray[np.int32]
    start: datetime
    end: datetime
    load_w: NDArray[np.float64]

    @property
    def known_until(self) -> datetime:
        """Return the end of the last slot with a value anywhere; ``start`` when there is none."""
        known = np.flatnonzero(~np.isnan(self.load_w).all(axis=0))
        return self.start + (int(known[-1]) + 1 if known.size else 0) * SLOT

    def since(self, first: int, rows: NDArray[np.int64]) -> "LoadHistory":
        """Return some of the places from a slot on."""
        return LoadHistory(self.place_id[rows], self.start + first * SLOT, self.end, self.load_w[rows, first:])

    def begins(self) -> NDArray[np.int64]:
        """Return for each place the first slot of the first day with a load, whole days from the start. [slots].

        The last day counts as known, so that every place has one.
        """
        days = self.load_w.shape[1] // SLOTS_PER_DAY
        unknown = (
            np.isnan(self.load_w[:, : (days - 1) * SLOTS_PER_DAY]).reshape(-1, days - 1, SLOTS_PER_DAY).all(axis=2)
        )
        before = np.logical_and.accumulate(unknown, axis=1).sum(axis=1)
        return np.asarray(before * SLOTS_PER_DAY, dtype=np.int64)


async def load_history(connection: Connection, *, now: datetime, days: int) -> LoadHistory:
    """Return the load of every place over the last `days` days.

    Parameters
    ----------
    connection : Connection
        A role that reads the rollups.
    now : datetime
        Slots that end after it are not read, whatever the database holds.
    days : int
        At least 1. [days]

    Returns
    -------
    LoadHistory
        Places without any sum in the span are left out.
    """
    end = slot_floor(now)
    start = end - timedelta(days=days)
    columns = await place_load(connection, start=start, end=end)
    place_id, load_w = as_matrix(columns, days * SLOTS_PER_DAY)
    return LoadHistory(place_id, start, end, load_w)


def as_matrix(columns: PlaceLoadColumns, slots: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Spread columns over (place, slot) and blank the slots that too few usage points reported.

    Parameters
    ----------
    columns : PlaceLoadColumns
        Slots in ``[0, slots)``.
    slots : int
        Length of the matrix. [slots]

    Returns
    -------
    place_id : ndarray, shape (place,), int32
        Rising.
    load_w : ndarray, shape (place, slot), float64
        [W]

    Notes
    -----
    The usual number is the median over the slots that have a sum. While the last slot is still coming in, its sum
    grows from nothing; taken at face value it would look like a blackout and the forecast would follow it.
    """
    place_id, row = np.unique(columns.place_id, return_inverse=True)
    load_w = np.full((place_id.size, slots), np.nan)
    count = np.full((place_id.size, slots), np.nan)
    load_w[row, columns.slot] = columns.load_w
    count[row, columns.slot] = columns.usage_point_count
    return place_id, only_complete(load_w, count)


def only_complete(load_w: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return load with the slots blanked that too few usage points reported.

    Parameters
    ----------
    load_w : ndarray, shape (place, slot)
        [W]
    count : ndarray, shape (place, slot)
        Usage points in each sum; NaN where there is none.

    Returns
    -------
    ndarray, shape (place, slot), float64
        NaN where the count is none, or less than nine tenths of the median over the slots that have one. [W]
    """
    complete = np.zeros(count.shape, dtype=np.bool_)
    some = np.flatnonzero(~np.isnan(count).all(axis=1))
    usual = np.nanmedian(count[some], axis=1, keepdims=True) if some.size else count[some]
    complete[some] = count[some] >= COMPLETE_RATIO * usual
    return np.where(complete, load_w, np.nan)
