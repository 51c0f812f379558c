"""An embedded Mosquitto: one folder, one listener on the loopback."""

import signal
from pathlib import Path

from somel.embedded.bundle import Bundle
from somel.embedded.loopback import listens
from somel.embedded.places import Account, private_folder
from somel.embedded.process import ServerProcess
from somel.embedded.server import Server
from somel.embedded.tuning import BrokerTuning

_CONFIGURATION = """\
# Written anew at each start.
listener {port} 127.0.0.1
# Whoever can reach the loopback may connect; gateways with certificates get a listener of their own.
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages {queued}
max_packet_size {packet}
persistence true
persistence_location {store}/
autosave_on_changes true
autosave_interval {changes}
log_dest stderr
log_type error
log_type warning
log_type notice
log_type subscribe
log_type unsubscribe
connection_messages false
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

    def url(self) -> str:
        """Return the broker's URL."""
        return f"mqtt://127.0.0.1:{self.port}"

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
        return self.folder / "mosquitto.conf", _CONFIGURATION.format(
            port=self.port,
            queued=self._tuning.max_queued_messages,
            packet=self._tuning.max_packet_bytes,
            store=self.data,
            changes=self._tuning.save_after_changes,
        )

    def _command(self) -> list[str]:
        file, _ = self._configuration()
        return [str(self._bundle.program("mosquitto")), "-c", str(file)]
