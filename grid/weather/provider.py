"""The port that weather comes through."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from db.weather import WeatherColumns, WeatherPoint


class WeatherProvider(Protocol):
    """Somebody who knows the weather of points.

    Attributes
    ----------
    source : str
        Who it is, as it is stored with what it says.
    """

    @property
    def source(self) -> str:
        """Return who it is."""
        ...

    async def weather(self, points: Sequence[WeatherPoint], *, start: datetime, end: datetime) -> WeatherColumns:
        """Return the weather of points over the hours in ``[start, end)``, as far as it is known.

        Parameters
        ----------
        points : sequence of WeatherPoint
            At least one.
        start, end : datetime
            Hours beyond may come along.

        Returns
        -------
        WeatherColumns
            In our units, with the time from which each value may be used; a row says something of one quantity or more.

        Raises
        ------
        RetryableError
            ``weather_unavailable``: it does not answer now.
        ConfigurationError
            ``weather_refused``: it answers, but not us.
        InputError
            ``weather_malformed`` or ``weather_unit_unknown``: what it says cannot be understood.
        """
        ...
