"""Half-hour slots: ``[start, end)`` spans of UTC time, named by their start."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import InputError

SLOT_S: Final = 1_800
SLOT: Final = timedelta(seconds=SLOT_S)
SLOTS_PER_DAY: Final = 48
SLOTS_PER_WEEK: Final = 7 * SLOTS_PER_DAY
SLOTS_PER_HOUR: Final = 3_600 / SLOT_S

#: Steps a meter may use between two interval values; all but the hour divide a slot. [s]
INTERVAL_STEPS_S: Final = (300, 600, 900, 1_800, 3_600)

#: Local time appears only in tariffs, calendars and pages.
LOCAL_ZONE: Final = ZoneInfo("Europe/Paris")


def require_aware(instant: datetime) -> datetime:
    """Return `instant` in UTC.

    Raises
    ------
    InputError
        ``naive_time`` when it carries no time zone.
    """
    if instant.tzinfo is None:
        raise InputError(
            "naive_time", "A time must carry its zone, for example 2026-01-15T12:00:00Z.", got=str(instant)
        )
    return instant.astimezone(UTC)


def slot_floor(instant: datetime) -> datetime:
    """Return the start of the slot that holds `instant`.

    Examples
    --------
    >>> slot_floor(datetime(2026, 1, 15, 12, 44, tzinfo=UTC)).isoformat()
    '2026-01-15T12:30:00+00:00'
    """
    epoch_s = int(require_aware(instant).timestamp())
    return datetime.fromtimestamp(epoch_s - epoch_s % SLOT_S, UTC)


def slot_starts(start: datetime, end: datetime) -> list[datetime]:
    """Return the starts of the slots in ``[start, end)``, both on a slot's edge."""
    count = round((end - start) / SLOT)
    return [start + index * SLOT for index in range(count)]


def local_day(day: date) -> tuple[datetime, datetime]:
    """Return start and end of a local calendar day in UTC: 46, 48 or 50 slots apart.

    Examples
    --------
    >>> start, end = local_day(date(2026, 3, 29))
    >>> (end - start) // SLOT
    46
    """
    start = datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE)
    next_day = day + timedelta(days=1)
    end = datetime(next_day.year, next_day.month, next_day.day, tzinfo=LOCAL_ZONE)
    return start.astimezone(UTC), end.astimezone(UTC)
