"""Peers in environments of their own: what `make peers` sets up, or the same made when it is first needed."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class PeerEnvironment:
    """Say what a peer is called, what its folder and its lock file are named after, and what it has to import."""

    title: str
    folder: str
    lock: str
    modules: str

    def python(self) -> Path:
        """Return the interpreter that has it.

        Raises
        ------
        ConfigurationError
            ``peer_missing``: it could not be set up.
        """
        folder = ROOT / self.folder
        found = folder / "bin" / "python"
        if self._is_in(found):
            return found
        print(f"setting up {self.title} in {self.folder}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True)
        options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
        lock = str(ROOT / "deploy" / "locks" / self.lock)
        done = subprocess.run(
            [str(found), "-m", "pip", "install", *options, "-r", lock], stdout=sys.stderr, check=False
        )
        if done.returncode or not self._is_in(found):
            message = f"{self.title} cannot be set up here; `make peers` does it, --without-peer leaves it out."
            raise ConfigurationError("peer_missing", message)
        return found

    def _is_in(self, interpreter: Path) -> bool:
        command = [str(interpreter), "-c", f"import {self.modules}"]
        return interpreter.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0
