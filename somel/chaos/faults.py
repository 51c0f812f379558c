"""The faults, one function each; they return when the fault is over."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from core.errors import InvariantError
from somel.chaos.field import Field
from somel.chaos.namespace import fill
from somel.chaos.options import ChaosOptions
from somel.chaos.stage import Stage, Workers, wait_until
from somel.embedded.server import Server

_FULL_S: Final = 6.0
_CUT_WITHIN_S: Final = 10.0
_DOWN_S: Final = 0.3


class Faults:
    """Let things fail.

    Parameters
    ----------
    stage : Stage
        Servers.
    workers : Workers
        Ingest.
    field : Field
        Publishers and proxy.
    options : ChaosOptions
        How long the database is stopped.
    draw : Random
        Chooses which worker is killed.
    """

    def __init__(
        self, stage: Stage, workers: Workers, field: Field, options: ChaosOptions, draw: random.Random
    ) -> None:
        self._cluster, self._broker = stage.services.cluster, stage.services.broker
        self._has_small_disk = stage.has_small_disk
        self._workers = workers
        self._field = field
        self._options = options
        self._draw = draw

    @property
    def by_name(self) -> Mapping[str, Callable[[], bool]]:
        """What does each fault; it returns whether it could."""
        return MappingProxyType(
            {
                "worker_killed": self.kill_worker,
                "database_killed": lambda: self._kill(self._cluster),
                "broker_killed": lambda: self._kill(self._broker),
                "connections_cut": self.cut_connections,
                "database_stopped": self.stop_database,
                "disk_filled": self.fill_disk,
            }
        )

    def kill_worker(self) -> bool:
        """Kill a worker; its supervisor starts another."""
        wait_until(lambda: bool(self._workers.pids()), within_s=10.0)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._draw.choice(self._workers.pids()), signal.SIGKILL)
        return True

    def cut_connections(self) -> bool:
        """Cut all connections to the broker, at least one of them inside a packet."""
        before = self._field.cuts
        self._field.cut()
        return wait_until(lambda: self._field.cuts > before, within_s=_CUT_WITHIN_S)

    def stop_database(self) -> bool:
        """Stop the database in order, for long, and start it again."""
        self._cluster.stop()
        time.sleep(self._options.database_stop_s)
        self._cluster.start()
        return True

    def fill_disk(self) -> bool:
        """Fill the database's disk for a while; start it again where it gave up."""
        if not self._has_small_disk:
            return False
        ballast = fill(self._cluster.folder)
        time.sleep(_FULL_S)
        ballast.unlink()
        self._cluster.start()
        return True

    def _kill(self, server: Server) -> bool:
        process = server.process
        if process is None:
            raise InvariantError("chaos_server_gone", "A server ended without being asked to.")
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not process.is_running(), within_s=10.0)
        time.sleep(_DOWN_S)
        server.start()
        return True
