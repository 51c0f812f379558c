"""Run double-seasonal Holt-Winters with AR(1) over readings and project it ahead, compiled."""

import numpy as np

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int


@leaf
def _linked(value: float, floor: float) -> float:
    """Return the value on the model's scale: its logarithm where floor is positive."""
    if np.isnan(value) or floor <= 0.0:
        return value
    return float(np.log(max(value, floor)))


@leaf
def _unlinked(value: float, floor: float) -> float:
    """Return a value of the model's scale in watts."""
    return float(np.exp(value)) if floor > 0.0 else value


@leaf
def _following(phase: int, period: int) -> int:
    """Return the next phase: a comparison, because a division a slot would take longer than all the rest."""
    return phase + 1 if phase + 1 < period else 0


@leaf
def _project(
    slot: int, parameters: Float, floor: float, level: float, last: float, daily: Float, weekly: Float, ahead: Float
) -> None:
    """Fill ahead with the forecast of the slots from slot on."""
    day, week, correction = slot % daily.size, slot % weekly.size, last
    for lead in range(ahead.size):
        correction *= parameters[3]
        ahead[lead] = _unlinked(level + daily[day] + weekly[week] + correction, floor)
        day, week = _following(day, daily.size), _following(week, weekly.size)


@leaf
def _take_in(
    load: Float,
    slot: int,
    parameters: Float,
    floor: float,
    level: float,
    last: float,
    daily: Float,
    weekly: Float,
    one_step: Float,
) -> tuple[float, float]:
    """Run over the load from slot on, update the profiles in place and return the new level and last error.

    The one-step errors go into one_step unless it is empty.
    """
    alpha, delta, omega, phi = parameters[0], parameters[1], parameters[2], parameters[3]
    day, week = slot % daily.size, slot % weekly.size
    for step in range(load.size):
        value = _linked(load[step], floor)
        season = daily[day] + weekly[week]
        if one_step.size > 0:
            one_step[step] = load[step] - _unlinked(level + season + phi * last, floor)
        if np.isnan(value):
            last *= phi
        else:
            last = value - season - level
            level += alpha * last
            daily[day] += delta * last
            weekly[week] += omega * last
        day, week = _following(day, daily.size), _following(week, weekly.size)
    return level, last


@parallel_kernel
def advance_batch(
    load_w: Float,
    parameters: Float,
    floor_w: Float,
    level: Float,
    residual: Float,
    daily: Float,
    weekly: Float,
    elapsed: Int,
    one_step_w: Float,
) -> None:
    """Update the states in place with load_w, (series, time), and fill the one-step errors."""
    for series in prange(load_w.shape[0]):
        level[series], residual[series] = _take_in(
            load_w[series],
            elapsed[series],
            parameters[series],
            floor_w[series],
            level[series],
            residual[series],
            daily[series],
            weekly[series],
            one_step_w[series],
        )
        elapsed[series] += load_w.shape[1]


@parallel_kernel
def forecast_batch(
    parameters: Float,
    floor_w: Float,
    level: Float,
    residual: Float,
    daily: Float,
    weekly: Float,
    elapsed: Int,
    ahead_w: Float,
) -> None:
    """Fill ahead_w, (series, lead), from the states as they stand."""
    for series in prange(ahead_w.shape[0]):
        _project(
            elapsed[series],
            parameters[series],
            floor_w[series],
            level[series],
            residual[series],
            daily[series],
            weekly[series],
            ahead_w[series],
        )


@parallel_kernel
def backtest_batch(
    load_w: Float,
    origins: Int,
    parameters: Float,
    floor_w: Float,
    level: Float,
    residual: Float,
    daily: Float,
    weekly: Float,
    ahead_w: Float,
) -> None:
    """Fill ahead_w, (series, origin, lead), running from the starting states; origins ascend."""
    for series in prange(load_w.shape[0]):
        floor, smoothing = floor_w[series], parameters[series]
        day, week, unwanted = daily[series].copy(), weekly[series].copy(), np.empty(0)
        now, last, slot = level[series], residual[series], 0
        for place in range(origins.size):
            seen = load_w[series, slot : origins[place]]
            now, last = _take_in(seen, slot, smoothing, floor, now, last, day, week, unwanted)
            slot = origins[place]
            _project(slot, smoothing, floor, now, last, day, week, ahead_w[series, place])
