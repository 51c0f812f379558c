"""What `grid.kernels.ridge` knows of a slot before it comes, compiled: all leads of one day's part side by side.

Leads whose slots fall on one local day have the same weekday, holiday and changes before the origin: their *common*
features. Only lags, load and weather differ: their *own*.

A load is looked at with some slots of nothing before its first, so that no lag lies outside.
"""

import numpy as np

from core.compiling import leaf
from grid.kernels.checks import Float, Int

#: Lags of one and two days and one and two weeks.
LAGS = 4
#: A constant, and how the last slots compare with those a day and a week before.
OWN_COMMON = 3


@leaf
def mean_change(load: Float, origin: int, recent: int, back: int) -> float:
    """Return by how much the last slots exceed those before them on average; 0 where nothing can be compared."""
    total, count = 0.0, 0
    for slot in range(max(origin - recent, back), origin):
        change = load[slot] - load[slot - back]
        if not np.isnan(change):
            total += change
            count += 1
    return total / count if count > 0 else 0.0


@leaf
def _fill_lags(of_day: Float, of_days: Float, of_week: Float, of_weeks: Float, own: Float) -> None:
    """Fill the first rows of own with the loads of a day, two days, a week and two weeks before; gaps with another."""
    first, second, third, fourth = own[0], own[1], own[2], own[3]
    for lead in range(first.size):
        a, b, c, d = of_day[lead], of_days[lead], of_week[lead], of_weeks[lead]
        spare = 0.0 if np.isnan(d) else d
        spare = spare if np.isnan(b) else b
        spare = spare if np.isnan(c) else c
        spare = spare if np.isnan(a) else a
        first[lead] = spare
        second[lead] = spare if np.isnan(b) else b
        third[lead] = spare if np.isnan(c) else c
        fourth[lead] = spare if np.isnan(d) else d


@leaf
def describe_own(
    load: Float,
    before: int,
    weather: Float,
    lagged: Int,
    slot: int,
    near: int,
    far: int,
    day: int,
    week: int,
    own: Float,
) -> None:
    """Fill own, (feature, lead), for the slots from slot on; near and far lie so many slots before.

    The load's first slot has so many others before it.
    """
    at, width = before + slot, own.shape[1]
    late, late_week = at - near, at - far
    days, weeks = load[late - day : late - day + width], load[late_week - week : late_week - week + width]
    _fill_lags(load[late : late + width], days, load[late_week : late_week + width], weeks, own)
    for column in range(weather.shape[1]):
        line = own[LAGS + column]
        for lead in range(width):
            line[lead] = weather[slot + lead, column]
    for number in range(lagged.size):
        place, column = LAGS + weather.shape[1] + 2 * number, lagged[number]
        for lead in range(width):
            now, then, last_week = slot + lead, slot + lead - near, slot + lead - far
            own[place, lead] = weather[then, column] - weather[now, column] if then >= 0 else 0.0
            own[place + 1, lead] = weather[last_week, column] - weather[now, column] if last_week >= 0 else 0.0


@leaf
def describe_common(
    calendar: Float, lagged: Int, slot: int, near: int, far: int, day: int, changes: Float, common: Float, active: Int
) -> int:
    """Fill the common features and the places of those that are not 0; return how many those are."""
    today = calendar[slot // day]
    common[0], common[1], common[2] = 1.0, changes[0], changes[1]
    for column in range(today.size):
        common[OWN_COMMON + column] = today[column]
    for number in range(lagged.size):
        place, column = OWN_COMMON + today.size + 2 * number, lagged[number]
        common[place] = calendar[(slot - near) // day, column] - today[column] if slot >= near else 0.0
        common[place + 1] = calendar[(slot - far) // day, column] - today[column] if slot >= far else 0.0
    count = 0
    for place in range(common.size):
        if common[place] != 0.0:
            active[count] = place
            count += 1
    return count
