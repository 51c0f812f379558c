"""The demo itself, as `somel demo` plays it: with its ingest killed half-way, and interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

FIGURES = {
    "stored",
    "duplicate",
    "refused",
    "lost",
    "forecast_mape",
    "naive_mape",
    "planned_kw",
    "measured_kw",
    "backfill_rows_per_s",
}


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo on servers of its own; end it if the test does before."""
    command = [sys.executable, "-m", "somel", "demo", "--port", "0", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in {"SOMEL_DATABASE_URL", "SOMEL_MQTT_URL"}},
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def read_until(stream: IO[str] | None, beginning: str) -> str:
    """Read lines up to the one with this beginning; return them all."""
    assert stream is not None
    said = ""
    for line in stream:
        said += line
        if line.startswith(beginning):
            return said
    pytest.fail(f"the demo ended without {beginning!r}; it said:\n{said}")


def rest_of(process: subprocess.Popen[str]) -> str:
    """Return what a process still says until it ends."""
    assert process.stdout is not None
    said = process.stdout.read()
    process.wait(timeout=30)
    return said


def child(parent: int, command: str) -> int:
    """Return the process that runs ``somel <command>`` for a parent."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parts = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            status = (folder / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parts[-2:] == [b"somel", command.encode()] and f"\nPPid:\t{parent}\n" in status:
            return int(folder.name)
    pytest.fail(f"process {parent} has no child that runs {command}")


def processes_about(folder: Path) -> list[bytes]:
    """Return the command lines of the processes that name a folder, in their arguments or their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if str(folder).encode() in command + environment:
            found.append(command.replace(b"\0", b" "))
    return found


#: Three minutes, but not at first, beside those that take all processors: it lives by the clock; nor at the very end.
@pytest.mark.slow(1)
def test_nothing_is_lost_and_the_event_delivers_although_ingest_is_killed_in_the_middle(state):
    sizes = ["--for", "40", "--usage-points", "200", "--days", "35", "--speed", "150"]
    with demo(*sizes, "--json") as process:
        read_until(process.stdout, "live at 150×, look at http://127.0.0.1:")
        read_until(process.stdout, "event: ")
        time.sleep(6)  # about when the event begins
        os.kill(child(process.pid, "ingest"), signal.SIGKILL)
        said = read_until(process.stdout, "ingest was killed and is started again")
        said += rest_of(process)

    assert process.returncode == 0, said
    assert re.search(r"^network: (\d+) of \1 modelled; lowest voltage 9\d\.\d% without", said, re.MULTILINE), said
    figures = json.loads(said.splitlines()[-1])
    assert set(figures) == FIGURES
    assert figures["lost"] == 0
    assert figures["refused"] == 0
    assert figures["stored"] > 200 * 48 * 35
    assert figures["planned_kw"] > 0
    assert figures["measured_kw"] >= 0.8 * figures["planned_kw"]
    assert figures["forecast_mape"] < figures["naive_mape"]
    assert processes_about(state) == []


@pytest.mark.slow(1)
def test_a_second_demo_is_refused_and_ctrl_c_during_the_back_fill_ends_the_first_and_all_it_started(state):
    with demo("--for", "30", "--usage-points", "500", "--days", "365") as process:
        read_until(process.stdout, "somel: back-fill")
        assert len(processes_about(state)) >= 4  # the demo, its ingest, PostgreSQL, Mosquitto
        with demo("--for", "30") as second:
            refused = rest_of(second)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = rest_of(process)
        took_s = time.monotonic() - pressed

    assert second.returncode == 4, refused
    assert "Another demo is running" in refused
    assert process.returncode == 130, said
    assert said.endswith("somel: stopped\n")
    assert "Traceback" not in said
    assert "live at" not in said
    assert took_s < 15
    assert processes_about(state) == []
