"""Regressions from day to day and rolled on, compiled: see `grid.kernels.ridge`."""

import numpy as np

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, Int, Single
from grid.kernels.ridge_features import LAGS, OWN_COMMON, describe_common, describe_own, mean_change
from grid.kernels.ridge_solve import add, learn, lightened, solve

#: A forecast may leave the range of the load seen so far by this part of it. [1]
_BEYOND_RATIO = 0.25
#: A part of a day with more than one slot in so many missing is not learned from.
_ONE_MISSING_IN = 4


@jitted
def _take_target(load: Float, slot: int, own: Float, lowest: Float, highest: Float) -> bool:
    """Fill the last row of own with what came, a few gaps with the week before; return whether to learn from it."""
    target, missing, total = own[own.shape[0] - 1], 0, 0.0
    for lead in range(target.size):
        target[lead] = load[slot + lead]
        if np.isnan(target[lead]):
            target[lead] = own[2, lead]
            missing += 1
        for feature in range(own.shape[0]):
            total += own[feature, lead]
    if missing * _ONE_MISSING_IN > target.size or np.isnan(total):
        return False
    for lead in range(target.size):
        lowest[lead], highest[lead] = min(lowest[lead], target[lead]), max(highest[lead], target[lead])
    return True


@jitted
def _predict(
    common: Float,
    active: Int,
    own: Float,
    of_common: Float,
    of_own: Float,
    lowest: Float,
    highest: Float,
    found: Float,
) -> None:
    """Fill found with the sum of all parts, kept near the range seen so far."""
    found[:] = 0.0
    for number in range(active.size):
        add(common[active[number]], of_common[active[number]], found)
    for feature in range(of_own.shape[0]):
        line, values = of_own[feature], own[feature]
        for lead in range(found.size):
            found[lead] += line[lead] * values[lead]
    for lead in range(found.size):
        beyond = _BEYOND_RATIO * (highest[lead] - lowest[lead])
        found[lead] = min(max(found[lead], lowest[lead] - beyond), highest[lead] + beyond)


@jitted
def _learn_all(
    heaviest: Float, memories: Float, common: Float, active: Int, own: Float, sums: tuple[Float, Float, Float]
) -> None:
    """Add a day to the sums of each memory, which have one more axis, and weigh the next one more."""
    for one in range(heaviest.size):
        its = (sums[0][one], sums[1][one], sums[2][one])
        learn(heaviest[one], common, active, own, its)
        heaviest[one] = lightened(heaviest[one] / memories[one, 0], its)


@jitted
def _one_part(
    load: Float,
    calendar: Float,
    weather: Float,
    lagged: Int,
    lagged_weather: Int,
    changes: Float,
    first: int,
    lead: int,
    periods: Int,
    memories: Float,
    found: Float,
    kept: Single,
) -> None:
    """Fill found, (memory, origin, lead), for leads from lead on, within a day, from sums that go from day to day."""
    day, week, fewest, refit = periods[0], periods[1], periods[3], periods[4]
    near, far, width = day * (lead // day + 1), week * (lead // week + 1), found.shape[2]
    features = LAGS + weather.shape[1] + 2 * lagged_weather.size
    common = np.empty(OWN_COMMON + calendar.shape[1] + 2 * lagged.size)
    own, active = np.empty((features + 1, width)), np.empty(common.size, np.int64)
    count, size, pairs = memories.shape[0], common.size, (features + 1) * (features + 2) // 2
    among_common, mixed = np.zeros((count, size, size)), np.zeros((count, size, own.size))
    among_own, heaviest = np.zeros((count, pairs, width)), np.ones(count)
    factor, half, left = np.zeros((size, size)), np.empty((size, own.size)), np.empty((pairs, width))
    square, of_common = np.empty((features, features + 1)), np.full((count, size, width), np.nan)
    of_own, lowest, highest = np.full((count, features, width), np.nan), np.full(width, np.inf), np.full(width, -np.inf)
    days, fitted, origins, asked = 0, False, changes.shape[0], found.shape[1]
    for number in range(origins):
        ended = number - lead // day - 1  # the latest origin whose slots at these leads have ended
        if ended >= 0:
            slot = first + ended * day + lead
            describe_own(load, weather, lagged_weather, slot, near, far, day, week, own)
            if _take_target(load, slot, own, lowest, highest):
                some = describe_common(calendar, lagged, slot, near, far, day, changes[ended], common, active)
                _learn_all(heaviest, memories, common, active[:some], own, (among_common, mixed, among_own))
                days += 1
        if number < origins - asked:
            continue
        if days >= fewest and (not fitted or (origins - 1 - number) % refit == 0):
            for one in range(count):
                sums = (among_common[one], mixed[one], among_own[one])
                solve(sums, memories[one, 1], (factor, half, left, square), of_common[one], of_own[one])
            fitted = True
        slot = first + number * day + lead
        describe_own(load, weather, lagged_weather, slot, near, far, day, week, own)
        some = describe_common(calendar, lagged, slot, near, far, day, changes[number], common, active)
        for one in range(count):
            line = found[one, number - origins + asked]
            _predict(common, active[:some], own, of_common[one], of_own[one], lowest, highest, line)
    _keep(of_common, of_own, lowest, highest, kept)


@jitted
def _keep(of_common: Float, of_own: Float, lowest: Float, highest: Float, kept: Single) -> None:
    """Fill kept, (memory, coefficient, lead): of common features, of own ones, and the range seen; NaN before a fit."""
    size, features = of_common.shape[1], of_own.shape[1]
    kept[:, :size], kept[:, size : size + features] = of_common, of_own
    kept[:, size + features], kept[:, size + features + 1] = lowest, highest


@parallel_kernel
def forecast_batch(
    load: Float,
    calendar: Float,
    weather: Float,
    lagged: Int,
    lagged_weather: Int,
    first: int,
    parts: Int,
    periods: Int,
    memories: Float,
    found: Float,
    kept: Single,
) -> None:
    """Fill found, (series, memory, origin, lead), and kept, (series, memory, coefficient, lead).

    Of the origins, slots first + j * day up to the end, the last ones are asked for. A row of parts holds the first
    lead of a part and the one after its last: all on one day of the calendar, and as many days after the origin.
    """
    day, week, recent = periods[0], periods[1], periods[2]
    origins = load.shape[1] // day + 1
    for series in prange(load.shape[0]):
        own, changes = load[series], np.empty((origins, 2))
        for number in range(origins):
            changes[number, 0] = mean_change(own, first + number * day, recent, day)
            changes[number, 1] = mean_change(own, first + number * day, recent, week)
        for part in range(parts.shape[0]):
            lead, stop = parts[part, 0], parts[part, 1]
            said = np.empty((found.shape[1], found.shape[2], stop - lead))
            coefficients = np.empty((kept.shape[1], kept.shape[2], stop - lead), np.float32)
            _one_part(
                own,
                calendar,
                weather,
                lagged,
                lagged_weather,
                changes,
                first,
                lead,
                periods,
                memories,
                said,
                coefficients,
            )
            found[series, :, :, lead:stop] = said
            kept[series, :, :, lead:stop] = coefficients


@parallel_kernel
def roll_batch(
    load: Float,
    calendar: Float,
    weather: Float,
    lagged: Int,
    lagged_weather: Int,
    parts: Int,
    periods: Int,
    kept: Single,
    found: Float,
) -> None:
    """Fill found, (series, memory, lead), from coefficients that were kept some slots before the end of the load.

    A row of parts holds the first lead of a part, the one after its last, and whose coefficients the first gets.
    """
    day, week, recent = periods[0], periods[1], periods[2]
    features = LAGS + weather.shape[1] + 2 * lagged_weather.size
    for series in prange(load.shape[0]):
        one, now = load[series], load.shape[1]
        common = np.empty(OWN_COMMON + calendar.shape[1] + 2 * lagged.size)
        active, changes = np.empty(common.size, np.int64), np.empty(2)
        changes[0], changes[1] = mean_change(one, now, recent, day), mean_change(one, now, recent, week)
        for part in range(parts.shape[0]):
            lead, stop, source = parts[part, 0], parts[part, 1], parts[part, 2]
            near, far, slot = day * (source // day + 1), week * (source // week + 1), now + lead
            own = np.empty((features + 1, stop - lead))
            describe_own(one, weather, lagged_weather, slot, near, far, day, week, own)
            some = describe_common(calendar, lagged, slot, near, far, day, changes, common, active)
            for memory in range(kept.shape[1]):
                known = kept[series, memory, :, source : source + stop - lead].astype(np.float64)
                of_own, lowest = known[common.size : common.size + features], known[common.size + features]
                highest, line = known[common.size + features + 1], found[series, memory, lead:stop]
                _predict(common, active[:some], own, known, of_own, lowest, highest, line)
