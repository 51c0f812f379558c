"""Find the smoothing parameters of Holt-Winters, compiled: of two series at a time, eight sets of parameters for each.

Each step of the recursion waits for the step before, so that a second, third … sixteenth set of parameters in the same
vector registers costs next to nothing. The search is built on that: one pass tries every parameter up and down, the
next tries eight lengths of the combined step. Two series share a pass; neither knows of the other.

Compilers make vector instructions of short loops over a few rows each, whose length they do not know, with no branch
between them and nothing that counts who holds an array.
"""

import numpy as np

from core.compiling import inlined, jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int
from grid.kernels.holt_winters_fit import DOUBLE_ADDITIVE, LEVEL

#: Parameter sets of one series, and series, that go side by side.
LANES, PAIR = 8, 2
MAX_PASSES = 60
SMALLEST_STEP = 0.05
SMALLEST_GAIN = 1e-7
BRACKETED = 0.5
LARGEST_LOGIT = 8.0
LEVEL_ALPHA = 0.1

# Bounds of (alpha, delta, omega, phi); phi stays below one so that the correction dies out.
LOWER = np.array([0.0005, 0.0005, 0.0005, 0.0])
UPPER = np.array([0.5, 0.9, 0.9, 0.995])

# Coarse grid of (alpha, delta, omega, phi); the first row is kept where the data cannot tell.
STARTS = np.array(
    [
        [0.010, 0.10, 0.20, 0.90],
        [0.010, 0.05, 0.05, 0.50],
        [0.010, 0.20, 0.30, 0.90],
        [0.050, 0.10, 0.10, 0.70],
        [0.002, 0.02, 0.05, 0.30],
        [0.002, 0.05, 0.10, 0.80],
        [0.100, 0.02, 0.05, 0.20],
        [0.020, 0.30, 0.30, 0.95],
    ]
)
_SHARES = (STARTS - LOWER) / (UPPER - LOWER)
START_LOGITS = np.log(_SHARES / (1.0 - _SHARES))


@leaf
def _fill_lanes(profile: Float, first: int, lanes: Float) -> None:
    """Copy a profile into the lanes of one series."""
    for phase in range(profile.size):
        for lane in range(first, first + LANES):
            lanes[phase, lane] = profile[phase]


@inlined
def _err(came: Float, of_day: Float, of_week: Float, level: Float, error: Float) -> None:
    """Fill each lane's error; 0 in a gap."""
    for lane in range(error.size):
        value = came[lane] - of_day[lane] - of_week[lane] - level[lane]
        error[lane] = 0.0 if np.isnan(value) else value


@inlined
def _add_costs(
    came: Float,
    error: Float,
    level: Float,
    last: Float,
    rates: Float,
    ago: tuple[Float, Float],
    weight: Float,
    cost: Float,
) -> None:
    """Add each lane's squared errors, of one step and of a day; ago are its level and last error a day before."""
    level_ago, last_ago = ago
    phi, day_phi = rates[3], rates[4]
    for lane in range(error.size):
        one_step = error[lane] - phi[lane] * last[lane]
        day_ahead = error[lane] + level[lane] - level_ago[lane] - day_phi[lane] * last_ago[lane]
        square = weight[lane] * (one_step * one_step + day_ahead * day_ahead)
        cost[lane] += 0.0 if np.isnan(came[lane]) else square


@inlined
def _follow(rate: Float, error: Float, state: Float) -> None:
    """Move each lane's state by its share of the error."""
    for lane in range(error.size):
        state[lane] += rate[lane] * error[lane]


@inlined
def _remember(came: Float, error: Float, phi: Float, last: Float) -> None:
    """Make the error the last one; in a gap, the last one dies out."""
    for lane in range(error.size):
        last[lane] = phi[lane] * last[lane] if np.isnan(came[lane]) else error[lane]


@inlined
def _keep(values: Float, line: Float) -> None:
    """Copy what each lane has."""
    for lane in range(line.size):
        line[lane] = values[lane]


@leaf
def _costs(
    linked: Float,
    judged_from: Int,
    level: Float,
    rates: Float,
    lane_daily: Float,
    lane_weekly: Float,
    ago: Float,
    room: Float,
    cost: Float,
) -> None:
    """Fill cost with each lane's sum of squared one-step and day-ahead errors from its series' slot judged_from on.

    Profiles and ago come in as the states before the first slot. A day ahead, the profiles of the slot are those of
    now: they change only at their own time of day. What differs is the level, and the error that the AR(1) term starts
    from: ago, (2, phase, lane), keeps both for each slot of the last day.
    """
    levels, last, error, weight = room[0], room[1], room[2], room[3]
    phase, week = 0, 0
    for lane in range(cost.size):
        levels[lane], last[lane], weight[lane], cost[lane] = level[lane // LANES], 0.0, 0.0, 0.0
    for slot in range(linked.shape[0]):
        of_day, of_week, level_ago, last_ago = lane_daily[phase], lane_weekly[week], ago[0, phase], ago[1, phase]
        came = linked[slot]
        if slot == judged_from[0] or slot == judged_from[1]:
            for lane in range(cost.size):
                weight[lane] = 1.0 if slot >= judged_from[lane // LANES] else 0.0
        _err(came, of_day, of_week, levels, error)
        _add_costs(came, error, levels, last, rates, (level_ago, last_ago), weight, cost)
        _follow(rates[0], error, levels)
        _follow(rates[1], error, of_day)
        _follow(rates[2], error, of_week)
        _remember(came, error, rates[3], last)
        _keep(levels, level_ago)
        _keep(last, last_ago)
        phase = phase + 1 if phase + 1 < lane_daily.shape[0] else 0
        week = week + 1 if week + 1 < lane_weekly.shape[0] else 0


@leaf
def _from_logit(points: Float, weekly_too: bool, day: int, rates: Float) -> None:
    """Fill rates, (parameter, lane), from unbounded points, (lane, parameter); the last row is phi of a day."""
    for lane in range(LANES):
        for parameter in range(4):
            point = min(max(points[lane, parameter], -LARGEST_LOGIT), LARGEST_LOGIT)
            points[lane, parameter] = point
            width = UPPER[parameter] - LOWER[parameter]
            rates[parameter, lane] = LOWER[parameter] + width / (1.0 + np.exp(-point))
        if not weekly_too:
            rates[2, lane] = 0.0
        rates[4, lane] = rates[3, lane] ** day


@leaf
def _combined_step(best: float, cost: Float, step: Float, move: Float) -> None:
    """Fill move with the step to each parameter's parabola minimum; halve steps that bracket theirs."""
    for parameter in range(4):
        up, down = cost[2 * parameter], cost[2 * parameter + 1]
        curvature = up + down - 2.0 * best
        if curvature > 1e-12 * best:
            length = min(max(0.5 * (down - up) / curvature, -2.0), 2.0)
        else:
            length = 0.0 if up == down else (2.0 if up < down else -2.0)
        move[parameter] = length * step[parameter]
        if abs(length) < BRACKETED:
            step[parameter] *= 0.5


@leaf
def _next_points(single_steps: bool, here: Float, step: Float, move: Float, points: Float) -> None:
    """Fill points with every parameter up and down, or with eight lengths of the combined step."""
    for lane in range(LANES):
        for parameter in range(4):
            points[lane, parameter] = here[parameter]
            if not single_steps:
                points[lane, parameter] += 0.25 * (lane + 1) * move[parameter]
            elif parameter == lane // 2:
                points[lane, parameter] += step[parameter] if lane % 2 == 0 else -step[parameter]


@leaf
def _move_on(
    single_steps: bool, cost: Float, rates: Float, points: Float, best: float, state: Float, found: Float
) -> float:
    """Learn from the costs of a pass and choose the next points of one series; return its least cost so far.

    State has rows for the steps, the combined step, the best point so far and the one before; found are its parameters.
    """
    step, move, here, base = state[0], state[1], state[2], state[3]
    winner = 0
    for lane in range(LANES):
        winner = lane if cost[lane] < cost[winner] else winner
    improved = cost[winner] < best * (1.0 - SMALLEST_GAIN)
    if single_steps:
        _combined_step(best, cost, step, move)
    for parameter in range(4):
        base[parameter] = here[parameter]
        if improved:
            here[parameter], found[parameter] = points[winner, parameter], rates[parameter, winner]
        elif not single_steps:
            step[parameter] *= 0.5
    _next_points(not single_steps, base if single_steps else here, step, move, points)
    return cost[winner] if improved else best


@leaf
def _is_done(step: Float) -> bool:
    """Tell whether the largest step of a search is too small to matter."""
    largest = 0.0
    for parameter in range(4):
        largest = max(largest, step[parameter])
    return largest < SMALLEST_STEP


@jitted
def _search(
    linked: Float, judged_from: Int, level: Float, daily: Float, weekly: Float, weekly_too: Int, found: Float
) -> None:
    """Fill found with each series' (alpha, delta, omega, phi) of least squared one-step and day-ahead error."""
    day, width, single_steps, best = daily.shape[1], PAIR * LANES, False, np.full(PAIR, np.inf)
    points, state, is_done = np.empty((PAIR, LANES, 4)), np.zeros((PAIR, 4, 4)), np.zeros(PAIR)
    points[:], state[:, 0] = START_LOGITS, 1.0
    rates, cost, room, ago = np.empty((5, width)), np.empty(width), np.empty((4, width)), np.empty((2, day, width))
    lane_daily, lane_weekly, lane_rates = (
        np.empty((day, width)),
        np.empty((weekly.shape[1], width)),
        np.empty((5, LANES)),
    )
    for _ in range(MAX_PASSES):
        ago[1] = 0.0
        for series in range(PAIR):
            first = series * LANES
            _from_logit(points[series], weekly_too[series] > 0, day, lane_rates)
            rates[:, first : first + LANES], ago[0, :, first : first + LANES] = lane_rates, level[series]
            _fill_lanes(daily[series], first, lane_daily)
            _fill_lanes(weekly[series], first, lane_weekly)
        _costs(linked, judged_from, level, rates, lane_daily, lane_weekly, ago, room, cost)
        for series in range(PAIR):
            if is_done[series] == 0.0:
                some = slice(series * LANES, (series + 1) * LANES)
                own = (np.ascontiguousarray(rates[:, some]), points[series], best[series], state[series], found[series])
                best[series] = _move_on(single_steps, cost[some], *own)
                is_done[series] = 1.0 if _is_done(state[series, 0]) else 0.0
        if is_done.min() > 0.0:
            return
        single_steps = not single_steps


@parallel_kernel
def search_batch(
    linked: Float, method: Int, judged_from: Int, level: Float, daily: Float, weekly: Float, parameters: Float
) -> None:
    """Fill parameters, (series, 4), which come in as zeros; an odd one out is its own companion."""
    for series in range(method.size):
        if method[series] == LEVEL:
            parameters[series, 0] = LEVEL_ALPHA
    searched = np.flatnonzero(method > LEVEL)
    for pair in prange((searched.size + 1) // PAIR):
        both = searched[np.minimum(PAIR * pair + np.arange(PAIR), searched.size - 1)]
        strip, found = np.empty((linked.shape[1], PAIR * LANES)), np.zeros((PAIR, 4))
        for series in range(PAIR):
            _fill_lanes(linked[both[series]], series * LANES, strip)
        weekly_too = (method[both] >= DOUBLE_ADDITIVE).astype(np.int64)
        _search(strip, judged_from[both], level[both], daily[both], weekly[both], weekly_too, found)
        for series in range(PAIR):
            parameters[both[series]] = found[series]
