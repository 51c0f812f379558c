"""Weather over HTTP from a service that answers as Open-Meteo does."""

import asyncio
import http.client
import math
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from core.errors import ConfigurationError, RetryableError
from db.weather import WeatherColumns, WeatherPoint
from grid.weather.answer import ASKED, columns_of

#: An answer for a hundred points and three months is 8 MB. [bytes]
_MOST_BYTES: Final = 32 << 20
_READ_BYTES: Final = 1 << 16
#: What may pass by itself.
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_DAY: Final = timedelta(days=1)
#: Days that such services reach back and ahead.
MOST_PAST_DAYS, _MOST_DAYS_AHEAD = 92, 16


class OpenMeteo:
    """Ask a service for hourly weather of many points in one request.

    Parameters
    ----------
    url : str
        Its address; a query in it, such as a key, goes along and is never shown.
    now : callable
        Clock by which an answer became known.
    timeout_s : float, default 5.0
        For each attempt as a whole. [s]
    attempts : int, default 3
        At least 1.
    wait_s : float, default 0.5
        Before the second attempt; twice as much before the next. [s]
    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime],
        timeout_s: float = 5.0,
        attempts: int = 3,
        wait_s: float = 0.5,
    ) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in {"http", "https"} or not self._url.hostname:
            raise ConfigurationError("weather_url_unfit", "SOMEL_WEATHER_URL has to be an HTTP address.")
        self._now, self._timeout_s, self._attempts, self._wait_s = now, timeout_s, attempts, wait_s

    @property
    def source(self) -> str:
        """Return the name of its host."""
        return self._url.hostname or ""

    async def weather(self, points: Sequence[WeatherPoint], *, start: datetime, end: datetime) -> WeatherColumns:
        """Return the weather of points over the hours in ``[start, end)``, as known from the moment of the answer on.

        Raises
        ------
        RetryableError
            ``weather_unavailable`` after the last attempt.
        ConfigurationError
            ``weather_refused`` when the service does not take the request.
        InputError
            ``weather_malformed`` or ``weather_unit_unknown``.
        """
        address = self._address(points, start, end)
        for attempt in range(self._attempts):
            if attempt:
                await asyncio.sleep(self._wait_s * math.pow(2, attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            try:
                answer = await asyncio.to_thread(_fetch, address, self._timeout_s)
                break
            except RetryableError:
                if attempt == self._attempts - 1:
                    raise
        return columns_of(answer, points, known_s=math.ceil(self._now().timestamp()))

    def _address(self, points: Sequence[WeatherPoint], start: datetime, end: datetime) -> str:
        today = self._now().astimezone(UTC).date()
        past, ahead = (today - start.astimezone(UTC).date()) // _DAY, (end.astimezone(UTC).date() - today) // _DAY + 1
        asked = {
            "latitude": ",".join(f"{point.latitude_deg:.4f}" for point in points),
            "longitude": ",".join(f"{point.longitude_deg:.4f}" for point in points),
            "hourly": ",".join(ASKED),
            "wind_speed_unit": "ms",
            "timeformat": "unixtime",
            "timezone": "GMT",
            "past_days": min(max(past, 0), MOST_PAST_DAYS),
            "forecast_days": min(max(ahead, 1), _MOST_DAYS_AHEAD),
        }
        query = urlencode([*parse_qsl(self._url.query), *asked.items()], safe=",")
        return urlunsplit(self._url._replace(query=query, fragment=""))


def _fetch(address: str, timeout_s: float) -> bytes:
    """Return what one request answers, within a limit of time and size."""
    until = time.monotonic() + timeout_s
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as answer:  # noqa: S310 - its scheme was looked at
            return _read(answer, until)
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code in _PASSING:
                raise _unavailable(f"status {error.code}") from error
            why = error.read(200).decode(errors="replace")
            raise ConfigurationError(
                "weather_refused", f"The weather service answers with status {error.code}: {why}", status=error.code
            ) from error
    except OSError as error:  # no connection, or one that broke off or was too slow
        raise _unavailable(str(error)) from error
    except http.client.HTTPException as error:
        raise _unavailable(type(error).__name__) from error


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    """Read to the end: a limit for each piece alone would let a slow service hold us for as long as it likes."""
    found = bytearray()
    while piece := answer.read1(_READ_BYTES):
        found += piece
        if time.monotonic() > until:
            raise TimeoutError("it is too slow")
        if len(found) > _MOST_BYTES:
            raise ConfigurationError("weather_refused", "The weather service's answer is too long.")
    if answer.length:
        raise http.client.IncompleteRead(bytes(found))
    return bytes(found)


def _unavailable(why: str) -> RetryableError:
    return RetryableError("weather_unavailable", f"The weather service does not answer: {why}.")
