"""All that is known before a slot comes, on the local grid: the calendar always, the weather where there is some."""

import numpy as np
from numpy.typing import NDArray

from grid.day_features import LAGGED, day_features
from grid.experts import Ahead
from grid.local_days import LocalDays

Float = NDArray[np.float64]


def known_ahead(local: LocalDays, slots: int, *, until: int, extra: Float | None = None) -> Ahead:
    """Return the features of all slots of the local grid.

    Parameters
    ----------
    local : LocalDays
        Where the slots lie.
    slots : int
        UTC slots of load and horizon. [slots]
    until : int
        Local slots wanted. [slots]
    extra : ndarray, shape (slot, column), float64, optional
        Weather of the same UTC slots; NaN where it is unknown.

    Returns
    -------
    Ahead
        With the columns of the calendar, then the extra ones, all of which also count by their change.
    """
    features = day_features(local.first, local.days(slots))[:until]
    if extra is None:
        return Ahead(np.ascontiguousarray(features), LAGGED)
    spread = np.full((until, extra.shape[1]), np.nan)
    spread[local.place[:slots]] = extra[:slots]  # in autumn, of the hour that comes twice, the second one
    _fill_hours_that_do_not_exist(spread, local.place[:slots])
    lagged = np.concatenate((LAGGED, np.ones(extra.shape[1], dtype=np.bool_)))
    return Ahead(np.ascontiguousarray(np.concatenate((features, spread), axis=1)), lagged)


def part_ahead(local: LocalDays, known_w: Float, *, until: int) -> Float:
    """Return a part of loads that is known ahead on the local grid, shape (series, local slot). [W].

    Parameters
    ----------
    local : LocalDays
        Where the slots lie.
    known_w : ndarray, shape (series, slot), float64
        By UTC slots. [W]
    until : int
        Local slots wanted; 0 in those that no slot lies in, which is at night. [slots]
    """
    spread_w = np.zeros((known_w.shape[0], until))
    spread_w[:, local.place[: known_w.shape[1]]] = known_w
    return spread_w


def _fill_hours_that_do_not_exist(spread: Float, place: NDArray[np.int64]) -> None:
    """Repeat the slot before those that summer time leaves out: a day and a week later they are looked at."""
    for after in np.flatnonzero(np.diff(place) > 1) + 1:
        spread[place[after - 1] + 1 : place[after]] = spread[place[after - 1]]
