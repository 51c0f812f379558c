"""Issue again, at every origin, what would have been issued, by the very function that issues forecasts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from grid.backtest import LEVELS
from grid.forecast_model import NOTHING, forecast_series
from grid.hindcast.plan import Plan
from grid.jobs import HERE, Jobs
from grid.skill_by_lead import LeadScores, score_by_lead

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hindcast:
    """Hold what would have been said of some places, and what came.

    Attributes
    ----------
    said_w, naive_w, actual_w : ndarray, shape (place, origin, lead), float64
        The forecast, the weekly naive one, and the newest load; NaN where there is none. [W]
    quantile_w : ndarray, shape (place, origin, lead, quantile), float64
        In the order of `grid.backtest.QUANTILES`. [W]
    weight : ndarray, shape (place, origin, expert), float64
        Mean over the leads; NaN where experts were not combined. [1]
    method : ndarray, shape (place, origin), str
        By what each forecast was made.
    """

    said_w: Float
    naive_w: Float
    actual_w: Float
    quantile_w: Float
    weight: Float
    method: NDArray[np.object_]

    @property
    def scores(self) -> LeadScores:
        """Score by blocks of leads."""
        return score_by_lead(self.actual_w, self.said_w, self.naive_w, self.quantile_w, LEVELS)


@dataclass(frozen=True, slots=True)
class Origin:
    """Hold what one origin knows, shape (place, slot) [W], from when on, and how far to look from its end. [slots]."""

    load_w: Float
    start: datetime
    horizon: int


def issue_again(
    plan: Plan, known: Iterator[Float], measured_w: Float, report: Callable[[], None], jobs: Jobs = HERE
) -> Hindcast:
    """Forecast some places from every origin of a plan.

    Parameters
    ----------
    plan : Plan
        What to forecast.
    known : iterator of ndarray, shape (place, slot)
        What each origin may know. [W]
    measured_w : ndarray, shape (place, slot)
        What came, from the plan's start to its end. [W]
    report : callable
        Called after each origin.
    jobs : Jobs
        Where origins are forecast from.

    Returns
    -------
    Hindcast
    """
    parts = []
    for part in jobs.each(issue_from, _origins(plan, known)):
        parts.append(part)
        report()
    firsts = np.array([plan.slot_of(origin) for origin in plan.origins])
    actual_w = measured_w[:, firsts[:, np.newaxis] + np.arange(plan.horizon)]
    said_w, naive_w, quantile_w, weight, method = (np.stack(held, axis=1) for held in zip(*parts, strict=True))
    return Hindcast(said_w, naive_w, actual_w, quantile_w, weight, method)


def _origins(plan: Plan, known: Iterator[Float]) -> Iterator[Origin]:
    for origin, load_w in zip(plan.origins, known, strict=True):
        start = plan.start + (plan.slot_of(origin) - plan.history) * SLOT
        yield Origin(load_w, start, plan.horizon)


def issue_from(origin: Origin) -> tuple[Float, Float, Float, Float, NDArray[np.object_]]:
    """Return what is said from one origin: forecast, naive one, quantiles, weights and methods, as in `Hindcast`."""
    made = forecast_series(origin.load_w, origin.start, horizon=origin.horizon)
    nothing = np.array([name == NOTHING for name in made.method])
    said_w = np.where(nothing[:, np.newaxis], np.nan, made.load_w)
    weight = made.weight.mean(axis=2)
    return said_w, made.naive_load_w, made.quantile_load_w, weight, np.array(made.method, dtype=object)
