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
from db.weather import insert_forecast_weather
from grid.backtest import QUANTILES
from grid.coherence import CoherentForecasts, add_up, place_sums
from grid.forecast_model import NOTHING, SeriesForecasts
from grid.history import LoadHistory, load_history
from grid.weather.places import forecast_in_groups, place_groups, weather_used

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


async def issue_forecasts(connection: Connection, *, now: datetime, history_days: int, horizon_h: int) -> ForecastIssue:
    """Forecast every place with data from `now` on, make it add up, and store both in one transaction.

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

    Returns
    -------
    ForecastIssue

    Raises
    ------
    RetryableError
        ``history_missing``: no place has any load in the span yet.
    """
    history = await load_history(connection, now=now, days=history_days)
    if not history.place_id.size or history.known_until == history.start:
        raise RetryableError("history_missing", "There is no load to forecast from yet.", history_days=history_days)
    sums = place_sums(await transformer_paths(connection), history.place_id)
    horizon = horizon_h * _SLOTS_PER_HOUR
    groups = await place_groups(connection, history, issued_at=now, horizon=horizon)
    # On threads: kernels take seconds and release the interpreter.
    made = await asyncio.to_thread(forecast_in_groups, history, groups, horizon=horizon)
    coherent = await asyncio.to_thread(add_up, made, sums)
    async with connection.transaction():
        issue = await _store(connection, history, made, coherent, now)
        used = weather_used(history, groups, made)
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
    fallbacks = int((~made.judged[known]).sum())
    return ForecastIssue(run_id, now, history.known_until, len(skills), fallbacks)


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
