"""Load by local days: habits follow the clock on the wall, which summer time moves against UTC.

On the local grid every day has 48 slots. In spring the two that do not exist are missing; in autumn the two that come
twice hold the mean of both.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT, SLOTS_PER_DAY

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LocalDays:
    """Hold where consecutive UTC slots lie on the local grid.

    Attributes
    ----------
    first : date
        Local day of slot 0.
    place : ndarray, shape (slot,), int64
        Slot of the local grid, counted from the midnight that begins ``first``; it falls behind once in autumn. [slots]
    """

    first: date
    place: Int

    @classmethod
    def of(cls, start: datetime, slots: int) -> "LocalDays":
        """Return where the slots from `start` on lie.

        Examples
        --------
        >>> from datetime import UTC
        >>> LocalDays.of(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 3).place  # half past one, three, half past three
        array([3, 6, 7])
        """
        local = pd.date_range(start, periods=slots, freq=SLOT).tz_convert(LOCAL_ZONE).tz_localize(None)
        first = local[0].normalize()
        return cls(first.date(), ((local - first) // SLOT).to_numpy(dtype=np.int64))

    def spread(self, values: Float, slots: int) -> Float:
        """Return values of the first slots on the local grid, up to where the next one would lie.

        Parameters
        ----------
        values : ndarray, shape (series, slot)
            NaN marks what is missing.
        slots : int
            How many of them; the next slot must be known.

        Returns
        -------
        ndarray, shape (series, local slot), float64
            NaN before the first slot and where there is no slot.
        """
        place, until = self.place[:slots], int(self.place[slots])
        grid = np.full((values.shape[0], max(until, int(place.max()) + 1)), np.nan)
        grid[:, place] = values[:, :slots]
        again = np.flatnonzero(np.diff(np.maximum.accumulate(place), prepend=-1) <= 0)  # in autumn, the second time
        for slot in again:
            before = np.flatnonzero(place[:slot] == place[slot])
            grid[:, place[slot]] = _mean_of_known(values[:, slot], values[:, before[-1]])
        return np.ascontiguousarray(grid[:, :until])

    def days(self, slots: int) -> int:
        """Return how many local days the first slots reach into."""
        return int(self.place[:slots].max()) // SLOTS_PER_DAY + 1


def _mean_of_known(one: Float, other: Float) -> Float:
    mean: Float = np.where(np.isnan(one), other, np.where(np.isnan(other), one, (one + other) / 2.0))
    return mean
