"""What a weather service of Open-Meteo's kind answers: hourly arrays in JSON, one object a point."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from db.weather import WeatherColumns, WeatherPoint
from grid.weather.quantities import HOUR_S, QUANTITY_BY_TITLE, by_start, in_our_unit, is_possible
from grid.weather.rows import gathered

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: What is asked for, by the names of the service.
ASKED: Final = ("temperature_2m", "wind_speed_10m", "shortwave_radiation", "cloud_cover")


class _Hourly(msgspec.Struct, frozen=True):
    time: list[int | str]
    temperature_2m: list[float | None] | None = None
    wind_speed_10m: list[float | None] | None = None
    shortwave_radiation: list[float | None] | None = None
    cloud_cover: list[float | None] | None = None


class _Place(msgspec.Struct, frozen=True):
    hourly: _Hourly
    hourly_units: dict[str, str]
    utc_offset_seconds: int = 0


_DECODER: Final = msgspec.json.Decoder(list[_Place] | _Place)


def columns_of(answer: bytes, points: Sequence[WeatherPoint], *, known_s: int) -> WeatherColumns:
    """Return the weather in an answer.

    Parameters
    ----------
    answer : bytes
        JSON; one object, or a list with one for each point in the order asked.
    points : sequence of WeatherPoint
        Asked for.
    known_s : int
        When it came. [s since 1970-01-01 UTC]

    Raises
    ------
    InputError
        ``weather_malformed`` when it is not what was asked for; ``weather_unit_unknown``.
    """
    try:
        found = _DECODER.decode(answer)
    except msgspec.MsgspecError as error:
        raise _malformed(str(error)) from error
    places = found if isinstance(found, list) else [found]
    if len(places) != len(points):
        raise _malformed(f"it is about {len(places)} points instead of {len(points)}")
    return gathered([_of_point(place, point, known_s) for place, point in zip(places, points, strict=True)])


def _of_point(place: _Place, point: WeatherPoint, known_s: int) -> WeatherColumns:
    valid_s = np.array([_second(time, place.utc_offset_seconds) for time in place.hourly.time], dtype=np.int64)
    if not valid_s.size or (valid_s % HOUR_S).any() or (np.diff(valid_s) <= 0).any():
        raise _malformed("its times are not rising full hours of UTC")
    told = {QUANTITY_BY_TITLE[title].name: _values(place, title, valid_s) for title in ASKED}
    return WeatherColumns(
        np.full(valid_s.size, point.weather_point_id, dtype=np.int64), valid_s, np.full(valid_s.size, known_s), **told
    )


def _values(place: _Place, title: str, valid_s: Int) -> Float:
    """Return one quantity; NaN where it is missing, or cannot be."""
    said: list[float | None] | None = getattr(place.hourly, title)
    if said is None:
        return np.full(valid_s.size, np.nan)
    if len(said) != valid_s.size:
        raise _malformed(f"{title} has {len(said)} values for {valid_s.size} times")
    values = in_our_unit(title, place.hourly_units.get(title), np.array(said, dtype=np.float64))
    return by_start(title, valid_s, np.where(is_possible(title, values), values, np.nan))


def _second(time: int | str, offset_s: int) -> int:
    if isinstance(time, int):
        return time
    try:
        instant = datetime.fromisoformat(time)
    except ValueError as error:
        raise _malformed(f"{time!r} is no time") from error
    if instant.tzinfo is not None:
        return round(instant.timestamp())
    return round(instant.replace(tzinfo=UTC).timestamp()) - offset_s


def _malformed(why: str) -> InputError:
    return InputError("weather_malformed", f"The weather service's answer cannot be used: {why}.")
