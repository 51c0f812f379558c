"""Forecast again as readings come, without fitting again: what was learned stays, the last slots count anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.day_features import LAGGED, day_features
from grid.experts import WEEKS_BACK, Ahead, Asked, ask_again
from grid.kernels import holt_winters
from grid.kernels.holt_winters import HoltWintersFit
from grid.kernels.ml_poly import mix
from grid.local_days import LocalDays

Float = NDArray[np.float64]

#: How much of the past the experts look at: their weeks, and the one that the horizon may begin before.
_TAIL_SLOTS: Final = (WEEKS_BACK + 1) * SLOTS_PER_WEEK


@dataclass(frozen=True, slots=True)
class Fallback:
    """Hold the series that had too little history for experts.

    Attributes
    ----------
    row : ndarray of int, shape (few,)
        Which they are.
    fitted : HoltWintersFit
        Its state is that after the last slot.
    """

    row: NDArray[np.int64]
    fitted: HoltWintersFit


@dataclass(frozen=True, slots=True)
class Rolling:
    """Hold what was learned of a batch of series up to a moment.

    Attributes
    ----------
    end : datetime
        Start of the slot that follows the last one fitted to.
    tail_w : ndarray, shape (series, local slot), float64
        The load of the last weeks, from the first slot of a local day on. [W]
    asked : Asked
        What experts go on with.
    weight : ndarray, shape (series, expert, lead), float32
        What each has to say. [1]
    spread_w : ndarray, shape (series, lead, quantile), float32
        Quantiles about the point. [W]
    never_exports : ndarray, shape (series,), bool
        Whether the load was never negative.
    fallback : Fallback or None
        None where all had enough history.
    """

    end: datetime
    tail_w: Float
    asked: Asked
    weight: NDArray[np.float32]
    spread_w: NDArray[np.float32]
    never_exports: NDArray[np.bool_]
    fallback: Fallback | None


def tail_of(local_w: Float) -> Float:
    """Return what the experts look at of loads on the local grid, which begins with a day."""
    begin = max(local_w.shape[1] - _TAIL_SLOTS, 0) // SLOTS_PER_DAY * SLOTS_PER_DAY
    return np.ascontiguousarray(local_w[:, begin:])


def without_record(asked: Asked) -> Asked:
    """Return what experts go on with, without what they said before, which takes most room."""
    smoothed = asked.smoothed
    if smoothed is not None:
        smoothed = replace(smoothed, residual_w=np.empty((smoothed.method.size, 0)))
    nothing = asked.regressions.said[:, :, :0].copy()
    regressions = replace(asked.regressions, said=nothing)
    return replace(asked, said_w=asked.said_w[:, :, :0].copy(), regressions=regressions, smoothed=smoothed)


def roll(parts: Sequence[Rolling], since_w: Float, *, horizon: int) -> tuple[Float, Float] | None:
    """Forecast from the slots that have ended since.

    Parameters
    ----------
    parts : sequence of Rolling
        At least one; all series, in order. They are left as they are.
    since_w : ndarray, shape (series, slot)
        Mean power of the slots from their end on, NaN where unknown. [W]
    horizon : int
        Leads. [slots]

    Returns
    -------
    tuple of ndarray, or None
        Load, shape (series, lead), and its quantiles, shape (series, lead, quantile) [W]; None when it is time to fit
        again: a day has passed, or the clock was changed.

    Notes
    -----
    O(series * lead * expert).
    """
    later, rolled, begin = since_w.shape[1], [], 0
    local = LocalDays.of(parts[0].end, later + horizon)
    now = int(local.place[later])
    leads = np.maximum(local.place[later:] - now, 0)
    fitted = parts[0].weight.shape[2]
    if later >= SLOTS_PER_DAY or now - int(local.place[0]) != later or int(leads.max()) >= fitted:
        return None
    ahead = _ahead(local, parts[0].tail_w.shape[1], later + int(leads.max()) + 1)
    for part in parts:
        end = begin + part.tail_w.shape[0]
        rolled.append(_roll_part(part, np.ascontiguousarray(since_w[begin:end]), ahead, leads))
        begin = end
    return np.concatenate([point_w for point_w, _ in rolled]), np.concatenate([quantile_w for _, quantile_w in rolled])


def _ahead(local: LocalDays, before: int, slots: int) -> Ahead:
    """Return what is known of so many slots before the end of the fit, and of so many after it."""
    days = -(-(before + slots) // SLOTS_PER_DAY)
    features = day_features(local.first_of(before), days)[: before + slots]
    return Ahead(np.ascontiguousarray(features), LAGGED)


def _roll_part(part: Rolling, since_w: Float, ahead: Ahead, leads: NDArray[np.int64]) -> tuple[Float, Float]:
    later, fitted = since_w.shape[1], part.weight.shape[2]
    tail_w = np.concatenate([part.tail_w, since_w], axis=1)
    said_w = ask_again(part.asked, tail_w, ahead, later=later)
    source = np.arange(said_w.shape[2]) + later
    source = np.where(source < fitted, source, source - SLOTS_PER_DAY)
    point_w = mix(said_w, part.weight[:, :, source])[:, leads]
    if part.fallback is not None:
        point_w[part.fallback.row] = _fall_back(part.fallback.fitted, since_w[part.fallback.row], leads.size)
    quantile_w = point_w[:, :, np.newaxis] + part.spread_w[:, source[leads]]
    point_w[part.never_exports] = np.maximum(point_w[part.never_exports], 0.0)
    quantile_w[part.never_exports] = np.maximum(quantile_w[part.never_exports], 0.0)
    return point_w, quantile_w


def _fall_back(fitted: HoltWintersFit, since_w: Float, horizon: int) -> Float:
    moved = replace(fitted, state=fitted.state.copy())
    holt_winters.advance(moved, np.ascontiguousarray(since_w))
    return holt_winters.forecast(moved, horizon)
