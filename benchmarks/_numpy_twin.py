"""Write the forecast kernel's fit and recursion once more in NumPy: all series at once, one slot after the other."""

import numpy as np
from numpy.typing import NDArray

from grid.kernels import holt_winters_search as search
from grid.kernels.holt_winters import SLOTS_PER_DAY as DAY
from grid.kernels.holt_winters import SLOTS_PER_WEEK as WEEK
from grid.kernels.holt_winters import HoltWintersFit, HoltWintersState

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def on_model_scale(fitted: HoltWintersFit, load_w: Float) -> Float:
    """Return the logarithm of the load, shape (time, series)."""
    linked: Float = np.log(np.maximum(load_w, fitted.floor_w[:, np.newaxis])).T
    return linked


def numpy_costs(linked: Float, judged_from: Int, start: HoltWintersState, lanes: Float) -> Float:
    """Return the squared one-step and day-ahead errors of eight parameter sets a series, shape (series, lane)."""
    alpha, delta, omega, phi = np.moveaxis(lanes, 2, 0)
    shape = (1, alpha.shape[1])
    level, last = np.tile(start.level[:, np.newaxis], shape), np.zeros_like(alpha)
    daily = np.tile(start.daily.T[:, :, np.newaxis], (1, *shape))
    weekly = np.tile(start.weekly.T[:, :, np.newaxis], (1, *shape))
    cost: Float = np.zeros_like(alpha)
    levels_ago, last_ago = np.tile(level, (DAY, 1, 1)), np.zeros((DAY, *level.shape))
    for slot, values in enumerate(linked):
        day, week = slot % DAY, slot % WEEK
        known = ~np.isnan(values)[:, np.newaxis]
        error = np.where(known, values[:, np.newaxis] - daily[day] - weekly[week] - level, 0.0)
        carried = phi * last
        one_step = error - carried
        day_ahead = error + level - levels_ago[day] - phi**DAY * last_ago[day]
        cost += (known & (slot >= judged_from)[:, np.newaxis]) * (one_step * one_step + day_ahead * day_ahead)
        level += alpha * error
        daily[day] += delta * error
        weekly[week] += omega * error
        last = np.where(known, error, carried)
        levels_ago[day], last_ago[day] = level, last
    return cost


def numpy_move(best: Float, cost: Float, step: Float) -> tuple[Float, Float]:
    """Return the step to each parameter's parabola minimum and the steps halved where these bracket it."""
    up, down = cost[:, 0::2], cost[:, 1::2]
    curvature = up + down - 2.0 * best[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.clip(0.5 * (down - up) / curvature, -2.0, 2.0)
    length: Float = np.where(curvature > 1e-12 * best[:, np.newaxis], inner, 2.0 * np.sign(down - up))
    return length * step, np.where(np.abs(length) < search.BRACKETED, 0.5 * step, step)


def numpy_search(fitted: HoltWintersFit, load_w: Float) -> Float:
    """Return the parameters, shape (series, 4), found by the kernel's search, all series in step."""
    linked, rows, ups = on_model_scale(fitted, load_w), np.arange(load_w.shape[0]), np.arange(search.LANES) // 2
    first = np.argmax(~np.isnan(load_w), axis=1)
    judged_from = first + ((load_w.shape[1] - first) // WEEK + 1) // 2 * WEEK
    points = np.tile(search.START_LOGITS, (rows.size, 1, 1))
    here, found, move = np.zeros((rows.size, 4)), np.zeros((rows.size, 4)), np.zeros((rows.size, 4))
    step, best, active = np.ones((rows.size, 4)), np.full(rows.size, np.inf), np.ones(rows.size, np.bool_)
    signs = np.where(np.arange(search.LANES) % 2 == 0, 1.0, -1.0)
    single_steps = False
    for _ in range(search.MAX_PASSES):
        points = np.clip(points, -search.LARGEST_LOGIT, search.LARGEST_LOGIT)
        lanes = search.LOWER + (search.UPPER - search.LOWER) / (1.0 + np.exp(-points))
        cost = numpy_costs(linked, judged_from, fitted.start, lanes)
        winner = cost.argmin(axis=1)
        improved = cost[rows, winner] < best * (1.0 - search.SMALLEST_GAIN)
        if single_steps:
            move, step = numpy_move(best, cost, step)
        step = np.where((single_steps | improved)[:, np.newaxis], step, 0.5 * step)
        base, better = here, (improved & active)[:, np.newaxis]
        best = np.where(improved & active, cost[rows, winner], best)
        here = np.where(better, points[rows, winner], here)
        found = np.where(better, lanes[rows, winner], found)
        active &= step.max(axis=1) >= search.SMALLEST_STEP
        if not active.any():
            break
        single_steps = not single_steps
        points = (here if single_steps else base)[:, np.newaxis] + np.zeros((1, search.LANES, 1))
        if single_steps:
            points[:, np.arange(search.LANES), ups] += signs * step[:, ups]
        else:
            points += 0.25 * np.arange(1, search.LANES + 1)[:, np.newaxis] * move[:, np.newaxis]
    return found


def numpy_backtest(fitted: HoltWintersFit, parameters: Float, load_w: Float, origins: Int, horizon: int) -> Float:
    """Run the same recursion as the kernel, all series at once and one slot after the other."""
    alpha, delta, omega, phi = parameters.T
    level, last = fitted.start.level.copy(), np.zeros(load_w.shape[0])
    daily, weekly = fitted.start.daily.T.copy(), fitted.start.weekly.T.copy()
    leads = np.arange(horizon)
    decay = phi[np.newaxis] ** (leads + 1)[:, np.newaxis]
    ahead = np.empty((load_w.shape[0], origins.size, horizon))
    places = {int(origin): place for place, origin in enumerate(origins)}
    for slot, values in enumerate(on_model_scale(fitted, load_w)):
        day, week = slot % DAY, slot % WEEK
        if slot in places:
            seasonal = daily[(slot + leads) % DAY] + weekly[(slot + leads) % WEEK]
            ahead[:, places[slot]] = np.exp(level + seasonal + decay * last).T
        error = values - (daily[day] + weekly[week]) - level
        known = ~np.isnan(error)
        step = np.where(known, error, 0.0)
        level += alpha * step
        daily[day] += delta * step
        weekly[week] += omega * step
        last = np.where(known, error, phi * last)
    return ahead
