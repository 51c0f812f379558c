r"""Correct Holt-Winters by what its latest errors have meant at this time of day, many series at a time.

Holt-Winters' AR(1) term takes the last error :math:`e_o` for one that dies out in the same way at all hours. It does
not: at dusk an error says when the lamps went on and nothing of the night, and a morning that is too high says much of
the evening. With :math:`\hat y_{o,k}` the forecast at the origin :math:`o` for the lead :math:`k` and
:math:`\bar e_{o,j}` the mean of the last :math:`n_j` errors,

.. math:: y_{o+k} - \hat y_{o,k} = \sum_j \beta_{k,j}\, \bar e_{o,j} + \varepsilon,

where :math:`\beta` is learned by ridge regression [1]_ from the origins of the days before at the same time of day
and, if asked for, its neighbours, older days counting less. All leads of an origin share the same left sides, so one
small system serves them all, and the sums go on from slot to slot: forecasts from each half-hour of four weeks take
some 20 ms.

Where errors have no pattern, a regression finds one all the same. So only that part of a correction is made which the
corrections of the days before at the same time of day deserved: :math:`\sum \hat c\, \varepsilon / \sum \hat c^2` over
their leads, within [0, 1], with :math:`\hat c` a correction as it would have been made and :math:`\varepsilon` the
error it was made for.

An origin is learned from when all its leads have come; nothing a forecast is made of came after its origin, except that
the smoothing parameters are those of the fit.

References
----------
.. [1] Hoerl, A. E., Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal problems.
   Technometrics 12, 55-67.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Float, Int, float_array, int_array, require
from grid.kernels.error_patterns_days import correct_days_batch
from grid.kernels.error_patterns_run import correct_batch
from grid.kernels.holt_winters import HoltWintersFit
from grid.kernels.holt_winters_fit import prepare_batch


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """Say how to learn.

    Attributes
    ----------
    windows : tuple of int
        Over how many of the last slots errors are averaged; each at least 1. [slots]
    neighbours : int
        Times of day before and after that of the origin which are learned from, too; at least 0. [slots]
    forgetting : float
        Weight of a day relative to the day after it, in (0, 1]. [1]
    penalty : float
        Relative to the sum of squares of each mean error; positive. [1]
    fewest : int
        Days to learn from before anything is corrected, each counted by its weight; at least 1. [days]
    """

    windows: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 48)
    neighbours: int = 0
    forgetting: float = 0.98
    penalty: float = 0.1
    fewest: int = 10

    def numbers(self) -> tuple[Int, Float]:
        """Return whole numbers and rates as kernels take them."""
        return np.array([self.neighbours, self.fewest], dtype=np.int64), np.array([self.forgetting, self.penalty])


@dataclass(frozen=True, slots=True)
class Started:
    """Hold parameters, and the load that later forecasts go on from.

    Attributes
    ----------
    parameters : ndarray, shape (series, 4), float64
        Of the fit.
    floor_w : ndarray, shape (series,), float64
        Least load the logarithm is taken of; 0 where the method is additive. [W]
    level : ndarray, shape (series,), float64
        Before the first slot, on the model's scale, as are all that follow.
    daily, weekly : ndarray, shape (series, phase), float64
        Profiles before the first slot.
    linked : ndarray, shape (series, slot), float64
        The load; NaN where it is missing.
    latest : ndarray, shape (series, slot), float64
        The last error as it stood after each slot.
    """

    parameters: Float
    floor_w: Float
    level: Float
    daily: Float
    weekly: Float
    linked: Float
    latest: Float


def backtest(
    fitted: HoltWintersFit,
    load_w: NDArray[Any],
    origins: NDArray[Any],
    horizon: int,
    *,
    how: ErrorPattern | None = None,
) -> Float:
    """Return the corrected forecasts that would have been issued at past origins, of any time of day.

    Parameters
    ----------
    fitted : HoltWintersFit
        Parameters and starting states are taken from it; its ``state`` is left alone.
    load_w : ndarray, shape (series, time)
        From the first fitted slot on; may reach beyond the last fitted one; NaN marks a missing slot. [W]
    origins : ndarray of int, shape (origin,)
        Ascending first slots to forecast, ``0 <= origin <= time``; only earlier slots are used. [slots]
    horizon : int
        At least 1. [slots]
    how : ErrorPattern, optional
        How to learn.

    Returns
    -------
    ndarray, shape (series, origin, lead), float64
        Lead 0 is the slot ``origin`` itself; Holt-Winters' own forecast where there is too little to learn from. [W]

    Notes
    -----
    O(series * time * lead * mean) for origins at all times of day; a tenth of it for origins whole days apart.

    Examples
    --------
    >>> import numpy as np
    >>> from grid.kernels import holt_winters
    >>> day = 1000.0 + 500.0 * np.sin(np.arange(48) / 48 * 2 * np.pi)
    >>> load = np.tile(day, (1, 35))
    >>> fitted = holt_winters.fit(load)
    >>> bool(np.allclose(backtest(fitted, load, np.array([1680]), 48)[0, 0], day))
    True
    """
    how = how or ErrorPattern()
    load = float_array("load_w", load_w, axes=(fitted.method.size, None))
    firsts, windows = int_array("origins", origins, axes=(None,)), np.array(how.windows, dtype=np.int64)
    require(horizon >= 1, "The horizon is at least one slot.", horizon=horizon)
    inside = firsts.size == 0 or (firsts[0] >= 0 and firsts[-1] <= load.shape[1])
    require(bool(inside and (np.diff(firsts) >= 0).all()), "Origins must ascend inside the series.")
    require(not np.isinf(load).any(), "load_w must be finite or NaN.")
    require(windows.size > 0 and bool((windows >= 1).all()), "There is a window, and none is shorter than a slot.")
    require(how.neighbours >= 0 and how.fewest >= 1, "Neighbours are at least 0, days to learn from at least 1.")
    require(0.0 < how.forgetting <= 1.0 and how.penalty > 0.0, "Forgetting is in (0, 1], penalty positive.")
    ahead, start = np.empty((load.shape[0], firsts.size, horizon)), fitted.start
    day = start.daily.shape[1]
    require(2 * how.neighbours < day, "Neighbours lie within one day.", neighbours=how.neighbours)
    learned = (firsts, windows, *how.numbers(), fitted.parameters, fitted.floor_w)
    seasons = (start.level, start.daily, start.weekly)
    if firsts.size > 0 and how.neighbours == 0 and bool((firsts % day == firsts[0] % day).all()):
        nothing = np.empty((load.shape[0], 0))
        correct_days_batch(nothing, nothing, load, *learned, *seasons, ahead, nothing)
    elif firsts.size > 0:
        correct_batch(load, *learned, *seasons, ahead)
    return ahead


def start_anew(fitted: HoltWintersFit, load_w: NDArray[Any], horizon: int) -> tuple[Started, Float]:
    """Run the parameters of a fit over another load, with starting states formed of its first weeks.

    Parameters
    ----------
    fitted : HoltWintersFit
        Parameters are taken from it; it is left alone.
    load_w : ndarray, shape (series, time)
        NaN marks a missing slot. [W]
    horizon : int
        At least 1. [slots]

    Returns
    -------
    tuple of Started and ndarray
        What `forecast` goes on with, and the corrected forecast of the slots that follow, shape (series, lead). [W]
    """
    load = float_array("load_w", load_w, axes=(fitted.method.size, None))
    require(not np.isinf(load).any(), "load_w must be finite or NaN.")
    start, floor_w, linked = fitted.start.copy(), fitted.floor_w.copy(), np.empty_like(load)
    start.daily[:], start.weekly[:] = 0.0, 0.0
    method, from_slot = fitted.method.copy(), start.elapsed.copy()
    prepare_batch(load, method, floor_w, linked, from_slot, start.level, start.daily, start.weekly)
    latest = np.empty_like(load)
    started = Started(fitted.parameters, floor_w, start.level, start.daily, start.weekly, linked, latest[:, :0])
    said = _forecast(started, load[:, :0], horizon, latest)
    return replace(started, latest=latest), said


def forecast(started: Started, since_w: NDArray[Any], horizon: int) -> Float:
    """Return the corrected forecast of the slots that follow the latest ones.

    Parameters
    ----------
    started : Started
        From `start_anew`; it is left as it is.
    since_w : ndarray, shape (series, slot)
        All slots that came since; NaN marks a missing slot. [W]
    horizon : int
        At least 1. [slots]

    Returns
    -------
    ndarray, shape (series, lead), float64
        NaN where there is nothing but gaps. [W]

    Notes
    -----
    What `backtest` of all slots would say, but for rounding.
    """
    since = float_array("since_w", since_w, axes=(started.linked.shape[0], None))
    require(not np.isinf(since).any(), "since_w must be finite or NaN.")
    return _forecast(started, since, horizon, np.empty((since.shape[0], 0)))


def _forecast(started: Started, since: Float, horizon: int, kept: Float) -> Float:
    """Return the forecast of the slots after since, and keep the last errors if there is room for them."""
    require(horizon >= 1, "The horizon is at least one slot.", horizon=horizon)
    # As it is by default, without neighbours: those would need times of day that are not looked at here.
    how, ahead = ErrorPattern(), np.empty((since.shape[0], 1, horizon))
    now = np.array([started.linked.shape[1] + since.shape[1]], dtype=np.int64)
    learned = (now, np.array(how.windows, dtype=np.int64), *how.numbers(), started.parameters, started.floor_w)
    seasons = (started.level, started.daily, started.weekly)
    correct_days_batch(started.linked, started.latest, since, *learned, *seasons, ahead, kept)
    return ahead[:, 0]
