"""Regressions from day to day and rolled on, compiled: see `grid.kernels.ridge`."""

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int, Single
from grid.kernels.ridge_features import LAGS, OWN_COMMON, describe_common, describe_own, mean_change
from grid.kernels.ridge_solve import add, learn, lightened, pairs_of, solve

#: A forecast may leave the range of the load seen so far by this part of it. [1]
_BEYOND_RATIO = 0.25
#: A part of a day with more than one slot in so many missing is not learned from.
_ONE_MISSING_IN = 4


@leaf
def _take_target(came: Float, own: Float, lowest: Float, highest: Float) -> bool:
    """Fill the last row of own with what came, a few gaps with the week before; return whether to learn from it."""
    target, of_week, flat, missing, unknown = own[own.shape[0] - 1], own[2], own.reshape(own.size), 0.0, 0.0
    for lead in range(target.size):
        value = came[lead]
        target[lead] = of_week[lead] if np.isnan(value) else value
        missing += 1.0 if np.isnan(value) else 0.0
    for place in range(flat.size):
        unknown += flat[place] - flat[place]  # NaN where one is
    if missing * _ONE_MISSING_IN > target.size or np.isnan(unknown):
        return False
    for lead in range(target.size):
        lowest[lead], highest[lead] = min(lowest[lead], target[lead]), max(highest[lead], target[lead])
    return True


@leaf
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
    for lead in range(found.size):
        found[lead] = 0.0
    for number in range(active.size):
        add(common[active[number]], of_common[active[number]], found)
    for feature in range(of_own.shape[0]):
        line, values = of_own[feature], own[feature]
        for lead in range(found.size):
            found[lead] += line[lead] * values[lead]
    for lead in range(found.size):
        beyond = _BEYOND_RATIO * (highest[lead] - lowest[lead])
        found[lead] = min(max(found[lead], lowest[lead] - beyond), highest[lead] + beyond)


@leaf
def _learn_all(
    heaviest: Float, memories: Float, common: Float, active: Int, own: Float, sums: tuple[Float, Float, Float]
) -> None:
    """Add a day to the sums of each memory, which have one more axis, and weigh the next one more."""
    for one in range(heaviest.size):
        its = (sums[0][one], sums[1][one], sums[2][one])
        learn(heaviest[one], common, active, own, its)
        heaviest[one] = lightened(heaviest[one] / memories[one, 0], its)


@leaf
def _go_through(
    load: Float,
    before: int,
    known: tuple[Float, Float, Int, Int],
    changes: Float,
    first: int,
    lead: int,
    periods: Int,
    memories: Float,
    described: tuple[Float, Float, Int],
    sums: tuple[Float, Float, Float],
    heaviest: Float,
    room: tuple[Float, Float, Float],
    coefficients: tuple[Float, Float, Float, Float],
    found: Float,
) -> None:
    """Fill found, (memory, origin, lead), for leads from lead on, within a day, from sums that go from day to day."""
    day, week, fewest, refit = periods[0], periods[1], periods[3], periods[4]
    near, far, width = day * (lead // day + 1), week * (lead // week + 1), found.shape[2]
    calendar, weather, lagged, lagged_weather = known
    common, own, active = described
    of_common, of_own, lowest, highest = coefficients
    days, fitted, origins, asked = 0, False, changes.shape[0], found.shape[1]
    for number in range(origins):
        ended = number - lead // day - 1  # the latest origin whose slots at these leads have ended
        if ended >= 0:
            slot = first + ended * day + lead
            describe_own(load, before, weather, lagged_weather, slot, near, far, day, week, own)
            if _take_target(load[before + slot : before + slot + width], own, lowest, highest):
                some = describe_common(calendar, lagged, slot, near, far, day, changes[ended], common, active)
                _learn_all(heaviest, memories, common, active[:some], own, sums)
                days += 1
        if number < origins - asked:
            continue
        if days >= fewest and (not fitted or (origins - 1 - number) % refit == 0):
            for one in range(memories.shape[0]):
                its = (sums[0][one], sums[1][one], sums[2][one])
                solve(its, memories[one, 1], room, of_common[one], of_own[one])
            fitted = True
        slot = first + number * day + lead
        describe_own(load, before, weather, lagged_weather, slot, near, far, day, week, own)
        some = describe_common(calendar, lagged, slot, near, far, day, changes[number], common, active)
        for one in range(memories.shape[0]):
            line = found[one, number - origins + asked]
            _predict(common, active[:some], own, of_common[one], of_own[one], lowest, highest, line)


@jitted
def _one_part(
    load: Float,
    before: int,
    known: tuple[Float, Float, Int, Int],
    changes: Float,
    first: int,
    lead: int,
    periods: Int,
    memories: Float,
    found: Float,
    kept: Single,
) -> None:
    """Fill found, (memory, origin, lead), for leads from lead on, and kept, (memory, coefficient, lead)."""
    calendar, weather, lagged, lagged_weather = known
    features, width = LAGS + weather.shape[1] + 2 * lagged_weather.size, found.shape[2]
    size, count = OWN_COMMON + calendar.shape[1] + 2 * lagged.size, memories.shape[0]
    own, pairs = np.empty((features + 1, width)), pairs_of(features + 1) * width
    sums = (np.zeros((count, size, size)), np.zeros((count, size, own.size)), np.zeros((count, pairs)))
    of_common, of_own = np.full((count, size, width), np.nan), np.full((count, features, width), np.nan)
    lowest, highest = np.full(width, np.inf), np.full(width, -np.inf)
    described = (np.empty(size), own, np.empty(size, np.int64))
    room = (np.zeros((size, size)), np.empty((size, own.size)), np.empty(pairs))
    coefficients, heaviest = (of_common, of_own, lowest, highest), np.ones(count)
    _go_through(
        load,
        before,
        known,
        changes,
        first,
        lead,
        periods,
        memories,
        described,
        sums,
        heaviest,
        room,
        coefficients,
        found,
    )
    _keep(of_common, of_own, lowest, highest, kept)


@jitted
def _keep(of_common: Float, of_own: Float, lowest: Float, highest: Float, kept: Single) -> None:
    """Fill kept, (memory, coefficient, lead): of common features, of own ones, and the range seen; NaN before a fit."""
    size, features = of_common.shape[1], of_own.shape[1]
    kept[:, :size], kept[:, size : size + features] = of_common, of_own
    kept[:, size + features], kept[:, size + features + 1] = lowest, highest


@leaf
def _reach(leads: Int, day: int, week: int) -> int:
    """Return how far the farthest lag of some leads lies before its slot. [slots]."""
    reach = 0
    for lead in leads:
        reach = max(reach, day * (lead // day + 2), week * (lead // week + 2))
    return reach


@jitted
def _after_nothing(load: Float, before: int) -> Float:
    """Return a load after so many slots of nothing."""
    longer = np.full(before + load.size, np.nan)
    longer[before:] = load
    return longer


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
    origins, before = load.shape[1] // day + 1, _reach(parts[:, 0], day, week)
    for series in prange(load.shape[0]):
        own, changes, longer = load[series], np.empty((origins, 2)), _after_nothing(load[series], before)
        for number in range(origins):
            changes[number, 0] = mean_change(own, first + number * day, recent, day)
            changes[number, 1] = mean_change(own, first + number * day, recent, week)
        for part in range(parts.shape[0]):
            lead, stop = parts[part, 0], parts[part, 1]
            said = np.empty((found.shape[1], found.shape[2], stop - lead))
            coefficients = np.empty((kept.shape[1], kept.shape[2], stop - lead), np.float32)
            _one_part(
                longer,
                before,
                (calendar, weather, lagged, lagged_weather),
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
    features, before = LAGS + weather.shape[1] + 2 * lagged_weather.size, _reach(parts[:, 2], day, week)
    for series in prange(load.shape[0]):
        one, now, longer = load[series], load.shape[1], _after_nothing(load[series], before)
        common = np.empty(OWN_COMMON + calendar.shape[1] + 2 * lagged.size)
        active, changes = np.empty(common.size, np.int64), np.empty(2)
        changes[0], changes[1] = mean_change(one, now, recent, day), mean_change(one, now, recent, week)
        for part in range(parts.shape[0]):
            lead, stop, source = parts[part, 0], parts[part, 1], parts[part, 2]
            near, far, slot = day * (source // day + 1), week * (source // week + 1), now + lead
            own = np.empty((features + 1, stop - lead))
            describe_own(longer, before, weather, lagged_weather, slot, near, far, day, week, own)
            some = describe_common(calendar, lagged, slot, near, far, day, changes, common, active)
            for memory in range(kept.shape[1]):
                known = kept[series, memory, :, source : source + stop - lead].astype(np.float64)
                of_own, lowest = known[common.size : common.size + features], known[common.size + features]
                highest, line = known[common.size + features + 1], found[series, memory, lead:stop]
                _predict(common, active[:some], own, known, of_own, lowest, highest, line)
