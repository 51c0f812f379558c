"""Made weather and load that follows it, for tests."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT
from db.connection import Role, connect
from db.weather import Coordinates, WeatherColumns, add_weather_point, insert_weather, weather_points
from tests.grid.curves import MONDAY, daily_and_weekly

HOUR = timedelta(hours=1)


def temperature_degc(start: datetime, hours: int, *, seed: int = 3) -> NDArray[np.float64]:
    """Return a winter's temperature by hour: a day, and spells that come and go over days."""
    rng = np.random.default_rng(seed)
    spell = np.empty(hours)
    last = 0.0
    for hour, draw in enumerate(rng.normal(0.0, 0.7, hours)):
        last = 0.985 * last + draw
        spell[hour] = last
    of_day = np.array([(start + hour * HOUR).astimezone(LOCAL_ZONE).hour for hour in range(hours)])
    return np.asarray(5.0 + 3.0 * np.sin(2 * np.pi * (of_day - 9) / 24) + spell, dtype=np.float64)


def cold_load_w(days: int, hourly_degc: NDArray[np.float64], *, seed: int = 1) -> NDArray[np.float64]:
    """Return load from `MONDAY` on that grows with the cold, given the temperature of the same hours. [W]."""
    cold = np.maximum(0.0, 15.0 - np.repeat(hourly_degc, 2)[: days * 48])
    return np.asarray(daily_and_weekly(days, seed=seed) + 4_000.0 * cold, dtype=np.float64)


def columns(
    start: datetime, values: NDArray[np.float64], *, known: datetime | timedelta, irradiance: float = np.nan
) -> WeatherColumns:
    """Return hourly temperatures known at a moment, or so long before their hour."""
    valid_s = int(start.timestamp()) + 3_600 * np.arange(values.size)
    if isinstance(known, timedelta):
        known_s = valid_s - int(known.total_seconds())
    else:
        known_s = np.full(values.size, int(known.timestamp()))
    nothing = np.full(values.size, np.nan)
    return WeatherColumns(
        np.ones(values.size, dtype=np.int64), valid_s, known_s, values, nothing, nothing + irradiance, nothing
    )


async def add_point(url: str) -> None:
    """Name a point at Lille, the first one."""
    async with await connect(url, Role.COMPUTE) as connection:
        await add_weather_point(connection, "Lille", Coordinates(50.63, 3.06))
        assert [point.weather_point_id for point in await weather_points(connection)] == [1]


async def add_weather(url: str, told: WeatherColumns, *, source: str = "sky") -> None:
    """Store weather."""
    async with await connect(url, Role.COMPUTE) as connection:
        await insert_weather(connection, source, told)


__all__ = ["MONDAY", "SLOT", "add_point", "add_weather", "cold_load_w", "columns", "temperature_degc"]
