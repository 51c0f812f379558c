"""Ingest at work in a test: inside the test's own loop, or as the real process."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from core.settings import read_settings
from ingest.worker import run
from somel.embedded.broker import Broker

ROOT = Path(__file__).resolve().parents[2]
#: A midnight so long ago that a year of days from it on has not begun to be the future, and never too old. [s]
START = (int(time.time()) // 86_400 - 400) * 86_400


@contextlib.asynccontextmanager
async def ingesting(database_url: str, broker: Broker, **overrides: object) -> AsyncIterator[None]:
    """Run a worker while inside."""
    ready = asyncio.Event()
    settings = read_settings(**{"ingest_linger_s": 0.05, **overrides})
    work = asyncio.create_task(run(settings, database_url=database_url, mqtt_url=broker.url(), ready=ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=90)
    try:
        assert ready.is_set(), work
        yield
    finally:
        waiting.cancel()
        work.cancel()
        await asyncio.wait([work])
    if not work.cancelled():
        work.result()


async def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait until a condition, asked in a thread, holds."""
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)


@contextlib.contextmanager
def process(database_url: str, broker: Broker, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m ingest`` until the end of the block at the latest; yield when it is subscribed."""
    environment = os.environ | {
        "PYTHONUNBUFFERED": "1",
        "SOMEL_DATABASE_URL": database_url,
        "SOMEL_MQTT_URL": broker.url(),
        **{f"SOMEL_{name.upper()}": value for name, value in settings.items()},
    }
    started = subprocess.Popen([sys.executable, "-m", "ingest"], cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    try:
        assert started.stderr is not None
        deadline_s = time.monotonic() + 60
        for line in started.stderr:
            if b"ingest_ready" in line:
                break
            assert time.monotonic() < deadline_s
        else:
            raise AssertionError(f"ingest ended with {started.wait()}")
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGKILL)
        started.wait()
        assert started.stderr is not None
        started.stderr.close()


def batch(*blocks: dict[str, object], sequence: int | None = None) -> bytes:
    """Return a JSON batch of blocks."""
    head = {} if sequence is None else {"sequence": sequence}
    return json.dumps({**head, "blocks": list(blocks)}).encode()


def block(meter: str, start: int, *values: float | None, **registers: list[float]) -> dict[str, object]:
    """Return a block of half-hourly imports of one meter, or of the registers named."""
    return {"meter": meter, "start": start, "step_s": 1_800, "registers": registers or {"import_wh": list(values)}}
