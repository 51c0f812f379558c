"""An embedded Mosquitto: one folder, one listener on the loopback and, where it is guarded, one for gateways."""

import os
import signal
from pathlib import Path

from somel.embedded.bundle import Bundle
from somel.embedded.loopback import listens
from somel.embedded.places import Account, private_folder
from somel.embedded.process import ServerProcess
from somel.embedded.server import Server
from somel.embedded.tuning import BrokerTuning
from somel.guarding import GuardFolder

_OPEN = """\
listener {port} 127.0.0.1
# Whoever can reach the loopback may connect; `somel pki init` ends that.
allow_anonymous true
log_type error
log_type warning
log_type notice
connection_messages false
"""
_CONFIGURATION = """\
# Written anew at each start.
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages {queued}
max_packet_size {packet}
persistence true
persistence_location {store}/
autosave_on_changes {on_changes}
autosave_interval {interval}
log_dest stderr
log_type subscribe
log_type unsubscribe
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""


class Broker(Server):
    """Run one Mosquitto broker.

    Parameters
    ----------
    folder : Path
        Holds the store, the log, the port and the configuration; of mode 700, owned by `account`.
    bundle : Bundle
        Where the program is; complete.
    account : Account or None
        Who runs it; None is the caller.
    tuning : BrokerTuning
        Its limits.
    tied : bool, default False
        End with the thread that starts it.
    """

    _NAME = "Mosquitto"
    _FIRST_PORT = 24_000
    _READY_WITHIN_S = 20.0
    _STOP_WITHIN_S = 30.0  # it saves its store first
    _ATTEMPTS = 5
    _TIED = "TERM"

    def __init__(
        self, folder: Path, bundle: Bundle, account: Account | None, tuning: BrokerTuning, *, tied: bool = False
    ) -> None:
        super().__init__(folder, bundle, account, data="store", politely=signal.SIGTERM, tied=tied)
        self._tuning = tuning
        self.guard = GuardFolder(folder / "guard", account)

    def url(self) -> str:
        """Return the broker's URL for the platform's own processes; of a guarded one it holds a password."""
        return self.guard.url(self.port) if self.guard.is_there else f"mqtt://127.0.0.1:{self.port}"

    def read_guard_again(self) -> None:
        """Make a broker that runs read its rules and its revocation list again."""
        process = self.process
        if process is not None and process.is_running():
            os.kill(process.pid, signal.SIGHUP)

    def _answers(self, process: ServerProcess) -> bool:
        return listens(process.pid, self.port)

    def _clears_the_way(self, said: str) -> bool:
        taken = "Address already in use" in said
        if taken:
            self._choose_port()
        return taken

    def _prepare(self) -> None:
        super()._prepare()
        private_folder(self.data, self._account)

    def _configuration(self) -> tuple[Path, str]:
        changes = self._tuning.save_after_changes
        doors = self.guard.configuration(self.port) if self.guard.is_there else _OPEN.format(port=self.port)
        return self.folder / "mosquitto.conf", doors + _CONFIGURATION.format(
            queued=self._tuning.max_queued_messages,
            packet=self._tuning.max_packet_bytes,
            store=self.data,
            on_changes="false" if changes is None else "true",
            interval=self._tuning.save_every_s if changes is None else changes,
        )

    def _command(self) -> list[str]:
        file, _ = self._configuration()
        return [str(self._bundle.program("mosquitto")), "-c", str(file)]
