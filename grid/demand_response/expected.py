"""What usage points would draw without an event, for following it: the middle of their like days.

For following an event the baseline must lean neither way: what it leans, the loop would call too few or too many for.
*High 5 of 10*, which results are computed with, leans upwards by its choice of days. So the days are ordered by their
energy in the event's hours, a fifth of them is left out at each end, and the rest is averaged: the middle 6 of 10.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, slot_floor, slot_starts
from db.connection import Connection
from db.demand_response import Event, earlier_events_of
from db.history import usage_point_load
from grid.like_days import like_days

Float = NDArray[np.float64]

_DAYS: Final = 10
_LOOK_BACK_DAYS: Final = 45
#: One in so many days is left out at each end.
_TRIMMED_ONE_IN: Final = 5
_FEWEST_DAYS: Final = 4


async def expected_load(connection: Connection, event: Event, usage_points: list[int]) -> Float:
    """Return the load to be expected in the event's slots without it.

    Parameters
    ----------
    connection : Connection
        A role that reads interval readings.
    event : Event
        The event.
    usage_points : list of int
        Rising.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Import positive; NaN where a usage point has fewer than four like days. [W]
    """
    after = event.starts_at - timedelta(days=_LOOK_BACK_DAYS + 1)
    earlier = await earlier_events_of(
        connection, event_id=event.event_id, usage_point_ids=usage_points, after=after, before=event.starts_at
    )
    slots = (start for span in earlier for start in slot_starts(span.starts_at, span.ends_at))
    disturbed = {start.astimezone(LOCAL_ZONE).date() for start in slots}
    today = event.starts_at.astimezone(LOCAL_ZONE).date()
    days = like_days(today, count=_DAYS, within_days=_LOOK_BACK_DAYS, excluded=disturbed)
    if not days:
        return np.full((len(usage_points), (event.ends_at - event.starts_at) // timedelta(minutes=30)), np.nan)
    past = [await _load_on(connection, event, usage_points, day) for day in days]
    return await asyncio.to_thread(middle_of, np.stack(past, axis=1))


def middle_of(load_w: Float) -> Float:
    """Return the mean of the days that are neither among the highest nor among the lowest fifth.

    Parameters
    ----------
    load_w : ndarray, shape (usage_point, day, slot), float64
        Load of like days; a day that misses a slot is left out. [W]

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        NaN where a usage point has fewer than four whole days. [W]

    Examples
    --------
    >>> middle_of(np.array([[[90.0], [1.0], [2.0], [3.0], [0.0]]]))
    array([[2.]])
    """
    energy = load_w.sum(axis=2)
    rank = energy.argsort(axis=1).argsort(axis=1)  # days with a hole are last
    whole = (~np.isnan(energy)).sum(axis=1, keepdims=True)
    trimmed = whole // _TRIMMED_ONE_IN
    kept = (rank >= trimmed) & (rank < whole - trimmed) & (whole >= _FEWEST_DAYS)
    count = kept.sum(axis=1)[:, np.newaxis]
    total_w = np.where(kept[:, :, np.newaxis], load_w, 0.0).sum(axis=1)
    return np.where(count > 0, total_w / np.maximum(count, 1), np.nan)


async def _load_on(connection: Connection, event: Event, usage_points: list[int], day: date) -> Float:
    """Return the load of a day in the event's hours by the local clock. [W]."""
    local = event.starts_at.astimezone(LOCAL_ZONE)
    start = slot_floor(datetime.combine(day, local.time(), tzinfo=LOCAL_ZONE).astimezone(UTC))
    end = start + (event.ends_at - event.starts_at)
    return await usage_point_load(connection, usage_point_ids=usage_points, start=start, end=end)
