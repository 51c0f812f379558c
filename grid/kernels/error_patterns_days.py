"""Learn what errors mean at one time of day, from day to day: the way of `error_patterns_run` where that is enough.

Of Holt-Winters only its errors wait for each other. From them the profiles of all slots follow in long loops without
any order, so that an update that keeps the errors of the slots before goes through the new ones only. Systems of
different days are solved side by side, days in the last axis.
"""

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int
from grid.kernels.error_patterns_run import LARGEST_RATIO, following, link
from grid.kernels.error_patterns_solve import average, weigh


@leaf
def _move(share: float, steps: Float, before: Float, after: Float) -> None:
    """Fill after with what comes of before by a share of the steps."""
    for place in range(steps.size):
        after[place] = before[place] + share * steps[place]


@leaf
def _recall(
    steps: Float, latest: Float, smoothing: Float, periods: Int, level: Float, daily: Float, weekly: Float, total: Float
) -> None:
    """Fill what `_take_in` fills, from errors that are known; steps are 0 where there was no reading."""
    alpha, count = smoothing[0], steps.size
    now, so_far = level[0], 0.0
    for slot in range(count):
        now += alpha * steps[slot]
        so_far += latest[slot]
        level[slot + 1], total[slot + 1] = now, so_far
    for season in range(2):
        period, profile = periods[season], daily if season == 0 else weekly
        for begin in range(0, count, period):
            some = steps[begin : begin + period]
            after = profile[begin + period : begin + period + some.size]
            _move(smoothing[1 + season], some, profile[begin : begin + some.size], after)


@leaf
def _take_in(
    linked: Float,
    slot: int,
    latest: Float,
    smoothing: Float,
    periods: Int,
    level: Float,
    daily: Float,
    weekly: Float,
    total: Float,
) -> None:
    """Run Holt-Winters over the slots from one on: fill latest with the last error, as it stood after each slot.

    Level and total, the sum of last errors, are those before each slot, and so are the profiles, for their next period.
    """
    alpha, delta, omega, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    now, so_far, last = level[slot], total[slot], latest[slot - 1] if slot > 0 else 0.0
    for at in range(slot, linked.size):
        error = linked[at] - (daily[at] + weekly[at]) - now
        step = 0.0 if np.isnan(error) else error
        last = last * phi if np.isnan(error) else error
        now += alpha * step
        so_far += last
        daily[at + periods[0]] = daily[at] + delta * step
        weekly[at + periods[1]] = weekly[at] + omega * step
        latest[at], level[at + 1], total[at + 1] = last, now, so_far


@leaf
def _project(
    slot: int, last: float, powers: Float, periods: Int, level: float, daily: Float, weekly: Float, said: Float
) -> None:
    """Fill said with Holt-Winters' forecast of the slots from slot on, on the model's scale."""
    day, week = periods[0], periods[1]
    begin, since = 0, slot  # of the week; whole numbers are not divided here, which takes as long as half a day's leads
    while begin < said.size:
        part, dying, of_day, of_week = said[begin : begin + day], powers[begin:], daily[slot:], weekly[since:]
        for place in range(part.size):
            part[place] = level + of_day[place] + of_week[place] + last * dying[place]
        begin, since = begin + day, since + day if since + day < slot + week else slot


@leaf
def _compare(came: Float, errors: Float) -> None:
    """Make errors of what was said: what came less that; what is missing counts as forecast well."""
    for lead in range(errors.size):
        error = came[lead] - errors[lead]
        errors[lead] = 0.0 if np.isnan(error) else error


@leaf
def _account(errors: Float, change: Float, forgetting: float, along: Float, changed: Float) -> None:
    """Add to the sums of each lead: products of changes and errors, and squared changes."""
    for lead in range(errors.size):
        along[lead] = forgetting * along[lead] + change[lead] * errors[lead]
        changed[lead] = forgetting * changed[lead] + change[lead] * change[lead]


@leaf
def _add_squares(errors: Float, forgetting: float, square: Float) -> None:
    """Add squared errors to the sum of each lead."""
    for lead in range(errors.size):
        square[lead] = forgetting * square[lead] + errors[lead] * errors[lead]


@leaf
def _learn(mean: float, share: float, forgetting: float, errors: Float, moment: Float, change: Float) -> None:
    """Add an origin to the moments of one mean error, and a share of these to the change."""
    for lead in range(moment.size):
        learned = forgetting * moment[lead] + mean * errors[lead]
        moment[lead] = learned
        change[lead] += share * learned


@leaf
def _limit(change: Float, origins: float, square: Float) -> None:
    """Cut changes that are too large for the usual error of their lead."""
    over = 0
    for lead in range(change.size):
        over += 1 if change[lead] * change[lead] * origins > LARGEST_RATIO**2 * square[lead] else 0
    if over == 0:  # seldom otherwise: roots take long
        return
    for lead in range(change.size):
        if change[lead] * change[lead] * origins > LARGEST_RATIO**2 * square[lead]:
            change[lead] = np.copysign(LARGEST_RATIO * np.sqrt(square[lead] / origins), change[lead])


@leaf
def _deserved(along: Float, changed: Float) -> float:
    """Return by how much of themselves past changes should have been made, in [0, 1]; 0 where there were none."""
    product, square = 0.0, 0.0
    for lead in range(along.size):
        product += along[lead]
        square += changed[lead]
    return min(max(product / square, 0.0), 1.0) if square > 0.0 else 0.0


@jitted
def _correct(
    linked: Float,
    latest: Float,
    origins: Int,
    windows: Int,
    counts: Int,
    rates: Float,
    phi: float,
    periods: Int,
    level: Float,
    daily: Float,
    weekly: Float,
    total: Float,
    ahead: Float,
) -> None:
    """Fill ahead, (origin, lead), on the model's scale, day after day."""
    day, horizon, first, place, known = periods[0], ahead.shape[1], origins[0] % periods[0], 0, 0.0
    turns = (horizon + day - 1) // day  # after so many whole days all leads of an origin have come
    begin, means = max(windows.max() - first + day - 1, 0) // day, np.empty((windows.size, origins[-1] // day + 1))
    average(total, first, day, windows, means)
    shares = weigh(means, begin, max(means.shape[1] - turns - begin, 0), counts, rates)
    moments, square = np.zeros((windows.size, horizon)), np.zeros(horizon)
    along, changed = np.zeros(horizon), np.zeros(horizon)
    errors, changes, powers = np.empty(horizon), np.zeros((turns, horizon)), phi ** np.arange(1.0, horizon + 1.0)
    turn, late = 0, turns * day
    for number in range(means.shape[1]):
        slot, then, change = first + number * day, number - turns, changes[turn]
        turn = following(turn, turns)
        if then >= begin:
            ago = slot - late
            _project(ago, latest[ago - 1], powers, periods, level[ago], daily, weekly, errors)
            _compare(linked[ago : ago + horizon], errors)
            _account(errors, change, rates[0], along, changed)
            _add_squares(errors, rates[0], square)
            known = rates[0] * known + 1.0
            change[:] = 0.0
            for row in range(windows.size):
                _learn(means[row, then], shares[row, number], rates[0], errors, moments[row], change)
            _limit(change, known, square)
        while place < origins.size and origins[place] == slot:
            last, deserved = latest[slot - 1] if slot > 0 else 0.0, _deserved(along, changed)
            _project(slot, last, powers, periods, level[slot], daily, weekly, ahead[place])
            _move(deserved, change, ahead[place].copy(), ahead[place])
            place += 1


@parallel_kernel
def correct_days_batch(
    linked: Float,
    latest: Float,
    since_w: Float,
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
    kept: Float,
) -> None:
    """Fill ahead_w, (series, origin, lead); origins ascend by whole days, and there is one.

    Of the slots before since_w loads are known on the model's scale, of the first of them the last errors, too. All of
    these go into kept, (series, slot), unless it has no slots.
    """
    periods, held, recalled = np.array([daily.shape[1], weekly.shape[1]]), linked.shape[1], latest.shape[1]
    time = held + since_w.shape[1]
    for series in prange(linked.shape[0]):
        smoothing, floor, ahead = parameters[series], floor_w[series], ahead_w[series]
        own, last, steps = np.empty(time), np.empty(time), np.empty(recalled)
        own[:held], last[:recalled] = linked[series], latest[series]
        for slot in range(since_w.shape[1]):
            own[held + slot] = link(since_w[series, slot], floor)
        for slot in range(recalled):
            steps[slot] = 0.0 if np.isnan(own[slot]) else last[slot]
        levels, total = np.empty(time + 1), np.empty(time + 1)
        of_day, of_week = np.empty(time + periods[0]), np.empty(time + periods[1])
        levels[0], total[0] = level[series], 0.0
        of_day[: periods[0]], of_week[: periods[1]] = daily[series], weekly[series]
        _recall(steps, last, smoothing, periods, levels, of_day, of_week, total)
        _take_in(own, recalled, last, smoothing, periods, levels, of_day, of_week, total)
        states = (levels, of_day, of_week, total)
        _correct(own, last, origins, windows, counts, rates, smoothing[3], periods, *states, ahead)
        if floor > 0.0:
            ahead[:] = np.exp(ahead)
        if kept.shape[1] > 0:
            kept[series] = last
