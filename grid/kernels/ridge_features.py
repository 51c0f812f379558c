"""What `grid.kernels.ridge` knows of a slot before it comes, compiled: all leads of one day's part side by side.

Leads whose slots fall on one local day have the same weekday, holiday and changes before the origin: their *common*
features. Only lags, load and weather differ: their *own*.
"""

import numpy as np

from core.compiling import jitted
from grid.kernels.checks import Float, Int

#: Lags of one and two days and one and two weeks.
LAGS = 4
#: A constant, and how the last slots compare with those a day and a week before.
OWN_COMMON = 3


@jitted
def _known_or(load: Float, slot: int, other: float) -> float:
    """Return the load of a slot, or the other value where there is none."""
    if slot < 0 or slot >= load.size or np.isnan(load[slot]):
        return other
    return float(load[slot])


@jitted
def mean_change(load: Float, origin: int, recent: int, back: int) -> float:
    """Return by how much the last slots exceed those before them on average; 0 where nothing can be compared."""
    total, count = 0.0, 0
    for slot in range(max(origin - recent, back), origin):
        change = load[slot] - load[slot - back]
        if not np.isnan(change):
            total += change
            count += 1
    return total / count if count > 0 else 0.0


@jitted
def describe_own(
    load: Float, weather: Float, lagged: Int, slot: int, near: int, far: int, day: int, week: int, own: Float
) -> None:
    """Fill own, (feature, lead), for the slots from slot on; near and far lie so many slots before."""
    for lead in range(own.shape[1]):
        at = slot + lead
        late, late_week = at - near, at - far
        spare = _known_or(load, late - day, _known_or(load, late_week - week, 0.0))
        spare = _known_or(load, late, _known_or(load, late_week, spare))
        own[0, lead], own[1, lead] = _known_or(load, late, spare), _known_or(load, late - day, spare)
        own[2, lead], own[3, lead] = _known_or(load, late_week, spare), _known_or(load, late_week - week, spare)
        for column in range(weather.shape[1]):
            own[LAGS + column, lead] = weather[at, column]
        for number in range(lagged.size):
            place, now = LAGS + weather.shape[1] + 2 * number, weather[at, lagged[number]]
            own[place, lead] = weather[late, lagged[number]] - now if late >= 0 else 0.0
            own[place + 1, lead] = weather[late_week, lagged[number]] - now if late_week >= 0 else 0.0


@jitted
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
