"""Issue forecasts one after the other: a fit when it is due, and in between what was learned, with the newest slots."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOT_S, SLOTS_PER_DAY, slot_floor
from db.connection import Connection
from grid.coherence import add_up_again
from grid.composition import COMPOSED
from grid.forecast import Fitted, ForecastIssue, fit_places, store_issue
from grid.history import LoadHistory, load_history
from grid.jobs import HERE, Jobs
from grid.rolling import Rolling, roll
from grid.weather.places import PlaceGroup, columns_again

Float = NDArray[np.float64]

#: Late readings of the slots since a fit are seen again at each issue; what is older waits for the next fit.
_DAYS_READ: Final = 1
_SLOTS_PER_HOUR: Final = 3_600 // SLOT_S


class Forecaster:
    """Keep what the last fit learned, in this process.

    Parameters
    ----------
    history_days : int
        Days of load to fit on. [days]
    horizon_h : int
        How far to look. [h]
    fit_every : timedelta
        How long a fit is gone on with; never longer than a day.
    jobs : Jobs
        Where fits are made. What they go on with is kept here, and gone on with here: to send it takes as long.
    """

    def __init__(self, *, history_days: int, horizon_h: int, fit_every: timedelta, jobs: Jobs = HERE) -> None:
        self._history_days, self._horizon_h, self._fit_every = history_days, horizon_h, fit_every
        self._jobs = jobs
        self._fitted: Fitted | None = None

    async def issue(self, connection: Connection, *, now: datetime) -> ForecastIssue:
        """Forecast every place from `now` on and store it.

        Raises
        ------
        RetryableError
            ``history_missing``: no place has any load yet.
        """
        rolled = None
        if self._fitted is not None and now < self._fitted.history.end + self._fit_every:
            rolled = await self._roll(connection, self._fitted, now)
        if rolled is None:
            self._fitted = rolled = await fit_places(
                connection, now=now, history_days=self._history_days, horizon_h=self._horizon_h, jobs=self._jobs
            )
        return await store_issue(connection, rolled, now)

    async def _roll(self, connection: Connection, fitted: Fitted, now: datetime) -> Fitted | None:
        """Return what is forecast now from an earlier fit; None when a new one is needed."""
        end = slot_floor(now)
        if end < fitted.history.end:
            return None  # a clock that was set back
        recent = await load_history(connection, now=now, days=_DAYS_READ)
        since_w = _since(fitted.history, recent)
        horizon, first = self._horizon_h * _SLOTS_PER_HOUR, 0
        if horizon < since_w.shape[1] + SLOTS_PER_DAY:
            return None
        load_w, quantile_w = (
            _later(one, since_w.shape[1]) for one in (fitted.made.load_w, fitted.made.quantile_load_w)
        )
        groups: list[PlaceGroup] = []
        for group in fitted.groups:
            parts = _parts(fitted.made.rolling[first:], group.rows.size)
            first += len(parts)
            again = await columns_again(connection, group, start=parts[0].tail.start, end=end, now=now, horizon=horizon)
            if again is None:
                return None
            its_w, known_w = since_w[group.rows], again.panels_w
            rolled = await asyncio.to_thread(roll, parts, its_w, horizon=horizon, extra=again.extra, known_w=known_w)
            if rolled is None:
                return None
            warm = np.array([fitted.made.method[row] != COMPOSED for row in group.rows], dtype=np.bool_)
            load_w[group.rows[warm]], quantile_w[group.rows[warm]] = rolled[0][warm], rolled[1][warm]
            groups.append(again)
        made = replace(fitted.made, load_w=load_w, quantile_load_w=quantile_w)
        coherent = await asyncio.to_thread(add_up_again, fitted.coherent, made, fitted.sums)
        return Fitted(_moved(fitted.history, since_w), groups, made, fitted.sums, coherent)


def _since(before: LoadHistory, recent: LoadHistory) -> Float:
    """Return the load of the places of a fit since its end, shape (place, slot); NaN where it has not come. [W]."""
    slots = (recent.end - before.end) // SLOT
    since_w = np.full((before.place_id.size, slots), np.nan)
    _, ours, theirs = np.intersect1d(before.place_id, recent.place_id, return_indices=True)
    since_w[ours] = recent.load_w[theirs, recent.load_w.shape[1] - slots :]
    return since_w


def _later(values: Float, slots: int) -> Float:
    """Return values whose leads, the second axis, begin so many slots later; the last are those of a day before."""
    moved = np.empty_like(values)
    keep = values.shape[1] - slots
    moved[:, :keep] = values[:, slots:]
    moved[:, keep:] = moved[:, keep - SLOTS_PER_DAY : keep - SLOTS_PER_DAY + slots]
    return moved


def _parts(rolling: tuple[Rolling, ...], places: int) -> tuple[Rolling, ...]:
    """Return those of the first that hold so many places."""
    held = np.cumsum([part.tail.load_w.shape[0] for part in rolling])
    return rolling[: int(np.searchsorted(held, places)) + 1]


def _moved(history: LoadHistory, since_w: Float) -> LoadHistory:
    """Return the last day before a fit and what came since."""
    load_w = np.concatenate((history.load_w[:, -SLOTS_PER_DAY:], since_w), axis=1)
    end = history.end + since_w.shape[1] * SLOT
    return LoadHistory(history.place_id, end - load_w.shape[1] * SLOT, end, load_w)
