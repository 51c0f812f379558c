"""A year of 52 ISO weeks of half-hours: the shape in which measured curves are kept, and how a date finds its place.

A date takes the values of the same ISO week, weekday and time of day, so weekday and season line up in every year.
Week 53 takes week 52's. A 46-slot day simply skips the hour that the clock skips; on a 50-slot day the hour that
comes twice takes the same values twice.
"""

from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.slots import SLOT_S, SLOTS_PER_DAY, SLOTS_PER_WEEK

WEEKS: Final = 52
YEAR_SLOTS: Final = WEEKS * SLOTS_PER_WEEK


def week_positions(wall: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Return the place of each wall-clock time in the year of weeks; shape (time,), ``0 <= place < YEAR_SLOTS``."""
    calendar = wall.isocalendar()
    week = np.minimum(calendar["week"].to_numpy(np.int64), WEEKS) - 1
    weekday = calendar["day"].to_numpy(np.int64) - 1
    slot = (wall.hour * 3600 + wall.minute * 60).to_numpy(np.int64) // SLOT_S
    return np.asarray((week * 7 + weekday) * SLOTS_PER_DAY + slot, dtype=np.int64)


def slot_positions(first_s: int, slots: int, zone: ZoneInfo) -> NDArray[np.int64]:
    """Return the places of consecutive slots from epoch second `first_s` on, as clocks in `zone` show them."""
    starts = pd.to_datetime(first_s + SLOT_S * np.arange(slots), unit="s", utc=True)
    return week_positions(starts.tz_convert(zone).tz_localize(None))


def year_of_weeks(wall: pd.DatetimeIndex, power_w: NDArray[np.float64], step_s: int) -> NDArray[np.float64]:
    """Fold measured mean powers into a year of weeks.

    Parameters
    ----------
    wall : DatetimeIndex, shape (time,)
        Start of each measurement, wall-clock time without zone; in any order, gaps and repeats allowed.
    power_w : ndarray, shape (time,), float64
        Mean power over each step; NaN marks a gap. [W]
    step_s : int
        Step, a divisor or a multiple of the slot. [s]

    Returns
    -------
    ndarray, shape (YEAR_SLOTS,), float64
        Energy of each half-hour; where several years were measured the latest stands; gaps take the nearest week's
        same weekday and time, NaN only when there is none at all. [Wh]
    """
    repeats = max(1, step_s // SLOT_S)
    spread = pd.DatetimeIndex(np.concatenate([wall + pd.Timedelta(seconds=SLOT_S * k) for k in range(repeats)]))
    series = pd.Series(np.tile(power_w, repeats), index=spread.floor("30min")).dropna()
    mean_w = series.groupby(level=0).mean()
    year_wh = np.full(YEAR_SLOTS, np.nan)
    index = pd.DatetimeIndex(mean_w.index)
    regular = (index.isocalendar()["week"] <= WEEKS).to_numpy(bool)
    # The index rises, and of several values for one place NumPy keeps the last: the latest year's.
    year_wh[week_positions(index[regular])] = mean_w.to_numpy()[regular] * SLOT_S / 3600
    return fill_from_nearest_week(year_wh)


def fill_from_nearest_week(year_wh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the year with each gap (NaN) filled from the nearest week that has that weekday and time."""
    weeks = year_wh.reshape(WEEKS, SLOTS_PER_WEEK)
    filled = weeks.copy()
    for distance in range(1, WEEKS // 2 + 1):
        for shift in (distance, -distance):
            filled = np.where(np.isnan(filled), np.roll(weeks, shift, axis=0), filled)
    return filled.reshape(-1)
