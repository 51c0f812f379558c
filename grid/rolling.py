"""Forecast again as readings come, without fitting again: what was learned stays, the last slots count anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY
from grid.experts import Ahead, Asked, ask_again, tail_from
from grid.kernels import holt_winters
from grid.kernels.holt_winters import HoltWintersFit
from grid.kernels.ml_poly import mix
from grid.known_ahead import known_ahead, part_ahead
from grid.local_days import LocalDays

Float = NDArray[np.float64]


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
class Tail:
    """Hold the load of the last weeks.

    Attributes
    ----------
    start : datetime
        A local midnight, where the first slot begins.
    slots : int
        UTC slots from there to the end of what was fitted to. [slots]
    load_w : ndarray, shape (series, local slot), float64
        Without the part that is known ahead. [W]
    """

    start: datetime
    slots: int
    load_w: Float

    @classmethod
    def of(cls, local_w: Float, local: LocalDays, start: datetime, slots: int) -> "Tail":
        """Return what the experts look at of loads on the local grid, of so many UTC slots from a start on."""
        begin = tail_from(local_w.shape[1])
        before = int(np.argmax(local.place >= begin)) if begin else -int(local.place[0])
        return cls(start + before * SLOT, slots - before, np.ascontiguousarray(local_w[:, begin:]))


@dataclass(frozen=True, slots=True)
class Rolling:
    """Hold what was learned of a batch of series up to a moment.

    Attributes
    ----------
    tail : Tail
        The load of the last weeks.
    asked : Asked
        What experts go on with.
    weight : ndarray, shape (series, expert, lead), float32
        What each has to say. [1]
    spread_w : ndarray, shape (series, lead, quantile), float32
        Quantiles about the point. [W]
    floor_w : ndarray, shape (series,), float64
        0 for a series that never exported, else -inf. [W]
    fallback : Fallback or None
        None where all had enough history.
    """

    tail: Tail
    asked: Asked
    weight: NDArray[np.float32]
    spread_w: NDArray[np.float32]
    floor_w: Float
    fallback: Fallback | None


def without_record(asked: Asked) -> Asked:
    """Return what experts go on with, without what they said before, which takes most room."""
    nothing = asked.regressions.said[:, :, :0].copy()
    regressions = replace(asked.regressions, said=nothing)
    return replace(asked, said_w=asked.said_w[:, :, :0].copy(), regressions=regressions)


def roll(
    parts: Sequence[Rolling],
    since_w: Float,
    *,
    horizon: int,
    extra: Float | None = None,
    known_w: Float | None = None,
) -> tuple[Float, Float] | None:
    """Forecast from the slots that have ended since.

    Parameters
    ----------
    parts : sequence of Rolling
        At least one; all series, in order. They are left as they are.
    since_w : ndarray, shape (series, slot)
        Mean power of the slots from their end on, NaN where unknown. [W]
    horizon : int
        Leads. [slots]
    extra : ndarray, shape (slot, column), float64, optional
        As they were fitted with, by what is known now, from the start of their tails on.
    known_w : ndarray, shape (series, slot), float64, optional
        The part of loads known ahead, likewise. [W]

    Returns
    -------
    tuple of ndarray, or None
        Load, shape (series, lead), and its quantiles, shape (series, lead, quantile) [W]; None when it is time to fit
        again: a day has passed, or the clock was changed.

    Notes
    -----
    O(series * lead * expert).
    """
    tail, later = parts[0].tail, since_w.shape[1]
    slots = tail.slots + later + horizon
    local = LocalDays.of(tail.start, slots)
    now = int(local.place[tail.slots + later])
    leads = np.maximum(local.place[tail.slots + later :] - now, 0)
    longest = int(leads.max()) + 1
    if later >= SLOTS_PER_DAY or now - tail.load_w.shape[1] != later or longest > parts[0].weight.shape[2]:
        return None
    ahead = known_ahead(local, slots, until=now + longest, extra=extra)
    part_w = None if known_w is None else part_ahead(local, known_w, until=now + longest)
    count, begin = sum(part.tail.load_w.shape[0] for part in parts), 0
    point_w, quantile_w = np.empty((count, horizon)), np.empty((count, horizon, parts[0].spread_w.shape[2]))
    for part in parts:
        some = slice(begin, begin + part.tail.load_w.shape[0])
        some_w = None if part_w is None else part_w[some]
        point_w[some] = _roll_part(part, np.ascontiguousarray(since_w[some]), ahead, leads, some_w, quantile_w[some])
        begin = some.stop
    return point_w, quantile_w


def _roll_part(
    part: Rolling, since_w: Float, ahead: Ahead, leads: NDArray[np.int64], known_w: Float | None, quantile_w: Float
) -> Float:
    """Return the load, shape (series, lead), and fill in its quantiles. [W]."""
    later, fitted, held = since_w.shape[1], part.weight.shape[2], part.tail.load_w.shape[1]
    rest_w = since_w if known_w is None else since_w - known_w[:, held : held + later]
    tail_w = np.concatenate([part.tail.load_w, rest_w], axis=1)
    said_w = ask_again(part.asked, tail_w, ahead, later=later)
    source = np.arange(said_w.shape[2]) + later
    source = np.where(source < fitted, source, source - SLOTS_PER_DAY)
    point_w = mix(said_w, part.weight[:, :, source])[:, leads]
    if known_w is not None:
        point_w += known_w[:, held + later + leads]
    if part.fallback is not None:
        point_w[part.fallback.row] = _fall_back(part.fallback.fitted, since_w[part.fallback.row], leads.size)
    np.add(point_w[:, :, np.newaxis], part.spread_w[:, source[leads]], out=quantile_w)
    floor_w = part.floor_w[:, np.newaxis]
    np.maximum(quantile_w, floor_w[:, :, np.newaxis], out=quantile_w)
    return np.maximum(point_w, floor_w)


def _fall_back(fitted: HoltWintersFit, since_w: Float, horizon: int) -> Float:
    moved = replace(fitted, state=fitted.state.copy())
    holt_winters.advance(moved, np.ascontiguousarray(since_w))
    return holt_winters.forecast(moved, horizon)
