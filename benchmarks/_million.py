"""One plan in a process of its own: the seconds it takes, and the most memory the process ever had.

Run by `benchmarks.dispatch`; by hand: ``python -m benchmarks._million 1000000``.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks._fleets import fleet
from grid.kernels.dispatch import dispatch

REPEATS = 3


def peak_mb() -> float:
    """Return the most memory this process ever had; getrusage may tell that of the one that started it. [MB]."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1e6


def main() -> int:
    """Plan a fleet several times and print seconds and processor seconds (medians), peak memory and gap as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("devices", type=int, help="devices to dispatch")
    parser.add_argument("--seed", type=int, default=0, help="seed (default 0)")
    chosen = parser.parse_args()
    dispatch(*fleet(100, chosen.seed).flat)  # loads what is compiled
    case = fleet(chosen.devices, chosen.seed)
    seconds, cpu_s, gap = [], [], 0.0
    for _ in range(REPEATS):
        started, started_cpu = time.perf_counter(), time.process_time()
        plan = dispatch(*case.flat)
        seconds.append(time.perf_counter() - started)
        cpu_s.append(time.process_time() - started_cpu)
        gap = float(np.abs(plan.gap_eur).sum() / np.abs(plan.cost_eur).sum())
        assert plan.unserved_wh.sum() <= 1e-9 * case.need_wh.sum()
        del plan
    found = {"seconds": statistics.median(seconds), "cpu_s": statistics.median(cpu_s), "rss_mb": peak_mb(), "gap": gap}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
