"""Issue again, at every origin, what would have been issued, by the very function that issues forecasts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from grid.backtest import LEVELS
from grid.forecast_model import NOTHING, forecast_series
from grid.hindcast.plan import Plan
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


def issue_again(plan: Plan, known: Iterator[Float], measured_w: Float, report: Callable[[], None]) -> Hindcast:
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

    Returns
    -------
    Hindcast
    """
    parts = []
    for origin, load_w in zip(plan.origins, known, strict=True):
        parts.append(_issue(plan, load_w, plan.slot_of(origin)))
        report()
    firsts = np.array([plan.slot_of(origin) for origin in plan.origins])
    actual_w = measured_w[:, firsts[:, np.newaxis] + np.arange(plan.horizon)]
    said_w, naive_w, quantile_w, weight, method = (np.stack(held, axis=1) for held in zip(*parts, strict=True))
    return Hindcast(said_w, naive_w, actual_w, quantile_w, weight, method)


def _issue(plan: Plan, load_w: Float, slot: int) -> tuple[Float, Float, Float, Float, NDArray[np.object_]]:
    start = plan.start + (slot - plan.history) * SLOT
    made = forecast_series(load_w, start, horizon=plan.horizon)
    nothing = np.array([name == NOTHING for name in made.method])
    said_w = np.where(nothing[:, np.newaxis], np.nan, made.load_w)
    weight = made.weight.mean(axis=2)
    return said_w, made.naive_load_w, made.quantile_load_w, weight, np.array(made.method, dtype=object)
