"""Random draws that depend on nothing but the seed, the stream's name and the key: no generator state to keep.

A usage point's draw is therefore the same in a fleet of ten and of a million, today and in a back-fill of last month.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.identifiers import shard_of

_ALL: Final = 2**63  # shard_of is FNV-1a; a power of two keeps its low bits
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return SplitMix64's output for each state (Steele, Lea and Flood 2014, OOPSLA, figure 16)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def uniform(seed: int, stream: str, key: NDArray[np.int64] | Sequence[int], day: int = 0) -> NDArray[np.float64]:
    """Draw one number in ``[0, 1)`` for each key.

    Parameters
    ----------
    seed : int
        The fleet's seed.
    stream : str
        What is drawn; other names give independent draws.
    key : sequence of int, shape (key,)
        What it is drawn for, as an index.
    day : int, default 0
        Ordinal of the day it is drawn for, or 0 where it holds for ever.

    Returns
    -------
    ndarray, shape (key,), float64

    Examples
    --------
    >>> bool(uniform(1, "annual", [7])[0] == uniform(1, "annual", [6, 7])[1])
    True
    """
    with np.errstate(over="ignore"):
        origin = np.array([shard_of(f"{seed}/{stream}/{day}", _ALL)], dtype=np.uint64)
        state = _mix(origin + _GOLDEN) + (np.asarray(key).astype(np.uint64) + np.uint64(1)) * _GOLDEN
        bits = _mix(state) >> np.uint64(11)
    return np.asarray(bits * 2.0**-53, dtype=np.float64)


def normal(seed: int, stream: str, key: NDArray[np.int64] | Sequence[int], day: int = 0) -> NDArray[np.float64]:
    """Draw one standard normal number for each key, by Box and Muller's transform; shape (key,)."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(seed, stream + "/radius", key, day)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniform(seed, stream + "/angle", key, day)))


def lognormal(
    seed: int, stream: str, key: NDArray[np.int64] | Sequence[int], *, median: float, sigma: float
) -> NDArray[np.float64]:
    """Draw one log-normal number for each key; shape (key,), in the unit of `median`."""
    return np.asarray(median * np.exp(sigma * normal(seed, stream, key)))


def choose(u: NDArray[np.float64], choices: Sequence[Any]) -> NDArray[Any]:
    """Return an equally likely choice for each uniform draw; shape (key,)."""
    options = np.asarray(choices)
    return np.asarray(options[(u * len(options)).astype(np.int64)])
