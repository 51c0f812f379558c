"""Cells: sums over whole cohorts by place and period, and which of them may be shown.

Axes are (point, slot) for energy and (place, slot) for cells. A place may lie in another one: then what is left of the
larger without the smaller ones that are shown is judged as if it were a cell, because everybody can compute it. The
same holds of a day without those of its half-hours that are shown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enjoy.disclosure.rules import Hidden, Rules


@dataclass(frozen=True, slots=True)
class Lattice:
    """Hold the places that sums are published for.

    Attributes
    ----------
    points : tuple of ndarray, shape (place,) of int
        Rows of energy that lie in each.
    parent : tuple of int
        Position of the place that each lies in; -1 where there is none. A parent comes before its parts.
    """

    points: tuple[NDArray[np.intp], ...]
    parent: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """Hold sums and what hides them; of hidden ones, sums are not to be shown.

    Attributes
    ----------
    energy_wh : ndarray, shape (place, slot), float64
        Sum. [Wh]
    count : ndarray, shape (place, slot), int64
        Usage points in it.
    hidden : ndarray, shape (place, slot), int8
        A `Hidden` each.
    """

    energy_wh: NDArray[np.float64]
    count: NDArray[np.int64]
    hidden: NDArray[np.int8]


def counted(energy_wh: NDArray[np.float64], cohort: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which values are counted: those of cohorts of which no value is missing.

    Parameters
    ----------
    energy_wh : ndarray, shape (point, slot), float64
        NaN where it is not known. [Wh]
    cohort : ndarray, shape (point,), int
        Cohort of each point.

    Returns
    -------
    ndarray, shape (point, slot), bool

    Notes
    -----
    If a sum left out the one whose value is missing, the sums before and after would tell what it usually draws.
    """
    _, number = np.unique(cohort, return_inverse=True)
    missing = np.zeros((number.max(initial=-1) + 1, energy_wh.shape[1]), dtype=bool)
    np.logical_or.at(missing, number, np.isnan(energy_wh))
    return ~missing[number]


def half_hours(energy_wh: NDArray[np.float64], inside: NDArray[np.bool_], lattice: Lattice, rules: Rules) -> Cells:
    """Return the cells of each slot.

    Parameters
    ----------
    energy_wh : ndarray, shape (point, slot), float64
        What was drawn, ``>= 0``. [Wh]
    inside : ndarray, shape (point, slot), bool
        As `counted` returns it.
    lattice : Lattice
        Places.
    rules : Rules
        What a cell has to keep.
    """
    values = np.where(inside, energy_wh, 0.0)
    shape = (len(lattice.points), energy_wh.shape[1])
    cells = Cells(np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int8))
    for place, rows in enumerate(lattice.points):
        cells.energy_wh[place] = values[rows].sum(axis=0)
        cells.count[place] = inside[rows].sum(axis=0)
        cells.hidden[place] = judge(values[rows], inside[rows], rules)
    for place in set(lattice.parent) - {-1}:
        _hide_parts(cells, values, inside, lattice, place, rules)
    return cells


def whole_day(
    energy_wh: NDArray[np.float64], inside: NDArray[np.bool_], halves: Cells, lattice: Lattice, rules: Rules
) -> Cells:
    """Return the cells of the day that the slots make up, one slot wide.

    A day is hidden too where it, less those of its half-hours that are shown, is none that may be shown.
    """
    all_day: NDArray[np.bool_] = np.asarray(inside.all(axis=1, keepdims=True))
    values = np.where(inside, energy_wh, 0.0)
    of_day = np.where(all_day, values, 0.0)
    days = half_hours(of_day.sum(axis=1, keepdims=True), all_day, lattice, rules)
    for place, rows in enumerate(lattice.points):
        shown = halves.hidden[place] == Hidden.NOT
        # What of each point is in the day and in no half-hour that is shown, or the other way round.
        apart = (all_day[rows] != (inside[rows] & shown)).any(axis=1, keepdims=True)
        left = np.abs(of_day[rows].sum(axis=1) - values[rows][:, shown].sum(axis=1))[:, None]
        if days.hidden[place, 0] == Hidden.NOT and shown.any() and apart.any():
            left = np.where(apart, left, 0.0)
            if judge(left, apart, rules)[0]:
                days.hidden[place, 0] = Hidden.COMPLEMENTARY
    return days


def judge(values: NDArray[np.float64], inside: NDArray[np.bool_], rules: Rules) -> NDArray[np.int8]:
    """Return, for each slot, why a sum over points would be hidden.

    Parameters
    ----------
    values : ndarray, shape (point, slot), float64
        Absolute values; 0 where a point is not inside. [Wh]
    inside : ndarray, shape (point, slot), bool
        Which points are in the sum.
    rules : Rules
        What it has to keep.

    Returns
    -------
    ndarray, shape (slot,), int8
        A `Hidden` each.

    Notes
    -----
    A sum of nothing but zeros says of everybody in it that they drew nothing: it counts as dominated.
    """
    total = values.sum(axis=0)
    if len(values) < 2:  # noqa: PLR2004 - the two largest need two
        largest, second = total, np.zeros_like(total)
    else:
        second, largest = np.partition(values, -2, axis=0)[-2:]
    dominated = (largest > rules.largest_share * total) | (total <= 0)
    # A sum's rounding must not decide.
    dominated |= total - largest - second < rules.closeness * largest - 1e-9 * total
    few = inside.sum(axis=0) < rules.least_points
    return np.where(few, Hidden.K, np.where(dominated, Hidden.DOMINANCE, Hidden.NOT)).astype(np.int8)


def _hide_parts(
    cells: Cells,
    values: NDArray[np.float64],
    inside: NDArray[np.bool_],
    lattice: Lattice,
    place: int,
    rules: Rules,
) -> None:
    """Hide parts of a place, the smallest first, until what is left of it without those shown may be shown as well."""
    parts = [part for part, parent in enumerate(lattice.parent) if parent == place]
    rows = lattice.points[place]
    at = {int(row): position for position, row in enumerate(rows)}
    local = [np.array([at[int(row)] for row in lattice.points[part]], dtype=np.intp) for part in parts]
    for _ in parts:
        left = inside[rows].copy()
        for part, own in zip(parts, local, strict=True):
            left[own] &= cells.hidden[part] != Hidden.NOT
        unsafe = judge(np.where(left, values[rows], 0.0), left, rules) != Hidden.NOT
        unsafe &= left.any(axis=0) & (cells.hidden[place] == Hidden.NOT)
        shown = cells.hidden[parts] == Hidden.NOT
        slots = np.flatnonzero(unsafe & shown.any(axis=0))
        if not slots.size:
            return
        size = np.where(shown, cells.energy_wh[parts], np.inf)
        smallest = np.asarray(parts)[size[:, slots].argmin(axis=0)]
        cells.hidden[smallest, slots] = Hidden.COMPLEMENTARY
