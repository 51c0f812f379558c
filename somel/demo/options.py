"""What a demo is asked for, and the evening it replays."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from core.slots import LOCAL_ZONE

#: The replay begins on a working evening so long ago that twelve hours at 60× do not reach the present.
AGE = timedelta(days=30)
BEGINS = time(17, 30)
WORKING_DAYS = (1, 2, 3)  # Tuesday to Thursday: the days before and after are working days as well


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Hold what the demo is asked for.

    Attributes
    ----------
    usage_points : int
        Size of the fleet.
    days : int
        Days that are back-filled. [days]
    speed : float
        Replayed seconds per second.
    run_for_s : float or None
        Length of the live part; None until Ctrl-C. [s]
    seed : int
        Seed of every draw.
    port : int
        Port of the page; 0 for any free one.
    """

    usage_points: int
    days: int
    speed: float
    run_for_s: float | None
    seed: int
    port: int


def replay_origin(wall: datetime) -> datetime:
    """Return the replayed time (aware UTC) that a demo begun at `wall` goes live at.

    Examples
    --------
    >>> replay_origin(datetime(2026, 11, 23, 12, tzinfo=UTC)).isoformat()
    '2026-10-22T15:30:00+00:00'
    """
    day = (wall - AGE).astimezone(LOCAL_ZONE).date()
    while day.weekday() not in WORKING_DAYS:
        day -= timedelta(days=1)
    return datetime.combine(day, BEGINS, LOCAL_ZONE).astimezone(UTC)
