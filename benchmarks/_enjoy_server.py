"""The API in a process of its own, as it is run, and one reader that takes a whole answer as fast as it comes."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks._processes import ROOT

_PIECE: Final = 1 << 20
#: Quotas are for strangers, who are not measured here.
_WITHOUT_QUOTAS: Final = {"SOMEL_ENJOY_STRANGER_QUOTA": "0", "SOMEL_ENJOY_KEY_QUOTA": "0"}


@contextlib.contextmanager
def api(url: str) -> Iterator[tuple[int, str]]:
    """Serve a database until the block ends; give the number of the process and the address of Enjoy."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | _WITHOUT_QUOTAS | {"SOMEL_DATABASE_URL": url, "SOMEL_API_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-m", "api"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _await(f"{address}/healthz", process)
            yield process.pid, f"{address}/enjoy"
        finally:
            process.terminate()


def _await(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(address) as answer:  # noqa: S310 - ours
            answer.read()
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("The API does not answer.")


def told(address: str) -> Any:
    """Return a document."""
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - ours
        return json.load(answer)


def taken(address: str) -> tuple[int, float]:
    """Take a whole answer, and look at its end alone; return its bytes and the seconds that it took.

    Raises
    ------
    SystemExit
        It was an error, or had no end.
    """
    parts = urlsplit(address)
    asked = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    buffer = bytearray(_PIECE)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        began_s = time.perf_counter()
        connection.sendall(asked.encode())
        size, head, last = 0, b"", b""
        while count := connection.recv_into(buffer):
            head = head or bytes(buffer[:20])
            last = (last + bytes(buffer[max(0, count - 5) : count]))[-5:]
            size += count
        took_s = time.perf_counter() - began_s
    if not head.startswith(b"HTTP/1.1 200") or last != b"0\r\n\r\n":
        raise SystemExit(f"The answer of {address} began with {head!r} and ended with {last!r}.")
    return size, took_s


def forget_peak(pid: int) -> None:
    """Have the most that a process had in memory begin with what it has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """Return the most that a process had in memory. [MB]."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) * 1024 / 1e6
