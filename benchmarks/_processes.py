"""Processes of `benchmarks.ingest`: started, given the word, watched, and what they took."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from somel.embedded.broker import Broker
from somel.embedded.server import Server

ROOT = Path(__file__).resolve().parents[1]
WITHIN_S = 600.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def report(text: str) -> None:
    """Say on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn publishes; `waiting`: before the worker is started."""

    kind: str
    count: int
    meters: int
    first: int
    rate: int = 0
    probes: int = 0
    waiting: bool = False

    def arguments(self, port: int) -> list[str]:
        """Return the arguments of the publisher."""
        numbers = (self.count, self.meters, self.first, self.rate, self.probes)
        return [str(port), self.kind, *map(str, numbers)]


@dataclass(slots=True)
class Done:
    """What one turn took. [s] [MB]."""

    wall_s: float
    cpu_s: dict[str, float] = field(default_factory=dict)
    rss_mb: float = 0.0
    delays_s: list[float] = field(default_factory=list)

    def cpu(self, messages: int) -> str:
        """Return the processor time of each process by the message."""
        return "processor µs a message: " + ", ".join(
            f"{name} {1e6 * spent / messages:.1f}" for name, spent in self.cpu_s.items()
        )


def cpu_s(pid: int, *, with_children: bool = False) -> float:
    """Return the processor time of a process; with those of its children that ended and that run. [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    spent = sum(map(int, fields[11 : 15 if with_children else 13])) / TICKS_PER_S
    if with_children:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                spent += cpu_s(int(child), with_children=True)
    return spent


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process. [MB]."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextlib.contextmanager
def publisher(turn: Turn, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Run a publisher that has made its packets and waits for the word."""
    command = [sys.executable, "-m", "benchmarks._publisher", *turn.arguments(port)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # a pipe was asked for
            if process.stdout.readline().strip() != "ready":
                raise SystemExit("The publisher did not get ready.")
            yield process
        finally:
            process.kill()


def begin(publishing: "subprocess.Popen[str]") -> None:
    """Give the publisher the word."""
    assert publishing.stdin is not None  # a pipe was asked for
    publishing.stdin.write("go\n")
    publishing.stdin.flush()


def told(publishing: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what the publisher says at its end."""
    assert publishing.stdout is not None  # a pipe was asked for
    facts: dict[str, Any] = json.loads(publishing.stdout.readline())
    return facts


async def subscribed(broker: Broker, client: str) -> None:
    """Wait until the broker's log says that a client has subscribed."""
    began_s = time.monotonic()
    while f"{client} " not in broker.log.read_text():
        await asyncio.sleep(0.02)
        give_up(began_s, 30.0)


def wait_for_word(worker: "subprocess.Popen[str]", log: IO[str], word: str) -> None:
    """Wait until a process has logged a word."""
    began_s = time.monotonic()
    while True:
        log.seek(0)
        if word in (said := log.read()):
            return
        if worker.poll() is not None:
            raise SystemExit(f"The worker ended:\n{said}")
        time.sleep(0.05)
        give_up(began_s, 120.0)


def give_up(began_s: float, within_s: float = WITHIN_S) -> None:
    """End everything when something takes far too long."""
    if time.monotonic() - began_s > within_s:
        raise SystemExit("It takes too long; what was published does not arrive.")


def pid_of(server: Server) -> int:
    """Return the process of a server that runs."""
    process = server.process
    if process is None:
        raise SystemExit("A server has ended.")
    return process.pid
