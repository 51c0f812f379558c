"""The temperature outside of places, as it is forecast now."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Connection
from db.weather import points_of_places, weather_as_of
from grid.weather.known import HOUR, SLOTS_PER_HOUR, filled, floor_hour
from grid.weather.places import FURTHEST_M

Float = NDArray[np.float64]

#: Past the end of a forecast the last hour known is held for so long; a plan for longer has no weather. [hours]
_MOST_HELD: Final = 24


async def outside_degc(
    connection: Connection, places: Collection[int], *, start: datetime, slots: int, now: datetime
) -> dict[int, Float]:
    """Return the forecast of the air by place, shape (slot,) each; places whose weather nobody tells are left out.

    Parameters
    ----------
    connection : Connection
        A role that reads weather.
    places : collection of int
        Places of any level.
    start : datetime
        Start of the first slot.
    slots : int
        How many.
    now : datetime
        Nothing that became known later is used.
    """
    if not places:
        return {}
    points = await points_of_places(connection, most_m=FURTHEST_M)
    first = floor_hour(start)
    count = -((first - start - slots * SLOT) // HOUR)
    of_point: dict[int, Float] = {}
    for point in sorted({points[place] for place in places if place in points}):
        hours = await weather_as_of(connection, weather_point_id=point, start=first, known_by=[now] * count, as_of=now)
        hourly_degc = _held(filled(hours.temperature_degc))
        slot = ((start - first) // SLOT + np.arange(slots)) // SLOTS_PER_HOUR
        if np.isfinite(hourly_degc).all():
            of_point[point] = hourly_degc[slot]
    return {place: of_point[points[place]] for place in places if points.get(place) in of_point}


def _held(hourly: Float) -> Float:
    """Return hourly values, the last one known held to the end if that is not far.

    Examples
    --------
    >>> _held(np.array([1.0, 2.0, np.nan]))
    array([1., 2., 2.])
    """
    known = np.flatnonzero(np.isfinite(hourly))
    if not known.size or hourly.size - 1 - known[-1] > _MOST_HELD:
        return hourly
    held = hourly.copy()
    held[known[-1] + 1 :] = hourly[known[-1]]
    return held
