"""The sums and solutions of `grid.kernels.ridge`, compiled: all leads of one day's part side by side.

Of all sums a lead has to itself only those with its own features; those of common features are added up, and
eliminated, once for all of them. What remains runs along the leads.
"""

from typing import TypeAlias

import numpy as np

from core.compiling import jitted
from grid.kernels.checks import Float, Int

#: Among common features, (feature, feature); between common and own, (feature, own feature * lead); and among own ones,
#: (pair of features, lead).
Sums: TypeAlias = tuple[Float, Float, Float]
#: No pivot is smaller than this part of the days learned from. [1]
_SMALLEST_RATIO = 1e-9
#: Newer days weigh more instead of older ones less; before that overflows, all is scaled down.
_HEAVIEST = 1e100


@jitted
def add(share: float, values: Float, line: Float) -> None:
    """Add a share of the values to a line of as many."""
    for place in range(line.size):
        line[place] += share * values[place]


@jitted
def learn(weight: float, common: Float, active: Int, own: Float, sums: Sums) -> None:
    """Add the products of a day's features: common ones, common with own, own ones (pairs in a row)."""
    among_common, mixed, among_own = sums
    flat = own.reshape(own.size)  # one long loop takes less than a short one for each feature
    for number in range(active.size):
        place = active[number]
        part = weight * common[place]
        for other in range(number + 1):
            among_common[place, active[other]] += part * common[active[other]]
        add(part, flat, mixed[place])
    pair = 0
    for feature in range(own.shape[0]):
        one = own[feature]
        for other in range(feature + 1):
            line, two = among_own[pair], own[other]
            for lead in range(one.size):
                line[lead] += weight * one[lead] * two[lead]
            pair += 1


@jitted
def lightened(heaviest: float, sums: Sums) -> float:
    """Return the weight of the next day, after all sums were scaled down if it would soon overflow."""
    if heaviest < _HEAVIEST:
        return heaviest
    among_common, mixed, among_own = sums
    among_common /= heaviest
    mixed /= heaviest
    among_own /= heaviest
    return 1.0


@jitted
def _factor_common(among_common: Float, penalty: float, factor: Float) -> None:
    """Fill the lower half of factor with Cholesky's of the penalised sums; the constant is not penalised."""
    smallest = _SMALLEST_RATIO * among_common[0, 0]
    for row in range(factor.shape[0]):
        for column in range(row + 1):
            value = among_common[row, column]
            if row == column:
                value += (penalty if row > 0 else 0.0) * value + smallest
            for before in range(column):
                value -= factor[row, before] * factor[column, before]
            if row == column:
                factor[row, row] = np.sqrt(max(value, smallest))
            else:
                factor[row, column] = value / factor[column, column]


@jitted
def _eliminate_common(factor: Float, mixed: Float, among_own: Float, width: int, half: Float, left: Float) -> None:
    """Fill half with what the factor leaves of mixed, left with the sums of own features without the common part."""
    left[:] = among_own
    for row in range(factor.shape[0]):
        half[row] = mixed[row]
        for before in range(row):
            if factor[row, before] != 0.0:
                add(-factor[row, before], half[before], half[row])
        half[row] /= factor[row, row]
        pair = 0
        for one in range(0, half.shape[1], width):
            for other in range(0, one + width, width):
                line, left_part, right_part = left[pair], half[row, one : one + width], half[row, other : other + width]
                for lead in range(width):
                    line[lead] -= left_part[lead] * right_part[lead]
                pair += 1


@jitted
def _substitute(left: Float, lead: int, square: Float) -> None:
    """Fill the last column of square with the solution for one lead, by the factor in the others."""
    size = square.shape[0]
    for row in range(size):
        value = left[size * (size + 1) // 2 + row, lead]
        for before in range(row):
            value -= square[row, before] * square[before, size]
        square[row, size] = value / square[row, row]
    for row in range(size - 1, -1, -1):
        value = square[row, size]
        for after in range(row + 1, size):
            value -= square[after, row] * square[after, size]
        square[row, size] = value / square[row, row]


@jitted
def _solve_own(left: Float, among_own: Float, days: float, penalty: float, lead: int, square: Float) -> None:
    """Fill square with Cholesky's factor of one lead's own sums, penalised, its last column with the solution."""
    size, smallest = square.shape[0], _SMALLEST_RATIO * days
    for row in range(size):
        for column in range(row + 1):
            pair = row * (row + 1) // 2 + column
            value = left[pair, lead]
            if row == column:
                value += penalty * among_own[pair, lead] + smallest
            for before in range(column):
                value -= square[row, before] * square[column, before]
            square[row, column] = np.sqrt(max(value, smallest)) if row == column else value / square[column, column]
    _substitute(left, lead, square)


@jitted
def solve(
    sums: Sums,
    penalty: float,
    room: tuple[Float, Float, Float, Float],
    of_common: Float,
    of_own: Float,
) -> None:
    """Fill the coefficients of common and own features, both (feature, lead)."""
    among_common, mixed, among_own = sums
    factor, half, left, square = room
    size, width = of_own.shape
    _factor_common(among_common, penalty, factor)
    _eliminate_common(factor, mixed, among_own, width, half, left)
    for lead in range(width):
        _solve_own(left, among_own, among_common[0, 0], penalty, lead, square)
        for feature in range(size):
            of_own[feature, lead] = square[feature, size]
    for row in range(factor.shape[0] - 1, -1, -1):
        line = of_common[row]
        line[:] = half[row, size * width :]
        for feature in range(size):
            values, parts = half[row, feature * width : (feature + 1) * width], of_own[feature]
            for lead in range(width):
                line[lead] -= values[lead] * parts[lead]
        for after in range(row + 1, factor.shape[0]):
            if factor[after, row] != 0.0:
                add(-factor[after, row], of_common[after], line)
        line /= factor[row, row]
