"""The demo's processes: started as an operator would start them, watched, and stopped with the demo."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from core.errors import InvariantError

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 20.0


class Child:
    """One ``somel …`` process; its standard output is read by the demo, the rest goes to a log file."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        # The kernel ends it with the demo, however the demo ends.
        self._command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "somel", *arguments]
        self._environment = {**os.environ, **environment}
        self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the demo's to pass on, in order
            )

    @property
    def was_killed(self) -> bool:
        """Whether somebody ended it by a signal."""
        code = self._process.poll()
        return code is not None and code < 0

    def start_again(self) -> None:
        """Start it once more, as a supervisor does with a process that was killed."""
        self._output.close()
        self._process = self._launch()

    @property
    def _output(self) -> IO[bytes]:
        if self._process.stdout is None:
            raise InvariantError("demo_process_mute", f"{self.name} has no standard output.")
        return self._process.stdout

    def wait_ready(self) -> str:
        """Return the first line it prints, which says that it is ready."""
        readable, _, _ = select.select([self._output], [], [], READY_WITHIN_S)
        line = self._output.readline().decode() if readable else ""
        if not line:
            self.check(alive=False)
            raise InvariantError(
                "demo_process_late", f"{self.name} was not ready in {READY_WITHIN_S:.0f} s; {self._said()}"
            )
        return line.strip()

    def check(self, *, alive: bool = True) -> None:
        """Raise when the process has ended although it should be running."""
        if not alive:
            time.sleep(0.2)  # its output ends a moment before it does
        code = self._process.poll()
        if code is not None:
            raise InvariantError("demo_process_ended", f"{self.name} ended with exit code {code}; {self._said()}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> str:
        """Stop it cleanly; return what else it printed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            output, _ = self._process.communicate(timeout=STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            output, _ = self._process.communicate()
        return output.decode()

    def _said(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return f"{self.log} ends with:\n" + "\n".join(lines)


class Children:
    """All processes of the demo; leaving the context stops those that still run, the last one first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._children: list[Child] = []
        self._supervised: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        for child in reversed(self._children):
            child.stop()

    def start(self, name: str, *arguments: str, environment: Mapping[str, str], supervised: bool = True) -> Child:
        """Start ``somel <arguments>`` and return it; `supervised` ones are started again when they are killed."""
        child = Child(name, list(arguments), environment, self._folder)
        self._children.append(child)
        if supervised:
            self._supervised.append(child)
        return child

    def stop(self, child: Child) -> str:
        """Stop one of them now; return what else it printed."""
        self._children.remove(child)
        self._supervised = [other for other in self._supervised if other is not child]
        return child.stop()

    def check(self) -> list[str]:
        """Start again those that were killed and return their names; raise when one has ended by itself."""
        killed = [child for child in self._supervised if child.was_killed]
        for child in killed:
            child.start_again()
        for child in self._children:
            child.check()
        return [child.name for child in killed]
