"""Local days as numbers: days after 1970-01-01, and the UTC seconds at which they begin."""

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from core.slots import LOCAL_ZONE, local_day

Int = npt.NDArray[np.int64]

_EPOCH = date(1970, 1, 1)
_HOUR_S = 3_600
_DAY_S = 86_400
#: Hours after midnight at which the clocks go forward, and back (Europe/Paris, 01:00 UTC).
_FORWARD_S, _BACK_S = 2 * _HOUR_S, 3 * _HOUR_S


def number_of(day: date) -> int:
    """Return a date as days after 1970-01-01."""
    return (day - _EPOCH).days


def date_of(number: int) -> date:
    """Return the date that a number of days after 1970-01-01 is."""
    return _EPOCH + timedelta(days=number)


def last_closed_day(now: datetime, delay_s: float = 0.0) -> int:
    """Return the last local day that was over `delay_s` ago."""
    return number_of((now - timedelta(seconds=delay_s)).astimezone(LOCAL_ZONE).date()) - 1


@cache
def midnight_s(number: int) -> int:
    """Return when a local day begins, UTC epoch. [s]."""
    return int(local_day(date_of(number))[0].timestamp())


class LocalDays:
    """The local days that a span of time touches.

    Parameters
    ----------
    first_s, last_s : int
        Span, UTC epoch. [s]
    """

    def __init__(self, first_s: int, last_s: int) -> None:
        self.first = first_s // _DAY_S - 1
        numbers = range(self.first, last_s // _DAY_S + 3)
        self._starts: Int = np.array([midnight_s(number) for number in numbers], np.int64)

    def start_s(self, day: Int) -> Int:
        """Return when days begin. [s]."""
        return self._starts[day - self.first]

    def day_of(self, time_s: Int) -> Int:
        """Return the days that times lie in."""
        return self.first + np.searchsorted(self._starts, time_s, side="right").astype(np.int64) - 1

    def wall_s(self, time_s: Int) -> tuple[Int, Int]:
        """Return the day that times lie in and what a clock on the wall shows then, in seconds after midnight.

        On the day on which clocks go back, one hour is shown twice.
        """
        day = self.day_of(time_s)
        passed = time_s - self.start_s(day)
        length = self.start_s(day + 1) - self.start_s(day)
        forward = (length < _DAY_S) & (passed >= _FORWARD_S)
        back = (length > _DAY_S) & (passed >= _BACK_S)
        return day, passed + _HOUR_S * forward - _HOUR_S * back
