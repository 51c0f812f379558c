"""Issue again for all places of a plan, some at a time, and keep what a report needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from db.connection import Connection
from db.hindcast import Issue, PlaceOfLevel, runs_between
from db.weather import ForecastWeather, weather_points
from grid.backtest import QUANTILES
from grid.hindcast.issued import score_issued
from grid.hindcast.knowledge import known, measured
from grid.hindcast.plan import Plan
from grid.hindcast.replay import Hindcast, issue_again
from grid.hindcast.samples import Sample, samples_of
from grid.jobs import HERE, Jobs
from grid.kernels.skill import point_skill
from grid.skill_by_lead import SLOTS_PER_LEAD_H, LeadScores, end_to_end

Float = NDArray[np.float64]
Report = Callable[[str, int, int], None]

#: Places, origins and leads held at a time: 200 MB with all quantiles and what was issued.
_NUMBERS_AT_ONCE: Final = 1_000_000
_MOST_PLACES_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Survey:
    """Hold what was found for all places of a plan, shape (place, ...).

    Attributes
    ----------
    scores : LeadScores
        Of what is issued again.
    issued : LeadScores or None
        Of what was really issued; None where nothing was.
    rmae_by_hour, naive_rmae_by_hour : ndarray, shape (place, hour)
        Mean absolute errors by hour of lead over the range of the load. [1]
    weight : ndarray, shape (place, origin, expert)
        Mean over leads; NaN where experts were not combined. [1]
    method : ndarray, shape (place, origin), str
        By what each forecast was made.
    mean_load_w : ndarray, shape (place,)
        Over what came; NaN where nothing came. [W]
    weather : tuple of ForecastWeather
        One for each of the forecasts that looked at the weather.
    """

    scores: LeadScores
    issued: LeadScores | None
    rmae_by_hour: Float
    naive_rmae_by_hour: Float
    weight: Float
    method: NDArray[np.object_]
    mean_load_w: Float
    weather: tuple[ForecastWeather, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Hold a survey, days to draw, how many issues were found in the period, and names of weather points by key."""

    survey: Survey
    samples: dict[str, Sample]
    issue_count: int
    point_name: dict[int, str]


async def survey(connection: Connection, plan: Plan, report: Report, jobs: Jobs = HERE) -> Found:
    """Issue again for every place of a plan.

    Parameters
    ----------
    connection : Connection
        A role that reads load, forecasts and weather.
    plan : Plan
        What to do.
    report : callable
        Told the stage, how many forecasts of all places are done, and how many there are.
    jobs : Jobs
        Where they are made.

    Returns
    -------
    Found

    Raises
    ------
    InputError
        ``period_unknown`` when nothing was known at any origin, or nothing has come to compare with.
    """
    at_once = max(1, min(_MOST_PLACES_AT_ONCE, _NUMBERS_AT_ONCE // (len(plan.origins) * plan.horizon)))
    chunks = [plan.places[begin : begin + at_once] for begin in range(0, len(plan.places), at_once)]
    start, end = plan.origins[0], plan.origins[-1] + timedelta(days=1)
    runs = await runs_between(connection, start=start, end=end, quantiles=QUANTILES)
    parts: list[Survey] = []
    samples: dict[str, Sample] = {}
    done, total = 0, len(plan.origins) * len(chunks)

    def step() -> None:
        nonlocal done
        done += 1
        report("forecasts", done, total)

    report("forecasts", 0, total)
    for places in chunks:
        part, found = await _survey_part(connection, plan, places, runs, step, jobs)
        parts.append(part)
        samples = samples_of(plan, places, found, part.mean_load_w, samples)
    whole = _joined(parts)
    if not whole.scores.origin_count.any():
        raise _period_unknown(plan)
    names = {point.weather_point_id: point.name for point in await weather_points(connection)}
    return Found(whole, samples, len(runs), names)


async def _survey_part(
    connection: Connection,
    plan: Plan,
    places: Sequence[PlaceOfLevel],
    runs: Sequence[Issue],
    step: Callable[[], None],
    jobs: Jobs,
) -> tuple[Survey, Hindcast]:
    place_ids = [place.place_id for place in places]
    measured_w = await measured(connection, plan, place_ids)
    history = await known(connection, plan, place_ids)
    found = await issue_again(connection, plan, place_ids, history, measured_w, step, jobs)
    issued = await score_issued(connection, plan, runs, place_ids, measured_w) if runs else None
    hours = np.arange(0, plan.horizon, SLOTS_PER_LEAD_H)[:, np.newaxis] + np.array([0, SLOTS_PER_LEAD_H])
    both = np.where(np.isnan(found.said_w) | np.isnan(found.naive_w), np.nan, found.actual_w)
    came = ~np.isnan(found.actual_w)
    count = came.sum(axis=(1, 2))
    sum_w = np.where(came, found.actual_w, 0.0).sum(axis=(1, 2))
    part = Survey(
        found.scores,
        issued,
        point_skill(both, found.said_w, groups=hours).rmae_ratio,
        point_skill(both, found.naive_w, groups=hours).rmae_ratio,
        found.weight,
        found.method,
        np.where(count > 0, sum_w / np.maximum(count, 1), np.nan),
        found.weather,
    )
    return part, found


def _joined(parts: Sequence[Survey]) -> Survey:
    issued = [part.issued for part in parts if part.issued is not None]
    return Survey(
        end_to_end([part.scores for part in parts]),
        end_to_end(issued) if issued else None,
        np.concatenate([part.rmae_by_hour for part in parts]),
        np.concatenate([part.naive_rmae_by_hour for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.method for part in parts]),
        np.concatenate([part.mean_load_w for part in parts]),
        tuple(used for part in parts for used in part.weather),
    )


def _period_unknown(plan: Plan) -> InputError:
    message = f"There is no load of this {plan.level} to forecast from and to compare with in the period."
    if plan.known == "then":
        message += " What was received later counts with `--known now`."
    return InputError("period_unknown", message, level=plan.level, history_days=plan.history_days)
