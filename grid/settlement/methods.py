"""The baseline methods by name: which days each is made of, and how. All are indicative."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal

from core.errors import InputError
from grid.kernels.baseline import DayBaseline, of_history, x_of_y
from grid.kernels.checks import Float
from grid.like_days import is_working_day, like_days

Days = Literal["like", "weekday", "all", "none"]

#: Days further back say little about today. [days]
LOOK_BACK_DAYS: Final = 90
DEFAULT: Final = "high_5_of_10"
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Method:
    """Describe a method.

    Attributes
    ----------
    name : str
        Stable name.
    meaning : str
        One sentence.
    days : {"like", "weekday", "all", "none"}
        What it looks back at: days of the same kind, the same weekday, all days, or none but the event's own.
    count, fewest : int
        How many of them, and with how many there is a baseline at least. [days]
    of_days : callable, optional
        Makes a baseline of the load of these days, shape (usage_point, day, slot). The others are made in
        `grid.settlement.estimating`.
    compares : bool
        Whether it compares with usage points that were not called.
    """

    name: str
    meaning: str
    days: Days
    count: int
    fewest: int
    of_days: Callable[[Float], DayBaseline] | None = None
    compares: bool = False

    @property
    def is_adjusted(self) -> bool:
        """Tell whether there is a same-day adjustment: not where the day itself makes the baseline."""
        return self.days != "none" and not self.compares


def _x_of_y(which: Literal["high", "mid", "low"], x: int, y: int) -> Method:
    words = {"high": "with the most energy", "mid": "in the middle", "low": "with the least energy"}[which]
    meaning = f"Mean of the {x} days {words} of the last {y} of the same kind"
    return Method(f"{which}_{x}_of_{y}", meaning, "like", y, x, lambda load_w: x_of_y(load_w, x=x, which=which))


def _history(of: Literal["mean", "median"], days: Days, count: int) -> Method:
    words = "days of the same kind" if days == "like" else "same weekdays"
    name = f"history_{of}_{count}_{'days' if days == 'like' else 'weekdays'}"
    meaning = f"{of.capitalize()} of the last {count} {words}"
    return Method(name, meaning, days, count, (count + 1) // 2, lambda load_w: of_history(load_w, of=of))


_TABLE: Final = (
    _x_of_y("high", 5, 10),
    _x_of_y("high", 4, 5),
    _x_of_y("high", 10, 10),
    _x_of_y("mid", 4, 6),
    _x_of_y("low", 4, 5),
    _x_of_y("low", 5, 10),
    _history("mean", "like", 10),
    _history("median", "like", 10),
    _history("mean", "weekday", 4),
    _history("median", "weekday", 4),
    Method("weather_regression", "Regression on heating and cooling degrees and the kind of day", "all", 60, 10),
    Method("simple_rectangle", "Mean power of the half-hour before the event", "none", 0, 0),
    Method("double_rectangle", "The lower of the half-hours before and after the event", "none", 0, 0),
    Method("control_group", "Usual load, shifted by the change of those not called", "like", 10, 5, compares=True),
)
METHODS: Final[Mapping[str, Method]] = MappingProxyType({method.name: method for method in _TABLE})


def method_named(name: str) -> Method:
    """Return a method.

    Raises
    ------
    InputError
        ``method_unknown``.
    """
    if name not in METHODS:
        message = f"There is no baseline method {name!r}; there are {', '.join(METHODS)}."
        raise InputError("method_unknown", message, method=name)
    return METHODS[name]


def days_before(method: Method, day: date, *, excluded: Collection[date]) -> list[date]:
    """Return the days that a method looks at for a day, oldest first.

    Parameters
    ----------
    method : Method
        Says which, and how many.
    day : date
        Local calendar day; not among them.
    excluded : collection of date
        Days with an event.

    Examples
    --------
    >>> [str(one) for one in days_before(METHODS["history_mean_4_weekdays"], date(2026, 1, 29), excluded=[])]
    ['2025-12-18', '2026-01-08', '2026-01-15', '2026-01-22']
    """
    if method.days == "like":
        return like_days(day, count=method.count, within_days=LOOK_BACK_DAYS, excluded=excluded)
    step = _WEEK if method.days == "weekday" else 1
    back = (day - timedelta(days=days) for days in range(step, LOOK_BACK_DAYS + 1, step))
    same_kind = (one for one in back if step == 1 or is_working_day(one) == is_working_day(day))
    return [one for one in same_kind if one not in excluded][: method.count][::-1]
