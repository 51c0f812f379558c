"""Server processes that outlive the command that started them, and are never mistaken for another."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import RetryableError
from somel.embedded.places import Account

_POLL_S = 0.02
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STATE, _STARTED = 0, 19  # fields of /proc/<pid>/stat after the name


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """Identify one process for good: a process id alone is given to another process later.

    Parameters
    ----------
    pid : int
        Process id.
    started : int
        When it started. [clock ticks since boot]
    boot : str
        Which boot of the machine that was.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> "ServerProcess | None":
        """Return the identity of the running process `pid`; None when there is none."""
        fields = _stat(pid)
        if fields is None:
            return None
        return cls(pid, int(fields[_STARTED]), _BOOT_ID.read_text().strip())

    @classmethod
    def recorded(cls, record: Path) -> "ServerProcess | None":
        """Return the identity kept in the file `record`; None when it is missing or was cut short."""
        try:
            return cls(**json.loads(record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def record(self, record: Path) -> None:
        """Keep this identity in the file `record`."""
        replace_text(record, json.dumps(asdict(self)))

    def is_running(self) -> bool:
        """Tell whether this very process still runs."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # a child of ours that has ended would stay a zombie
        return ServerProcess.of(self.pid) == self

    def command(self) -> list[bytes]:
        """Return the program and arguments it was started with; nothing when it has ended."""
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return []

    def end(self, *, politely: signal.Signals, within_s: float) -> None:
        """Ask the process to end with the signal `politely`; kill it after `within_s` seconds."""
        for number, patience_s in ((politely, within_s), (signal.SIGKILL, 10.0)):
            if not self.is_running():
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if wait_until(lambda: not self.is_running(), within_s=patience_s):
                return


def run_as(account: Account | None, *options: str) -> list[str]:
    """Return the words before a command that `account` is to run, with more options of setpriv; none for the caller.

    Notes
    -----
    Python itself would have to fork for that, and a process that has threads of Numba's is better not forked.
    """
    change = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"] if account is not None else []
    return ["setpriv", *change, *options] if change or options else []


def start_detached(
    command: Sequence[str], *, log: Path, account: Account | None, environment: dict[str, str], tied: str | None
) -> ServerProcess:
    """Start a server in a session of its own, its output appended to `log`.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    log : Path
        File for standard output and error.
    account : Account or None
        Who runs it; None is the caller.
    environment : dict of str to str
        Its whole environment.
    tied : str or None
        Signal it gets when the *thread* that started it ends, so that no test leaves a server behind; None lets it
        live on.

    Returns
    -------
    ServerProcess
        Its identity.
    """
    line = ["env", "--chdir=/", *run_as(account, *([] if tied is None else [f"--pdeathsig={tied}"])), *command]
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawnp(
        "env",
        line,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), writing, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    process = ServerProcess.of(pid)
    if process is None:
        raise RetryableError("embedded_server_vanished", f"{command[0]} ended at once; see {log}.", log=str(log))
    return process


def wait_until(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Wait for `condition` to hold; tell whether it did in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def replace_text(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file so that it is never seen half-written."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as stream:
        stream.write(text)
    new.replace(path)


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE] in {"Z", "X"} else fields
