"""Compare the forecast kernel with a NumPy twin and the dispatch kernel with HiGHS, answers checked in the same run.

Expected before it was first run, on two cores: forecasts 5 to 15 times as fast as NumPy, which works on all series
(and in the fit on eight parameter sets) at once, equal to 1e-8 of the mean load; dispatch 20 to 60 times as fast as
HiGHS on the whole linear programme, objectives equal to 1e-9. Seen first, beside other work on the machine: 11 times
and 5e-15; 100 to 150 times and 2e-15. The kernel's time includes its checks and its certificate, that of HiGHS is the
solver's run alone, without building the model.

Figures on the last line with ``--json``:

``forecast_vs_numpy``
    NumPy's time over the kernel's, for fitting five weeks and forecasting 48 h at every midnight since the second.
``forecast_run_vs_numpy``
    The same without the fit.
``forecast_rel_diff``
    Largest difference of the two forecasts over the mean load.
``dispatch_vs_highs``, ``dispatch_vs_highs_one_thread``
    The time of HiGHS (which uses one thread) over the kernel's, on all threads and on one.
``dispatch_objective_rel_diff``
    Difference of the two objectives over their size.
``dispatch_gap_rel``
    Largest gap between a group's cost and its dual bound over the total cost.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, TypeVar

import highspy
import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks._numpy_twin import numpy_backtest, numpy_search
from grid.kernels.dispatch import DispatchPlan, dispatch
from grid.kernels.holt_winters import SLOTS_PER_DAY as DAY
from grid.kernels.holt_winters import SLOTS_PER_WEEK as WEEK
from grid.kernels.holt_winters import Method, backtest, fit
from grid.kernels.threads import ensure_threading_layer
from grid.kernels.warm import warm_up

Float = NDArray[np.float64]
Result = TypeVar("Result")
Instance = tuple[NDArray[Any], ...]

HORIZON = 96
FITTED_WEEKS, JUDGED_WEEKS = 5, 1
DEVICES_PER_GROUP, SLOTS, SLOT_HOURS = 50, 48, 0.5
HEADROOM_RATIO = 1.05
REPEATS = 5
GAP_RATIO = 0.01
SAME_FORECAST, SAME_OBJECTIVE = 1e-8, 1e-6


def say(message: str) -> None:
    """Print progress where it does not mix with the result."""
    print(message, file=sys.stderr, flush=True)


def timed(function: Callable[[], Result], repeats: int = 1) -> tuple[float, Result]:
    """Return the median seconds of some calls and the last result."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), result


def loads(series: int, rng: np.random.Generator) -> Float:
    """Return transformer-like load, shape (series, time): two seasons, a wandering level, noise [W]."""
    slots = np.arange((FITTED_WEEKS + JUDGED_WEEKS) * WEEK)
    daily = 1.0 + 0.4 * np.sin(2 * np.pi * (slots / DAY + rng.random((series, 1))))
    weekly = 1.0 + 0.1 * np.sin(2 * np.pi * (slots / WEEK + rng.random((series, 1))))
    wander = np.exp(np.cumsum(rng.normal(0.0, 0.005, (series, slots.size)), axis=1))
    noise = np.exp(rng.normal(0.0, 0.05, (series, slots.size)))
    load: Float = 1e5 * daily * weekly * wander * noise
    load[rng.random(load.shape) < GAP_RATIO] = np.nan
    return load


def compare_forecast(series: int, rng: np.random.Generator) -> dict[str, float]:
    """Return the ratios of times and the difference of the forecasts."""
    load = loads(series, rng)
    past = load[:, : FITTED_WEEKS * WEEK]
    origins = np.arange(2 * WEEK, load.shape[1] - HORIZON, DAY)
    fit_ours, fitted = timed(lambda: fit(past), REPEATS)
    if (fitted.method != Method.DOUBLE_MULTIPLICATIVE).any():
        raise SystemExit("The twin knows the multiplicative method alone.")
    run_ours, ahead = timed(lambda: backtest(fitted, load, origins, HORIZON), REPEATS)
    say(
        f"forecast: {series} series fitted in {1e3 * fit_ours:.0f} ms, run in {1e3 * run_ours:.1f} ms; NumPy is fitting"
    )
    fit_theirs, parameters = timed(lambda: numpy_search(fitted, past))
    run_theirs, twin = timed(lambda: numpy_backtest(fitted, parameters, load, origins, HORIZON), REPEATS)
    say(f"forecast: NumPy fitted in {1e3 * fit_theirs:.0f} ms, ran in {1e3 * run_theirs:.1f} ms")
    difference = float(np.abs(ahead - twin).max() / np.nanmean(load))
    if difference > SAME_FORECAST:
        raise SystemExit(f"The forecasts differ by {difference:.1e} of the mean load.")
    return {
        "forecast_vs_numpy": (fit_theirs + run_theirs) / (fit_ours + run_ours),
        "forecast_run_vs_numpy": run_theirs / run_ours,
        "forecast_rel_diff": difference,
    }


def fleet(devices: int, rng: np.random.Generator) -> Instance:
    """Return devices in groups with limits that bind and that a plan can keep."""
    first = rng.integers(0, SLOTS // 2, devices)
    last = np.minimum(first + rng.integers(4, SLOTS // 2, devices), SLOTS)
    cap = rng.choice([2000.0, 3700.0, 7400.0], devices)
    need = cap * SLOT_HOURS * (last - first) * rng.uniform(0.2, 0.7, devices)
    slot = np.arange(SLOTS)
    inside = (slot >= first[:, np.newaxis]) & (slot < last[:, np.newaxis])
    even_w = inside * (need / (last - first) / SLOT_HOURS)[:, np.newaxis]
    offsets = np.arange(0, devices + 1, DEVICES_PER_GROUP)
    headroom = HEADROOM_RATIO * np.add.reduceat(even_w, offsets[:-1], axis=0)
    return rng.normal(80.0, 40.0, SLOTS), headroom, offsets, need, cap, first, last


def linear_programme(instance: Instance) -> Any:
    """Return the whole programme for HiGHS: a column per device and slot, rows for needs and limits."""
    price, headroom, offsets, need, cap, first, last = instance
    counts = last - first
    device = np.repeat(np.arange(need.size), counts)
    slot = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[device]
    group = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))[device]
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = device.size, need.size + headroom.size
    model.col_cost_ = price[slot]
    model.col_lower_, model.col_upper_ = np.zeros(device.size), cap[device] * SLOT_HOURS
    model.row_lower_ = np.concatenate((need, np.full(headroom.size, -highspy.kHighsInf)))
    model.row_upper_ = np.concatenate((need, headroom.ravel() * SLOT_HOURS))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(0, 2 * device.size + 1, 2)
    model.a_matrix_.index_ = np.column_stack((device, need.size + group * SLOTS + slot)).ravel()
    model.a_matrix_.value_ = np.ones(2 * device.size)
    return model


def solve(model: Any) -> tuple[float, float]:
    """Return the seconds HiGHS needs and its objective in EUR."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.passModel(model)
    seconds, _ = timed(solver.run)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SystemExit("HiGHS found no optimum.")
    return seconds, solver.getInfo().objective_function_value / 1e6


def compare_dispatch(devices: int, rng: np.random.Generator) -> dict[str, float]:
    """Return the ratios of times and the difference of the objectives."""
    instance = fleet(devices, rng)
    ours, plan = timed(lambda: dispatch(*instance), REPEATS)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    alone, _ = timed(lambda: dispatch(*instance), REPEATS)
    numba.set_num_threads(threads)
    say(f"dispatch: {devices} devices in {1e3 * ours:.1f} ms, on one thread {1e3 * alone:.1f} ms; HiGHS is solving")
    theirs, objective = solve(linear_programme(instance))
    say(f"dispatch: HiGHS {1e3 * theirs:.0f} ms, objective {objective:.6f} EUR, ours {plan.cost_eur.sum():.6f} EUR")
    return {
        "dispatch_vs_highs": theirs / ours,
        "dispatch_vs_highs_one_thread": theirs / alone,
        **dispatch_differences(plan, objective),
    }


def dispatch_differences(plan: DispatchPlan, objective: float) -> dict[str, float]:
    """Return how far the plan's cost is from the optimum and from its own bound."""
    if plan.unserved_wh.sum() > 1.0:
        raise SystemExit("The plan leaves energy unserved that HiGHS serves.")
    difference = abs(plan.cost_eur.sum() - objective) / abs(objective)
    if difference > SAME_OBJECTIVE:
        raise SystemExit(f"The objectives differ by {difference:.1e}.")
    gap = float(np.abs(plan.gap_eur).max() / abs(objective))
    return {"dispatch_objective_rel_diff": float(difference), "dispatch_gap_rel": gap}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both comparisons and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=500, help="series to forecast (default 500)")
    parser.add_argument(
        "--devices", type=int, default=10_000, help="devices to dispatch, a multiple of 50 (default 10000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of both instances (default 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    chosen = parser.parse_args(arguments)
    say(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, Numba {numba.__version__} on {ensure_threading_layer()}, highspy {version('highspy')}"
    )
    say(f"kernels ready after {warm_up():.1f} s")
    rng = np.random.default_rng(chosen.seed)
    figures = compare_forecast(chosen.series, rng) | compare_dispatch(chosen.devices, rng)
    for name, value in figures.items():
        print(f"{name:32s} {value:.6g}")
    if chosen.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
