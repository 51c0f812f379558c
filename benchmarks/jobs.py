"""Fit many series on local threads and on a Dask cluster of this machine, and compare every bit of the forecasts.

The cluster is two workers of one thread each; local threads are as many as workers. Both have their kernels loaded.
Each way is run by turns, and the faster run of each counts: what they share is one machine, so that the ratio tells
what it costs to send pieces and results, not what more machines would bring.

Expected before it was first run: the cluster takes 1.1 to 1.3 times as long on two cores, because results come back one
by one while the next pieces are fitted, and because the scheduler and this process need a core, too.
Seen: 0.8 to 1.1.

Figures on the last line with ``--json``:

``series``, ``days``
    What was fitted.
``dask_over_threads``
    Time on the cluster over that on local threads.
``sent_kb``, ``returned_kb``, ``state_kb``
    Bytes of a series: there, back, and of what is gone on with from a fit, which is in the second. [kB]
``roll_ms``
    To go on from a fit with one more slot: processor time of a series here, what sending its state compares with. [ms]
``same_bits``
    Whether all forecasts, quantiles, scores and what is gone on with were the same.
"""

import argparse
import dataclasses
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks import _scale
from grid.forecast_model import Piece, SeriesForecasts, forecast_piece, pieces_of
from grid.jobs import HERE, Jobs, jobs_at
from grid.kernels.warm import warm_up
from grid.rolling import roll

WORKERS, TURNS, HORIZON = 2, 2, 96
START = datetime(2025, 1, 1, 11, tzinfo=UTC)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Run a scheduler and workers on loopback; yield the scheduler's address."""
    quiet = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    alone = ["--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--local-directory", str(folder)]
    file = folder / "scheduler.json"
    with ExitStack() as stack:

        def start(module: str, *arguments: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, *quiet]
            environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
            stack.callback(process.wait)
            stack.callback(process.kill)

        start("dask_scheduler", "--port", "0", "--scheduler-file", str(file))
        while not file.exists() or not file.read_text().endswith("}"):
            time.sleep(0.05)
        address = str(json.loads(file.read_text())["address"])
        for _ in range(WORKERS):
            start("dask_worker", address, *alone)
        yield address


def bits(found: object) -> Iterator[object]:
    """Yield all that a result holds, arrays as their bytes."""
    if dataclasses.is_dataclass(found):
        for part in dataclasses.fields(found):
            yield from bits(getattr(found, part.name))
    elif isinstance(found, list | tuple):
        for one in found:
            yield from bits(one)
    else:
        yield found.tobytes() if isinstance(found, np.ndarray) else found


def fitted(jobs: Jobs, pieces: list[Piece]) -> tuple[float, list[SeriesForecasts]]:
    """Return how long it takes, and what is made. [s]."""
    began_s = time.perf_counter()
    made = list(jobs.each(forecast_piece, pieces))
    return time.perf_counter() - began_s, made


def by_turns(address: str, pieces: list[Piece]) -> tuple[float, float, list[SeriesForecasts], bool]:
    """Return the times here and there, what was made, and whether it was the same. [s]."""
    here_s, there_s = [], []
    with closing(jobs_at(address)) as jobs:
        fitted(jobs, pieces[:1] * 2 * WORKERS)
        for _ in range(TURNS):
            spent_s, here = fitted(HERE, pieces)
            here_s.append(spent_s)
            spent_s, there = fitted(jobs, pieces)
            there_s.append(spent_s)
    same = all(one == other for one, other in zip(bits(here), bits(there), strict=True))
    return min(here_s), min(there_s), here, same


def measure(series: int, days: int) -> dict[str, object]:
    """Return all figures."""
    load_w = _scale.generate(series)[:, -days * 48 - 1 :]
    pieces = list(pieces_of(load_w[:, :-1], START, horizon=HORIZON))
    warm_up()
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder)) as address:
        here_s, there_s, made, same = by_turns(address, pieces)
    rolling = [part for one in made for part in one.rolling]

    def roll_all() -> None:
        roll(rolling, load_w[:, -1:], horizon=HORIZON)

    roll_all()
    began_s = time.process_time()
    roll_all()
    rolled_s = time.process_time() - began_s
    return {
        "series": series,
        "days": days,
        "dask_over_threads": there_s / here_s,
        "threads_s": here_s,
        "sent_kb": len(pickle.dumps(pieces)) / 1e3 / series,
        "returned_kb": len(pickle.dumps(made)) / 1e3 / series,
        "state_kb": len(pickle.dumps(rolling)) / 1e3 / series,
        "roll_ms": 1e3 * rolled_s / series,
        "same_bits": same,
    }


def main() -> int:
    """Print the figures; 1 when results differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jobs", description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=512)
    parser.add_argument("--days", type=int, default=35)
    parser.add_argument("--json", action="store_true", help="the figures as one object on the last line")
    asked = parser.parse_args()
    found = measure(asked.series, asked.days)
    print(json.dumps(found) if asked.json else "\n".join(f"{name:20s} {value}" for name, value in found.items()))
    return 0 if found["same_bits"] else 1


if __name__ == "__main__":
    sys.exit(main())
