"""Issue again, at every origin, what would have been issued, by the very functions that issue forecasts."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, slot_floor
from db.connection import Connection
from db.weather import ForecastWeather
from grid.backtest import LEVELS
from grid.forecast_model import NOTHING, SeriesForecasts
from grid.hindcast.plan import Plan
from grid.history import LoadHistory
from grid.skill_by_lead import LeadScores, score_by_lead
from grid.weather.places import forecast_in_groups, place_groups, weather_used

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
    weather : tuple of ForecastWeather
        One for each of the forecasts that looked at the weather.
    """

    said_w: Float
    naive_w: Float
    actual_w: Float
    quantile_w: Float
    weight: Float
    method: NDArray[np.object_]
    weather: tuple[ForecastWeather, ...]

    @property
    def scores(self) -> LeadScores:
        """Score by blocks of leads."""
        return score_by_lead(self.actual_w, self.said_w, self.naive_w, self.quantile_w, LEVELS)


async def issue_again(
    connection: Connection,
    plan: Plan,
    place_ids: list[int],
    known: Iterator[Float],
    measured_w: Float,
    report: Callable[[], None],
) -> Hindcast:
    """Forecast some places from every origin of a plan.

    Parameters
    ----------
    connection : Connection
        A role that reads places and weather.
    plan : Plan
        What to forecast.
    place_ids : list of int
        Places.
    known : iterator of ndarray, shape (place, slot)
        What each origin may know of their load. [W]
    measured_w : ndarray, shape (place, slot)
        What came, from the plan's start to its end. [W]
    report : callable
        Called after each origin.

    Returns
    -------
    Hindcast
    """
    parts, used = [], []
    for origin in plan.origins:
        # On threads: kernels take seconds, and an operator may lose patience meanwhile.
        load_w = await asyncio.to_thread(next, known)
        end = slot_floor(origin)
        history = LoadHistory(np.array(place_ids, dtype=np.int32), end - plan.history * SLOT, end, load_w)
        horizon, weather = plan.horizon, plan.weather
        groups = await place_groups(connection, history, issued_at=origin, horizon=horizon, weather=weather)
        made = await asyncio.to_thread(forecast_in_groups, history, groups, horizon=horizon)
        parts.append(_kept(made))
        used += weather_used(history, groups, made)
        report()
    firsts = np.array([plan.slot_of(origin) for origin in plan.origins])
    actual_w = measured_w[:, firsts[:, np.newaxis] + np.arange(plan.horizon)]
    said_w, naive_w, quantile_w, weight, method = (np.stack(held, axis=1) for held in zip(*parts, strict=True))
    return Hindcast(said_w, naive_w, actual_w, quantile_w, weight, method, tuple(used))


def _kept(made: SeriesForecasts) -> tuple[Float, Float, Float, Float, NDArray[np.object_]]:
    nothing = np.array([name == NOTHING for name in made.method])
    said_w = np.where(nothing[:, np.newaxis], np.nan, made.load_w)
    weight = made.weight.mean(axis=2)
    return said_w, made.naive_load_w, made.quantile_load_w, weight, np.array(made.method, dtype=object)
