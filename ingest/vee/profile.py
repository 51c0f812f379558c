"""What a usage point usually does at a time of day: the mean of like days in its own measured history."""

from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.vee.days import LocalDays

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

#: Days of history that count. [days]
REACH_DAYS: Final = 56
_DAYS_PER_WEEK: Final = 7
_DAY_S: Final = 86_400
#: 1970-01-01 was a Thursday.
_WEEKDAY_OF_EPOCH: Final = 3
_SATURDAY: Final = 5
#: Fewest values of the same weekday, and of days of the same kind (working days, weekends), that make a mean.
_FEWEST_WEEKDAYS: Final = 2
_FEWEST_LIKE: Final = 3


def like_days(start_s: Int, value: Float, wanted_s: Int, *, step_s: int, days: LocalDays) -> tuple[Float, int]:
    """Return the mean at the same time on like days.

    Parameters
    ----------
    start_s, value : ndarray, shape (row,)
        Measured history of one step: starts [s] and values [unit].
    wanted_s : ndarray, shape (slot,), int64
        Starts of the slots to tell about. [s]
    step_s : int
        Step of both. [s]
    days : LocalDays
        Holds all these times.

    Returns
    -------
    tuple of ndarray, shape (slot,), float64, and int
        Mean of the same weekday where there are two such values, else of working days or weekends where there are
        three, else NaN; and the fewest values in any mean. [unit]
    """
    slots = _DAY_S // step_s
    day, wall_s = days.wall_s(start_s)
    wanted_day, wanted_wall_s = days.wall_s(wanted_s)
    place, wanted_place = wall_s // step_s, wanted_wall_s // step_s
    weekday, wanted_weekday = _weekday(day), _weekday(wanted_day)
    exact, exact_count = _means(weekday * slots + place, value, _DAYS_PER_WEEK * slots)
    kind, wanted_kind = (weekday >= _SATURDAY).astype(np.int64), (wanted_weekday >= _SATURDAY).astype(np.int64)
    broad, broad_count = _means(kind * slots + place, value, 2 * slots)
    first, second = wanted_weekday * slots + wanted_place, wanted_kind * slots + wanted_place
    enough = exact_count[first] >= _FEWEST_WEEKDAYS
    mean = np.where(enough, exact[first], np.where(broad_count[second] >= _FEWEST_LIKE, broad[second], np.nan))
    return mean, int(np.where(enough, exact_count[first], broad_count[second]).min(initial=REACH_DAYS))


def _weekday(day: Int) -> Int:
    """Return 0 for Monday to 6 for Sunday."""
    return (day + _WEEKDAY_OF_EPOCH) % _DAYS_PER_WEEK


def _means(key: Int, value: Float, size: int) -> tuple[Float, Int]:
    count = np.bincount(key, minlength=size)
    total = np.bincount(key, value, minlength=size)
    return np.divide(total, count, out=np.full(size, np.nan), where=count > 0), count.astype(np.int64)
