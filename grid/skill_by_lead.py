"""How good a forecast is, as a whole and by how far ahead it speaks.

Blocks of leads end where decisions do: until 6 h the next forecast replaces this one, and the last loads help most;
until 12 h is the rest of the day of the issue; 12 to 24 h and 24 to 36 h are the two halves of tomorrow for who issues
at noon, as markets close; what lies beyond is planned with, not traded, and told day by day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY
from grid.kernels.skill import point_skill, quantile_skill

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Arrays = TypeVar("Arrays")

SLOTS_PER_LEAD_H: Final = SLOTS_PER_DAY // 24
#: Edges of the first day and a half; from two days on each further day is a block of its own. [h]
_EDGES_H: Final = (0, 6, 12, 24, 36)
_DAY_H: Final = 24
#: An edge so near to the end of the forecast makes no block: where summer time begins, leads reach 1 h further. [h]
_LEAST_H: Final = 2


@dataclass(frozen=True, slots=True)
class LeadScores:
    """Hold scores of each series, shape (series, group of leads); NaN where nothing could be scored.

    Attributes
    ----------
    origin_count : ndarray, int64
        Origins followed by at least one known load in the group.
    mae_w, naive_mae_w, crps_w : ndarray, float64
        [W]
    mape_ratio, naive_mape_ratio : ndarray, float64
        Slots of zero load are left out. [1]
    rmae_ratio, rcrps_ratio : ndarray, float64
        ``mae_w`` and ``crps_w`` over the range P99 - P1 of the series' load. [1]
    below_ratio : ndarray, shape (series, group of leads, quantile), float64
        Share of loads at or below each quantile. [1]

    Notes
    -----
    Groups are those of `lead_groups`: the whole first.
    """

    origin_count: Int
    mae_w: Float
    naive_mae_w: Float
    mape_ratio: Float
    naive_mape_ratio: Float
    rmae_ratio: Float
    crps_w: Float
    rcrps_ratio: Float
    below_ratio: Float

    @property
    def coverage_ratio(self) -> Float:
        """Share of loads above the lowest and not above the highest quantile, shape (series, group of leads). [1]."""
        inside: Float = self.below_ratio[..., -1] - self.below_ratio[..., 0]
        return inside


def lead_groups(horizon: int) -> Int:
    """Return the groups of leads that are judged together, the first of them all leads.

    Parameters
    ----------
    horizon : int
        At least 1. [slots]

    Returns
    -------
    ndarray, shape (1 + block, 2), int64
        Leads ``[first, end)``: of the whole, then of the blocks in order. [slots]

    Examples
    --------
    >>> (lead_groups(96) // 2).tolist()
    [[0, 48], [0, 6], [6, 12], [12, 24], [24, 36], [36, 48]]
    """
    hours = (*_EDGES_H, *range(2 * _DAY_H, horizon, _DAY_H))
    inner = [hour * SLOTS_PER_LEAD_H for hour in hours[1:] if (hour + _LEAST_H) * SLOTS_PER_LEAD_H <= horizon]
    edges = [0, *inner, horizon]
    return np.array([(0, horizon), *pairwise(edges)], dtype=np.int64)


def score_by_lead(actual_w: Float, point_w: Float, naive_w: Float, quantile_w: Float, levels: Float) -> LeadScores:
    """Score a forecast and the weekly naive one on the same slots.

    Parameters
    ----------
    actual_w, point_w, naive_w : ndarray, shape (series, origin, lead)
        What came, what was said, and what the naive forecast said; NaN in any of them leaves the slot out. [W]
    quantile_w : ndarray, shape (series, origin, lead, quantile)
        The forecast's quantiles. [W]
    levels : ndarray, shape (quantile,)
        Their probabilities. [1]

    Returns
    -------
    LeadScores
        In the order of `lead_groups`.
    """
    groups = lead_groups(actual_w.shape[2])
    actual_w = np.where(np.isnan(point_w) | np.isnan(naive_w), np.nan, actual_w)
    ours = point_skill(actual_w, point_w, groups=groups)
    naive = point_skill(actual_w, naive_w, groups=groups)
    spread = quantile_skill(actual_w, quantile_w, levels, groups=groups)
    return LeadScores(
        ours.origin_count.astype(np.int64),
        ours.mae_w,
        naive.mae_w,
        ours.mape_ratio,
        naive.mape_ratio,
        ours.rmae_ratio,
        spread.crps_w,
        spread.rcrps_ratio,
        spread.coverage_ratio,
    )


def in_order(parts: Sequence[NDArray[Any]], order: Int | None) -> NDArray[Any]:
    """Return the rows of all parts, counted through, that an order names; all of them where it is None.

    Copied once: putting the parts together first would take the memory of all of them again.
    """
    ends = np.cumsum([part.shape[0] for part in parts])
    asked = np.arange(ends[-1]) if order is None else order
    found = np.empty((asked.size, *parts[0].shape[1:]), dtype=parts[0].dtype)
    for part, end in zip(parts, ends, strict=True):
        places = np.flatnonzero((asked >= end - part.shape[0]) & (asked < end))
        found[places] = part[asked[places] - end + part.shape[0]]
    return found


def end_to_end(parts: Sequence[Arrays], order: Int | None = None) -> Arrays:
    """Return one dataclass of arrays, nested or not, from several of the same kind, its series in the given order."""
    values = []
    for field in fields(parts[0]):  # type: ignore[arg-type]  # a dataclass, which no type variable can be bound to
        held = [getattr(part, field.name) for part in parts]
        values.append(end_to_end(held, order) if is_dataclass(held[0]) else in_order(held, order))
    return type(parts[0])(*values)
