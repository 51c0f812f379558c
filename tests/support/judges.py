"""Environments of programs that judge ours: each from its own lock file, made once, kept in the cache by its digest.

A judge and the platform never share an environment: what they depend on may differ, and two of them may bring packages
of the same name.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from core.settings import Settings, read_settings
from somel.embedded.places import Places, open_folder
from tests.conftest import missing
from tests.support.documentation import ROOT

LOCKS: Final = ROOT / "deploy" / "locks" / "judges"
#: Least version of Python where it is not ours.
LEAST: Final = {"openadr-elaad": (3, 12)}
_PATIENCE_S: Final = 150.0
_NEWEST_MINOR: Final = 15


def environment(name: str, settings: Settings, *, least: tuple[int, int] = (3, 11)) -> Path:
    """Return the Python of a judge's environment; skip the test, and say why, where it cannot be had.

    Parameters
    ----------
    name : str
        Of its lock file ``deploy/locks/judges/<name>.txt``.
    settings : Settings
        Whether everything has to be there.
    least : tuple of int, default (3, 11)
        Least version of Python that its packages are for.

    Notes
    -----
    Processes that ask at the same time wait for the one that makes it. A half-made environment is made anew.
    """
    python = _python(least)
    if python is None:
        missing(settings, f"no Python {least[0]}.{least[1]} or newer for {name}")
    lock = LOCKS / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes() + python.encode()).hexdigest()[:16]
    folder = open_folder(Places.from_environment().cache) / "judges" / f"{name}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    program, stamp = folder / "bin" / "python", folder / ".complete"
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists():
            shutil.rmtree(folder, ignore_errors=True)
            wrong = _run([python, "-m", "venv", "--without-pip", str(folder)]) or _install(program, lock)
            if wrong:
                shutil.rmtree(folder, ignore_errors=True)
                missing(settings, f"the environment of {name} cannot be made: {wrong}")
            stamp.touch()
    return program


def node_environment(name: str, settings: Settings) -> tuple[str, Path]:
    """Return Node.js and the folder of a judge's ``node_modules``; skip the test, and say why, where there are none.

    Parameters
    ----------
    name : str
        Of its folder ``deploy/locks/judges/<name>`` with ``package.json`` and ``package-lock.json``.
    settings : Settings
        Whether everything has to be there.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing(settings, f"no Node.js for {name}")
    lock = LOCKS / name / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = open_folder(Places.from_environment().cache) / "judges" / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / ".complete"
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists():
            for file in lock.parent.iterdir():
                shutil.copy(file, folder)
            wrong = _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)])
            if wrong:
                missing(settings, f"the packages of {name} cannot be had: {wrong}")
            stamp.touch()
    return node, folder


def main() -> None:
    """Make all environments, so that tests need no network afterwards."""
    for lock in sorted(LOCKS.glob("*.txt")):
        try:
            print(environment(lock.stem, read_settings(), least=LEAST.get(lock.stem, (3, 11))))
        except pytest.skip.Exception as reason:
            print(reason.msg)
    for lock in sorted(LOCKS.glob("*/package-lock.json")):
        try:
            print(node_environment(lock.parent.name, read_settings())[1])
        except pytest.skip.Exception as reason:
            print(reason.msg)


def _install(program: Path, lock: Path) -> str:
    options = ["--quiet", "--no-input", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--retries", "1"]
    return _run([sys.executable, "-m", "pip", "--python", str(program), "install", *options, "-r", str(lock)])


def _run(command: Sequence[str]) -> str:
    """Run a command and return what it said when it failed; nothing when it did not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def _python(least: tuple[int, int]) -> str | None:
    """Return a Python of at least this version: the one that runs, one on the path, or one that pyenv keeps."""
    if sys.version_info[:2] >= least:
        return sys.executable
    return next((found for found in _candidates(least) if not _run([found, "-c", "import venv"])), None)


def _candidates(least: tuple[int, int]) -> Iterator[str]:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(least[1], _NEWEST_MINOR):
        named = shutil.which(f"python{least[0]}.{minor}")
        if named:
            yield named
        yield from (str(path / "bin" / "python") for path in sorted(versions.glob(f"{least[0]}.{minor}.*")))


if __name__ == "__main__":
    main()
