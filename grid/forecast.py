"""Issue forecasts for every place that has data, and store them with what they were made from."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from core.errors import RetryableError
from core.slots import SLOT_S
from db.connection import Connection
from db.forecast_copy import BaseForecasts
from db.forecasts import ForecastSkill, insert_forecasts, insert_run, insert_skill
from db.hierarchy import transformer_paths
from db.lead_skill import LEAD_FIGURES, insert_lead_skill
from db.weather import insert_forecast_weather
from grid.backtest import QUANTILES
from grid.coherence import CoherentForecasts, add_up, place_sums
from grid.cold_start import start_cold
from grid.forecast_model import NOTHING, SeriesForecasts
from grid.history import LoadHistory, load_history
from grid.jobs import HERE, Jobs
from grid.kernels.sums import Sums
from grid.skill_by_lead import lead_groups
from grid.weather.places import PlaceGroup, forecast_in_groups, place_groups, weather_used

_SLOTS_PER_HOUR: Final = 3_600 // SLOT_S


@dataclass(frozen=True, slots=True)
class ForecastIssue:
    """Say what was issued.

    Attributes
    ----------
    forecast_run_id : int
        Key of the issue.
    issued_at, known_until : datetime
        Time it speaks from; end of the last slot of load that was known.
    place_count : int
        Places forecast.
    fallback_count : int
        Of those, how many for want of history by one method alone.
    weather_count : int
        And how many with a look at the weather.
    """

    forecast_run_id: int
    issued_at: datetime
    known_until: datetime
    place_count: int
    fallback_count: int
    weather_count: int = 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold what a fit made, which is stored now and gone on with later.

    Attributes
    ----------
    history : LoadHistory
        What is known; later, of the last slots alone.
    groups : list of PlaceGroup
        Places with the same weather.
    made : SeriesForecasts
        Each place by itself.
    sums : Sums
        Which places are sums of which.
    coherent : CoherentForecasts
        The same, made to add up.
    """

    history: LoadHistory
    groups: list[PlaceGroup]
    made: SeriesForecasts
    sums: Sums
    coherent: CoherentForecasts


async def fit_places(
    connection: Connection, *, now: datetime, history_days: int, horizon_h: int, jobs: Jobs = HERE
) -> Fitted:
    """Forecast every place with data from `now` on, and make it add up; nothing is stored.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    now : datetime
        Nothing that ended after it is used. The first slot forecast is the one that is running.
    history_days : int
        Days of load to fit on. [days]
    horizon_h : int
        How far to look. [h]
    jobs : Jobs
        Where series are forecast.

    Raises
    ------
    RetryableError
        ``history_missing``: no place has any load in the span yet.
    """
    history = await load_history(connection, now=now, days=history_days)
    if not history.place_id.size or history.known_until == history.start:
        raise RetryableError("history_missing", "There is no load to forecast from yet.", history_days=history_days)
    horizon = horizon_h * _SLOTS_PER_HOUR
    groups = await place_groups(connection, history, issued_at=now, horizon=horizon)
    # On threads: kernels take seconds and release the interpreter.
    made = await asyncio.to_thread(forecast_in_groups, history, groups, horizon=horizon, jobs=jobs)
    wider, made = await start_cold(connection, history, made)
    groups = [replace(group, rows=np.searchsorted(wider.place_id, history.place_id[group.rows])) for group in groups]
    sums = place_sums(await transformer_paths(connection), wider.place_id)
    return Fitted(wider, groups, made, sums, await asyncio.to_thread(add_up, made, sums))


async def store_issue(connection: Connection, fitted: Fitted, now: datetime) -> ForecastIssue:
    """Store forecasts with what they were made from, in one transaction."""
    async with connection.transaction():
        issue = await _store(connection, fitted.history, fitted.made, fitted.coherent, now)
        used = weather_used(fitted.history, fitted.groups, fitted.made)
        await insert_forecast_weather(connection, forecast_run_id=issue.forecast_run_id, used=used)
    return replace(issue, weather_count=len(used))


async def _store(
    connection: Connection, history: LoadHistory, made: SeriesForecasts, coherent: CoherentForecasts, now: datetime
) -> ForecastIssue:
    known = np.flatnonzero([name != NOTHING for name in made.method])
    run_id = await insert_run(
        connection,
        issued_at=now,
        known_until=history.known_until,
        horizon_slots=made.load_w.shape[1],
        quantiles=QUANTILES,
    )
    await insert_forecasts(
        connection,
        forecast_run_id=run_id,
        place_id=history.place_id[known],
        first_valid_from=history.end,
        load_w=coherent.load_w[known],
        quantile_load_w=coherent.quantile_load_w[known],
        base=BaseForecasts(made.load_w[known], made.quantile_load_w[known]),
    )
    skills = [_skill(run_id, int(history.place_id[row]), made, coherent, int(row)) for row in known]
    await insert_skill(connection, skills)
    await _store_by_lead(connection, run_id, history, made)
    fallbacks = int((~made.judged[known]).sum())
    return ForecastIssue(run_id, now, history.known_until, len(skills), fallbacks)


async def _store_by_lead(connection: Connection, run_id: int, history: LoadHistory, made: SeriesForecasts) -> None:
    """Store what the judged places' experts deserved, block by block; the last block ends with the forecast."""
    horizon = made.load_w.shape[1]
    by_lead = made.scores.by_lead
    lead_h = lead_groups(horizon)[1:] // _SLOTS_PER_HOUR
    await insert_lead_skill(
        connection,
        forecast_run_id=run_id,
        place_id=history.place_id[made.judged],
        lead_h=lead_h,
        figures={name: getattr(by_lead, name)[made.judged, 1:] for name in LEAD_FIGURES},
    )


def _skill(run_id: int, place_id: int, made: SeriesForecasts, coherent: CoherentForecasts, row: int) -> ForecastSkill:
    scores, judged = made.scores, bool(made.judged[row])

    def figures() -> Iterator[float | None]:
        for column in (
            scores.mae_w,
            scores.naive_mae_w,
            scores.mape_ratio,
            scores.naive_mape_ratio,
            scores.crps_w,
            scores.coverage_ratio,
            coherent.mae_w,
            scores.by_lead.rmae_ratio[:, 0],
            scores.by_lead.rcrps_ratio[:, 0],
        ):
            value = float(column[row])
            yield value if judged and np.isfinite(value) else None

    return ForecastSkill(
        run_id,
        place_id,
        made.method[row],
        int(scores.origin_count[row]) if judged else 0,
        *figures(),
    )
