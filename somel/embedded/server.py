"""What the embedded servers have in common: one folder, one port, started until ready, stopped politely."""

import secrets
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from core.errors import ConfigurationError
from somel.embedded.bundle import Bundle
from somel.embedded.logfile import rotate, since, size_of
from somel.embedded.loopback import free_port
from somel.embedded.places import Account, give, private_folder
from somel.embedded.process import ServerProcess, replace_text, start_detached, wait_until


class Server(ABC):
    """Run one server on the loopback; what only one kind of server does is left to its subclass.

    Parameters
    ----------
    folder : Path
        Holds the data, the log, the port and the configuration; of mode 700, owned by `account`.
    bundle : Bundle
        Where the programs are; complete.
    account : Account or None
        Who runs it; None is the caller.
    data : str
        Name of the folder of what it stores, inside `folder`.
    politely : Signals
        Asks it to end.
    tied : bool
        End with the thread that starts it.
    """

    _NAME: ClassVar[str]
    _FIRST_PORT: ClassVar[int]
    _READY_WITHIN_S: ClassVar[float]
    _STOP_WITHIN_S: ClassVar[float]
    _ATTEMPTS: ClassVar[int]
    _TIED: ClassVar[str]

    def __init__(
        self, folder: Path, bundle: Bundle, account: Account | None, *, data: str, politely: signal.Signals, tied: bool
    ) -> None:
        self.folder = folder
        self.data = folder / data
        self.log = folder / f"{self._NAME.lower()}.log"
        self._bundle = bundle
        self._account = account
        self._politely = politely
        self._tied = tied
        self._record = folder / "server.json"

    @property
    def process(self) -> ServerProcess | None:
        """The server as it was last started; None when it was stopped or never started."""
        return ServerProcess.recorded(self._record)

    @property
    def has_started_before(self) -> bool:
        """Whether it has been started at least once."""
        return (self.folder / "port").exists()

    @property
    def port(self) -> int:
        """The port, chosen at the first start and kept."""
        return int((self.folder / "port").read_text())

    def is_ready(self) -> bool:
        """Tell whether the server runs and accepts connections."""
        process = self.process
        return process is not None and process.is_running() and self._answers(process)

    def start(self) -> None:
        """Start the server unless it is ready, making its folders the first time.

        Raises
        ------
        ConfigurationError
            When it does not start; the message ends with what it said.
        """
        if self.is_ready():
            return
        self._prepare()
        said = ""
        for _ in range(self._ATTEMPTS):
            said = self._attempt()
            if self.is_ready():
                return
            if not self._clears_the_way(said):
                break
        self.stop()
        raise ConfigurationError(
            f"embedded_{self._NAME.lower()}_failed",
            f"{self._NAME} did not start. It said:\n{said}",
            log=str(self.log),
        )

    def stop(self) -> None:
        """Stop the server; nothing happens when it does not run."""
        process = self.process
        if process is not None:
            process.end(politely=self._politely, within_s=self._STOP_WITHIN_S)
        self._record.unlink(missing_ok=True)

    @abstractmethod
    def _answers(self, process: ServerProcess) -> bool:
        """Tell whether `process`, which runs, accepts connections."""

    @abstractmethod
    def _clears_the_way(self, said: str) -> bool:
        """Tell whether what stopped the server from starting may be gone at the next attempt; help if it can."""

    @abstractmethod
    def _configuration(self) -> tuple[Path, str]:
        """Return the file that the server reads its settings from, and its text."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the program and its arguments."""

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    def _prepare(self) -> None:
        private_folder(self.folder, self._account)
        if not self.has_started_before:
            self._choose_port()

    def _adopted(self) -> ServerProcess | None:
        """Return a server of ours that runs without a record; None when there is none."""
        return None

    def _attempt(self) -> str:
        """Start the server, or wait for the one that is starting; return what it said."""
        adopted = self._adopted()
        if adopted is None:
            rotate(self.log)
        offset = size_of(self.log)
        process = adopted or self._launch()
        wait_until(lambda: self.is_ready() or not process.is_running(), within_s=self._READY_WITHIN_S)
        return since(self.log, offset)

    def _launch(self) -> ServerProcess:
        file, text = self._configuration()
        replace_text(file, text)
        give(file, self._account)
        process = start_detached(
            self._command(),
            log=self.log,
            account=self._account,
            environment=self._environment(),
            tied=self._TIED if self._tied else None,
        )
        process.record(self._record)
        return process

    def _choose_port(self) -> None:
        replace_text(self.folder / "port", str(free_port(self._FIRST_PORT + secrets.randbelow(4000))))
