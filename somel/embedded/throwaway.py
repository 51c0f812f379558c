"""Servers that live as long as a test run."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from somel.embedded.places import Places
from somel.embedded.progress import Progress, silent
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning, ClusterTuning

_PREFIX: Final = "somel-throwaway-"
_IN_USE: Final = "in-use"
#: Files in memory: a copied database is 1,300 of them, which take a disk half a second and memory a tenth of that.
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - made by mkdtemp below it
#: What has to be free there, and of memory; a run of all tests was seen to store 0.4 GB. Elsewhere a disk does. [bytes]
_ROOM_BYTES: Final = 3 << 30


@contextmanager
def throwaway_services(
    places: Places,
    *,
    cluster: ClusterTuning | None = None,
    broker: BrokerTuning | None = None,
    progress: Progress = silent,
) -> Iterator[Services]:
    """Run PostgreSQL and Mosquitto on free ports with nothing in them; remove them on leaving.

    Parameters
    ----------
    places : Places
        Where the bundle is cached, and who runs the servers.
    cluster : ClusterTuning, optional
        Settings of PostgreSQL; by default those of a cluster that need not survive.
    broker : BrokerTuning, optional
        Settings of Mosquitto.
    progress : callable, optional
        Told how far a first set-up is.

    Yields
    ------
    Services
        Running.

    Notes
    -----
    Use it from a thread that outlives it, the main one: the kernel ends the servers with the thread that started them,
    so that none survives a test run that was killed. The data of such a run is removed by the next. The folder is
    in memory where that has room and nothing has to survive, else below the system's temporary one; not below
    pytest's, which the account that root's servers run under could not enter.
    """
    _sweep()
    tuning = cluster or ClusterTuning.throwaway()
    above = None if tuning.durable or not has_room(IN_MEMORY) else IN_MEMORY
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
    folder.chmod(0o755)
    with (folder / _IN_USE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        services = Services(places, folder=folder, cluster=tuning, broker=broker, tied=True)
        try:
            services.up(progress)
            yield services
        finally:
            services.down()
            shutil.rmtree(folder, ignore_errors=True)


def has_room(folder: Path) -> bool:
    """Tell whether a file system that lies in memory has room for what servers of tests store."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = shutil.disk_usage(folder).free
    except OSError:
        return False
    available_kb = next((int(line.split()[1]) for line in told if line.startswith("MemAvailable:")), 0)
    return os.access(folder, os.W_OK) and min(free, available_kb << 10) >= _ROOM_BYTES


def _sweep() -> None:
    """Remove the folders of our own runs that were killed: nobody holds their lock any more."""
    places = (Path(tempfile.gettempdir()), IN_MEMORY)
    for mark in (mark for place in places for mark in place.glob(f"{_PREFIX}*/{_IN_USE}")):
        with contextlib.suppress(OSError), mark.open() as lock:
            if mark.stat().st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent, ignore_errors=True)
