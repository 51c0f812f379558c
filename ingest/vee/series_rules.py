"""Rules about interval values alone: the day itself, and the day against those before it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from db.vee_columns import RowColumns
from ingest.vee import comparing_kernels, kernels
from ingest.vee.cells import Cells
from ingest.vee.findings import Findings
from ingest.vee.rules import RuleLimits

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

#: Days that a day is compared with, and fewest complete ones among them.
HISTORY_DAYS: Final = 28
_FEWEST_DAYS: Final = 7
#: Findings that one call of the kernel has room for.
_ROOM: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What was counted in cells: arrays of shape (cell,).

    Attributes
    ----------
    counts : ndarray, shape (cell, 6), int64
        Columns ``kernels.STEP`` to ``kernels.LATE``.
    energy : ndarray of float64
        What was measured and estimated. [unit]
    """

    counts: Int
    energy: Float

    @property
    def expected(self) -> Int:
        """Slots that were to come."""
        found: Int = self.counts[:, kernels.RECEIVED : kernels.LATE].sum(axis=1)
        return found

    def is_whole(self, cells: Cells) -> npt.NDArray[np.bool_]:
        """Tell which cells are whole days with a value in every slot."""
        length_s = cells.bounds[:, 3] - cells.bounds[:, 2]
        told = self.counts[:, kernels.RECEIVED] + self.counts[:, kernels.ESTIMATED]
        return np.asarray(told * self.counts[:, kernels.STEP] == length_s)


def check(rows: RowColumns, cells: Cells, limits: RuleLimits) -> tuple[Counted, Findings]:
    """Count the slots of cells and apply the rules that need no other day."""
    counts = np.zeros((len(cells), kernels.COUNT_COLUMNS), np.int64)
    energy = np.zeros(len(cells))
    longest = int((cells.bounds[:, 1] - cells.bounds[:, 0]).max(initial=0))
    found = np.empty((max(_ROOM, 4 * longest + 2_000), kernels.FINDING_COLUMNS))
    columns = limits.for_cells(cells.register_id, cells.subscribed_va)
    parts, done = [], 0
    while done < len(cells):
        done, written = kernels.check_cells(rows.facts, rows.value, cells.bounds, columns, done, counts, energy, found)
        parts.append(found[:written].copy())
    joined = np.concatenate(parts) if parts else found[:0]
    return Counted(counts, energy), Findings.of(cells, joined)


def compare(cells: Cells, counted: Counted, stored: tuple[Int, Int, Float], limits: RuleLimits) -> Findings:
    """Compare whole days with the median of the whole days before.

    Parameters
    ----------
    cells : Cells
        By series and day.
    counted : Counted
        What was counted in them.
    stored : tuple of ndarray
        Series, day and energy of whole days stored before; what was counted now replaces them.
    limits : RuleLimits
        Ratios.
    """
    whole = counted.is_whole(cells)
    series, day, energy = _all_days(cells, counted, whole, stored)
    high = np.where(whole, limits.column("high_ratio", cells.register_id), np.nan)
    low = np.where(whole, limits.column("low_ratio", cells.register_id), np.nan)
    median = np.empty(len(cells))
    keys = np.stack([cells.series, cells.day], axis=1)
    ratios = np.where(np.isnan(high), low, high)
    comparing_kernels.compare_history(series, day, energy, keys, ratios, HISTORY_DAYS, _FEWEST_DAYS, median)
    found = [
        _days_beyond(cells, counted, median, rule, beyond)
        for rule, beyond in (
            (kernels.HIGH, counted.energy > high * median),
            (kernels.LOW, counted.energy < low * median),
        )
    ]
    return Findings.of(cells, np.concatenate(found))


def _all_days(
    cells: Cells, counted: Counted, whole: npt.NDArray[np.bool_], stored: tuple[Int, Int, Float]
) -> tuple[Int, Int, Float]:
    base = int(max(cells.day.max(initial=0), stored[1].max(initial=0))) + 1
    old = ~np.isin(stored[0] * base + stored[1], cells.series * base + cells.day)
    series = np.concatenate([stored[0][old], cells.series[whole]])
    day = np.concatenate([stored[1][old], cells.day[whole]])
    energy = np.concatenate([stored[2][old], counted.energy[whole]])
    order = np.lexsort((day, series))
    return series[order], day[order], energy[order]


def _days_beyond(cells: Cells, counted: Counted, median: Float, rule: int, beyond: npt.NDArray[np.bool_]) -> Float:
    cell = np.flatnonzero(beyond & (median > 0.0))
    found = np.empty((len(cell), kernels.FINDING_COLUMNS))
    found[:, kernels.CELL], found[:, kernels.RULE] = cell, rule
    found[:, kernels.FROM], found[:, kernels.TO] = cells.bounds[cell, 2], cells.bounds[cell, 3]
    found[:, kernels.FIGURE], found[:, kernels.BOUND] = counted.energy[cell], median[cell]
    return found
