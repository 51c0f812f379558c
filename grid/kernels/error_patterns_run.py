"""Run Holt-Winters over readings and learn what its latest errors mean at each time of day, compiled."""

import numpy as np

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Bool, Float, Int

#: A correction is no larger than so many times the usual error of its lead. [1]
_LARGEST_RATIO = 3.0
#: No pivot is smaller than this, or than this part of the largest: where nothing erred, nothing is corrected.
_SMALLEST, _SMALLEST_RATIO = 1e-300, 1e-12


@jitted
def _link(value: float, floor: float) -> float:
    """Return the value on the model's scale: its logarithm where floor is positive."""
    if np.isnan(value) or floor <= 0.0:
        return value
    return float(np.log(max(value, floor)))


@jitted
def _average(total: Float, slot: int, windows: Int, means: Float) -> None:
    """Fill means of the last errors before slot from their running total."""
    for place in range(windows.size):
        means[place] = (total[slot] - total[max(slot - windows[place], 0)]) / windows[place]


@jitted
def _project(slot: int, level: float, last: float, phi: float, daily: Float, weekly: Float, said: Float) -> None:
    """Fill said with Holt-Winters' forecast of the slots from slot on, on the model's scale."""
    day, week = slot % daily.size, slot % weekly.size
    for lead in range(said.size):
        last *= phi
        said[lead] = level + daily[day] + weekly[week] + last
        day = day + 1 if day + 1 < daily.size else 0
        week = week + 1 if week + 1 < weekly.size else 0


@jitted
def _compare(came: Float, said: Float, errors: Float) -> None:
    """Fill errors with what came less what was said; what is missing counts as forecast well."""
    for lead in range(said.size):
        error = came[lead] - said[lead]
        errors[lead] = 0.0 if np.isnan(error) else error


@jitted
def _learn(errors: Float, means: Float, forgetting: float, gram: Float, moment: Float) -> None:
    """Add an origin to the sums of its time of day; the last row of moment sums up squared errors."""
    last = means.size
    for row in range(last):
        for column in range(last):
            gram[row, column] = forgetting * gram[row, column] + means[row] * means[column]
        for lead in range(errors.size):
            moment[row, lead] = forgetting * moment[row, lead] + means[row] * errors[lead]
    for lead in range(errors.size):
        moment[last, lead] = forgetting * moment[last, lead] + errors[lead] * errors[lead]


@jitted
def _account(errors: Float, change: Float, forgetting: float, record: Float) -> None:
    """Add to the record of a time of day: origins, products of changes and errors, and squared changes."""
    along, square = 0.0, 0.0
    for lead in range(errors.size):
        along += change[lead] * errors[lead]
        square += change[lead] * change[lead]
    record[0] = forgetting * record[0] + 1.0
    record[1] = forgetting * record[1] + along
    record[2] = forgetting * record[2] + square


@jitted
def _deserved(record: Float) -> float:
    """Return by how much of themselves past changes should have been made, in [0, 1]; 0 where there were none."""
    return min(max(record[1] / record[2], 0.0), 1.0) if record[2] > 0.0 else 0.0


@jitted
def _solve(gram: Float, penalty: float, found: Float) -> None:
    """Solve the penalised gram for found in place: Gauss' elimination, then from the last row up."""
    size, smallest = found.size, _SMALLEST
    for row in range(size):
        gram[row, row] *= 1.0 + penalty
        smallest = max(smallest, _SMALLEST_RATIO * gram[row, row])
    for pivot in range(size):
        gram[pivot, pivot] = max(gram[pivot, pivot], smallest)
        for row in range(pivot + 1, size):
            share = gram[row, pivot] / gram[pivot, pivot]
            found[row] -= share * found[pivot]
            for column in range(pivot, size):
                gram[row, column] -= share * gram[pivot, column]
    for row in range(size - 1, -1, -1):
        for column in range(row + 1, size):
            found[row] -= gram[row, column] * found[column]
        found[row] /= gram[row, row]


@jitted
def _change(
    phase: int, counts: Int, penalty: float, grams: Float, moments: Float, records: Float, means: Float, change: Float
) -> None:
    """Fill change with what such errors have meant at this time of day; 0 where there are not days enough to tell.

    Gram being symmetric, the means are solved for once instead of the coefficients of each lead. Means are spoilt.
    """
    fewest, last, origins = counts[1], means.size, 0.0
    change[:] = 0.0
    if records[phase, 0] < fewest:
        return
    gram, square = np.zeros(grams.shape[1:]), np.zeros(change.size)
    for near in range(phase - counts[0], phase + counts[0] + 1):
        gram += grams[near % grams.shape[0]]
        square += moments[near % grams.shape[0], last]
        origins += records[near % grams.shape[0], 0]
    _solve(gram, penalty, means)
    for near in range(phase - counts[0], phase + counts[0] + 1):
        for row in range(last):
            change += means[row] * moments[near % grams.shape[0], row]
    for lead in range(change.size):
        largest = _LARGEST_RATIO * np.sqrt(square[lead] / origins)
        change[lead] = min(max(change[lead], -largest), largest)


@jitted
def _near(origins: Int, neighbours: int, day: int) -> Bool:
    """Return the times of day no further from an origin's than neighbours, shape (phase,)."""
    near = np.zeros(day, np.bool_)
    for origin in origins:
        for slot in range(origin - neighbours, origin + neighbours + 1):
            near[slot % day] = True
    return near


@jitted
def _run(
    linked: Float,
    origins: Int,
    windows: Int,
    counts: Int,
    rates: Float,
    smoothing: Float,
    level: float,
    daily: Float,
    weekly: Float,
    ahead: Float,
) -> None:
    """Fill ahead, (origin, lead), on the model's scale, slot after slot; daily and weekly are moved on."""
    day, horizon, phi, last, place = daily.size, ahead.shape[1], smoothing[3], 0.0, 0
    late = day * ((horizon + day - 1) // day)  # after so many slots, whole days, all leads of an origin have come
    said, change, errors = np.empty((late, horizon)), np.zeros((late, horizon)), np.empty(horizon)
    means, total, records = np.empty(windows.size), np.zeros(linked.size + 1), np.zeros((day, 3))
    grams, moments = np.zeros((day, means.size, means.size)), np.zeros((day, means.size + 1, horizon))
    asked, learned, first = _near(origins, 0, day), _near(origins, counts[0], day), late + windows.max()
    for slot in range(origins[-1] + 1):
        phase, week, ago, ring = slot % day, slot % weekly.size, slot - late, slot % late
        if learned[phase]:
            if slot >= first:
                _compare(linked[ago : ago + horizon], said[ring], errors)
                _average(total, ago, windows, means)
                _learn(errors, means, rates[0], grams[phase], moments[phase])
                _account(errors, change[ring], rates[0], records[phase])
            _project(slot, level, last, phi, daily, weekly, said[ring])
        if asked[phase]:
            _average(total, slot, windows, means)
            _change(phase, counts, rates[1], grams, moments, records, means, change[ring])
        while place < origins.size and origins[place] == slot:
            ahead[place] = said[ring] + _deserved(records[phase]) * change[ring]
            place += 1
        if slot == linked.size:
            return
        error = linked[slot] - level - daily[phase] - weekly[week]
        if np.isnan(error):
            last *= phi
        else:
            last = error
            level += smoothing[0] * error
            daily[phase] += smoothing[1] * error
            weekly[week] += smoothing[2] * error
        total[slot + 1] = total[slot] + last


@parallel_kernel
def correct_batch(
    load_w: Float,
    origins: Int,
    windows: Int,
    counts: Int,
    rates: Float,
    parameters: Float,
    floor_w: Float,
    level: Float,
    daily: Float,
    weekly: Float,
    ahead_w: Float,
) -> None:
    """Fill ahead_w, (series, origin, lead); origins ascend, and there is one."""
    for series in prange(load_w.shape[0]):
        floor, linked = floor_w[series], np.empty(load_w.shape[1])
        for slot in range(linked.size):
            linked[slot] = _link(load_w[series, slot], floor)
        own_daily, own_weekly, ahead = daily[series].copy(), weekly[series].copy(), ahead_w[series]
        _run(
            linked,
            origins,
            windows,
            counts,
            rates,
            parameters[series],
            level[series],
            own_daily,
            own_weekly,
            ahead,
        )
        if floor > 0.0:
            ahead[:] = np.exp(ahead)
