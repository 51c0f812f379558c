"""The grid process: forecasts and weather when they are due, events as the clock moves, results as readings come in."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import structlog

from core.clock import Clock
from core.errors import ConflictError, RetryableError
from core.settings import Settings
from db.connection import Connection, Role, connect, translated_errors
from db.demand_response import open_events
from db.forecasts import latest_run
from grid.demand_response.lifecycle import advance_events
from grid.demand_response.measurement import compute_results
from grid.demand_response.plan import plan_event
from grid.demand_response.redispatch import FOLLOWED_FOR, follow_event
from grid.demand_response.trigger import propose_events
from grid.forecaster import Forecaster
from grid.jobs import Jobs, jobs_at
from grid.kernels.warm import warm_up
from grid.openadr.bridge import publish_commands
from grid.settlement.skill import score_last_month
from grid.weather.fetching import WeatherFetch
from grid.weather.open_meteo import OpenMeteo

_log = structlog.get_logger()

Step: TypeAlias = Callable[[Connection, datetime], Awaitable[None]]

#: Both loops look at the world this often, on the clock's round five minutes, the slots' edges among them. [s]
TICK_S: Final = 300
_RECONNECT_S: Final = 2.0


async def run(settings: Settings, *, database_url: str, ready: Callable[[], None] | None = None) -> None:
    """Work until cancelled.

    Parameters
    ----------
    settings : Settings
        The clock, how often, from how much and how far to forecast, and whom to ask for the weather.
    database_url : str
        Migrated database.
    ready : callable, optional
        Called once the kernels are loaded and the database has answered.

    Raises
    ------
    ConfigurationError
        When the database refuses us for good, kernels cannot run here, or Dask is asked for and missing; what passes
        by itself is waited for.
    """
    weather = _weather_step(settings)
    with closing(jobs_at(settings.dask_scheduler)) as jobs:
        took_s = await asyncio.to_thread(warm_up)
        _log.info("grid_ready", warm_up_s=round(took_s, 2), jobs=settings.dask_scheduler or "local threads")
        await _work(settings, database_url, _forecast_step(settings, jobs), weather, ready)


async def _work(
    settings: Settings, database_url: str, forecasts: Step, weather: Step | None, ready: Callable[[], None] | None
) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            announced = asyncio.Event()
            tasks.create_task(_repeat(database_url, settings.clock, forecasts, announced), name="forecasts")
            tasks.create_task(_repeat(database_url, settings.clock, follow_events, announced), name="events")
            tasks.create_task(_repeat(database_url, settings.clock, warn_of_overload, announced), name="overload")
            tasks.create_task(_repeat(database_url, settings.clock, score_baselines, announced), name="baselines")
            if weather is not None:
                tasks.create_task(_repeat(database_url, settings.clock, weather, announced), name="weather")
            await announced.wait()
            if ready is not None:
                ready()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group


async def follow_events(connection: Connection, now: datetime) -> None:
    """Move events on by the clock, follow those that run, call for what is lacking, tell VENs, and measure."""
    for event in await advance_events(connection, now=now):
        _log.info("event_moved", event_id=str(event.event_id), status=event.status)
    for event in await open_events(connection, completed_after=now - FOLLOWED_FOR):
        try:
            await follow_event(connection, event_id=event.event_id, now=now)
        except ConflictError as error:  # nothing can be decided for this one now; the others go on
            _log.warning("event_not_followed", event_id=str(event.event_id), code=error.code, reason=error.message)
    await publish_commands(connection, now=now)  # of those called meanwhile, and of resources that were linked since
    await compute_results(connection, now=now)


async def warn_of_overload(connection: Connection, now: datetime) -> None:
    """Reckon how probable overload is; draft and plan the events that rules ask for. Nobody is called yet."""
    for event in await propose_events(connection, now):
        _log.warning("event_proposed", event_id=str(event.event_id), name=event.name, target_w=event.target_w)
        try:
            await plan_event(connection, event_id=event.event_id, now=now)
        except ConflictError as error:  # an operator can have it planned later
            _log.warning("event_not_planned", event_id=str(event.event_id), code=error.code, reason=error.message)


async def score_baselines(connection: Connection, now: datetime) -> None:
    """Say how wrong baselines were last month where there were events, once its readings have settled."""
    places = await score_last_month(connection, now=now)
    if places:
        _log.info("baselines_scored", places=places)


def _forecast_step(settings: Settings, jobs: Jobs) -> Step:
    every = timedelta(seconds=settings.forecast_every_s)
    forecaster = Forecaster(
        history_days=settings.history_days,
        horizon_h=settings.horizon_h,
        fit_every=timedelta(seconds=settings.fit_every_s),
        jobs=jobs,
    )

    async def issue_when_due(connection: Connection, now: datetime) -> None:
        last = await latest_run(connection, as_of=now)
        if last is not None and now < last.issued_at + every:
            return
        try:
            issue = await forecaster.issue(connection, now=now)
        except RetryableError as error:
            if error.code != "history_missing":
                raise
            _log.debug("forecast_waits", reason=error.message)
            return
        _log.info(
            "forecast_issued",
            places=issue.place_count,
            fallbacks=issue.fallback_count,
            with_weather=issue.weather_count,
            issued_at=now,
        )

    return issue_when_due


def _weather_step(settings: Settings) -> Step | None:
    if settings.weather_url is None:
        return None
    return WeatherFetch(
        OpenMeteo(settings.weather_url.get_secret_value(), now=settings.clock.now),
        every=timedelta(seconds=settings.weather_every_s),
        history=timedelta(days=settings.history_days),
        horizon=timedelta(hours=settings.horizon_h),
    )


async def _repeat(database_url: str, clock: Clock, step: Step, announced: asyncio.Event) -> None:
    """Take a step at every tick of the clock, on a connection of its own that is made again when it breaks."""
    while True:
        try:
            async with translated_errors(), await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
                announced.set()
                while True:
                    now = clock.now()
                    await step(connection, now)
                    await asyncio.sleep(clock.wall_s_until(_next_tick(now)))
        except RetryableError as error:
            _log.warning("grid_waits", code=error.code, reason=error.message)
            await asyncio.sleep(_RECONNECT_S)


def _next_tick(now: datetime) -> datetime:
    return datetime.fromtimestamp((int(now.timestamp()) // TICK_S + 1) * TICK_S, UTC)
