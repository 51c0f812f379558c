"""Choose how Holt-Winters goes about a series and form its starting states, compiled."""

import numpy as np

from core.compiling import jitted, parallel_kernel, prange
from grid.kernels.checks import Float, Int

NO_DATA, LEVEL, DAILY_ADDITIVE, DAILY_MULTIPLICATIVE, DOUBLE_ADDITIVE, DOUBLE_MULTIPLICATIVE = range(6)

MULTIPLICATIVE_FLOOR_RATIO = 0.1
FLOOR_RATIO = 0.01
MOST_WEEKS_TO_START = 4


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
