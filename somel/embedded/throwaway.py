"""Servers that live as long as a test run."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from somel.embedded.places import Places
from somel.embedded.progress import Progress, silent
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning, ClusterTuning

_PREFIX = "somel-throwaway-"
_IN_USE = "in-use"


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
    below the system's temporary one, because root's servers run under an account that could not enter pytest's.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)
    with (folder / _IN_USE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        services = Services(
            places, folder=folder, cluster=cluster or ClusterTuning.throwaway(), broker=broker, tied=True
        )
        try:
            services.up(progress)
            yield services
        finally:
            services.down()
            shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove the folders of our own runs that were killed: nobody holds their lock any more."""
    for mark in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_IN_USE}"):
        with contextlib.suppress(OSError), mark.open() as lock:
            if mark.stat().st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent, ignore_errors=True)
