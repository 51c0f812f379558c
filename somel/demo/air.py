"""The air of the demo: what the simulated homes feel is what the platform is told beforehand."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from db.connection import Role, connect
from db.weather import WeatherColumns, add_weather_point, insert_weather, middle_of_communes, weather_points
from simulators.stores import outside_degc

#: The replay may go on for so long.
_DAYS: Final = 35
_HOUR_S: Final = 3_600


async def tell_air(database_url: str, origin: datetime) -> None:
    """Store the temperature of the hours to come, as forecast an hour before the replay begins.

    Notes
    -----
    Of the past nothing is told: forecasts of load have to do without weather, as before.
    """
    async with await connect(database_url, Role.OWNER, autocommit=True) as connection:
        middle = await middle_of_communes(connection)
        if middle is None:
            return
        await add_weather_point(connection, "demo", middle)
        first_s = int((origin - timedelta(hours=1)).timestamp()) // _HOUR_S * _HOUR_S
        valid_s = first_s + _HOUR_S * np.arange(_DAYS * 24)
        point = next(one.weather_point_id for one in await weather_points(connection) if one.name == "demo")
        nothing = np.full(valid_s.size, np.nan)
        told = WeatherColumns(
            np.full(valid_s.size, point),
            valid_s,
            np.full(valid_s.size, first_s),
            outside_degc(valid_s),
            nothing,
            nothing,
            nothing,
        )
        await insert_weather(connection, "simulated", told)
