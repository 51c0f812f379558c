"""The sums and solutions of `grid.kernels.ridge`, compiled: all leads of one day's part side by side.

Of all sums a lead has to itself only those with its own features; those of common features are added up, and
eliminated, once for all of them. What remains runs along the leads.

A loop over the leads of one pair of own features would be over before it has begun well. Their sums therefore lie by
the distance of the two: first those of each feature with itself, then those of each with the next, and so on. All pairs
of one distance are one product of all features in a row with themselves, shifted.
"""

from typing import TypeAlias

import numpy as np

from core.compiling import leaf
from grid.kernels.checks import Float, Int

#: Among common features, (feature, feature); between common and own, (feature, own feature * lead); and among own ones,
#: (pair of features * lead).
Sums: TypeAlias = tuple[Float, Float, Float]
#: No pivot is smaller than this part of the days learned from. [1]
_SMALLEST_RATIO = 1e-9
#: Newer days weigh more instead of older ones less; before that overflows, all is scaled down.
_HEAVIEST = 1e100
#: So many rows are taken from another at a time, which is read and written once for all of them.
_AT_ONCE = 4


@leaf
def add(share: float, values: Float, line: Float) -> None:
    """Add a share of the values to a line of as many."""
    for place in range(line.size):
        line[place] += share * values[place]


@leaf
def _scale(share: float, line: Float) -> None:
    """Multiply a line."""
    for place in range(line.size):
        line[place] *= share


@leaf
def _take_product(one: Float, two: Float, line: Float) -> None:
    """Take the product of two lines from a third."""
    for place in range(line.size):
        line[place] -= one[place] * two[place]


@leaf
def _take(shares: Float, values: Float, line: Float) -> None:
    """Take a share of each row of values from a line, which is not among them."""
    row = 0
    while row + _AT_ONCE <= shares.size:
        a, b, c, d = shares[row], shares[row + 1], shares[row + 2], shares[row + 3]
        one, two, three, four = values[row], values[row + 1], values[row + 2], values[row + 3]
        for place in range(line.size):
            line[place] -= (a * one[place] + b * two[place]) + (c * three[place] + d * four[place])
        row += _AT_ONCE
    while row < shares.size:
        share, one = shares[row], values[row]
        for place in range(line.size):
            line[place] -= share * one[place]
        row += 1


@leaf
def pairs_of(count: int) -> int:
    """Return how many pairs so many features make, each with itself included."""
    return count * (count + 1) // 2


@leaf
def _pair(row: int, column: int, count: int, width: int) -> int:
    """Return where the sums of a pair of count own features begin; the column is not after the row."""
    apart = row - column
    return (apart * count - apart * (apart - 1) // 2 + column) * width


@leaf
def learn(weight: float, common: Float, active: Int, own: Float, sums: Sums) -> None:
    """Add the products of a day's features: common ones, common with own, own ones."""
    among_common, mixed, among_own = sums
    flat = own.reshape(own.size)
    for number in range(active.size):
        place = active[number]
        part = weight * common[place]
        add(part, common, among_common[place])
        add(part, flat, mixed[place])
    begin = 0
    for shift in range(0, flat.size, own.shape[1]):
        one, two = flat[shift:], flat[: flat.size - shift]
        line = among_own[begin : begin + two.size]
        for place in range(line.size):
            line[place] += weight * one[place] * two[place]
        begin += two.size


@leaf
def lightened(heaviest: float, sums: Sums) -> float:
    """Return the weight of the next day, after all sums were scaled down if it would soon overflow."""
    if heaviest < _HEAVIEST:
        return heaviest
    among_common, mixed, among_own = sums
    _scale(1.0 / heaviest, among_common.reshape(among_common.size))
    _scale(1.0 / heaviest, mixed.reshape(mixed.size))
    _scale(1.0 / heaviest, among_own)
    return 1.0


@leaf
def _factor_common(among_common: Float, penalty: float, factor: Float) -> None:
    """Fill factor with Cholesky's of the penalised sums, and its mirror image; the constant is not penalised."""
    size, smallest = factor.shape[0], _SMALLEST_RATIO * among_common[0, 0]
    for row in range(size):
        for column in range(row + 1):
            factor[column, row] = among_common[row, column]
        factor[row, row] += (penalty if row > 0 else 0.0) * factor[row, row] + smallest
    for pivot in range(size):
        line = factor[pivot]
        root = np.sqrt(max(line[pivot], smallest))
        line[pivot] = root
        part = 1.0 / root
        for place in range(pivot + 1, size):
            line[place] *= part
            factor[place, pivot] = line[place]
        for row in range(pivot + 1, size):
            share, rest = line[row], factor[row]
            for place in range(row, size):
                rest[place] -= share * line[place]


@leaf
def _eliminate_common(factor: Float, mixed: Float, among_own: Float, width: int, half: Float, left: Float) -> None:
    """Fill half with what the factor leaves of mixed, left with the sums of own features without the common part."""
    for place in range(left.size):
        left[place] = among_own[place]
    for row in range(factor.shape[0]):
        line, known, shares = half[row], mixed[row], factor[row]
        for place in range(line.size):
            line[place] = known[place]
        _take(shares[:row], half, line)
        _scale(1.0 / shares[row], line)
        begin = 0
        for shift in range(0, line.size, width):
            one, two = line[shift:], line[: line.size - shift]
            _take_product(one, two, left[begin : begin + two.size])
            begin += two.size


@leaf
def _factor_own(left: Float, among_own: Float, days: float, penalty: float, count: int, width: int) -> None:
    """Make Cholesky's factor of left, penalised, in its own place; its last row becomes half the solution."""
    smallest = _SMALLEST_RATIO * days
    own, diagonal = among_own[: (count - 1) * width], left[: (count - 1) * width]
    for place in range(diagonal.size):
        diagonal[place] += penalty * own[place] + smallest
    for row in range(count):
        for column in range(min(row + 1, count - 1)):
            here, above = _pair(row, column, count, width), _pair(column, column, count, width)
            line, pivot = left[here : here + width], left[above : above + width]
            for before in range(column):
                first, second = _pair(row, before, count, width), _pair(column, before, count, width)
                _take_product(left[first : first + width], left[second : second + width], line)
            if row == column:
                for lead in range(width):
                    line[lead] = np.sqrt(max(line[lead], smallest))
            else:
                for lead in range(width):
                    line[lead] /= pivot[lead]


@leaf
def _substitute(left: Float, of_own: Float) -> None:
    """Fill the coefficients of own features, (feature, lead), from their factor, the last feature up."""
    count, width = of_own.shape[0] + 1, of_own.shape[1]
    for row in range(count - 2, -1, -1):
        found, above, last = of_own[row], _pair(row, row, count, width), _pair(count - 1, row, count, width)
        half, pivot = left[last : last + width], left[above : above + width]
        for lead in range(width):
            found[lead] = half[lead]
        for after in range(row + 1, count - 1):
            here = _pair(after, row, count, width)
            _take_product(left[here : here + width], of_own[after], found)
        for lead in range(width):
            found[lead] /= pivot[lead]


@leaf
def solve(sums: Sums, penalty: float, room: tuple[Float, Float, Float], of_common: Float, of_own: Float) -> None:
    """Fill the coefficients of common and own features, both (feature, lead)."""
    among_common, mixed, among_own = sums
    factor, half, left = room
    size, width = of_own.shape
    _factor_common(among_common, penalty, factor)
    _eliminate_common(factor, mixed, among_own, width, half, left)
    _factor_own(left, among_own, among_common[0, 0], penalty, size + 1, width)
    _substitute(left, of_own)
    for row in range(factor.shape[0] - 1, -1, -1):
        line, known, shares = of_common[row], half[row], factor[row]
        target = known[size * width :]
        for lead in range(width):
            line[lead] = target[lead]
        for feature in range(size):
            _take_product(known[feature * width : (feature + 1) * width], of_own[feature], line)
        _take(shares[row + 1 :], of_common[row + 1 :], line)
        _scale(1.0 / shares[row], line)
