"""An embedded Mosquitto: one folder, one listener on the loopback."""

import secrets
import signal
from pathlib import Path

from core.errors import ConfigurationError
from somel.embedded.bundle import Bundle
from somel.embedded.logfile import rotate, since, size_of
from somel.embedded.loopback import free_port, listens
from somel.embedded.places import Account, give, private_folder
from somel.embedded.process import ServerProcess, replace_text, start_detached, wait_until
from somel.embedded.tuning import BrokerTuning

_FIRST_PORT = 24_000
_READY_WITHIN_S = 20.0
_STOP_WITHIN_S = 30.0
_ATTEMPTS = 5
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


class Broker:
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

    def __init__(
        self, folder: Path, bundle: Bundle, account: Account | None, tuning: BrokerTuning, *, tied: bool = False
    ) -> None:
        self.folder = folder
        self.data = folder / "store"
        self.log = folder / "mosquitto.log"
        self._bundle = bundle
        self._account = account
        self._tuning = tuning
        self._tied = tied
        self._record = folder / "server.json"

    @property
    def process(self) -> ServerProcess | None:
        """The broker as it was last started; None when it was stopped or never started."""
        return ServerProcess.recorded(self._record)

    @property
    def has_started_before(self) -> bool:
        """Whether it has been started at least once."""
        return (self.folder / "port").exists()

    @property
    def port(self) -> int:
        """The port, chosen at the first start and kept."""
        return int((self.folder / "port").read_text())

    def url(self) -> str:
        """Return the broker's URL."""
        return f"mqtt://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        """Tell whether the broker runs and listens."""
        process = self.process
        return process is not None and process.is_running() and listens(process.pid, self.port)

    def start(self) -> None:
        """Start the broker unless it is ready.

        Raises
        ------
        ConfigurationError
            When it does not start; the message ends with what it said.
        """
        if self.is_ready():
            return
        private_folder(self.folder, self._account)
        private_folder(self.data, self._account)
        if not self.has_started_before:
            self._choose_port()
        said = ""
        for _ in range(_ATTEMPTS):
            said = self._attempt()
            if self.is_ready():
                return
            if "Address already in use" not in said:
                break
            self._choose_port()
        self.stop()
        raise ConfigurationError(
            "embedded_mosquitto_failed", f"Mosquitto did not start. It said:\n{said}", log=str(self.log)
        )

    def stop(self) -> None:
        """Stop the broker after it has saved its store; nothing happens when it does not run."""
        process = self.process
        if process is not None:
            process.end(politely=signal.SIGTERM, within_s=_STOP_WITHIN_S)
        self._record.unlink(missing_ok=True)

    def _attempt(self) -> str:
        self._write_configuration()
        rotate(self.log)
        offset = size_of(self.log)
        process = start_detached(
            [str(self._bundle.program("mosquitto")), "-c", str(self.folder / "mosquitto.conf")],
            log=self.log,
            account=self._account,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            tied="TERM" if self._tied else None,
        )
        process.record(self._record)
        wait_until(lambda: self.is_ready() or not process.is_running(), within_s=_READY_WITHIN_S)
        return since(self.log, offset)

    def _write_configuration(self) -> None:
        text = _CONFIGURATION.format(
            port=self.port,
            queued=self._tuning.max_queued_messages,
            packet=self._tuning.max_packet_bytes,
            store=self.data,
            changes=self._tuning.save_after_changes,
        )
        file = self.folder / "mosquitto.conf"
        replace_text(file, text)
        give(file, self._account)

    def _choose_port(self) -> None:
        replace_text(self.folder / "port", str(free_port(_FIRST_PORT + secrets.randbelow(4000))))
