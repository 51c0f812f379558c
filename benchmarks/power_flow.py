"""Power flow of a radial low-voltage network over a year: pandapower's answers, and power-grid-model's speed.

Expected before it was measured: sweeps in compiled code, many states side by side, solve some ten times as many states
a second as power-grid-model's quickest method that gives the same voltages. Both read the same loads from memory, on
two threads, to the same tolerance. Ours gives voltages, the loading of every element, losses and what the source
delivers; power-grid-model is asked for voltages alone, which is quickest for it, and once more with loadings.

``max_abs_pu`` is the largest difference of a voltage from pandapower's answers. ``vs_power_grid_model`` takes the
quickest of its methods whose voltages equal ours in all states; methods that only come near are timed, and left out.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks._power_flow_grid import Grid, differences, read_grid
from benchmarks._power_flow_peer import ENVIRONMENT, Peer
from core.errors import PlatformError
from grid.kernels.power_flow import power_flow
from grid.kernels.power_flow_tree import PowerFlow

THREADS: Final = 2
#: Each is timed so often, by turns, and the quickest counts.
TURNS: Final = 3
METHODS: Final = ("iterative_current", "newton_raphson", "linear_current", "linear")
#: Voltages by both are the same when they differ by less. [pu]
SAME_PU: Final = 1e-5
_GRID: Final = "grid_simbench_1_LV_urban6_0_no_sw__"


def say(message: str) -> None:
    """Print progress where it does not mix with the result."""
    print(message, file=sys.stderr, flush=True)


def solved(grid: Grid) -> tuple[PowerFlow, float]:
    """Return what flows, and the seconds that took."""
    started = time.perf_counter()
    flow = power_flow(grid.radial.tree, grid.load_node, grid.load_w, grid.load_var)
    return flow, time.perf_counter() - started


def against_peer(grid: Grid, interpreter: Path) -> dict[str, Any]:
    """Return how we compare with power-grid-model, method by method."""
    states = grid.load_w.shape[1]
    flow, _ = solved(grid)
    ours, theirs, loading = [], {name: list[float]() for name in METHODS}, []
    with Peer(interpreter, grid) as peer:
        for _ in range(TURNS):
            ours.append(solved(grid)[1])
            for method in METHODS:
                took = peer.seconds(method, threads=THREADS)
                if isinstance(took, str):
                    say(f"power-grid-model, {method}: {took}")
                else:
                    theirs[method].append(took)
            with_loading = peer.seconds("iterative_current", threads=THREADS, what="loading")
            loading += [] if isinstance(with_loading, str) else [with_loading]
        voltages = peer.voltages()
    nodes = int(grid.radial.node_of_bus.max()) + 1
    off = {
        method: float(np.nanmax(np.abs(said[:, :nodes].T - flow.voltage_pu[:nodes])))
        for method, said in voltages.items()
    }
    best = {method: min(took) for method, took in theirs.items() if took}
    same = {method: best[method] for method in best if off[method] <= SAME_PU}
    found: dict[str, Any] = {f"{method}_per_s": round(states / took) for method, took in best.items()}
    found |= {f"{method}_off_pu": off[method] for method in best}
    found["flows_per_s"] = round(states / min(ours))
    if loading:
        found["vs_power_grid_model_with_loading"] = min(loading) / min(ours)
    if same:
        found["vs_power_grid_model"] = min(same.values()) / min(ours)
        found["peer_method"] = min(same, key=lambda method: same[method])
    return found


def measured(grid: Grid, oracle: Path | None, interpreter: Path | None) -> dict[str, Any]:
    """Return all figures."""
    flow, _ = solved(grid)
    found: dict[str, Any] = {"states": flow.converged.size, "nodes": flow.voltage_pu.shape[0]}
    found |= {"converged": int(flow.converged.sum()), "most_sweeps": int(flow.sweeps.max())}
    if oracle is not None:
        off = differences(grid, flow, pd.read_csv(oracle))
        found["max_abs_pu"] = max(off[name] for name in ("vm_min", "vm_max"))
        found |= {f"{name}_off": value for name, value in off.items() if not name.startswith("vm_")}
    if interpreter is not None:
        found |= against_peer(grid, interpreter)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its figures."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    data = Path(os.environ.get("SOMEL_REFERENCE_DATA") or beside)
    made.add_argument("--data", type=Path, default=data, help="folder of measured reference data")
    made.add_argument("--grid", type=Path, metavar="NET.json.gz", help="another grid, its profiles beside it")
    made.add_argument("--oracle", type=Path, metavar="FILE", help="pandapower's answers for it, CSV")
    made.add_argument("--without-peer", action="store_true", help="compare with pandapower's answers only")
    chosen = made.parse_args(arguments)
    network = chosen.grid or chosen.data / f"{_GRID}net.json.gz"
    oracle = chosen.oracle or (None if chosen.grid else chosen.data / f"{_GRID}pandapower_oracle_peakday.csv")
    for file in (network, oracle):
        if file is not None and not file.is_file():
            made.error(f"there is no file {file}")
    try:
        found = measured(read_grid(network), oracle, None if chosen.without_peer else ENVIRONMENT.python())
    except PlatformError as error:
        say(f"power_flow: {error}")
        return error.exit_code
    for name, value in found.items():
        say(f"{name:>36}  {value}")
    if chosen.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
