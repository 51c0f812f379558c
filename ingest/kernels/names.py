"""Find many names, given as places in bytes, in a table of known ones; take topics apart."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.compiling import jitted, kernel

_BASIS, _PRIME, _MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
_SLASH = 0x2F
#: Fewest slots of a table; there are at least twice as many slots as names.
FEWEST_SLOTS: Final = 16


@jitted
def _slot(data: npt.NDArray[np.uint8], first: int, after: int, slots: int) -> int:
    """Return where a name belongs in a table of a power of two slots: FNV-1a of 32 bits."""
    digest = _BASIS
    for at in range(first, after):
        digest = ((digest ^ int(np.int64(data[at]))) * _PRIME) & _MASK
    return (digest ^ digest >> 15) & (slots - 1)


@jitted
def _equal(
    left: npt.NDArray[np.uint8], first: int, after: int, right: npt.NDArray[np.uint8], start: int, end: int
) -> bool:
    """Tell whether two names are the same."""
    if after - first != end - start:
        return False
    for step in range(after - first):  # noqa: SIM110 - no generators in a kernel
        if left[first + step] != right[start + step]:
            return False
    return True


@kernel
def fill(names: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], slots: npt.NDArray[np.int32]) -> None:
    """Put names into a table.

    Parameters
    ----------
    names : ndarray, shape (byte,), uint8
        All names, one after the other.
    ends : ndarray, shape (name + 1,), int64
        Where each begins, and the end of the last.
    slots : ndarray, shape (slot,), int32
        A power of two, more than there are names; filled with the position of a name, or -1.
    """
    slots[:] = -1
    for name in range(len(ends) - 1):
        slot = _slot(names, ends[name], ends[name + 1], len(slots))
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = name


@kernel
def find(
    names: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int32],
    data: npt.NDArray[np.uint8],
    places: npt.NDArray[np.int64],
    found: npt.NDArray[np.int32],
) -> None:
    """Look up the names that stand at some places.

    Parameters
    ----------
    names, ends, slots
        The table, as `fill` left it.
    data : ndarray, shape (byte,), uint8
        Where the names to be found are.
    places : ndarray, shape (wanted, 2), int64
        First byte and the one after the last of each.
    found : ndarray, shape (wanted,), int32
        Filled with the position of the name in the table, or -1.
    """
    for wanted in range(len(places)):
        first, after = places[wanted, 0], places[wanted, 1]
        slot = _slot(data, first, after, len(slots))
        found[wanted] = -1
        while slots[slot] >= 0:
            name = slots[slot]
            if _equal(data, first, after, names, ends[name], ends[name + 1]):
                found[wanted] = name
                break
            slot = (slot + 1) & (len(slots) - 1)


@kernel
def split_levels(
    data: npt.NDArray[np.uint8],
    places: npt.NDArray[np.int64],
    head: int,
    heads: npt.NDArray[np.int64],
    levels: npt.NDArray[np.int32],
) -> None:
    """Find the first levels of topics, and count all.

    Parameters
    ----------
    data : ndarray, shape (byte,), uint8
        Where the topics are.
    places : ndarray, shape (topic, 2), int64
        First byte and the one after the last of each.
    head : int
        How many levels are the first ones, ``>= 1``.
    heads : ndarray, shape (topic, 2), int64
        Filled with the place of the first levels; of a topic with fewer, with all of it.
    levels : ndarray, shape (topic,), int32
        Filled with how many levels each has, ``>= 1``.
    """
    for topic in range(len(places)):
        heads[topic] = places[topic]
        levels[topic] = 1
        for at in range(places[topic, 0], places[topic, 1]):
            if data[at] == _SLASH:
                if levels[topic] == head:
                    heads[topic, 1] = at
                levels[topic] += 1
