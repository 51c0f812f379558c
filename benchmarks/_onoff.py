"""Judge plans of on/off and storing devices: by their own bound at 10,000 devices, and by a MILP on small cases.

Figures:

``onoff_gap``
    How far the plan of 10,000 devices (tanks, heat pumps, cars, batteries; 200 transformers whose limits bind) may be
    from the best, by its own bound.
``onoff_vs_milp_mean``, ``onoff_vs_milp_worst``
    How far plans of 4 to 8 devices over 12 to 16 slots are above what HiGHS finds, as a part of that; 200 cases, of
    which those count that HiGHS has proved its plan the best of.
``onoff_bound_vs_milp_mean``
    How far their bounds are below that: with so few devices, most of it is inherent.
``onoff_milp_proved_ratio``
    The part of the cases of which HiGHS, on one thread, proves within half a minute that its plan is the best but for
    1e-4.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import highspy
import numpy as np

from benchmarks._onoff_fleet import SLOT_HOURS, Case, case
from grid.kernels.commitment import Commitment, Effort, commit
from grid.kernels.commitment_levels import levels_of

MISSING_EUR_PER_MWH: Final = 10_000.0
#: Of HiGHS, per case; what it has found and proved by then counts. [s]
LONGEST_S: Final = 30.0
#: How near HiGHS has to come to its own bound. [ratio]
PROVED_RATIO: Final = 1e-4
#: By this part of an objective two solvers may differ. [ratio]
SAME_RATIO: Final = 1e-6
DEVICES, PER_GROUP, SMALL_CASES = 10_000, 50, 200


def say(message: str) -> None:
    """Print progress where it does not mix with the result."""
    print(message, file=sys.stderr, flush=True)


class Programme:
    """Write a case as a mixed-integer linear programme, all of one group."""

    def __init__(self, asked: Case) -> None:
        self.model: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self.model.silent()
        self.asked, self.slots = asked, asked.price.size
        self.devices = levels_of(asked.stores, self.slots, SLOT_HOURS)
        self.used: list[dict[int, float]] = [{} for _ in range(self.slots)]
        for device in range(self.devices.start.size):
            self._device(device)
        for slot, columns in enumerate(self.used):
            room = float(max(asked.headroom_w[0, slot], 0.0)) * SLOT_HOURS
            self._row(-highspy.kHighsInf, room, columns)

    def solve(self, seconds: float = LONGEST_S) -> tuple[float, float]:
        """Return the objective of the best plan found, and what HiGHS has proved that it is at least. [EUR]."""
        self.model.setOptionValue("mip_rel_gap", PROVED_RATIO)
        self.model.setOptionValue("threads", 1)
        self.model.setOptionValue("time_limit", seconds)
        if self.model.run() == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS does not run.")
        info = self.model.getInfo()
        proved = info.mip_dual_bound if self.integers else info.objective_function_value
        return info.objective_function_value / 1e6, proved / 1e6

    integers = 0

    def _column(self, low: float, high: float, cost: float = 0.0, *, whole: bool = False) -> int:
        number = int(self.model.getNumCol())
        self.model.addVar(low, high)
        self.model.changeColCost(number, cost)
        if whole:
            self.integers += 1
            self.model.changeColIntegrality(number, highspy.HighsVarType.kInteger)
        return number

    def _row(self, low: float, high: float, terms: dict[int, float]) -> None:
        self.model.addRow(low, high, len(terms), list(terms), [float(value) for value in terms.values()])

    def _device(self, device: int) -> None:
        level, start = None, float(self.devices.start[device])
        runs: list[int] = []
        for slot in range(self.slots):
            terms = self._energy(device, slot, runs)
            after = self._column(float(self.devices.floor[device, slot]), float(self.devices.top[device, slot]))
            terms |= {after: -1.0, self._column(0.0, highspy.kHighsInf, MISSING_EUR_PER_MWH): 1.0}
            if level is None:
                self._row(-start, -start, terms)
            else:
                self._row(0.0, 0.0, terms | {level: 1.0})
            level = after

    def _energy(self, device: int, slot: int, runs: list[int]) -> dict[int, float]:
        """Add what is drawn and given back in a slot and return what it does to the level."""
        draw, give = float(self.devices.draw_wh[device, slot]), float(self.devices.give_wh[device, slot])
        price, steps = float(self.asked.price[slot]), int(self.devices.steps[device])
        if steps:
            step_wh = draw / steps
            drawn = self._column(0.0, steps if draw else 0.0, price * step_wh, whole=True)
            self.used[slot][drawn] = step_wh
            self._run(device, drawn, steps, runs)
            return {drawn: step_wh * float(self.devices.gain[device, slot])}
        drawn, given = self._column(0.0, draw, price), self._column(0.0, give, -price)
        self.used[slot] |= {drawn: 1.0, given: -1.0}
        if give and price < 0.0:
            way = self._column(0.0, 1.0, whole=True)
            self._row(-highspy.kHighsInf, 0.0, {drawn: 1.0, way: -draw})
            self._row(-highspy.kHighsInf, give, {given: 1.0, way: give})
        return {drawn: float(self.devices.gain[device, slot]), given: -float(self.devices.loss[device, slot])}

    def _run(self, device: int, drawn: int, steps: int, runs: list[int]) -> None:
        """Hold a device on for its minimum run: whatever began within it is on still."""
        least = int(self.devices.run[device])
        if least == 1:
            return
        on = self._column(0.0, 1.0, whole=True)
        self._row(-highspy.kHighsInf, 0.0, {drawn: 1.0, on: -float(steps)})
        self._row(0.0, highspy.kHighsInf, {drawn: 1.0, on: -1.0})
        for began in range(max(len(runs) - least + 1, 0), len(runs)):
            before = {runs[began - 1]: -1.0} if began else {}
            self._row(-highspy.kHighsInf, 0.0, {runs[began]: 1.0, on: -1.0} | before)
        runs.append(on)


def small_cases(count: int, seed: int) -> Iterator[Case]:
    """Yield cases of 4 to 8 devices behind one transformer, over 12 to 16 slots."""
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        devices, slots = int(rng.integers(4, 9)), int(rng.integers(12, 17))
        yield case(rng, devices=devices, per_group=devices, slots=slots, roomy=float(rng.uniform(1.1, 2.0)))


def judged(asked: Case, plan: Commitment) -> tuple[float, float, bool]:
    """Return how far a plan is above what HiGHS finds, its bound below that, as parts of it, and if that is proved.

    Raises
    ------
    SystemExit
        The plan is cheaper than HiGHS proves possible, or its bound above a plan that HiGHS has found.
    """
    objective, bound = float(plan.objective_eur[0]), float(plan.bound_eur[0])
    theirs, proved = Programme(asked).solve()
    slack = SAME_RATIO * (1.0 + abs(theirs))
    if objective < proved - slack or bound > theirs + slack:
        raise SystemExit(f"{objective=} {bound=} do not go with HiGHS: {theirs=} {proved=}.")
    size = max(abs(theirs), 1e-3)
    return (objective - theirs) / size, (theirs - bound) / size, theirs - proved <= 2.0 * PROVED_RATIO * size


def compare_small(count: int, seed: int) -> dict[str, float]:
    """Return how far plans and bounds of small cases are from a MILP's optima."""
    highspy.Highs.resetGlobalScheduler(True)  # one thread from here on, whatever was solved before
    above, below, began_s = [], [], time.monotonic()
    for number, asked in enumerate(small_cases(count, seed), start=1):
        plan = commit(asked.price, asked.headroom_w, asked.offsets, asked.stores, effort=Effort(seed=seed))
        ours, theirs, proved = judged(asked, plan)
        if proved:
            above.append(ours)
            below.append(theirs)
        if above and (number % 10 == 0 or number == count):
            say(
                f"onoff: {number} small cases, {len(above)} proved, {time.monotonic() - began_s:.0f} s: plans "
                f"{np.mean(above):.2%} above the MILP's (worst {max(above):.2%}), bounds {np.mean(below):.2%} below"
            )
    if not above:
        raise SystemExit("HiGHS has proved no optimum at all.")
    return {
        "onoff_vs_milp_mean": float(np.mean(above)),
        "onoff_vs_milp_worst": float(max(above)),
        "onoff_bound_vs_milp_mean": float(np.mean(below)),
        "onoff_milp_proved_ratio": len(above) / count,
    }


def certify_large(devices: int, seed: int) -> dict[str, float]:
    """Return the gap of a large fleet behind limits that bind."""
    asked = case(np.random.default_rng((seed, 1)), devices=devices, per_group=PER_GROUP, slots=48, roomy=2.0)
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    plan = commit(asked.price, asked.headroom_w, asked.offsets, asked.stores)
    binding = (plan.shadow_price_eur_per_mwh > 0.0).mean()
    load_w = np.add.reduceat(plan.power_w, asked.offsets[:-1])
    if (load_w > asked.headroom_w + 1e-3).any():
        raise SystemExit("A transformer is above its limit.")
    say(
        f"onoff: {devices} devices in {time.monotonic() - began_s:.0f} s ({time.process_time() - began_cpu_s:.0f} s of "
        f"processor), {plan.objective_eur.sum():.2f} EUR, of which {plan.penalty_eur.sum():.2f} for what is missing, "
        f"gap {plan.gap_ratio:.3%}; limits bind in {binding:.0%} of slots; short {plan.short_wh.sum():.0f} Wh"
    )
    return {"onoff_gap": plan.gap_ratio}


def onoff_figures(*, seed: int = 0, devices: int = DEVICES, cases: int = SMALL_CASES) -> dict[str, float]:
    """Return the figures of both comparisons; progress goes to the standard error."""
    return certify_large(devices, seed) | compare_small(cases, seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both comparisons and print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks._onoff",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--devices", type=int, default=DEVICES, help=f"of the large fleet (default {DEVICES})")
    parser.add_argument("--cases", type=int, default=SMALL_CASES, help=f"small ones (default {SMALL_CASES})")
    parser.add_argument("--seed", type=int, default=0, help="of all of them (default 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    chosen = parser.parse_args(arguments)
    figures = onoff_figures(seed=chosen.seed, devices=chosen.devices, cases=chosen.cases)
    for name, value in figures.items():
        print(f"{name:28s} {value:.6g}")
    if chosen.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
