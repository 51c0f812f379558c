"""Fit double-seasonal Holt-Winters with AR(1): starting states and smoothing parameters, compiled.

Eight parameter sets run through the recursion side by side: each step of one set waits for the step
before, so a second, third ... eighth set in the same vector registers costs next to nothing. The
search is built on that: one pass tries every parameter up and down, the next tries eight lengths of
the combined step.
"""

import numpy as np

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, Int

NO_DATA, LEVEL, DAILY_ADDITIVE, DAILY_MULTIPLICATIVE, DOUBLE_ADDITIVE, DOUBLE_MULTIPLICATIVE = range(6)

LANES = 8
MAX_PASSES = 60
SMALLEST_STEP = 0.05
SMALLEST_GAIN = 1e-7
BRACKETED = 0.5
LARGEST_LOGIT = 8.0
LEVEL_ALPHA = 0.1
MULTIPLICATIVE_FLOOR_RATIO = 0.1
FLOOR_RATIO = 0.01
MOST_WEEKS_TO_START = 4

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


@jitted
def _observed_span(load: Float) -> tuple[int, int, float, float]:
    """Return the first finite slot (-1 for none), the number of finite ones, their mean and minimum."""
    first, count, total, smallest = -1, 0, 0.0, np.inf
    for slot in range(load.size):
        if not np.isnan(load[slot]):
            first = slot if first < 0 else first
            count += 1
            total += load[slot]
            smallest = min(smallest, load[slot])
    return first, count, total / max(count, 1), smallest


@jitted
def _choose_method(load: Float, day: int, week: int) -> tuple[int, int, float]:
    """Return the method, the first finite slot and the floor under the logarithm (0 where additive)."""
    first, count, mean, smallest = _observed_span(load)
    if count == 0:
        return NO_DATA, 0, 0.0
    span = load.size - first
    multiplicative = smallest > 0.0 and smallest >= MULTIPLICATIVE_FLOOR_RATIO * mean
    floor = FLOOR_RATIO * mean if multiplicative else 0.0
    if span >= 2 * week and count >= week:
        return (DOUBLE_MULTIPLICATIVE if multiplicative else DOUBLE_ADDITIVE), first, floor
    if span >= 2 * day and count >= day:
        return (DAILY_MULTIPLICATIVE if multiplicative else DAILY_ADDITIVE), first, floor
    return LEVEL, first, 0.0


@jitted
def _take_out_mean(residual: Float) -> float:
    """Take the mean of what is finite out of residual and return it."""
    _, _, mean, _ = _observed_span(residual)
    for slot in range(residual.size):
        residual[slot] -= mean
    return float(mean)


@jitted
def _take_out_phase_means(residual: Float, first: int, profile: Float) -> None:
    """Add up the mean of each phase of residual in profile, which is zero, and take it out."""
    period = profile.size
    count = np.zeros(period)
    for slot in range(first, residual.size):
        if not np.isnan(residual[slot]):
            profile[slot % period] += residual[slot]
            count[slot % period] += 1.0
    for phase in range(period):
        profile[phase] /= max(count[phase], 1.0)
    for slot in range(first, residual.size):
        residual[slot] -= profile[slot % period]


@jitted
def _start_slots(load: Float, method: int, first: int, day: int, week: int) -> int:
    """Return the slot before which the starting states are formed and after which fits are judged."""
    if method <= LEVEL:
        return load.size
    unit = week if method >= DOUBLE_ADDITIVE else day
    blocks = ((load.size - first) // unit + 1) // 2
    return first + unit * (min(blocks, MOST_WEEKS_TO_START) if unit == week else blocks)


@jitted
def _to_lanes(profile: Float, lanes: Float) -> None:
    """Copy a profile into every lane."""
    for phase in range(profile.size):
        for lane in range(LANES):
            lanes[phase, lane] = profile[phase]


@jitted
def _costs(
    linked: Float,
    judged_from: int,
    level: float,
    daily: Float,
    weekly: Float,
    lanes: Float,
    cost: Float,
    lane_daily: Float,
    lane_weekly: Float,
    ago: Float,
) -> None:
    """Fill cost with each lane's sum of squared one-step and day-ahead errors from slot judged_from on.

    A day ahead, the profiles of the slot are those of now: they change only at their own time of day. What differs is
    the level, and the error that the AR(1) term starts from: ago keeps both for each slot of the last day.
    """
    levels, last = np.full(LANES, level), np.zeros(LANES)
    alpha, delta, omega, phi = lanes[0], lanes[1], lanes[2], lanes[3]
    day_phi = phi**daily.size
    cost[:] = 0.0
    for phase in range(daily.size):
        for lane in range(LANES):
            ago[0, phase, lane], ago[1, phase, lane] = level, 0.0
    _to_lanes(daily, lane_daily)
    _to_lanes(weekly, lane_weekly)
    phase_daily, phase_weekly = 0, 0
    for slot in range(linked.size):
        value = linked[slot]
        if np.isnan(value):
            for lane in range(LANES):
                last[lane] *= phi[lane]
        else:
            weight = 1.0 if slot >= judged_from else 0.0
            for lane in range(LANES):
                error = value - lane_daily[phase_daily, lane] - lane_weekly[phase_weekly, lane] - levels[lane]
                one_step = error - phi[lane] * last[lane]
                day_ahead = error + levels[lane] - ago[0, phase_daily, lane] - day_phi[lane] * ago[1, phase_daily, lane]
                cost[lane] += weight * (one_step * one_step + day_ahead * day_ahead)
                levels[lane] += alpha[lane] * error
                lane_daily[phase_daily, lane] += delta[lane] * error
                lane_weekly[phase_weekly, lane] += omega[lane] * error
                last[lane] = error
        for lane in range(LANES):
            ago[0, phase_daily, lane], ago[1, phase_daily, lane] = levels[lane], last[lane]
        phase_daily = phase_daily + 1 if phase_daily + 1 < daily.size else 0
        phase_weekly = phase_weekly + 1 if phase_weekly + 1 < weekly.size else 0


@jitted
def _from_logit(points: Float, weekly_too: bool, lanes: Float) -> None:
    """Fill lanes, shape (parameter, lane), from unbounded points, shape (lane, parameter)."""
    for lane in range(LANES):
        for parameter in range(4):
            point = min(max(points[lane, parameter], -LARGEST_LOGIT), LARGEST_LOGIT)
            points[lane, parameter] = point
            width = UPPER[parameter] - LOWER[parameter]
            lanes[parameter, lane] = LOWER[parameter] + width / (1.0 + np.exp(-point))
        if not weekly_too:
            lanes[2, lane] = 0.0


@jitted
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


@jitted
def _next_points(single_steps: bool, here: Float, step: Float, move: Float, points: Float) -> None:
    """Fill points with every parameter up and down, or with eight lengths of the combined step."""
    for lane in range(LANES):
        for parameter in range(4):
            points[lane, parameter] = here[parameter]
            if not single_steps:
                points[lane, parameter] += 0.25 * (lane + 1) * move[parameter]
            elif parameter == lane // 2:
                points[lane, parameter] += step[parameter] if lane % 2 == 0 else -step[parameter]


@jitted
def _search(
    linked: Float, judged_from: int, level: float, daily: Float, weekly: Float, weekly_too: bool, found: Float
) -> None:
    """Fill found with the (alpha, delta, omega, phi) of least squared one-step and day-ahead error."""
    points, lanes, cost = START_LOGITS.copy(), np.empty((4, LANES)), np.empty(LANES)
    lane_daily, lane_weekly = np.empty((daily.size, LANES)), np.empty((weekly.size, LANES))
    ago = np.empty((2, daily.size, LANES))
    step, move, here, base = np.ones(4), np.zeros(4), np.zeros(4), np.zeros(4)
    best, single_steps, largest = np.inf, False, 1.0
    for _ in range(MAX_PASSES):
        _from_logit(points, weekly_too, lanes)
        _costs(linked, judged_from, level, daily, weekly, lanes, cost, lane_daily, lane_weekly, ago)
        winner = int(np.argmin(cost))
        improved = cost[winner] < best * (1.0 - SMALLEST_GAIN)
        if single_steps:
            _combined_step(best, cost, step, move)
        shrink = 1.0 if single_steps or improved else 0.5
        best = cost[winner] if improved else best
        largest = 0.0
        for parameter in range(4):
            base[parameter] = here[parameter]
            if improved:
                here[parameter] = points[winner, parameter]
                found[parameter] = lanes[parameter, winner]
            step[parameter] *= shrink
            largest = max(largest, step[parameter])
        if largest < SMALLEST_STEP:
            return
        single_steps = not single_steps
        _next_points(single_steps, here if single_steps else base, step, move, points)


@parallel_kernel
def prepare_batch(
    load_w: Float,
    method: Int,
    floor_w: Float,
    linked: Float,
    judged_from: Int,
    level: Float,
    daily: Float,
    weekly: Float,
) -> None:
    """Fill each series' method, floor, linked load, (series, time), and starting states."""
    for series in prange(load_w.shape[0]):
        load, scaled = load_w[series], linked[series]
        code, first, floor = _choose_method(load, daily.shape[1], weekly.shape[1])
        stop = _start_slots(load, code, first, daily.shape[1], weekly.shape[1])
        for slot in range(load.size):
            scaled[slot] = load[slot] if floor <= 0.0 else np.log(max(load[slot], floor))
            scaled[slot] = np.nan if np.isnan(load[slot]) else scaled[slot]
        residual = scaled[:stop].copy()
        level[series] = _take_out_mean(residual) if code != NO_DATA else np.nan
        if code > LEVEL:
            _take_out_phase_means(residual, first, daily[series])
        if code >= DOUBLE_ADDITIVE:
            _take_out_phase_means(residual, first, weekly[series])
        method[series], floor_w[series], judged_from[series] = code, floor, stop


@parallel_kernel
def search_batch(
    linked: Float, method: Int, judged_from: Int, level: Float, daily: Float, weekly: Float, parameters: Float
) -> None:
    """Fill parameters, (series, 4), which come in as zeros."""
    for series in prange(linked.shape[0]):
        if method[series] == LEVEL:
            parameters[series, 0] = LEVEL_ALPHA
        elif method[series] != NO_DATA:
            _search(
                linked[series],
                judged_from[series],
                level[series],
                daily[series],
                weekly[series],
                method[series] >= DOUBLE_ADDITIVE,
                parameters[series],
            )
