"""Servers of the storm's own: durable, thrown away afterwards, the database on a disk that can be filled."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import InvariantError
from db.connection import Role, connect
from db.migrate import migrate
from db.territory import load_communes, register_network
from somel.chaos.namespace import mount_small_disk, unmount
from somel.chaos.readings import COMMUNES, network
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import ClusterTuning

_DISK_BYTES: Final = 1 << 30
_BYTES_PER_READING: Final = 300
_READY_WITHIN_S: Final = 120.0
_STOP_WITHIN_S: Final = 15.0


@dataclass(slots=True)
class Stage:
    """What the storm plays with; `has_small_disk` says whether the database's disk can be filled."""

    services: Services
    has_small_disk: bool
    workers: "Workers | None" = None


@contextmanager
def stage_of(readings: int, shards: int) -> Iterator[Stage]:
    """Start servers with nothing in them but the network, and remove everything at the end.

    Notes
    -----
    The settings are those of servers that are kept: fsync, synchronous commit, the broker's persistence as in use.
    """
    folder = Path(tempfile.mkdtemp(prefix="somel-chaos-"))
    folder.chmod(0o755)
    disk = folder / "postgresql"
    places = Places.from_environment()
    size = _DISK_BYTES + readings * _BYTES_PER_READING
    has_small_disk = mount_small_disk(disk, size)
    tuning = ClusterTuning.kept(max_wal_size="256MB", min_wal_size="80MB", shared_buffers="128MB")
    services = Services(places, folder=folder, cluster=tuning, tied=True)
    try:
        services.up()
        asyncio.run(_furnish(services.database_url, shards))
        yield Stage(services, has_small_disk)
    finally:
        services.down()
        if has_small_disk:
            unmount(disk)
        shutil.rmtree(folder, ignore_errors=True)


class Workers:
    """Run ``somel ingest --workers``, whose processes may be killed.

    Parameters
    ----------
    count : int
        How many.
    database_url, mqtt_url : str
        Where the servers are; the broker behind the proxy.
    shards : int
        Shards of the installation.
    log : Path
        File of what they say.
    """

    def __init__(self, count: int, *, database_url: str, mqtt_url: str, shards: int, log: Path) -> None:
        settings = {"DATABASE_URL": database_url, "MQTT_URL": mqtt_url, "SHARDS": str(shards), "LOG_LEVEL": "info"}
        environment = os.environ | {f"SOMEL_{name}": value for name, value in settings.items()}
        self.log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "somel", "ingest", "--workers", str(count)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait until all have their shards."""
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            raise InvariantError("chaos_ingest_failed", f"Ingest did not start:\n{self.said()}")

    def pids(self) -> list[int]:
        """Return the worker processes that run now."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def said(self) -> str:
        """Return the end of what they said."""
        return self.log.read_text(errors="replace")[-3_000:]

    def stop(self) -> int:
        """Stop all; return the exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Wait until something holds; return whether it did in time."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.1)
    return True


async def _furnish(database_url: str, shards: int) -> None:
    await migrate(database_url)
    async with await connect(database_url, Role.OWNER) as connection:
        await load_communes(connection, COMMUNES)
        await register_network(connection, network(shards))
        await connection.commit()
