"""Rules about indexes: going back, beginning again, and the sum of the load curve against their difference."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from db.vee_columns import RowColumns
from ingest.vee import comparing_kernels, kernels
from ingest.vee.cells import Cells
from ingest.vee.days import LocalDays
from ingest.vee.findings import Findings
from ingest.vee.rules import INDEX_BACK, INDEX_ROLLOVER, SUM_AGAINST_INDEX, RuleLimits

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

#: How far before a day its first index may lie. [s]
REACH_S: Final = 86_400
#: A counter that begins again was this near its end, and is this near its beginning. [1]
_NEAR: Final = 0.1


def begins_again(before: Float, after: Float, rollover_at: Float) -> npt.NDArray[np.bool_]:
    """Tell which falls of an index are a counter that began again from zero."""
    return np.asarray((before > (1.0 - _NEAR) * rollover_at) & (after < _NEAR * rollover_at))


def check_falling(falling: dict[str, npt.NDArray[Any]], days: LocalDays, limits: RuleLimits) -> Findings:
    """Return a finding for each index that is lower than the one before it."""
    register_id = falling["register_id"].astype(np.int64)
    before, after = falling["previous_value"], falling["value"]
    again = begins_again(before, after, limits.column("rollover_at", register_id))
    return Findings(
        falling["usage_point_id"].astype(np.int64),
        register_id,
        days.day_of(falling["read_us"] // 1_000_000),
        np.where(again, INDEX_ROLLOVER, INDEX_BACK),
        falling["previous_us"] / 1e6,
        falling["read_us"] / 1e6,
        after,
        before,
    )


def check_sums(
    rows: RowColumns, cells: Cells, indexes: dict[str, npt.NDArray[Any]], index_id: Int, limits: RuleLimits
) -> Findings:
    """Compare what the load curve tells between two indexes with their difference.

    Parameters
    ----------
    rows : RowColumns
        Load curves.
    cells : Cells
        The cells of registers that have an index.
    indexes : dict
        From `db.vee.read_indexes`, numbered by cell.
    index_id : ndarray, shape (cell,), int64
        Index register of each cell.
    limits : RuleLimits
        Tolerances.

    Notes
    -----
    Only spans that are measured wholly are compared. An index may be read at any second: the interval that it falls
    into counts in proportion, and as much as that may be wrong is tolerated besides.
    """
    paired = ~np.isnan(indexes["before_value"]) & ~np.isnan(indexes["inside_value"])
    cell = indexes["number"][paired]
    spans = np.stack([indexes["before_s"][paired], indexes["inside_s"][paired]], axis=1)
    before, after = indexes["before_value"][paired], indexes["inside_value"][paired]
    rollover_at = limits.column("rollover_at", index_id[cell])
    difference = after - before + np.where(begins_again(before, after, rollover_at), rollover_at, 0.0)
    energy, covered_s, doubt = np.empty(len(cell)), np.empty(len(cell)), np.empty(len(cell))
    comparing_kernels.sum_rows(rows.facts, rows.value, spans, cells.bounds[cell, :2].copy(), energy, covered_s, doubt)
    register_id = cells.register_id[cell]
    allowed = limits.column("sum_tolerance", register_id) + doubt
    allowed += limits.column("sum_tolerance_ratio", register_id) * np.abs(difference)
    whole = np.abs(covered_s - (spans[:, 1] - spans[:, 0])) < 1e-3  # noqa: PLR2004 - a millisecond
    bad = whole & (difference >= 0.0) & (np.abs(energy - difference) > allowed)
    found = np.empty((int(bad.sum()), kernels.FINDING_COLUMNS))
    found[:, kernels.CELL], found[:, kernels.RULE] = cell[bad], SUM_AGAINST_INDEX
    found[:, kernels.FROM], found[:, kernels.TO] = spans[bad, 0], spans[bad, 1]
    found[:, kernels.FIGURE], found[:, kernels.BOUND] = energy[bad], difference[bad]
    return Findings.of(cells, found)
