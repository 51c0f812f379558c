"""Count the intervals of local days and find what cannot be believed: arrays in, arrays out, one pass over the rows.

A *cell* is one register of one usage point on one local day. Its rows are those of the days before it as well (for runs
that began there), in the order of time.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.compiling import kernel

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

#: Rules, by number; their names stand in `ingest.vee.rules`.
GAP: Final = 0
OVERLAP: Final = 1
SPIKE: Final = 2
HIGH: Final = 3
LOW: Final = 4
ZERO_RUN: Final = 5
FLAT_LINE: Final = 6
CLOCK_AHEAD: Final = 7
BAD_VALUE: Final = 8

#: Columns of a finding.
CELL, RULE, FROM, TO, FIGURE, BOUND = 0, 1, 2, 3, 4, 5
FINDING_COLUMNS: Final = 6
#: Columns of the counts of a cell.
STEP, RECEIVED, BAD, ESTIMATED, MISSING, LATE = 0, 1, 2, 3, 4, 5
COUNT_COLUMNS: Final = 6
#: Columns of the limits of a cell, each in the unit of `core.limits`, infinite or NaN where a rule is not applied.
L_SPIKE, L_FLOOR_W, L_ZERO_S, L_FLAT_S, L_AHEAD_S, L_LATE_S, L_BAD_W = 0, 1, 2, 3, 4, 5, 6
LIMIT_COLUMNS: Final = 7
#: Most findings of a cell besides three for each of its rows and one for each slot: spike, clock.
_FEW: Final = 4
_LONGEST_DAY_S: Final = 25 * 3_600
_SHORTEST_STEP_S: Final = 300
_SLOTS: Final = _LONGEST_DAY_S // _SHORTEST_STEP_S
_MEASURED, _DOUBTED, _STANDING_IN = 0, 1, 2
_OK, _ESTIMATED, _BAD = 0, 2, 3
_HOUR_S: Final = 3_600.0


@kernel
def _step_of(start_s: Int, step_s: Int, first: int, last: int, day_s: int, usual_s: int) -> int:
    """Return the step that most of a day's time is told in; the usual one where nothing is told. [s]."""
    told = np.zeros(5, np.int64)
    steps = np.array([300, 600, 900, 1_800, 3_600])
    for row in range(first, last):
        if start_s[row] >= day_s:
            for kind in range(5):
                if step_s[row] == steps[kind]:
                    told[kind] += steps[kind]
    best = 0
    for kind in range(5):
        if told[kind] > told[best]:
            best = kind
    return int(steps[best]) if told[best] > 0 else usual_s


@kernel
def _cover(
    rows: Int, value: Float, first: int, last: int, origin_s: int, step: int, slots: int, late_s: float, held: Int
) -> float:
    """Add to each slot the seconds that measured, doubted and estimated rows cover; return the energy told."""
    energy = 0.0
    end_s = origin_s + slots * step
    for row in range(first, last):
        start, stop = max(rows[0, row], origin_s), min(rows[0, row] + rows[1, row], end_s)
        if stop <= start:
            continue
        kind = _DOUBTED if rows[2, row] == _BAD else _STANDING_IN if rows[2, row] == _ESTIMATED else _MEASURED
        if kind != _DOUBTED:
            energy += value[row] * (stop - start) / rows[1, row]
        late = kind == _MEASURED and rows[3, row] - rows[0, row] - rows[1, row] > late_s
        for slot in range((start - origin_s) // step, (stop - origin_s + step - 1) // step):
            held[kind, slot] += min(stop, origin_s + (slot + 1) * step) - max(start, origin_s + slot * step)
            if late:
                held[3, slot] = 1
    return energy


@kernel
def _classify(held: Int, slots: int, step: int, counts: Int) -> None:
    """Count what became of each slot."""
    for slot in range(slots):
        measured, doubted, standing_in = held[0, slot], held[1, slot], held[2, slot]
        if measured >= step:
            counts[RECEIVED] += 1
            counts[LATE] += held[3, slot]
        elif doubted > 0 and measured + doubted >= step:
            counts[BAD] += 1
        elif measured + doubted + standing_in >= step:
            counts[ESTIMATED] += 1
        else:
            counts[MISSING] += 1


@kernel
def _note(found: Float, at: int, cell: int, rule: int, start: float, end: float, figure: float, bound: float) -> int:
    found[at, CELL], found[at, RULE], found[at, FROM] = cell, rule, start
    found[at, TO], found[at, FIGURE], found[at, BOUND] = end, figure, bound
    return at + 1


@kernel
def _gaps(held: Int, slots: int, step: int, origin_s: int, cell: int, found: Float, at: int) -> int:
    """Note each run of slots without a measured value: how many slots, and how many of them are estimated."""
    run, standing_in = 0, 0
    for slot in range(slots + 1):
        if slot < slots and held[0, slot] + held[1, slot] < step:
            run += 1
            if held[0, slot] + held[1, slot] + held[2, slot] >= step:
                standing_in += 1
        elif run > 0:
            start = origin_s + (slot - run) * step
            at = _note(found, at, cell, GAP, start, origin_s + slot * step, run, standing_in)
            run, standing_in = 0, 0
    return at


@kernel
def _spike(
    rows: Int, value: Float, first: int, last: int, span: Int, limit: Float, cell: int, found: Float, at: int
) -> int:
    """Note the day's highest power when it stands out from the third highest."""
    top = np.full(3, -1.0)
    where, count = -1, 0
    for row in range(first, last):
        if rows[2, row] != _OK or rows[0, row] < span[0]:
            continue
        count += 1
        power = value[row] * _HOUR_S / rows[1, row]
        if power > top[0]:
            top[2], top[1], top[0], where = top[1], top[0], power, row
        elif power > top[1]:
            top[2], top[1] = top[1], power
        elif power > top[2]:
            top[2] = power
    if count >= len(top) and top[0] > limit[L_FLOOR_W] and top[0] - top[2] > limit[L_SPIKE] * top[2]:
        at = _note(found, at, cell, SPIKE, rows[0, where], rows[0, where] + rows[1, where], top[0], top[2])
    return at


@kernel
def _runs(
    rows: Int, value: Float, first: int, last: int, span: Int, limit: Float, cell: int, found: Float, at: int
) -> int:
    """Note runs of zeros and of one other measured value that are too long and reach into the day."""
    begin = first
    for row in range(first, last + 1):
        goes_on = (
            row < last
            and row > begin
            and (
                rows[2, row] == _OK
                and rows[2, begin] == _OK
                and value[row] == value[begin]
                and rows[0, row] == rows[0, row - 1] + rows[1, row - 1]
            )
        )
        if goes_on or row == begin:
            continue
        start, end = rows[0, begin], rows[0, row - 1] + rows[1, row - 1]
        rule = ZERO_RUN if value[begin] == 0.0 else FLAT_LINE
        bound = limit[L_ZERO_S] if rule == ZERO_RUN else limit[L_FLAT_S]
        if rows[2, begin] == _OK and end > span[0] and end - start >= bound:
            at = _note(found, at, cell, rule, start, end, end - start, bound)
        begin = row
    return at


@kernel
def _stamps(rows: Int, first: int, last: int, span: Int, limit: Float, cell: int, found: Float, at: int) -> int:
    """Note rows that overlap an earlier one, and a clock that was ahead."""
    reach = np.int64(-1)
    ahead, ahead_from, ahead_to = 0.0, np.int64(0), np.int64(0)
    for row in range(first, last):
        start, end = rows[0, row], rows[0, row] + rows[1, row]
        if end > span[0]:
            if start < reach:
                at = _note(found, at, cell, OVERLAP, start, min(reach, end), min(reach, end) - start, 0.0)
            early = float(end - rows[3, row])
            if early > limit[L_AHEAD_S]:
                ahead_from = start if ahead == 0.0 else ahead_from
                ahead, ahead_to = max(ahead, early), end
        reach = max(reach, end)
    if ahead > 0.0:
        at = _note(found, at, cell, CLOCK_AHEAD, float(ahead_from), float(ahead_to), ahead, limit[L_AHEAD_S])
    return at


@kernel
def _bad_values(
    rows: Int, value: Float, first: int, last: int, span: Int, limit: Float, cell: int, found: Float, at: int
) -> int:
    """Note runs of values that are marked bad, with the highest power of each."""
    begin, highest_w = np.int64(0), -1.0
    for row in range(first, last):
        start, end = rows[0, row], rows[0, row] + rows[1, row]
        if rows[2, row] != _BAD or end <= span[0]:
            continue
        follows = highest_w >= 0.0 and start == rows[0, row - 1] + rows[1, row - 1] and rows[2, row - 1] == _BAD
        begin = begin if follows else start
        highest_w = max(highest_w if follows else 0.0, value[row] * _HOUR_S / rows[1, row])
        goes_on = row + 1 < last and rows[2, row + 1] == _BAD and rows[0, row + 1] == end
        if not goes_on:
            at = _note(found, at, cell, BAD_VALUE, float(begin), float(end), highest_w, limit[L_BAD_W])
            highest_w = -1.0
    return at


@kernel
def check_cells(
    rows: Int, value: Float, cells: Int, limits: Float, begin: int, counts: Int, energy: Float, found: Float
) -> tuple[int, int]:
    """Count and check cells from one on, until all are done or there is no room for the findings of the next.

    Parameters
    ----------
    rows : ndarray, shape (4, row), int64
        Start [s], step [s], quality and time known [s] of rows, those of a series together and by time; none is
        missing.
    value : ndarray, shape (row,), float64
        Their values. [unit]
    cells : ndarray, shape (cell, 6), int64
        First row, end of the rows, start and end of the local day [s], time from which on values are expected [s] and
        the step that the usage point is registered with [s].
    limits : ndarray, shape (cell, 7), float64
        Columns ``L_...``; NaN or infinite where a rule is not applied.
    begin : int
        First cell to do.
    counts : ndarray, shape (cell, 6), int64
        Filled, columns ``STEP`` to ``LATE``; nothing is expected where they are all zero but the step.
    energy : ndarray, shape (cell,), float64
        Filled: what measured and estimated rows tell of the day. [unit]
    found : ndarray, shape (finding, 6), float64
        Filled, columns ``CELL`` to ``BOUND``.

    Returns
    -------
    tuple of int
        The next cell to do, and how many findings were written.

    Notes
    -----
    O(rows of each cell). A slot of the day is received when measured rows cover all of it, whatever their steps.
    """
    at = 0
    for cell in range(begin, len(cells)):
        first, last, day_s, end_s, expected_s, usual_s = cells[cell]
        if at + 3 * (last - first) + _SLOTS + _FEW > len(found):
            return cell, at
        step = _step_of(rows[0], rows[1], first, last, day_s, usual_s)
        skipped = max(0, (expected_s - day_s + step - 1) // step)
        origin_s, slots = day_s + skipped * step, max(0, (end_s - day_s) // step - skipped)
        held = np.zeros((4, max(slots, 1)), np.int64)
        energy[cell] = _cover(rows, value, first, last, origin_s, step, slots, limits[cell, L_LATE_S], held)
        counts[cell, STEP] = step
        _classify(held, slots, step, counts[cell])
        span = np.array([day_s, end_s])
        at = _gaps(held, slots, step, origin_s, cell, found, at)
        at = _spike(rows, value, first, last, span, limits[cell], cell, found, at)
        at = _runs(rows, value, first, last, span, limits[cell], cell, found, at)
        at = _stamps(rows, first, last, span, limits[cell], cell, found, at)
        at = _bad_values(rows, value, first, last, span, limits[cell], cell, found, at)
    return len(cells), at


def warm_up() -> None:
    """Compile the kernel, or load it from the cache."""
    rows, value = np.array([[0], [1_800], [0], [1_800]]), np.ones(1)
    cells, limits = np.array([[0, 1, 0, 86_400, 0, 1_800]]), np.full((1, LIMIT_COLUMNS), np.inf)
    room = np.empty((_SLOTS + _FEW + 3, FINDING_COLUMNS))
    check_cells(rows, value, cells, limits, 0, np.zeros((1, COUNT_COLUMNS), np.int64), np.empty(1), room)
