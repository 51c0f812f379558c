"""Weather of a point as it was known then, on the half-hour grid of load and horizon."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Connection
from db.weather import WeatherHours, source_of, weather_as_of

Float = NDArray[np.float64]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SLOTS_PER_HOUR: Final = HOUR // SLOT
#: The slow means of temperature begin so long before the load, so that they have settled when it begins.
LEAD_IN: Final = timedelta(days=8)
#: Gaps of no more hours are filled from both sides. [hours]
MOST_FILLED: Final = 3
#: With less of the past known, the regressions would learn from too few days. [1]
FEWEST_KNOWN_RATIO: Final = 0.9
#: Weather that was last told so long ago says less than the calendar.
STALE_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PointWeather:
    """Hold what a forecast may know of the weather of a point.

    Attributes
    ----------
    weather_point_id : int
        Point.
    source : str
        Who said what the hours forecast will be like.
    known_at : datetime
        When the newest of that became known.
    known_then_ratio : float
        Share of the hours of load whose weather was known when they were still to come, as it would be for a forecast;
        of the others it was known later. [1]
    temperature_degc, irradiance_w_m2 : ndarray, shape (slot,), float64
        From `LEAD_IN` before the load to the end of the horizon; NaN where nothing is known. [degC], [W/m2]
    """

    weather_point_id: int
    source: str
    known_at: datetime
    known_then_ratio: float
    temperature_degc: Float
    irradiance_w_m2: Float


@dataclass(frozen=True, slots=True)
class Span:
    """Say which slots a forecast is about.

    Attributes
    ----------
    start, end : datetime
        Of the load; ``end`` is the start of the first slot forecast.
    until : datetime
        End of the horizon.
    issued_at : datetime
        Nothing known later is used.
    """

    start: datetime
    end: datetime
    until: datetime
    issued_at: datetime

    def hours(self) -> tuple[datetime, int]:
        """Return the first full hour, `LEAD_IN` before the load, and how many there are to the end of the horizon."""
        first = floor_hour(self.start - LEAD_IN)
        return first, -((first - self.until) // HOUR)

    def known_by(self) -> list[datetime]:
        """Return for each hour by when its weather had to be known.

        Notes
        -----
        By now for the hours forecast. For an hour that has passed: by the first of the daily origins, whole days before
        the issue, that forecast it; with a horizon of less than a day that may be none, and the last one before counts.
        One value a slot serves every lead; this one was known at all of the origins, at the price that later ones knew
        better.
        """
        first, count = self.hours()
        horizon = self.until - self.end
        moments = []
        for number in range(count):
            ahead = first + number * HOUR - self.end
            first_to_forecast, last_before = -((ahead - horizon) // DAY) - 1, (-HOUR - ahead) // DAY + 1
            days = max(first_to_forecast, last_before) if ahead <= -HOUR else 0
            moments.append(self.issued_at - days * DAY)
        return moments


async def point_weather(connection: Connection, weather_point_id: int, span: Span) -> PointWeather | None:
    """Return the weather of a point for a forecast, or None where there is too little or it is too old.

    Parameters
    ----------
    connection : Connection
        A role that reads weather.
    weather_point_id : int
        Point.
    span : Span
        What the forecast is about.

    Notes
    -----
    There is weather when the temperature of all hours of the horizon, and of nine tenths of the hours of load, is
    known, and some of the horizon's was told within the last day.
    """
    first, _ = span.hours()
    hours = await weather_as_of(
        connection, weather_point_id=weather_point_id, start=first, known_by=span.known_by(), as_of=span.issued_at
    )
    temperature_degc = filled(hours.temperature_degc)
    begin, end = (span.start - first) // HOUR, (span.end - first) // HOUR
    past, ahead = slice(begin, end), slice(end, None)
    known_at = datetime.fromtimestamp(int(hours.known_s[ahead].max()), UTC)
    if (
        np.isnan(temperature_degc[ahead]).any()
        or np.isfinite(temperature_degc[past]).mean() < FEWEST_KNOWN_RATIO
        or known_at < span.issued_at - STALE_AFTER
    ):
        return None
    source = await source_of(
        connection,
        weather_point_id=weather_point_id,
        start=floor_hour(span.end),
        end=span.until,
        known_at=known_at,
    )
    slots = _slots_of(span, first)
    return PointWeather(
        weather_point_id,
        source,
        known_at,
        _known_then_ratio(hours, past),
        temperature_degc[slots],
        filled(hours.irradiance_w_m2)[slots],
    )


def filled(values: Float) -> Float:
    """Return hourly values with gaps of up to `MOST_FILLED` hours filled on a straight line between their neighbours.

    Examples
    --------
    >>> filled(np.array([1.0, np.nan, 3.0, np.nan]))
    array([ 1.,  2.,  3., nan])
    """
    known = np.flatnonzero(~np.isnan(values))
    found = values.copy()
    for before, after in pairwise(known):
        if 1 < after - before <= MOST_FILLED + 1:
            found[before : after + 1] = np.linspace(values[before], values[after], after - before + 1)
    return found


def floor_hour(instant: datetime) -> datetime:
    """Return the start of the hour of an instant."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _known_then_ratio(hours: WeatherHours, past: slice) -> float:
    known = hours.known_s[past] > 0
    return float((known & ~hours.is_hindsight[past]).mean())


def _slots_of(span: Span, first: datetime) -> NDArray[np.int64]:
    """Return the hour that each slot lies in, from `LEAD_IN` before the load to the end of the horizon."""
    begin = span.start - LEAD_IN
    offset, count = (begin - first) // SLOT, (span.until - begin) // SLOT
    hours: NDArray[np.int64] = (offset + np.arange(count, dtype=np.int64)) // SLOTS_PER_HOUR
    return hours
