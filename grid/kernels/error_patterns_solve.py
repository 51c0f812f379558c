"""Solve for what mean errors weigh, for all days of a time of day side by side: days are the last axis."""

import numpy as np

from core.compiling import jitted, leaf
from grid.kernels.checks import Float, Int
from grid.kernels.error_patterns_run import SMALLEST, SMALLEST_RATIO


@leaf
def _take_off(share: Float, values: Float, line: Float) -> None:
    """Take shares of values off a line of as many."""
    for place in range(line.size):
        line[place] -= share[place] * values[place]


@jitted
def _widen(gram: Float, penalty: float, smallest: Float) -> None:
    """Add the penalty to the diagonals, and fill smallest with the least pivot of each day."""
    smallest[:] = SMALLEST
    for row in range(gram.shape[0]):
        pivots = gram[row, row]
        for day in range(pivots.size):
            pivots[day] *= 1.0 + penalty
            smallest[day] = max(smallest[day], SMALLEST_RATIO * pivots[day])


@leaf
def _divide(values: Float, by: Float, smallest: Float, quotients: Float) -> None:
    """Fill quotients of a line, by none that is too small."""
    for day in range(values.size):
        quotients[day] = values[day] / max(by[day], smallest[day])


@jitted
def _solve(gram: Float, penalty: float, found: Float) -> None:
    """Solve penalised grams, (row, column, day), whose upper half is used, for found, (row, day), all in place."""
    size, days = found.shape
    smallest, share = np.empty(days), np.empty(days)
    _widen(gram, penalty, smallest)
    for pivot in range(size):
        for row in range(pivot + 1, size):
            _divide(gram[pivot, row], gram[pivot, pivot], smallest, share)
            _take_off(share, found[pivot], found[row])
            for column in range(row, size):
                _take_off(share, gram[pivot, column], gram[row, column])
    for row in range(size - 1, -1, -1):
        for column in range(row + 1, size):
            _take_off(gram[row, column], found[column], found[row])
        _divide(found[row], gram[row, row], smallest, found[row])


@leaf
def average(total: Float, first: int, day: int, windows: Int, means: Float) -> None:
    """Fill means, (window, day), of the last errors before each origin."""
    for row in range(windows.size):
        window, line, slot = windows[row], means[row], first
        for number in range(line.size):
            line[number] = (total[slot] - total[max(slot - window, 0)]) / window
            slot += day


@leaf
def _add_up(one: Float, others: Float, forgetting: float, sums: Float) -> None:
    """Fill two lines of sums with those of the products up to each day: one alone would wait for itself."""
    left, right, first, second = others[0], others[-1], sums[0], sums[-1]
    so_far, as_far = 0.0, 0.0
    for number in range(one.size):
        so_far = forgetting * so_far + one[number] * left[number]
        as_far = forgetting * as_far + one[number] * right[number]
        first[number], second[number] = so_far, as_far


@jitted
def weigh(means: Float, begin: int, learned: int, counts: Int, rates: Float) -> Float:
    """Return what means are after they were solved for the grams of the days before, (window, day).

    So many days are learned from, the first of them at begin; the result is 0 before there are enough of them.
    """
    size, days = means.shape
    found, grams, known, few = means.copy(), np.empty((size, size, learned)), 0.0, 0
    while few < learned and rates[0] * known + 1.0 < counts[1]:
        known, few = rates[0] * known + 1.0, few + 1
    for row in range(size):
        one = means[row, begin : begin + learned]
        for column in range(row, size, 2):
            pair = slice(column, column + 2)
            _add_up(one, means[pair, begin : begin + learned], rates[0], grams[row, pair])
    found[:, : days - learned + few] = 0.0
    if few < learned:
        _solve(grams[:, :, few:], rates[1], found[:, days - learned + few :])
    return found
