"""How fresh a dataset is, beside how fresh its publisher promised it to be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enjoy.catalogue.described import Described


class Freshness(StrEnum):
    """Whether the newest record is as fresh as promised, older, or nothing is promised, or there is none yet."""

    IN_TIME = "in_time"
    LATE = "late"
    UNPROMISED = "unpromised"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold how fresh a dataset is.

    Attributes
    ----------
    promised_s : int or None
        Age that the newest record never exceeds; None where nothing is promised [s].
    newest_at : datetime or None
        Time of the newest record, or where records have none, when one was last written.
    age_s : float or None
        Its age; None where there is none [s].
    in_time_ratio : float or None
        Part of the recent time in which the promise was kept; None where that is not known [ratio].
    """

    promised_s: int | None
    newest_at: datetime | None
    age_s: float | None
    in_time_ratio: float | None

    @property
    def state(self) -> Freshness:
        """Return it in a word."""
        if self.age_s is None:
            return Freshness.EMPTY
        if self.promised_s is None:
            return Freshness.UNPROMISED
        return Freshness.IN_TIME if self.age_s <= self.promised_s else Freshness.LATE


def measure(one: Described, now: datetime) -> Measured:
    """Return how fresh a dataset is at a time; records of times to come are fresh."""
    summary = one.summary
    newest = one.dataset.records_changed_at
    if one.dataset.time_field is not None:
        newest = None if summary is None else summary.last_at
    elif summary is not None and summary.subject_count == 0:
        newest = None
    age_s = None if newest is None else max(0.0, (now - newest).total_seconds())
    return Measured(one.dataset.update_period_s, newest, age_s, None if summary is None else summary.in_time_ratio)
