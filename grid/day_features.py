"""What is known of a day long before it: its weekday, holidays and bridges around it, its place in the year."""

import math
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY
from grid.like_days import is_working_day, public_holidays
from grid.school_holidays import is_school_holiday

_DAY: Final = timedelta(days=1)
_MONDAY, _FRIDAY = 0, 4
_DAYS_PER_YEAR: Final = 365.25
#: Between Christmas and New Year much stands still: from this day of December to this one of January.
_LAST_WEEK: Final = (22, 2)
_AUGUST, _DECEMBER, _JANUARY = 8, 12, 1

#: Columns of `day_features`, in order.
NAMES: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
    *("holiday", "after_holiday", "before_holiday", "bridge", "turn_of_year", "august"),
    *("year_cosine", "year_sine", "half_year_cosine", "half_year_sine"),
)
#: Columns that also matter for the days that lags come from.
LAGGED: Final = np.array([name == "holiday" for name in NAMES])
#: The column that follows them when it is asked for; it does not matter for the days that lags come from.
SCHOOL_NAME: Final = "school_holiday"


def day_features(first: date, days: int, *, school: bool = False) -> NDArray[np.float64]:
    """Return the features of every slot of consecutive local days.

    Parameters
    ----------
    first : date
        First day.
    days : int
        How many.
    school : bool, default False
        Whether to add `SCHOOL_NAME`, 0 also where the table of holidays ends. It made measured loads no easier to
        forecast (decision 23), so that forecasts do without.

    Returns
    -------
    ndarray, shape (days * 48, column), float64
        In the order of `NAMES`; flags are 0 or 1, the others lie in [-1, 1]. [1]
    """
    dates = [first + number * _DAY for number in range(days)]
    rows = [_features(day) + [float(is_school_holiday(day) or False)] * school for day in dates]
    width = len(NAMES) + school
    return np.repeat(np.array(rows, dtype=np.float64).reshape(days, width), SLOTS_PER_DAY, axis=0)


def _features(day: date) -> list[float]:
    before, after = _is_holiday(day - _DAY), _is_holiday(day + _DAY)
    weekday = day.weekday()
    bridge = is_working_day(day) and ((weekday == _FRIDAY and before) or (weekday == _MONDAY and after))
    turn = (day.month == _DECEMBER and day.day >= _LAST_WEEK[0]) or (day.month == _JANUARY and day.day <= _LAST_WEEK[1])
    angle = 2.0 * math.pi * day.timetuple().tm_yday / _DAYS_PER_YEAR
    return [
        *(float(weekday == other) for other in range(6)),
        *(float(flag) for flag in (_is_holiday(day), before, after, bridge, turn, day.month == _AUGUST)),
        *(math.cos(angle), math.sin(angle), math.cos(2.0 * angle), math.sin(2.0 * angle)),
    ]


def _is_holiday(day: date) -> bool:
    return day in public_holidays(day.year)
