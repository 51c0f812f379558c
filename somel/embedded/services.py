"""The two embedded servers together: up, down, how they are, what they say."""

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import NotFoundError
from somel.embedded.broker import Broker
from somel.embedded.bundle import Bundle
from somel.embedded.cluster import DATABASE, SUPERUSER, Cluster
from somel.embedded.logfile import follow, last_lines, size_of
from somel.embedded.places import Places, open_folder
from somel.embedded.progress import Progress, silent
from somel.embedded.recipe import SERVICES
from somel.embedded.server import Server
from somel.embedded.tuning import BrokerTuning, ClusterTuning

State = Literal["running", "stopped", "crashed"]
ServerName = Literal["postgresql", "mosquitto"]


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Describe one server.

    Parameters
    ----------
    name : str
        ``postgresql`` or ``mosquitto``.
    state : str
        ``running``; ``stopped``; ``crashed``: it was started, was not stopped, and is gone or does not answer.
    pid : int or None
        Its process while it runs.
    port : int or None
        Its port on the loopback, None before its first start.
    url : str or None
        Its URL without the password, None before its first start.
    version : str
        Programs, extensions and editions in the bundle; empty before it is made.
    data : Path
        Folder of what it stores.
    log : Path
        File of what it says.
    """

    name: ServerName
    state: State
    pid: int | None
    port: int | None
    url: str | None
    version: str
    data: Path
    log: Path


class Services:
    """Run PostgreSQL with TimescaleDB and PostGIS, and Mosquitto, from one bundle in one folder.

    Parameters
    ----------
    places : Places
        Cache, state and account.
    name : str, default "default"
        Which set of services: ``places.state/services/<name>``.
    folder : Path or None
        Use this folder instead.
    """

    def __init__(
        self,
        places: Places,
        name: str = "default",
        *,
        folder: Path | None = None,
        cluster: ClusterTuning | None = None,
        broker: BrokerTuning | None = None,
        tied: bool = False,
    ) -> None:
        self.bundle = Bundle(SERVICES, places.cache)
        self.folder = folder or places.state / "services" / name
        account = places.account
        self.cluster = Cluster(
            self.folder / "postgresql", self.bundle, account, cluster or ClusterTuning.kept(), tied=tied
        )
        self.broker = Broker(self.folder / "mosquitto", self.bundle, account, broker or BrokerTuning(), tied=tied)

    @property
    def database_url(self) -> str:
        """URL of the database for its superuser."""
        return self.cluster.url()

    @property
    def mqtt_url(self) -> str:
        """URL of the broker."""
        return self.broker.url()

    def up(self, progress: Progress = silent) -> None:
        """Fetch what is missing and start what does not run; what runs is left alone.

        Raises
        ------
        ConfigurationError
            When this machine cannot run them; the message says what to do instead.
        RetryableError
            When the network did not answer.
        """
        self.bundle.ensure(progress)
        with self._alone():
            for stage, server in (("postgresql", self.cluster), ("mosquitto", self.broker)):
                if not server.is_ready():
                    progress(stage, 0, 0)
                    server.start()

    def down(self) -> None:
        """Stop both servers; their data stays."""
        with self._alone():
            self.broker.stop()
            self.cluster.stop()

    def status(self) -> tuple[ServerStatus, ServerStatus]:
        """Return how PostgreSQL and Mosquitto are, without changing anything."""
        versions = self.bundle.versions()
        return _status("postgresql", self.cluster, versions), _status("mosquitto", self.broker, versions)

    def logs(self, server: ServerName, *, lines: int = 50, following: bool = False) -> Iterator[str]:
        """Yield the last `lines` lines of a server's log and, when `following`, those to come, for ever.

        Raises
        ------
        NotFoundError
            When the server has not written any.
        """
        log = self.cluster.log if server == "postgresql" else self.broker.log
        if not log.exists():
            raise NotFoundError("embedded_log_missing", f"{server} has not been started yet: {log} does not exist.")
        end = size_of(log)
        yield from last_lines(log, lines, end=end)
        if following:
            yield from follow(log, end)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        open_folder(self.folder)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _status(name: ServerName, server: Server, versions: Mapping[str, str]) -> ServerStatus:
    process = server.process
    state: State = "stopped" if process is None else "running" if server.is_ready() else "crashed"
    port = server.port if server.has_started_before else None
    return ServerStatus(
        name=name,
        state=state,
        pid=process.pid if process is not None and state == "running" else None,
        port=port,
        url=None if port is None else _public_url(name, port),
        version=_version(name, versions),
        data=server.data,
        log=server.log,
    )


def _public_url(name: ServerName, port: int) -> str:
    if name == "mosquitto":
        return f"mqtt://127.0.0.1:{port}"
    return f"postgresql://{SUPERUSER}@127.0.0.1:{port}/{DATABASE}"


def _version(name: ServerName, versions: Mapping[str, str]) -> str:
    parts = {
        "postgresql": (
            ("PostgreSQL", "postgresql-17", ""),
            ("TimescaleDB", "postgresql-17-timescaledb", " (Apache edition)"),
            ("PostGIS", "postgresql-17-postgis-3", ""),
        ),
        "mosquitto": (("Mosquitto", "mosquitto", ""),),
    }[name]
    return ", ".join(
        f"{label} {re.split('[-+]', versions[package])[0]}{edition}"
        for label, package, edition in parts
        if package in versions
    )
