"""Many instants at once by the clock on the wall in Europe/Paris."""

from datetime import datetime
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT_S

Int = NDArray[np.int64]

_HOUR_S: Final = 3_600


def slot_starts_s(start_at: datetime, slots: int) -> Int:
    """Return the starts of slots from a time on, shape (slot,). [s since 1970, UTC]."""
    return int(start_at.timestamp()) + SLOT_S * np.arange(slots, dtype=np.int64)


def local_s(at_s: Int) -> Int:
    """Return instants by the clock on the wall. [s since 1970, local].

    Examples
    --------
    >>> local_s(np.array([0])).tolist()
    [3600]
    """
    hours, place = np.unique(at_s // _HOUR_S, return_inverse=True)
    offsets = np.array([_offset_s(hour) for hour in hours.tolist()], dtype=np.int64)
    return at_s + (offsets[place.reshape(-1)] if offsets.size else 0)


@cache
def _offset_s(hour: int) -> int:
    offset = datetime.fromtimestamp(hour * _HOUR_S, LOCAL_ZONE).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
