"""Past moments at which a forecast would have been issued, and what came after them."""

from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT, SLOTS_PER_DAY, local_day

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def local_midnights(start: datetime, *, first: int, stop: int) -> Int:
    """Return the slots in ``[first, stop)`` that start at a local midnight.

    Parameters
    ----------
    start : datetime
        Start of slot 0, on a slot's edge.
    first, stop : int
        Range of slots. [slots]

    Returns
    -------
    ndarray, shape (origin,), int64
        Rising.
    """
    day = (start + first * SLOT).astimezone(LOCAL_ZONE).date()
    found: list[int] = []
    while (slot := _slot_of(day, start)) < stop:
        if slot >= first:
            found.append(slot)
        day += timedelta(days=1)
    return np.array(found, dtype=np.int64)


def same_time_of_day(*, first: int, stop: int) -> Int:
    """Return the slots in ``[first, stop)`` that lie whole days before `stop`, rising. [slots]."""
    count = (stop - first) // SLOTS_PER_DAY
    return stop - SLOTS_PER_DAY * np.arange(count, 0, -1, dtype=np.int64)


def load_after(load_w: Float, origins: Int, *, horizon: int) -> Float:
    """Return the load that followed each origin.

    Parameters
    ----------
    load_w : ndarray, shape (series, time)
        [W]
    origins : ndarray of int, shape (origin,)
        First slots. [slots]
    horizon : int
        Leads. [slots]

    Returns
    -------
    ndarray, shape (series, origin, lead), float64
        NaN where the series has ended or the slot is missing. [W]
    """
    padded = np.pad(load_w, ((0, 0), (0, horizon)), constant_values=np.nan)
    leads = origins[:, np.newaxis] + np.arange(horizon)
    return np.ascontiguousarray(padded[:, leads])


def _slot_of(day: date, start: datetime) -> int:
    return (local_day(day)[0] - start) // SLOT
