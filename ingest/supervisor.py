"""Several workers on one machine: each a process of its own, started again when it dies."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Final

import structlog

from core.errors import ConfigurationError
from core.settings import PREFIX, Settings
from ingest.backoff import BackOff

_log = structlog.get_logger()

#: One that lived so long does not lengthen the wait before it is started again. [s]
_STEADY_S: Final = 10.0
_STOP_WITHIN_S: Final = 4.5
READY_LINE: Final = b"ingest: ready\n"


class Child:
    """One worker process.

    Parameters
    ----------
    number : int
        Counted from 1.
    environment : dict of str to str
        Its environment.
    """

    def __init__(self, number: int, environment: dict[str, str]) -> None:
        self.is_ready = asyncio.Event()
        self._number = number
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Keep the worker running until cancelled, then stop it.

        Raises
        ------
        ConfigurationError
            ``worker_refused`` when it says that the operator must act.
        """
        back_off, loop = BackOff(), asyncio.get_running_loop()
        try:
            while True:
                began_s = loop.time()
                code = await self._live()
                if code == ConfigurationError.exit_code:
                    raise ConfigurationError("worker_refused", f"Worker {self._number} says why in its log.")
                if loop.time() - began_s >= _STEADY_S:
                    back_off.reset()
                wait_s = back_off.next_s()
                _log.warning("worker_died", number=self._number, code=code, again_in_s=round(wait_s, 2))
                await asyncio.sleep(wait_s)
        finally:
            await self._stop()

    async def _live(self) -> int:
        # The kernel ends it with us, however we end.
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        process = self._process = await asyncio.create_subprocess_exec(
            *tied,
            sys.executable,
            "-m",
            "ingest",
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
        _log.info("worker_started", number=self._number, pid=process.pid)
        if process.stdout is not None:
            async for line in process.stdout:
                if line == READY_LINE:
                    self.is_ready.set()
        return await process.wait()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()  # what it had not committed is not acknowledged: the broker will send it again
            await process.wait()


async def supervise(
    settings: Settings, *, workers: int, database_url: str, mqtt_url: str, ready: Callable[[], None]
) -> None:
    """Run several workers until cancelled.

    Parameters
    ----------
    settings : Settings
        What the operator set; with a metrics port, worker n serves its metrics n - 1 ports above.
    workers : int
        How many, ``>= 1``.
    database_url, mqtt_url : str
        Where the servers are.
    ready : callable
        Is called once when every worker has its shards.

    Raises
    ------
    ConfigurationError
        When a worker says that the operator must act; the others are stopped then.
    """
    children = [
        Child(number, _environment(settings, number, database_url, mqtt_url)) for number in range(1, workers + 1)
    ]
    try:
        async with asyncio.TaskGroup() as tasks:
            for child in children:
                tasks.create_task(child.run())
            for child in children:
                await child.is_ready.wait()
            ready()
    except BaseExceptionGroup as group:  # from `except*`, Python 3.11.2 would raise a group again
        refused = group.subgroup(ConfigurationError)
        if refused is None:
            raise
        raise refused.exceptions[0] from group


def _environment(settings: Settings, number: int, database_url: str, mqtt_url: str) -> dict[str, str]:
    port = settings.ingest_metrics_port
    own = {
        "DATABASE_URL": database_url,
        "MQTT_URL": mqtt_url,
        "INGEST_METRICS_PORT": str(port and port + number - 1),
    }
    return os.environ | {f"{PREFIX}{name}": value for name, value in own.items()}
