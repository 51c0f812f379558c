"""Issue again, at every origin, what would have been issued, by the very functions that issue forecasts."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, slot_floor
from db.connection import Connection
from db.weather import ForecastWeather
from grid.backtest import LEVELS
from grid.forecast_model import NOTHING
from grid.hindcast.plan import Plan
from grid.history import LoadHistory
from grid.jobs import HERE, Jobs
from grid.skill_by_lead import LeadScores, score_by_lead
from grid.weather.places import PlaceGroup, forecast_in_groups, place_groups, weather_used

Float = NDArray[np.float64]
Said: TypeAlias = tuple[Float, Float, Float, Float, NDArray[np.object_]]

#: Origins that a cluster may forecast at the same time; what they know is held meanwhile.
_ORIGINS_AT_ONCE: Final = 16


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Hold what one origin knows of load and weather, and how far to look from its end. [slots]."""

    history: LoadHistory
    groups: list[PlaceGroup]
    horizon: int


async def issue_again(
    connection: Connection,
    plan: Plan,
    place_ids: list[int],
    known: Iterator[Float],
    measured_w: Float,
    report: Callable[[], None],
    jobs: Jobs = HERE,
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
    jobs : Jobs
        Where origins are forecast from.

    Returns
    -------
    Hindcast
    """
    parts, used = [], []
    for begin in range(0, len(plan.origins), _ORIGINS_AT_ONCE):
        origins = [
            await _origin(connection, plan, issued_at, place_ids, await asyncio.to_thread(next, known))
            for issued_at in plan.origins[begin : begin + _ORIGINS_AT_ONCE]
        ]
        said = jobs.each(issue_from, origins)
        for _ in origins:
            # On threads: kernels take seconds, and an operator may lose patience meanwhile.
            part, weather = await asyncio.to_thread(next, said)
            parts.append(part)
            used += weather
            report()
    firsts = np.array([plan.slot_of(origin) for origin in plan.origins])
    actual_w = measured_w[:, firsts[:, np.newaxis] + np.arange(plan.horizon)]
    said_w, naive_w, quantile_w, weight, method = (np.stack(held, axis=1) for held in zip(*parts, strict=True))
    return Hindcast(said_w, naive_w, actual_w, quantile_w, weight, method, tuple(used))


async def _origin(
    connection: Connection, plan: Plan, issued_at: datetime, place_ids: list[int], load_w: Float
) -> Origin:
    end, horizon = slot_floor(issued_at), plan.horizon
    history = LoadHistory(np.array(place_ids, dtype=np.int32), end - plan.history * SLOT, end, load_w)
    groups = await place_groups(connection, history, issued_at=issued_at, horizon=horizon, weather=plan.weather)
    return Origin(history, groups, horizon)


def issue_from(origin: Origin) -> tuple[Said, list[ForecastWeather]]:
    """Return what is said from one origin: forecast, naive one, quantiles, weights and methods, as in `Hindcast`."""
    made = forecast_in_groups(origin.history, origin.groups, horizon=origin.horizon)
    nothing = np.array([name == NOTHING for name in made.method])
    said_w = np.where(nothing[:, np.newaxis], np.nan, made.load_w)
    weight = made.weight.mean(axis=2)
    said = said_w, made.naive_load_w, made.quantile_load_w, weight, np.array(made.method, dtype=object)
    return said, weather_used(origin.history, origin.groups, made)
