"""Weather with both its times: the hour it is valid for, and the moment from which it could be known."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db.connection import Connection, translated_errors
from db.copy import Field, read_columns
from db.rows import all_rows, one_row
from db.statements import statements

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_SQL: Final = statements("weather")
#: So many rows go in one statement.
_ROWS_AT_ONCE: Final = 20_000
#: What weather consists of: columns of `somel.weather_forecast`, and attributes here.
QUANTITIES: Final = ("temperature_degc", "wind_speed_m_s", "irradiance_w_m2", "cloud_cover_ratio")
_AS_OF: Final = {
    "hour": Field.INT4,
    "known_us": Field.TIMESTAMPTZ,
    "is_hindsight": Field.INT4,
    **dict.fromkeys(QUANTITIES, Field.FLOAT4),
}


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Say where something is, in degrees of WGS 84."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class WeatherPoint:
    """A point that weather is known for; coordinates in degrees of WGS 84."""

    weather_point_id: int
    name: str
    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class WeatherColumns:
    """Hold weather as it was told, one entry for each point, hour and time of knowing.

    Attributes
    ----------
    weather_point_id : ndarray, shape (row,), int64
        Point.
    valid_s, known_s : ndarray, shape (row,), int64
        Start of the hour, and the moment from which it may be used. [s since 1970-01-01 UTC]
    temperature_degc, wind_speed_m_s, irradiance_w_m2, cloud_cover_ratio : ndarray, shape (row,), float64
        NaN where nothing was said of it; irradiance is the mean over the hour, the others hold at its start.
        [degC], [m/s], [W/m2], [1]
    """

    weather_point_id: Int
    valid_s: Int
    known_s: Int
    temperature_degc: Float
    wind_speed_m_s: Float
    irradiance_w_m2: Float
    cloud_cover_ratio: Float

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.valid_s.size

    def of(self, rows: NDArray[np.generic] | slice) -> "WeatherColumns":
        """Return some of the rows."""
        return WeatherColumns(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class WeatherCounts:
    """Count rows: new ones, known ones, and known ones that said something else before, which stays."""

    stored: int = 0
    duplicate: int = 0
    contradicted: int = 0


@dataclass(frozen=True, slots=True)
class WeatherHours:
    """Hold what was known of consecutive hours at one point.

    Attributes
    ----------
    known_s : ndarray, shape (hour,), int64
        When it became known, 0 where nothing is. [s since 1970-01-01 UTC]
    is_hindsight : ndarray, shape (hour,), bool
        Whether it was not known by the moment asked for that hour, and what came first after it stands in.
    temperature_degc, wind_speed_m_s, irradiance_w_m2, cloud_cover_ratio : ndarray, shape (hour,), float64
        NaN where nothing is known. [degC], [m/s], [W/m2], [1]
    """

    known_s: Int
    is_hindsight: NDArray[np.bool_]
    temperature_degc: Float
    wind_speed_m_s: Float
    irradiance_w_m2: Float
    cloud_cover_ratio: Float


@dataclass(frozen=True, slots=True)
class PointOfPlace:
    """Name the weather point that is nearest to a place."""

    place_id: int
    weather_point_id: int


@dataclass(frozen=True, slots=True)
class ForecastWeather:
    """Say what weather the forecast of a place was made with; the ratio is of the past hours known beforehand. [1]."""

    place_id: int
    weather_point_id: int
    source: str
    known_at: datetime
    known_then_ratio: float


async def weather_points(connection: Connection) -> list[WeatherPoint]:
    """Return every point, by key."""
    return await all_rows(connection, WeatherPoint, _SQL["list_weather_points"])


async def add_weather_point(connection: Connection, name: str, where: Coordinates) -> None:
    """Store a point; one of the same name stays where it is."""
    values = {"name": name, "latitude_deg": where.latitude_deg, "longitude_deg": where.longitude_deg}
    async with translated_errors():
        await connection.execute(_SQL["insert_weather_point"], values)


async def middle_of_communes(connection: Connection) -> Coordinates | None:
    """Return the middle of the territory, or None while no commune is loaded."""
    return await one_row(connection, Coordinates, _SQL["middle_of_communes"])


async def insert_weather(connection: Connection, source: str, columns: WeatherColumns) -> WeatherCounts:
    """Store weather; what is stored already stays as it is.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    source : str
        Who says so.
    columns : WeatherColumns
        Rows of one point, hour and time of knowing only once.
    """
    found = [0, 0, 0]
    for begin in range(0, len(columns), _ROWS_AT_ONCE):
        part = columns.of(slice(begin, begin + _ROWS_AT_ONCE))
        values: dict[str, object] = {
            "source": source,
            "weather_point_id": part.weather_point_id.tolist(),
            "valid_at": _instants(part.valid_s),
            "known_at": _instants(part.known_s),
            **{name: _or_null(getattr(part, name)) for name in QUANTITIES},
        }
        async with translated_errors(), connection.cursor() as cursor:
            await cursor.execute(_SQL["insert_weather"], values)
            for place, count in enumerate((await cursor.fetchall())[0]):
                found[place] += count
    return WeatherCounts(*found)


async def newest_known_at(connection: Connection, *, source: str, as_of: datetime) -> datetime | None:
    """Return since when a source has said nothing of some point; None when of one it never did, or there is none."""
    async with translated_errors():
        rows = await connection.execute(_SQL["newest_known_at"], {"source": source, "as_of": as_of})
        newest: datetime | None = (await rows.fetchall())[0][0]
    return newest


async def weather_as_of(
    connection: Connection,
    *,
    weather_point_id: int,
    start: datetime,
    known_by: Sequence[datetime],
    as_of: datetime,
) -> WeatherHours:
    """Return for each hour from `start` on the newest weather that was known by a moment of its own.

    Parameters
    ----------
    connection : Connection
        A role that reads weather.
    weather_point_id : int
        Point.
    start : datetime
        A full hour.
    known_by : sequence of datetime, length (hour,)
        For each hour the moment by which its weather had to be known.
    as_of : datetime
        Nothing that became known after it is returned. Where nothing was known by the hour's own moment, the oldest
        known by `as_of` is, and marked as hindsight.

    Returns
    -------
    WeatherHours
    """
    hours = len(known_by)
    asked = {
        "weather_point_id": weather_point_id,
        "valid_at": [start + number * timedelta(hours=1) for number in range(hours)],
        "known_by": list(known_by),
        "as_of": as_of,
    }
    async with translated_errors():
        columns = await read_columns(connection, _SQL["weather_as_of"], asked, _AS_OF)
    hour = columns["hour"]
    known_s, is_hindsight = np.zeros(hours, dtype=np.int64), np.zeros(hours, dtype=np.bool_)
    known_s[hour], is_hindsight[hour] = -(-columns["known_us"] // 1_000_000), columns["is_hindsight"] == 1
    values = np.full((len(QUANTITIES), hours), np.nan)
    for place, name in enumerate(QUANTITIES):
        values[place, hour] = columns[name]
    return WeatherHours(known_s, is_hindsight, *values)


async def source_of(
    connection: Connection, *, weather_point_id: int, start: datetime, end: datetime, known_at: datetime
) -> str:
    """Return who said what became known of hours in ``[start, end)`` within the second that ends at a moment."""
    asked = {"weather_point_id": weather_point_id, "start": start, "end": end, "known_at": known_at}
    async with translated_errors():
        rows = await (await connection.execute(_SQL["source_of"], asked)).fetchall()
    return str(rows[0][0])


async def points_of_places(connection: Connection, *, most_m: float) -> dict[int, int]:
    """Return by place the nearest weather point that is not further away than `most_m`. [m]."""
    rows = await all_rows(connection, PointOfPlace, _SQL["points_of_places"], {"most_m": most_m})
    return {row.place_id: row.weather_point_id for row in rows}


async def insert_forecast_weather(
    connection: Connection, *, forecast_run_id: int, used: Sequence[ForecastWeather]
) -> None:
    """Store with an issue what weather the places in it were forecast with."""
    columns: dict[str, object] = {
        field.name: [getattr(one, field.name) for one in used] for field in fields(ForecastWeather)
    }
    columns["forecast_run_id"] = forecast_run_id
    async with translated_errors():
        await connection.execute(_SQL["insert_forecast_weather"], columns)


async def weather_of_forecast(connection: Connection, *, forecast_run_id: int, place_id: int) -> ForecastWeather | None:
    """Return what weather a place was forecast with in an issue; None: with none."""
    wanted = {"forecast_run_id": forecast_run_id, "place_id": place_id}
    return await one_row(connection, ForecastWeather, _SQL["weather_of_forecast"], wanted)


def _instants(seconds: Int) -> list[datetime]:
    return [datetime.fromtimestamp(second, UTC) for second in seconds.tolist()]


def _or_null(values: Float) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
