"""Loads around the hours of an event, on its day and on days before, as known at a moment."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from core.slots import LOCAL_ZONE, SLOT, slot_floor, slot_starts
from db.connection import Connection
from db.history import usage_point_load
from db.settlement import controls, spans_disturbed
from db.weather import points_of_places, weather_as_of
from grid.kernels.checks import Float, Int
from grid.settlement.methods import LOOK_BACK_DAYS, Method, days_before

#: So many days without an event tell how wrong a method is. [days]
ERROR_DAYS: Final = 10
#: Slots that are looked at before the event; the first two of them are those of the same-day adjustment.
LEAD: Final = 8
ADJUSTMENT: Final = slice(0, 2)
_FURTHEST_M: Final = 100_000.0
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """Say which hours of a day an event takes: from a local time of day on, so many slots, perhaps past midnight."""

    local_start: time
    slots: int

    @classmethod
    def of(cls, starts_at: datetime, ends_at: datetime) -> "Hours":
        """Return the hours of an event."""
        return cls(starts_at.astimezone(LOCAL_ZONE).time(), (ends_at - starts_at) // SLOT)

    @property
    def inside(self) -> slice:
        """Return where the event's slots lie in the window."""
        return slice(LEAD, LEAD + self.slots)

    @property
    def compared(self) -> Int:
        """Return the slots of the adjustment and those of the event."""
        return np.concatenate((np.arange(ADJUSTMENT.stop), np.arange(LEAD, LEAD + self.slots)))

    def window(self, day: date) -> tuple[datetime, datetime]:
        """Return the span that is looked at on a day: `LEAD` slots before the event, its own, and one after."""
        start = slot_floor(datetime.combine(day, self.local_start, tzinfo=LOCAL_ZONE).astimezone(UTC))
        return start - LEAD * SLOT, start + (self.slots + 1) * SLOT


@dataclass(frozen=True, slots=True)
class Curves:
    """Hold loads of usage points on days, oldest first.

    Attributes
    ----------
    hours : Hours
        Of the event.
    days : list of date
        Local days.
    load_w : ndarray, shape (usage_point, day, slot), float64
        In each day's window, import positive; NaN where missing. [W]
    control_w : ndarray, shape (control, day, slot), float64
        The same of usage points that were not called; none where the method does not compare. [W]
    temperature_degc : ndarray, shape (day, slot), float64
        NaN where not known. [degC]
    """

    hours: Hours
    days: list[date]
    load_w: Float
    control_w: Float
    temperature_degc: Float

    def rows(self, days: Iterable[date]) -> list[int]:
        """Return where days are."""
        place = {day: row for row, day in enumerate(self.days)}
        return [place[day] for day in days]


@dataclass(frozen=True, slots=True)
class Asked:
    """Say whose loads are asked for, where and as known when."""

    place_id: int
    usage_point_ids: list[int]
    control_ids: list[int]
    as_of: datetime


async def disturbed_days(connection: Connection, asked: Asked, day: date, hours: Hours, *, event: object) -> set[date]:
    """Return days before one on which another event called any of the usage points."""
    start, end = hours.window(day)
    spans = await spans_disturbed(
        connection,
        asked.usage_point_ids,
        event_id=event,  # type: ignore[arg-type]  # a UUID or None
        after=start - timedelta(days=2 * LOOK_BACK_DAYS),
        before=end,
        as_of=asked.as_of,
    )
    slots = (slot for span in spans for slot in slot_starts(span.starts_at, span.ends_at))
    return {slot.astimezone(LOCAL_ZONE).date() for slot in slots}


def days_needed(method: Method, targets: Iterable[date], *, excluded: Collection[date]) -> list[date]:
    """Return the days that a method looks at for some days, and these themselves, oldest first."""
    needed = {day for target in targets for day in [target, *days_before(method, target, excluded=excluded)]}
    return sorted(needed)


async def who_compares(connection: Connection, days: Sequence[date], hours: Hours, as_of: datetime) -> list[int]:
    """Return usage points that were not called from the first of days to the last."""
    after, before = hours.window(days[0])[0], hours.window(days[-1])[1]
    return await controls(connection, after=after, before=before, as_of=as_of)


async def read_curves(connection: Connection, asked: Asked, days: Sequence[date], hours: Hours) -> Curves:
    """Read loads of days, and the temperature at the place, as known at a moment."""
    loads = []
    ids = sorted({*asked.usage_point_ids, *asked.control_ids})
    for day in days:
        start, end = hours.window(day)
        loads.append(await usage_point_load(connection, usage_point_ids=ids, start=start, end=end, as_of=asked.as_of))
    load_w = np.stack(loads, axis=1)
    own, other = (np.searchsorted(ids, some) for some in (asked.usage_point_ids, asked.control_ids))
    temperature = await read_temperature(connection, asked, days, hours)
    return Curves(hours, list(days), load_w[own], load_w[other], temperature)


async def read_temperature(connection: Connection, asked: Asked, days: Sequence[date], hours: Hours) -> Float:
    """Return the temperature in the windows of days, shape (day, slot), as known at a moment. [degC]."""
    slots = LEAD + hours.slots + 1
    nearest = (await points_of_places(connection, most_m=_FURTHEST_M)).get(asked.place_id)
    if nearest is None:
        return np.full((len(days), slots), np.nan)
    first = _full_hour(hours.window(days[0])[0])
    count = (hours.window(days[-1])[1] - first) // _HOUR + 1
    known = await weather_as_of(
        connection, weather_point_id=nearest, start=first, known_by=[asked.as_of] * count, as_of=asked.as_of
    )
    starts = [(hours.window(day)[0] - first) // SLOT for day in days]
    places = (np.array(starts)[:, np.newaxis] + np.arange(slots)) // (_HOUR // SLOT)
    return known.temperature_degc[places]


def _full_hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
