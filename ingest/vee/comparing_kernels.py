"""Compare days with those before them, and load curves with indexes: arrays in, arrays out."""

import numpy as np
import numpy.typing as npt

from core.compiling import kernel

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

_OK = 0


@kernel
def compare_history(
    series: Int, day: Int, energy: Float, cells: Int, ratios: Float, reach: int, fewest: int, median: Float
) -> None:
    """Return the median of complete days before each cell.

    Parameters
    ----------
    series, day : ndarray, shape (complete day,), int64
        Series and day of days that are complete, ascending.
    energy : ndarray, shape (complete day,), float64
        What they told. [unit]
    cells : ndarray, shape (cell, 2), int64
        Series and day of the cells.
    ratios : ndarray, shape (cell,), float64
        NaN where there is nothing to compare.
    reach, fewest : int
        Days to look back, and fewest complete ones of them for a median.
    median : ndarray, shape (cell,), float64
        Filled; NaN where there are too few. [unit]
    """
    pool = np.empty(max(reach, 1))
    for cell in range(len(cells)):
        median[cell] = np.nan
        if np.isnan(ratios[cell]):
            continue
        lowest, highest = 0, len(series)
        while lowest < highest:  # the first row that is not before the cell
            middle = (lowest + highest) // 2
            before = series[middle] < cells[cell, 0] or (
                series[middle] == cells[cell, 0] and day[middle] < cells[cell, 1]
            )
            lowest, highest = (middle + 1, highest) if before else (lowest, middle)
        count, row = 0, lowest - 1
        while row >= 0 and series[row] == cells[cell, 0] and day[row] >= cells[cell, 1] - reach and count < reach:
            pool[count] = energy[row]
            count, row = count + 1, row - 1
        if count >= fewest:
            median[cell] = np.median(pool[:count])


@kernel
def sum_rows(rows: Int, value: Float, spans: Float, edges: Int, energy: Float, covered_s: Float, doubt: Float) -> None:
    """Add up what measured rows tell of spans that need not begin or end on a row's border.

    Parameters
    ----------
    rows, value
        As for `ingest.vee.kernels.check_cells`.
    spans : ndarray, shape (span, 2), float64
        Start and end. [s]
    edges : ndarray, shape (span, 2), int64
        First row and end of the rows of each span's series.
    energy, covered_s, doubt : ndarray, shape (span,), float64
        Filled: energy, a row that is cut counting in proportion [unit]; time told [s]; and how wrong the cuts can be
        at most [unit].
    """
    for at in range(len(spans)):
        energy[at], covered_s[at], doubt[at] = 0.0, 0.0, 0.0
        for row in range(edges[at, 0], edges[at, 1]):
            start, end = float(rows[0, row]), float(rows[0, row] + rows[1, row])
            overlap = min(end, spans[at, 1]) - max(start, spans[at, 0])
            if overlap <= 0.0 or rows[2, row] != _OK:
                continue
            part = overlap / rows[1, row]
            energy[at] += part * value[row]
            covered_s[at] += overlap
            if part < 1.0:
                doubt[at] += max(part, 1.0 - part) * abs(value[row])


def warm_up() -> None:
    """Compile the kernels, or load them from the cache."""
    rows, value = np.array([[0], [1_800], [0], [1_800]]), np.ones(1)
    compare_history(np.zeros(1, np.int64), np.zeros(1, np.int64), value, np.array([[0, 1]]), value, 28, 7, np.empty(1))
    sum_rows(rows, value, np.array([[0.0, 1_800.0]]), np.array([[0, 1]]), np.empty(1), np.empty(1), np.empty(1))
