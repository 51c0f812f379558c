"""Run Holt-Winters over readings and learn what its latest errors mean at each time of day, compiled."""

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int

#: A correction is no larger than so many times the usual error of its lead. [1]
LARGEST_RATIO = 3.0
#: No pivot is smaller than this, or than this part of the largest: where nothing erred, nothing is corrected.
SMALLEST, SMALLEST_RATIO = 1e-300, 1e-12


@leaf
def link(value: float, floor: float) -> float:
    """Return the value on the model's scale: its logarithm where floor is positive."""
    if np.isnan(value) or floor <= 0.0:
        return value
    return float(np.log(max(value, floor)))


@leaf
def _average(total: Float, slot: int, windows: Int, means: Float) -> None:
    """Fill means of the last errors before slot from their running total."""
    for place in range(windows.size):
        means[place] = (total[slot] - total[max(slot - windows[place], 0)]) / windows[place]


@leaf
def _project(slot: int, level: float, last: float, powers: Float, daily: Float, weekly: Float, said: Float) -> None:
    """Fill said with Holt-Winters' forecast of the slots from slot on, on the model's scale."""
    lead = 0
    while lead < said.size:  # as far as neither season begins anew
        day, week = (slot + lead) % daily.size, (slot + lead) % weekly.size
        count = min(said.size - lead, daily.size - day, weekly.size - week)
        part, of_day, of_week, dying = said[lead:], daily[day:], weekly[week:], powers[lead:]
        for place in range(count):
            part[place] = level + of_day[place] + of_week[place] + last * dying[place]
        lead += count


@leaf
def _compare(came: Float, said: Float, errors: Float) -> None:
    """Fill errors with what came less what was said; what is missing counts as forecast well."""
    for lead in range(said.size):
        error = came[lead] - said[lead]
        errors[lead] = 0.0 if np.isnan(error) else error


@leaf
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


@leaf
def _account(errors: Float, change: Float, forgetting: float, record: Float) -> None:
    """Add to the record of a time of day: origins, products of changes and errors, and squared changes."""
    along, square = 0.0, 0.0
    for lead in range(errors.size):
        along += change[lead] * errors[lead]
        square += change[lead] * change[lead]
    record[0] = forgetting * record[0] + 1.0
    record[1] = forgetting * record[1] + along
    record[2] = forgetting * record[2] + square


@leaf
def _deserved(record: Float) -> float:
    """Return by how much of themselves past changes should have been made, in [0, 1]; 0 where there were none."""
    return min(max(record[1] / record[2], 0.0), 1.0) if record[2] > 0.0 else 0.0


@leaf
def _solve(gram: Float, penalty: float, found: Float) -> None:
    """Solve the penalised gram for found in place: Gauss' elimination, then from the last row up."""
    size, smallest = found.size, SMALLEST
    for row in range(size):
        gram[row, row] *= 1.0 + penalty
        smallest = max(smallest, SMALLEST_RATIO * gram[row, row])
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


@leaf
def _add(share: float, values: Float, line: Float) -> None:
    """Add a share of the values to a line of as many."""
    for place in range(line.size):
        line[place] += share * values[place]


@jitted
def _change(
    phase: int,
    number: Int,
    counts: Int,
    penalty: float,
    grams: Float,
    moments: Float,
    records: Float,
    means: Float,
    room: tuple[Float, Float],
    change: Float,
) -> None:
    """Fill change with what such errors have meant at this time of day; 0 where there are not days enough to tell.

    Gram being symmetric, the means are solved for once instead of the coefficients of each lead. Means are spoilt.
    """
    fewest, last, origins = counts[1], means.size, 0.0
    change[:] = 0.0
    if records[number[phase], 0] < fewest:
        return
    gram, square = room
    gram[:], square[:] = 0.0, 0.0
    for near in range(phase - counts[0], phase + counts[0] + 1):
        place = number[near % number.size]
        origins += records[place, 0]
        for row in range(last):
            _add(1.0, grams[place, row], gram[row])
        _add(1.0, moments[place, last], square)
    _solve(gram, penalty, means)
    for near in range(phase - counts[0], phase + counts[0] + 1):
        for row in range(last):
            _add(means[row], moments[number[near % number.size], row], change)
    for lead in range(change.size):
        if change[lead] * change[lead] * origins > LARGEST_RATIO**2 * square[lead]:  # seldom: roots take long
            change[lead] = np.copysign(LARGEST_RATIO * np.sqrt(square[lead] / origins), change[lead])


@leaf
def following(place: int, size: int) -> int:
    """Return the next place on a ring: a comparison, because a division a slot would take longer than all the rest."""
    return place + 1 if place + 1 < size else 0


@jitted
def _near(origins: Int, neighbours: int, day: int) -> Int:
    """Return the numbers of times of day that are no further from an origin's, shape (phase,); -1 for the others."""
    near = np.full(day, -1)
    for origin in origins:
        for slot in range(origin - neighbours, origin + neighbours + 1):
            near[slot % day] = 0
    count = 0
    for phase in range(day):
        if near[phase] == 0:
            near[phase] = count
            count += 1
    return near


@leaf
def _next(slot: int, number: Int, end: int) -> int:
    """Return the next slot after one that is learned from, at most end."""
    phase = slot % number.size
    while slot < end:
        slot, phase = slot + 1, following(phase, number.size)
        if number[phase] >= 0:
            return slot
    return slot


@leaf
def _take_in(
    linked: Float,
    slot: int,
    stop: int,
    smoothing: Float,
    level: float,
    last: float,
    daily: Float,
    weekly: Float,
    total: Float,
) -> tuple[float, float]:
    """Run over the slots up to stop, add their last errors up in total, return the new level and last error."""
    alpha, delta, omega, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    phase, week, so_far = slot % daily.size, slot % weekly.size, total[slot]
    for at in range(slot, stop):
        error = linked[at] - (daily[phase] + weekly[week]) - level
        if np.isnan(error):
            last *= phi
        else:
            last = error
            level += alpha * error
            daily[phase] += delta * error
            weekly[week] += omega * error
        so_far += last
        total[at + 1] = so_far
        phase, week = following(phase, daily.size), following(week, weekly.size)
    return level, last


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
    day, horizon, last, slot, place = daily.size, ahead.shape[1], 0.0, 0, 0
    turns = (horizon + day - 1) // day  # after so many whole days all leads of an origin have come
    late, asked, number = turns * day, _near(origins, 0, day), _near(origins, counts[0], day)
    learned, first = number.max() + 1, late + windows.max()
    said, change = np.empty((learned, turns, horizon)), np.zeros((learned, turns, horizon))
    errors, means, total = np.empty(horizon), np.empty(windows.size), np.zeros(linked.size + 1)
    grams, records = np.zeros((learned, means.size, means.size)), np.zeros((learned, 3))
    moments, room = np.zeros((learned, means.size + 1, horizon)), (np.empty(grams.shape[1:]), np.empty(horizon))
    powers = smoothing[3] ** np.arange(1.0, horizon + 1.0)
    while place < origins.size:
        phase, turn = slot % day, slot // day % turns
        own = number[phase]
        if own >= 0:
            ago = slot - late
            if slot >= first:
                _compare(linked[ago : ago + horizon], said[own, turn], errors)
                _average(total, ago, windows, means)
                _learn(errors, means, rates[0], grams[own], moments[own])
                _account(errors, change[own, turn], rates[0], records[own])
            _project(slot, level, last, powers, daily, weekly, said[own, turn])
            if asked[phase] >= 0:
                _average(total, slot, windows, means)
                _change(phase, number, counts, rates[1], grams, moments, records, means, room, change[own, turn])
        while place < origins.size and origins[place] == slot:
            ahead[place] = said[own, turn]
            _add(_deserved(records[own]), change[own, turn], ahead[place])
            place += 1
        stop = _next(slot, number, origins[-1])
        level, last = _take_in(linked, slot, stop, smoothing, level, last, daily, weekly, total)
        slot = stop


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
            linked[slot] = link(load_w[series, slot], floor)
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
