"""An attacker who has nothing but published sums, and adds and subtracts them."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def least_of_pairs_and_triples(cells: NDArray[np.int64]) -> int:
    """Return the fewest points that are left of any two or three sums, added and subtracted.

    Parameters
    ----------
    cells : ndarray, shape (cell, point), int64
        Which points are in each sum, no sum twice.

    Notes
    -----
    Points that are in the same sums cannot be told apart: they are tried as one, and counted as many.
    """
    patterns, weights = np.unique(cells, axis=1, return_counts=True)
    patterns = patterns.astype(np.int8)
    least = int(min(cells.sum(axis=1), default=10**9))
    for one in range(len(patterns)):
        for sign in (-1, 1):
            pair = patterns[one] + sign * patterns[one + 1 :]
            least = min(least, _least(pair, weights))
            for number in range(len(pair)):
                for other in (-2, -1, 1, 2):
                    least = min(least, _least(pair[number] + other * patterns, weights))
    return least


def _least(combined: NDArray[np.int8], weights: NDArray[np.int64]) -> int:
    """Return the fewest points with a coefficient in any row that is not zero everywhere."""
    left = (combined != 0) @ weights
    return int(left[left > 0].min(initial=10**9))


def groups_found_out(cells: NDArray[np.int64], fewer_than: int) -> Iterator[tuple[int, ...]]:
    """Yield groups of fewer points than so many of which some combination of sums, with any factors, tells something.

    Notes
    -----
    A combination that is about these points alone exists exactly if the rank, in rational numbers, falls when their
    columns are taken away.
    """
    points = cells.shape[1]
    whole = rank(cells)
    for size in range(1, fewer_than):
        for group in itertools.combinations(range(points), size):
            others = [point for point in range(points) if point not in group]
            if rank(cells[:, others]) < whole:
                yield group


def rank(matrix: NDArray[np.int64]) -> int:
    """Return the rank of a matrix in rational numbers, by elimination without rounding."""
    rows = [[Fraction(int(value)) for value in row] for row in np.unique(matrix, axis=0)]
    found = 0
    for column in range(matrix.shape[1]):
        pivot = next((row for row in range(found, len(rows)) if rows[row][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for row in range(found + 1, len(rows)):
            factor = rows[row][column] / rows[found][column]
            if factor:
                rows[row] = [mine - factor * theirs for mine, theirs in zip(rows[row], rows[found], strict=True)]
        found += 1
    return found
