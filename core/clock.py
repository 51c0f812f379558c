"""The time that a process acts on: the wall clock, or a replay of measured data that never overtakes it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Tell the time, at the wall's pace or faster through a replayed past.

    Every process of one installation is given the same three values, so they agree without talking to each other.

    Parameters
    ----------
    wall_origin : datetime
        Wall time at which the replay starts; until then the clock stands at `replay_origin`.
    replay_origin : datetime
        Replayed time at that moment; not after `wall_origin`.
    speed : float, default 1.0
        Replayed seconds per wall second, ``>= 1``.

    Notes
    -----
    The replay stops gaining when it reaches the wall clock, so no value is ever stamped in the future.
    """

    wall_origin: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    replay_origin: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    speed: float = 1.0

    def at(self, wall: datetime) -> datetime:
        """Return the replayed time at a wall time (aware UTC)."""
        elapsed = max(wall - self.wall_origin, timedelta(0))
        return min(self.replay_origin + elapsed * self.speed, wall)

    def now(self) -> datetime:
        """Return the time now (aware UTC)."""
        return self.at(datetime.now(UTC))

    def wall_s_until(self, instant: datetime) -> float:
        """Return how many wall seconds pass before the clock shows `instant`; 0 when it is past. [s]."""
        wall = datetime.now(UTC)
        replayed = self.wall_origin + (instant - self.replay_origin) / self.speed
        due = max(replayed, instant)
        return max(0.0, (due - wall) / timedelta(seconds=1))


WALL_CLOCK = Clock()
