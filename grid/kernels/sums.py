"""Say which places are sums of which: hierarchies that may cross, as arrays a kernel can walk."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Int, int_array, require


@dataclass(frozen=True, slots=True)
class Sums:
    """Hold the sums, each after those of its own parts.

    Attributes
    ----------
    place_count : int
        Places that the indices below run over.
    total : ndarray, shape (sum,), int64
        Place that is the sum of its parts.
    first : ndarray, shape (sum + 1,), int64
        Where the parts of each sum begin in ``part``, and where the last ones end.
    part : ndarray, shape (entry,), int64
        Places that are added up.
    above : ndarray, shape (sum,), int64
        Sum of the same hierarchy that ``total`` is a part of; -1 where there is none.
    """

    place_count: int
    total: Int
    first: Int
    part: Int
    above: Int


def sums_of(parent: NDArray[Any]) -> Sums:
    """Return the sums of one or several hierarchies of the same places.

    Parameters
    ----------
    parent : ndarray, shape (hierarchy, place)
        Place above each place; -1 where there is none. Every hierarchy is a forest of its own: a transformer may be
        part of a feeder in one and of a commune in another.

    Returns
    -------
    Sums

    Raises
    ------
    InvariantError
        A parent is no place, or a place lies above itself.

    Notes
    -----
    O(hierarchy * place * height).

    Examples
    --------
    >>> import numpy as np
    >>> found = sums_of(np.array([[2, 2, -1]]))
    >>> found.total, found.part
    (array([2]), array([0, 1]))
    """
    above = int_array("parent", parent, axes=(None, None))
    places = above.shape[1]
    require(bool(((above >= -1) & (above < places)).all()), "A parent is a place, or -1.", places=places)
    height = _heights(above)
    which, child = np.nonzero(above >= 0)
    total = above[which, child]
    number = which * places + total
    found = np.unique(number)
    order = found[np.lexsort((found, height[found % places]))]
    position = np.full(above.shape[0] * places, -1, dtype=np.int64)
    position[order] = np.arange(order.size)
    sorting = np.argsort(position[number], kind="stable")
    first = np.concatenate(([0], np.cumsum(np.bincount(position[number], minlength=order.size))))
    hierarchy, place = order // max(places, 1), order % max(places, 1)
    upper = above[hierarchy, place]
    linked = np.where(upper >= 0, position[hierarchy * places + upper], -1)
    return Sums(places, place.astype(np.int64), first.astype(np.int64), child[sorting].astype(np.int64), linked)


def _heights(above: Int) -> Int:
    """Return how many sums lie below each place at most, over all hierarchies."""
    height = np.zeros(above.shape[1], dtype=np.int64)
    which, child = np.nonzero(above >= 0)
    for _ in range(above.shape[1] + 1):
        raised = np.zeros_like(height)
        np.maximum.at(raised, above[which, child], height[child] + 1)
        if (raised == height).all():
            break
        height = raised
    require(bool((height < max(above.shape[1], 1)).all()), "No place lies above itself.")
    return height
