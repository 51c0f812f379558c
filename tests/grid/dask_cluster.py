"""A Dask cluster of real processes on loopback, for tests."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.documentation import ROOT

_numbers = itertools.count()
_QUIET = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
_ALONE = (*_QUIET, "--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--death-timeout", "30")


@dataclass
class DaskCluster:
    """A scheduler and its workers, each on one thread."""

    address: str
    scheduler: "subprocess.Popen[bytes]"
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)


@contextmanager
def dask_cluster(folder: Path, *, workers: int, options: tuple[str, ...] = ()) -> Iterator[DaskCluster]:
    """Run a scheduler and workers until the end of the block; nobody waits for the workers."""
    with ExitStack() as stack:
        file = folder / "scheduler.json"
        command = ("dask_scheduler", *_QUIET, "--port", "0", "--scheduler-file", str(file), *options)
        scheduler = stack.enter_context(_process(folder, *command))
        cluster = DaskCluster(_address(file, scheduler), scheduler)
        cluster.workers += [stack.enter_context(worker_of(cluster, folder, options)) for _ in range(workers)]
        yield cluster


@contextmanager
def worker_of(cluster: DaskCluster, folder: Path, options: tuple[str, ...] = ()) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker until the end of the block."""
    local = ("--local-directory", str(folder / f"worker-{next(_numbers)}"))
    with _process(folder, "dask_worker", cluster.address, *_ALONE, *local, *options) as worker:
        yield worker


@contextmanager
def _process(folder: Path, module: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _address(file: Path, scheduler: "subprocess.Popen[bytes]") -> str:
    until_s = time.monotonic() + 30.0
    while time.monotonic() < until_s and scheduler.poll() is None:
        if file.exists() and (text := file.read_text()).endswith("}"):
            return str(json.loads(text)["address"])
        time.sleep(0.02)
    raise AssertionError((file.parent / "log").read_text())
