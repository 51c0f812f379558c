r"""Forecast by regression, one small model for each lead: lags, calendar and weather, many series at a time.

For the lead :math:`k` of a forecast issued every day at the same slot, the load of the slot is

.. math:: y_{o+k} = x_{o,k}^\top \beta_k + \varepsilon,

with lags that were known at the origin :math:`o`, and what is known ahead of the target slot: calendar, weather as
forecast. :math:`\beta_k` minimises the squared errors of the days before, each day counting :math:`\lambda` times as
much as the day after it, plus a penalty on the size of each feature's part [1]_. The sums are kept from day to day, so
that a fit at every past origin costs one solution of a small system, and no forecast knows anything of a slot that had
not ended when it was issued.

References
----------
.. [1] Hoerl, A. E., Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal problems.
   Technometrics 12, 55-67.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Bool, Float, Int, Single, float_array, require
from grid.kernels.ridge_fit import forecast_batch, roll_batch


@dataclass(frozen=True, slots=True)
class Memory:
    """Say how long to remember.

    Attributes
    ----------
    forgetting : float
        Weight of a day relative to the day after it, in (0, 1]. [1]
    penalty : float
        Relative to the sum of squares of each feature; at least 0. [1]
    """

    forgetting: float = 0.995
    penalty: float = 1e-3


@dataclass(frozen=True, slots=True)
class Ridge:
    """Say how to fit.

    Attributes
    ----------
    memories : tuple of Memory
        A regression for each.
    day, week : int
        Slots. The week is a multiple of the day. [slots]
    recent : int
        Slots before the origin whose mean is compared with that of a day and of a week before. [slots]
    fewest : int
        Days to learn from before the first forecast. [days]
    refit : int
        Days for which coefficients are kept; they are always fresh at the last origin. At least 1. [days]
    """

    memories: tuple[Memory, ...] = (Memory(),)
    day: int = 48
    week: int = 336
    recent: int = 12
    fewest: int = 14
    refit: int = 7

    def periods(self) -> Int:
        """Return the whole numbers as kernels take them."""
        return np.array([self.day, self.week, self.recent, self.fewest, self.refit], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Regressions:
    """Hold what was forecast, and what later forecasts are made with.

    Attributes
    ----------
    said : ndarray, shape (series, memory, origin, lead), float64
        NaN with too little to learn from. Within the range of the load seen so far, widened by a quarter.
    coefficients : ndarray, shape (series, memory, coefficient, lead), float32
        Of the last origin.
    is_calendar : ndarray, shape (column,), bool
        Columns of ``ahead`` that are the same all day.
    phase : int
        Slot of the day that the last origin lies on. [slots]
    """

    said: Float
    coefficients: Single
    is_calendar: Bool
    phase: int


def fit(
    load: NDArray[Any],
    ahead: NDArray[Any],
    lagged: Bool,
    *,
    horizon: int,
    origins: int,
    how: Ridge,
) -> Regressions:
    """Return what would have been forecast at the last daily origins, each by a fit to what was known then.

    Parameters
    ----------
    load : ndarray, shape (series, time)
        On the scale that errors are even on, best centred; NaN marks a missing slot.
    ahead : ndarray, shape (time + horizon, column)
        What is known before the target slot of every series: calendar, weather as forecast then. Columns that are the
        same all day cost little. A NaN keeps a slot from being forecast, and its part of the day from being learned
        from.
    lagged : ndarray of bool, shape (column,)
        Columns whose change since the day and since the week before are features, too.
    horizon : int
        At least 1. [slots]
    origins : int
        How many; the last one is the end of the series, the others lie whole days before it. At least 1.
    how : Ridge
        Periods and how to fit.

    Returns
    -------
    Regressions

    Notes
    -----
    Of a part of a day, up to a quarter of the loads may be missing: for learning, those of a week before stand in.
    O(series * days * lead * feature) to learn and O(series * origin * lead * feature^2) to solve.
    """
    values = float_array("load", load, axes=(None, None))
    time = values.shape[1]
    known = float_array("ahead", ahead, axes=(time + horizon, None))
    require(lagged.shape == (known.shape[1],), "lagged has one entry a column.", shape=lagged.shape)
    require(horizon >= 1 and origins >= 1, "Horizon and origins are at least 1.")
    _check(how)
    require(origins <= time // how.day + 1, "Origins must lie inside the series.", origins=origins)
    whole = _days(known, how.day)
    is_calendar = (whole == whole[:, :1]).all(axis=(0, 1))
    common, own = _split(known, is_calendar, how.day)
    features = 7 + known.shape[1] + 2 * int(lagged.sum())
    said = np.empty((values.shape[0], len(how.memories), origins, horizon))
    kept = np.empty((values.shape[0], len(how.memories), features + 2, horizon), np.float32)
    memories = np.array([(memory.forgetting, memory.penalty) for memory in how.memories])
    parts = np.array(list(_parts(time, range(horizon), how.day)), dtype=np.int64)
    columns = (_places(lagged[is_calendar]), _places(lagged[~is_calendar]))
    forecast_batch(values, common, own, *columns, time % how.day, parts, how.periods(), memories, said, kept)
    return Regressions(said, kept, is_calendar, time % how.day)


def roll(
    regressions: Regressions, load: NDArray[Any], ahead: NDArray[Any], lagged: Bool, *, later: int, how: Ridge
) -> Float:
    """Return what is forecast some slots later, without a new fit.

    Parameters
    ----------
    regressions : Regressions
        From `fit`, whose horizon is at least a day.
    load : ndarray, shape (series, time)
        On the same scale, beginning on any day, ending `later` slots after the load that was fitted to.
    ahead : ndarray, shape (time + horizon, column)
        As for `fit`, from the same slot on as the load; the horizon is not longer than it was there.
    lagged : ndarray of bool, shape (column,)
        As for `fit`.
    later : int
        Less than a day. [slots]
    how : Ridge
        As for `fit`.

    Returns
    -------
    ndarray, shape (series, memory, lead), float64

    Notes
    -----
    A slot is forecast by what was learned for it, with the last slots compared anew; those beyond the horizon of the
    fit by what was learned for the same time a day before. O(series * lead * feature).
    """
    values = float_array("load", load, axes=(regressions.said.shape[0], None))
    time, fitted = values.shape[1], regressions.said.shape[3]
    known = float_array("ahead", ahead, axes=(None, regressions.is_calendar.size))
    horizon = known.shape[0] - time
    require(
        0 <= later < how.day <= fitted and 1 <= horizon <= fitted, "Roll less than a day, and no farther than fitted."
    )
    require(time % how.day == (regressions.phase + later) % how.day, "The load ends where it should.", time=time)
    sources = [lead + later - (how.day if lead + later >= fitted else 0) for lead in range(horizon)]
    parts = np.array(list(_parts(time, sources, how.day)), dtype=np.int64)
    common, own = _split(known, regressions.is_calendar, how.day)
    columns = (_places(lagged[regressions.is_calendar]), _places(lagged[~regressions.is_calendar]))
    said = np.empty((values.shape[0], regressions.said.shape[1], horizon))
    roll_batch(values, common, own, *columns, parts, how.periods(), regressions.coefficients, said)
    return said


def _check(how: Ridge) -> None:
    require(how.day >= 1 and how.week % how.day == 0, "The week must be a multiple of the day.")
    require(how.fewest >= 1 and how.refit >= 1, "Days to learn from and to keep coefficients are at least 1.")
    for memory in how.memories:
        require(
            0.0 < memory.forgetting <= 1.0 and memory.penalty >= 0.0, "Forgetting is in (0, 1], penalty at least 0."
        )


def _days(known: Float, day: int) -> Float:
    """Return what is known by whole days, shape (day, slot of the day, column); the last one is filled up."""
    days = -(-known.shape[0] // day)
    return np.pad(known, ((0, days * day - known.shape[0]), (0, 0)), mode="edge").reshape(days, day, -1)


def _split(known: Float, is_calendar: Bool, day: int) -> tuple[Float, Float]:
    """Return the columns of the calendar, by day, and the others, by slot."""
    calendar = np.ascontiguousarray(_days(known, day)[:, 0, is_calendar])
    return calendar, np.ascontiguousarray(known[:, ~is_calendar])


def _places(flags: Bool) -> Int:
    return np.flatnonzero(np.asarray(flags, dtype=np.bool_)).astype(np.int64)


def _parts(now: int, sources: range | list[int], day: int) -> Iterator[tuple[int, int, int]]:
    """Yield first lead, the one after the last, and whose coefficients the first gets.

    A part ends with a day of the calendar, a day after the origin, and where the coefficients do not go on.
    """
    horizon = len(sources)
    begins = [
        lead
        for lead, source in enumerate(sources)
        if source % day == 0 or (now + lead) % day == 0 or lead == 0 or source != sources[lead - 1] + 1
    ]
    for begin, end in pairwise([*begins, horizon]):
        yield begin, end, sources[begin]
