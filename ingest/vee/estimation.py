"""Estimate a gap: linear between its neighbours, or as on like days; scaled to the index difference if it is known."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.vee.days import LocalDays
from ingest.vee.profile import like_days

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

#: Longest gap that is filled by a straight line. [s]
LINEAR_S: Final = 7_200
#: How far a measured sum may exceed an index difference before that one is not believed. [unit]
_SLACK: Final = 10.0
#: How long before and after a gap tells at which level it is. [s]
_LEVEL_S: Final = 86_400
_MOST_LEVEL: Final = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The slots around an incomplete day, from `origin_s` on: arrays of shape (slot,).

    Attributes
    ----------
    origin_s, step_s : int
        Start of the first slot, UTC epoch, and step of all. [s]
    value : ndarray of float64
        Measured value; NaN where there is none, or only part of one. [unit]
    is_taken : ndarray of bool
        Where anything is stored, so that nothing can be.
    """

    origin_s: int
    step_s: int
    value: Float
    is_taken: npt.NDArray[np.bool_]

    def starts_s(self, first: int, end: int) -> Int:
        """Return the starts of some slots. [s]."""
        return self.origin_s + self.step_s * np.arange(first, end, dtype=np.int64)

    def gaps(self, first: int, end: int) -> list[tuple[int, int]]:
        """Return the runs of slots without a measured value that reach into ``[first, end)``, whole."""
        gap = np.isnan(self.value)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], gap, [False]]).astype(np.int8)))
        runs = edges.reshape(-1, 2)
        return [(int(a), int(b)) for a, b in runs if a < end and b > first]


@dataclass(frozen=True, slots=True)
class IndexPair:
    """The last index at or before a gap and the first at or after it; times in seconds, values in its unit."""

    before_s: float
    before: float
    after_s: float
    after: float


@dataclass(frozen=True, slots=True)
class Guess:
    """What a gap is estimated as: a value for each slot, none where it cannot be; how, why, and whether scaled."""

    value: Float
    method: str
    reason: str
    is_scaled: bool = False


def make_grid(facts: Int, value: Float, *, origin_s: int, end_s: int, step_s: int) -> Grid:
    """Lay rows of any steps on slots of one.

    Parameters
    ----------
    facts, value
        Rows as `db.vee.RowColumns` has them.
    origin_s, end_s, step_s : int
        The slots. [s]
    """
    slots = (end_s - origin_s) // step_s
    total, covered_s, taken = np.zeros(slots), np.zeros(slots), np.zeros(slots, np.bool_)
    for length in np.unique(facts[1]):
        rows = facts[1] == length
        for part in range(max(1, int(length) // step_s)):  # a long row is divided between its slots
            slot = (facts[0, rows] - origin_s + part * step_s) // step_s
            inside = (slot >= 0) & (slot < slots)
            share = min(1.0, step_s / length)
            measured = inside & (facts[2, rows] == 0)
            np.add.at(total, slot[measured], value[rows][measured] * share)
            np.add.at(covered_s, slot[measured], length * share)
            taken[slot[inside]] = True
    return Grid(origin_s, step_s, np.where(covered_s == step_s, total, np.nan), taken)


def estimate(
    grid: Grid, gap: tuple[int, int], history: tuple[Int, Float], index: IndexPair | None, days: LocalDays
) -> Guess:
    """Return what a gap is estimated as.

    Parameters
    ----------
    grid : Grid
        The slots around it.
    gap : tuple of int
        First slot and end.
    history : tuple of ndarray, shape (row,)
        Starts [s] and values [unit] of measured rows of the grid's step.
    index : IndexPair or None
        Indexes on both sides.
    days : LocalDays
        Holds all these times.
    """
    guess = _unscaled(grid, gap, history, days)
    if index is None or not guess.value.size:
        return guess
    energy = _energy_between(grid, gap, index)
    if energy is None:
        return guess
    if energy < -_SLACK:
        reason = f"{guess.reason}; not scaled, for the indexes differ by less than was measured"
        return Guess(guess.value, guess.method, reason)
    energy, told = max(energy, 0.0), float(guess.value.sum())
    scaled = guess.value * (energy / told) if told > 0.0 else np.full(guess.value.size, energy / guess.value.size)
    return Guess(scaled, guess.method, f"{guess.reason}; scaled to the index difference", is_scaled=True)


def _unscaled(grid: Grid, gap: tuple[int, int], history: tuple[Int, Float], days: LocalDays) -> Guess:
    first, end = gap
    if first > 0 and end < grid.value.size and (end - first) * grid.step_s <= LINEAR_S:
        weight = np.arange(1, end - first + 1) / (end - first + 1)
        value = (1.0 - weight) * grid.value[first - 1] + weight * grid.value[end]
        return Guess(value, "linear", "between its neighbours")
    value, fewest = like_days(*history, grid.starts_s(first, end), step_s=grid.step_s, days=days)
    if np.isnan(value).any():
        return Guess(value[:0], "none", "the history has too few like days")
    level = _level(grid, gap, history, days)
    return Guess(level * value, "like_days", f"mean of at least {fewest} like days, at {level:.2f} of their level")


def _level(grid: Grid, gap: tuple[int, int], history: tuple[Int, Float], days: LocalDays) -> float:
    """Return how the day before and the day after a gap compare with the like days of theirs."""
    reach = _LEVEL_S // grid.step_s
    slot = np.arange(max(gap[0] - reach, 0), min(gap[1] + reach, grid.value.size))
    slot = slot[~np.isnan(grid.value[slot])]
    usual, _ = like_days(*history, grid.origin_s + grid.step_s * slot, step_s=grid.step_s, days=days)
    known = ~np.isnan(usual)
    if not usual[known].sum() > 0.0:
        return 1.0
    return float(np.clip(grid.value[slot[known]].sum() / usual[known].sum(), 1.0 / _MOST_LEVEL, _MOST_LEVEL))


def _energy_between(grid: Grid, gap: tuple[int, int], index: IndexPair) -> float | None:
    """Return what the index difference leaves for the gap, or None where the rest is not measured wholly. [unit]."""
    starts = grid.starts_s(0, grid.value.size).astype(np.float64)
    overlap = np.minimum(starts + grid.step_s, index.after_s) - np.maximum(starts, index.before_s)
    share = np.clip(overlap / grid.step_s, 0.0, 1.0)
    share[gap[0] : gap[1]] = 0.0
    known = share > 0.0
    outside = index.before_s < grid.origin_s or index.after_s > starts[-1] + grid.step_s
    if outside or index.after < index.before or np.isnan(grid.value[known]).any():
        return None
    return index.after - index.before - float((share[known] * grid.value[known]).sum())
