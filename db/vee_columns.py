"""What validation reads, as columns."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far a sweep over all usage points came: the last day, the last of them, and whether it was the end."""

    day: date
    done_to: int
    is_finished: bool


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Spans of usage points: arrays of shape (span,).

    Attributes
    ----------
    usage_point_id : ndarray of int64
        Usage point.
    start_s, end_s : ndarray of int64
        Span, UTC epoch. [s]
    """

    usage_point_id: Int
    start_s: Int
    end_s: Int

    def __len__(self) -> int:
        return int(self.usage_point_id.size)

    def lists(self) -> dict[str, list[int]]:
        """Return the spans as parameters of a statement."""
        return {part.name: getattr(self, part.name).tolist() for part in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class PointColumns:
    """Facts about usage points, by key: arrays of shape (usage_point,).

    Attributes
    ----------
    usage_point_id : ndarray of int64
        Rising.
    step_s : ndarray of int64
        Step registered. [s]
    subscribed_va : ndarray of int64
        Subscribed power. [VA]
    registered_s : ndarray of int64
        When it was registered, UTC epoch. [s]
    first_day : ndarray of int64
        First day ever counted, in days after 1970-01-01; far in the future where there is none.
    """

    usage_point_id: Int
    step_s: Int
    subscribed_va: Int
    registered_s: Int
    first_day: Int


@dataclass(frozen=True, slots=True, eq=False)
class RowColumns:
    """Interval readings by usage point, register and time: arrays of shape (row,).

    Attributes
    ----------
    usage_point_id, register_id : ndarray of int64
        Series.
    facts : ndarray, shape (4, row), int64
        Start [s], step [s], quality, time known [s].
    value : ndarray of float64
        In the unit of the register.
    """

    usage_point_id: Int
    register_id: Int
    facts: Int
    value: Float

    @property
    def series(self) -> Int:
        """Usage point and register as one number."""
        return series_of(self.usage_point_id, self.register_id)


def series_of(usage_point_id: Int, register_id: Int) -> Int:
    """Return usage point and register as one rising number."""
    return usage_point_id * 65_536 + register_id
