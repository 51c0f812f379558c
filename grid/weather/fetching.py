"""Fetch the weather when it is due; whatever goes wrong, forecasts go on without it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from core.errors import ConfigurationError, InputError, RetryableError
from db.connection import Connection
from db.weather import (
    Coordinates,
    WeatherPoint,
    add_weather_point,
    insert_weather,
    middle_of_communes,
    newest_known_at,
    weather_points,
)
from grid.weather.known import LEAD_IN
from grid.weather.provider import WeatherProvider

_log = structlog.get_logger()

#: The point that is made when an operator named none.
TERRITORY: Final = "territory"
#: A clock that is further behind replays: the weather of today would be told to the past.
_BEHIND: Final = timedelta(minutes=5)
#: Of hours that have passed, what is said the day after is often better than what was said before.
_AGAIN: Final = timedelta(days=1)
#: Pause after the first failure, twice as long after the next; and the longest. [s]
_PAUSE_S, _LONGEST_PAUSE_S = 60.0, 3_600.0


class WeatherFetch:
    """Take a step when weather is due.

    Parameters
    ----------
    provider : WeatherProvider
        Whom to ask.
    every : timedelta
        How often.
    history : timedelta
        How far forecasts look back.
    horizon : timedelta
        How far they reach.
    pause_s : float
        After the first failure. [s]
    """

    def __init__(
        self,
        provider: WeatherProvider,
        *,
        every: timedelta,
        history: timedelta,
        horizon: timedelta,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._provider, self._every, self._history, self._horizon = provider, every, history, horizon
        self._pause_s, self._failures, self._not_before = pause_s, 0, 0.0

    async def __call__(self, connection: Connection, now: datetime) -> None:
        """Fetch and store the weather when it is due at `now`; when the provider fails, log it and try again later."""
        if time.monotonic() < self._not_before or datetime.now(UTC) - now > _BEHIND:
            return
        newest = await newest_known_at(connection, source=self._provider.source, as_of=now)
        if newest is not None and now < newest + self._every:
            return
        points = await _points(connection)
        if not points:
            _log.debug("weather_waits", reason="no point is named and no commune is loaded")
            return
        await self._fetch(connection, points, since=newest, now=now)

    async def _fetch(
        self, connection: Connection, points: list[WeatherPoint], *, since: datetime | None, now: datetime
    ) -> None:
        start = now - self._history - LEAD_IN if since is None else since - _AGAIN
        try:
            columns = await self._provider.weather(points, start=start, end=now + self._horizon + _AGAIN)
        except (RetryableError, InputError, ConfigurationError) as error:
            pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2.0 ** min(self._failures, 10))
            self._failures += 1
            self._not_before = time.monotonic() + pause_s
            _log.warning("weather_missing", code=error.code, reason=error.message, again_in_s=round(pause_s))
            return
        self._failures = 0
        async with connection.transaction():
            counts = await insert_weather(connection, self._provider.source, columns)
        _log.info("weather_fetched", source=self._provider.source, points=len(points), stored=counts.stored)


async def _points(connection: Connection) -> list[WeatherPoint]:
    """Return all points; where there is none, one in the middle of the territory is made."""
    points = await weather_points(connection)
    if points:
        return points
    middle: Coordinates | None = await middle_of_communes(connection)
    if middle is not None:
        await add_weather_point(connection, TERRITORY, middle)
    return await weather_points(connection)
