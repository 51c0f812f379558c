"""What is to be forecast again: a level, a period, the time of day of the issues, and what may be known."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from core.errors import InputError
from core.slots import LOCAL_ZONE, SLOT, SLOTS_PER_DAY, slot_floor
from db.hindcast import PlaceOfLevel
from grid.skill_by_lead import SLOTS_PER_LEAD_H

#: ``then``: only what had been received by the origin; ``now``: the newest value of every slot that had ended by then.
Known = Literal["then", "now"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Say what to forecast again.

    Attributes
    ----------
    level : str
        Kind of place.
    places : tuple of PlaceOfLevel
        Which of them.
    first, end : date
        Local days of the issues, ``[first, end)``.
    issue_at : time
        Local time of day of the issues.
    origins : tuple of datetime
        Moments of the issues, rising, none in the future.
    now : datetime
        No load is known after it.
    history_days : int
        Days of load that each forecast is made from. [days]
    horizon_h : int
        How far each looks. [h]
    known : Known
        What an origin may know of the load.
    weather : bool
        Whether forecasts look at the weather as it was known at their origin, where any was.
    """

    level: str
    places: tuple[PlaceOfLevel, ...]
    first: date
    end: date
    issue_at: time
    origins: tuple[datetime, ...]
    now: datetime
    history_days: int
    horizon_h: int
    known: Known
    weather: bool = True

    @property
    def horizon(self) -> int:
        """Leads of each forecast. [slots]."""
        return self.horizon_h * SLOTS_PER_LEAD_H

    @property
    def history(self) -> int:
        """Slots that each forecast is made from. [slots]."""
        return self.history_days * SLOTS_PER_DAY

    @property
    def start(self) -> datetime:
        """Start of the first slot that any forecast is made from."""
        return slot_floor(self.origins[0]) - self.history * SLOT

    @property
    def until(self) -> datetime:
        """End of the last slot that any forecast speaks of."""
        return slot_floor(self.origins[-1]) + self.horizon * SLOT

    def slot_of(self, origin: datetime) -> int:
        """Return the first slot forecast from an origin, counted from `start`. [slots]."""
        return (slot_floor(origin) - self.start) // SLOT


def origins_of(first: date, end: date, issue_at: time, now: datetime) -> tuple[datetime, ...]:
    """Return the moment of the issue on each local day in ``[first, end)``, up to `now`.

    Raises
    ------
    InputError
        ``period_empty`` when there is none.

    Examples
    --------
    >>> now = datetime(2026, 5, 1, tzinfo=UTC)
    >>> [at.hour for at in origins_of(date(2026, 3, 28), date(2026, 3, 30), time(12), now)]
    [11, 10]
    """
    days = range((end - first).days)
    moments = [datetime.combine(first + timedelta(days=day), issue_at, LOCAL_ZONE).astimezone(UTC) for day in days]
    past = tuple(moment for moment in moments if moment <= now)
    if not past:
        message = f"No issue at {issue_at:%H:%M} lies in the period from {first} to before {end} and in the past."
        raise InputError("period_empty", message, first=str(first), end=str(end))
    return past
