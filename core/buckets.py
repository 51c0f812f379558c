"""Spans of time that history is gathered in, named by their start, and what is made of values in one."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.datasets import FieldType
from core.errors import InputError

_TIMES: Final = {"S": 1, "M": 60, "H": 3_600}
_DAYS: Final = {"D": 1, "W": 7}
_MONTHS: Final = {"M": 1, "Y": 12}
_DURATION: Final = re.compile(r"P(?:(?P<days>[1-9]\d{0,4})(?P<day>[DWMY])|T(?P<times>[1-9]\d{0,6})(?P<time>[SMH]))")
_DAY_S: Final = 86_400
#: On the mean, for the bound on their number. [s]
_MONTH_S: Final = 30.436875 * _DAY_S


@dataclass(frozen=True, slots=True)
class Every:
    """Say how long a bucket is: seconds on the clock, or days or months of the calendar; two of them are zero."""

    seconds: int = 0
    days: int = 0
    months: int = 0

    @property
    def is_of_calendar(self) -> bool:
        """Whether it begins at a local midnight."""
        return self.seconds == 0

    @property
    def about_s(self) -> float:
        """Return how long it is, on the mean for months. [s]."""
        return self.seconds + self.days * _DAY_S + self.months * _MONTH_S


class Aggregate(StrEnum):
    """What is made of the values of a field in a bucket; values that are not there do not count."""

    COUNT = "count"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"
    FIRST = "first"
    LAST = "last"

    def takes(self, kind: FieldType) -> bool:
        """Tell whether fields of a type can be aggregated so."""
        if self in {Aggregate.AVG, Aggregate.SUM}:
            return kind in {FieldType.INTEGER, FieldType.NUMBER}
        if self in {Aggregate.MIN, Aggregate.MAX}:
            return kind is not FieldType.BOOLEAN
        return True


def read_every(text: str) -> Every:
    """Return what a duration means.

    Parameters
    ----------
    text : str
        Of ISO 8601, in one unit: ``PT15M``, ``P1D``, ``P1W``, ``P1M``, ``P1Y``.

    Raises
    ------
    InputError
        ``duration_invalid``.

    Examples
    --------
    >>> read_every("PT15M")
    Every(seconds=900, days=0, months=0)
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        message = "It is a duration in one unit, such as PT15M, PT1H, P1D, P1W, P1M or P1Y."
        raise InputError("duration_invalid", message, field="every")
    if found["time"]:
        seconds = int(found["times"]) * _TIMES[found["time"]]
        return Every(seconds=seconds)
    many, unit = int(found["days"]), found["day"]
    return Every(months=many * _MONTHS[unit]) if unit in _MONTHS else Every(days=many * _DAYS[unit])
