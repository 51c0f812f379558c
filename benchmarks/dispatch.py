"""Plan fleets exactly and fast: transformer limits, nested limits, shortages; HiGHS in the same run, answers compared.

Instances are drawn with a seed: 48 half-hours, 50 devices behind each transformer, 20 transformers to a feeder, 10
feeders to a substation. Our times include checks and certificate; those of HiGHS are its solver's alone, without
building programmes and handing them over. HiGHS uses one thread, we use all. The run stops with a message when an
answer differs from that of HiGHS, a gap is open or a shortage is not proved.

Figures on the last line with ``--json``:

``objective_rel_diff``, ``gap``
    Difference of our objective and that of HiGHS on the whole programme over its size; largest of all certified gaps of
    this run over the objective.
``vs_highs``, ``vs_highs_one_thread``, ``vs_highs_per_transformer``
    The time of HiGHS over ours: on the whole programme, on that against one thread of ours, on one programme per
    transformer.
``dispatch_s``
    Our time, for the size. [s]
``million_s``, ``million_cpu_s``, ``million_rss_mb``
    Time and processor time of a fleet of ten times as many devices (a million), in a process of its own, and the most
    memory that process ever had. [s] [s] [MB]
``linearity``
    Processor time a device of that over that of a quarter of the devices; 1 is linear.
``nested_ratio``, ``nested_gap``
    Time under limits of transformers, feeders and substations over that under limits of transformers alone; its gap.
``nested_objective_rel_diff``
    Difference from HiGHS, on ``--nested-check`` devices.
``nested_binding.transformer``, ``.feeder``, ``.substation``
    Share of limits with a shadow price above 0.
``shortage_rel_diff``, ``shortage_ratio``
    With limits too low by 30 %: difference of the missing energy from that of HiGHS, on ``--nested-check`` devices,
    over its size; time at full size over that of the feasible fleet.
``anytime_gap``, ``anytime_gap_wh``
    Gaps of the plan that half of the nested time allows: of its cost, and of its energy over all needs.
``onoff_…``
    Devices that are on or off, or that store: see `benchmarks._onoff`.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TypeVar

import numba
import numpy as np

from benchmarks._fleets import DEVICES_PER_TRANSFORMER, Fleet, fleet, nested_fleet
from benchmarks._linear import by_transformer, programme, solve
from benchmarks._onoff import DEVICES as ONOFF_DEVICES
from benchmarks._onoff import SMALL_CASES, onoff_figures
from grid.kernels.dispatch import DispatchPlan, dispatch
from grid.kernels.dispatch_nested import NestedPlan, dispatch_nested
from grid.kernels.threads import ensure_threading_layer

Result = TypeVar("Result")
Figures = dict[str, float]

REPEATS = 5
SAME, REWARD_EUR_PER_MWH, SHORT_RATIO = 1e-6, 1e4, 0.7


def say(message: str) -> None:
    """Print progress where it does not mix with the result."""
    print(message, file=sys.stderr, flush=True)


def require(condition: bool, message: str) -> None:
    """Stop the run unless an answer is right."""
    if not condition:
        raise SystemExit(message)


def timed(function: Callable[[], Result], repeats: int = REPEATS) -> tuple[float, Result]:
    """Return the median seconds of some calls and the last result; the first call, not counted, loads what it needs."""
    result, seconds = function(), []
    for _ in range(repeats):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), result


def compare_flat(case: Fleet, *, per_transformer: bool) -> Figures:
    """Return how we compare with HiGHS under the limits of transformers."""
    ours, plan = timed(lambda: dispatch(*case.flat))
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    alone, _ = timed(lambda: dispatch(*case.flat))
    numba.set_num_threads(threads)
    say(f"{case.need_wh.size} devices in {1e3 * ours:.0f} ms, on one thread {1e3 * alone:.0f} ms; HiGHS is solving")
    theirs, objective, _ = solve([programme(case)])
    say(f"HiGHS on the whole: {theirs:.2f} s, {objective:.6f} EUR; ours {plan.cost_eur.sum():.6f} EUR")
    difference = abs(plan.cost_eur.sum() - objective) / abs(objective)
    require(difference <= SAME, f"The objectives differ by {difference:.1e}.")
    figures = {
        "objective_rel_diff": float(difference),
        "gap": flat_gap(plan, case),
        "vs_highs": theirs / ours,
        "vs_highs_one_thread": theirs / alone,
        "dispatch_s": ours,
    }
    if per_transformer:
        each, objective, _ = solve(by_transformer(case))
        say(f"HiGHS, one programme per transformer: {each:.2f} s")
        difference = abs(plan.cost_eur.sum() - objective) / abs(objective)
        require(difference <= SAME, f"The objectives by transformer differ by {difference:.1e}.")
        figures["vs_highs_per_transformer"] = each / ours
    return figures


def flat_gap(plan: DispatchPlan, case: Fleet) -> float:
    """Return the certified gap, after a look at the plan."""
    require(plan.unserved_wh.sum() <= 1e-9 * case.need_wh.sum(), "The plan leaves energy unserved that HiGHS serves.")
    load_w = np.add.reduceat(plan.power_w, case.offsets[:-1], axis=0)
    require(bool((load_w <= case.limit_w[: case.transformers] * (1 + 1e-9)).all()), "The plan breaks a limit.")
    gap = float(np.abs(plan.gap_eur).sum() / abs(plan.cost_eur.sum()))
    require(gap <= SAME, f"The certificate leaves a gap of {gap:.1e}.")
    return gap


def nested_gap(plan: NestedPlan, case: Fleet) -> float:
    """Return the certified gap under nested limits, after a look at the plan."""
    require(plan.unserved_wh.sum() <= 1e-9 * case.need_wh.sum(), "The nested plan leaves energy unserved.")
    load_w = np.zeros_like(case.limit_w)
    load_w[: case.transformers] = np.add.reduceat(plan.power_w, case.offsets[:-1], axis=0)
    for node, above in enumerate(case.parent):
        if above >= 0:
            load_w[above] += load_w[node]
    require(bool((load_w <= case.limit_w * (1 + 1e-9)).all()), "The nested plan breaks a limit.")
    gap = abs(plan.gap_eur / plan.cost_eur)
    require(gap <= SAME, f"The nested certificate leaves a gap of {gap:.1e}.")
    return gap


def compare_nested(devices: int, check: int, seed: int) -> Figures:
    """Return time, gap and binding limits of nested limits, and the difference from HiGHS on a smaller fleet."""
    small = nested_fleet(check, seed)
    _, objective, _ = solve([programme(small)])
    plan = dispatch_nested(*small.nested)
    nested_gap(plan, small)
    difference = abs(plan.cost_eur - objective) / abs(objective)
    require(difference <= SAME, f"The nested objectives differ by {difference:.1e}.")
    case = nested_fleet(devices, seed)
    flat_s, _ = timed(lambda: dispatch(*fleet(devices, seed).flat))
    drawing_s, _ = timed(lambda: fleet(devices, seed))
    nested_s, plan = timed(lambda: dispatch_nested(*case.nested))
    flat_s -= drawing_s
    say(f"nested limits: {1e3 * nested_s:.0f} ms, without {1e3 * flat_s:.0f} ms")
    hasty = dispatch_nested(*case.nested, budget_s=nested_s / 2)
    say(f"half of that time: {hasty.exact_slots} of {case.price.size} slots exact")
    transformers, feeders = case.transformers, int(case.parent[: case.transformers].max()) + 1
    priced = plan.shadow_price_eur_per_mwh > SAME
    return {
        "nested_ratio": nested_s / flat_s,
        "nested_gap": nested_gap(plan, case),
        "nested_objective_rel_diff": difference,
        "nested_binding.transformer": float(priced[:transformers].mean()),
        "nested_binding.feeder": float(priced[transformers:feeders].mean()),
        "nested_binding.substation": float(priced[feeders:].mean()),
        "anytime_gap": hasty.gap_eur / abs(hasty.cost_eur),
        "anytime_gap_wh": hasty.gap_wh / float(case.need_wh.sum()),
    }


def compare_short(devices: int, check: int, seed: int, feasible_s: float) -> Figures:
    """Return how the missing energy compares with HiGHS where limits are too low, and the time it takes."""
    small = fleet(check, seed).scaled(SHORT_RATIO)
    _, _, columns = solve([programme(small, reward=REWARD_EUR_PER_MWH)])
    theirs = float(small.need_wh.sum() - columns.sum())
    ours = dispatch(*small.flat)
    difference = abs(float(ours.unserved_wh.sum()) - theirs) / theirs
    require(difference <= SAME, f"The shortages differ by {difference:.1e}.")
    case = fleet(devices, seed).scaled(SHORT_RATIO)
    seconds, plan = timed(lambda: dispatch(*case.flat))
    unserved = np.add.reduceat(plan.unserved_wh, case.offsets[:-1])
    proved = np.abs(plan.missing_wh - unserved).max() <= SAME * unserved.max()
    require(bool(proved), "A shortage is not proved by its cut.")
    named = plan.missing_wh > 1.0
    require(bool((plan.cut_slot[named].any(axis=1)).all()), "A shortage names no slots.")
    say(f"limits too low: {unserved.sum() / 1e3:.0f} kWh missing behind {named.sum()} transformers, named and proved")
    return {"shortage_rel_diff": difference, "shortage_ratio": seconds / feasible_s}


def plan_million(devices: int, seed: int) -> Figures:
    """Return seconds and memory of a process of its own for many devices, and how time grows with devices."""
    found = {}
    for count in (devices // 4, devices // 2, devices):
        command = [sys.executable, "-m", "benchmarks._million", str(count), "--seed", str(seed)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[count] = json.loads(done.stdout)
        per_device_us = 1e6 * found[count]["seconds"] / count
        took_s, rss_mb = found[count]["seconds"], found[count]["rss_mb"]
        say(f"{count} devices: {took_s:.2f} s, {per_device_us:.2f} µs each, {rss_mb:.0f} MB")
        require(found[count]["gap"] <= SAME, "The certificate of the large fleet leaves a gap.")
    return {
        "million_s": found[devices]["seconds"],
        "million_cpu_s": found[devices]["cpu_s"],
        "million_rss_mb": found[devices]["rss_mb"],
        "linearity": found[devices]["cpu_s"] / found[devices // 4]["cpu_s"] / 4.0,
    }


def options() -> argparse.ArgumentParser:
    """Return what can be chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=100_000, help="devices to dispatch (default 100000)")
    parser.add_argument("--large", type=int, help="devices of the process of its own (default ten times --devices)")
    parser.add_argument("--nested-check", type=int, default=3_000, help="devices for HiGHS, nested (default 3000)")
    most = f"devices on or off at most (default {ONOFF_DEVICES})"
    parser.add_argument("--onoff-devices", type=int, default=ONOFF_DEVICES, help=most)
    cases = f"small cases on or off, for HiGHS (default {SMALL_CASES})"
    parser.add_argument("--cases", type=int, default=SMALL_CASES, help=cases)
    parser.add_argument("--seed", type=int, default=0, help="seed of all instances (default 0)")
    parser.add_argument(
        "--without-per-transformer", action="store_true", help="leave out one programme per transformer"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all comparisons and print the figures."""
    parser = options()
    chosen = parser.parse_args(arguments)
    if min(chosen.devices, chosen.nested_check) < DEVICES_PER_TRANSFORMER:
        parser.error(f"at least {DEVICES_PER_TRANSFORMER} devices are needed")
    say(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, Numba {numba.__version__} on {ensure_threading_layer()}, highspy {version('highspy')}"
    )
    figures = compare_flat(fleet(chosen.devices, chosen.seed), per_transformer=not chosen.without_per_transformer)
    figures |= plan_million(chosen.large or 10 * chosen.devices, chosen.seed)
    figures |= compare_nested(chosen.devices, chosen.nested_check, chosen.seed)
    figures |= compare_short(chosen.devices, chosen.nested_check, chosen.seed, figures["dispatch_s"])
    figures |= onoff_figures(seed=chosen.seed, devices=min(chosen.onoff_devices, chosen.devices), cases=chosen.cases)
    figures["gap"] = max(figures["gap"], figures["nested_gap"])
    for name, value in figures.items():
        print(f"{name:32s} {value:.6g}")
    if chosen.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
