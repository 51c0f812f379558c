"""What can be done to a batch before the database is asked: sorted, encoded, and what has to be summed anew."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from core.registers import EXPORT_WH, IMPORT_WH
from core.slots import SLOT_S, SLOTS_PER_DAY
from db.columns import IntervalColumns, ReadingColumns
from db.merging import SortedRows, encode_rows, sort_rows

_SUMMED: Final = (IMPORT_WH.register_id, EXPORT_WH.register_id)
_SLOT_BITS: Final = 32  # slots since 1970 take 21 bits until 2089; usage points are far more than a day apart
_SLOT_MASK: Final = (1 << _SLOT_BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Values of one batch, ready to be written.

    Attributes
    ----------
    intervals, readings : SortedRows
        Values by key.
    encoded_intervals, encoded_readings : bytes
        The same as bytes for COPY.
    touched : dict of str to list of int
        Spans of slots whose sums change, per usage point.
    known_at : datetime
        When the values became known (aware UTC).
    """

    intervals: SortedRows
    readings: SortedRows
    encoded_intervals: bytes
    encoded_readings: bytes
    touched: dict[str, list[int]]
    known_at: datetime


def prepare(intervals: IntervalColumns, readings: ReadingColumns, known_at: datetime) -> Prepared:
    """Sort and encode a batch, which can be done in a thread while the one before it is being written.

    Parameters
    ----------
    intervals, readings : IntervalColumns, ReadingColumns
        Values in the order they were received; of the same key twice, the later one wins.
    known_at : datetime
        When these values became known (aware UTC).
    """
    by_key, at_once = sort_rows(intervals), sort_rows(readings)
    return Prepared(
        by_key,
        at_once,
        encode_rows(by_key, known_at),
        encode_rows(at_once, known_at),
        _touched_slots(intervals),
        known_at,
    )


def _touched_slots(intervals: IntervalColumns) -> dict[str, list[int]]:
    """Return the spans of slots whose sums change, per usage point; gaps of up to a day are taken in. [s]."""
    energy = intervals.take(np.isin(intervals.register_id, _SUMMED))
    if len(energy) == 0:
        return {"usage_point_id": [], "start_s": [], "end_s": []}
    usage_point = energy.usage_point_id.astype(np.int64) << _SLOT_BITS
    first = usage_point | (energy.start_s // SLOT_S)
    order = np.argsort(first, kind="stable")  # quick, because rows come by usage point and time
    first, end = first[order], (usage_point | (-(-(energy.start_s + energy.step_s) // SLOT_S)))[order]
    reach = np.maximum.accumulate(end)
    breaks = np.flatnonzero(first[1:] - reach[:-1] > SLOTS_PER_DAY) + 1
    starts, ends = first[np.append(0, breaks)], reach[np.append(breaks - 1, first.size - 1)]
    return {
        "usage_point_id": (starts >> _SLOT_BITS).tolist(),
        "start_s": ((starts & _SLOT_MASK) * SLOT_S).tolist(),
        "end_s": ((ends & _SLOT_MASK) * SLOT_S).tolist(),
    }
