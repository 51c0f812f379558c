"""wrk, which keeps connections busy and times answers: the host's own, else Debian's, unpacked privately."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import PlatformError
from somel.embedded.bundle import Bundle
from somel.embedded.places import Places
from somel.embedded.recipe import MAINTAINER_TOOLS, Recipe

WRK: Final = Recipe(
    name="wrk",
    packages=("wrk",),
    without=MAINTAINER_TOOLS,
    programs=("usr/bin/wrk",),
    otherwise="Instead, install wrk so that it is on the PATH.",
)
_REPORT: Final = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "took_us": %d, "p50_us": %d, "p99_us": %d, "worst_us": %d, "wrong": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""
_TURNS: Final = """
local paths = {%s}
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """Say how answers came: how many a second, and how long the middle and the slowest hundredth took."""

    per_s: float
    p50_ms: float
    p99_ms: float
    worst_ms: float


def program() -> Path:
    """Return wrk.

    Raises
    ------
    ConfigurationError, RetryableError
        It is not there, and cannot be had.
    """
    found = shutil.which("wrk")
    if found is not None:
        return Path(found)
    return Bundle(WRK, Places.from_environment().cache).ensure().program("wrk")


def loaded(address: str, paths: list[str], *, connections: int, seconds: float, threads: int = 1) -> Load:
    """Ask for paths in turn over some connections, each busy all the time.

    Raises
    ------
    SystemExit
        An answer was an error, or there was none.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_TURNS % ", ".join(f'"{path}"' for path in paths) + _REPORT)
        script.flush()
        command = [
            str(program()),
            f"-t{threads}",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "-s",
            script.name,
        ]
        done = subprocess.run([*command, address], capture_output=True, text=True, check=True)
    said = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    if said["wrong"] or not said["requests"]:
        raise SystemExit(f"{said['wrong']} of {said['requests']} answers of {address} were wrong:\n{done.stdout}")
    return Load(
        said["requests"] / said["took_us"] * 1e6, said["p50_us"] / 1e3, said["p99_us"] / 1e3, said["worst_us"] / 1e3
    )


def why_not() -> str | None:
    """Return why wrk is not to be had, or None."""
    try:
        program()
    except PlatformError as error:
        return error.message
    return None
