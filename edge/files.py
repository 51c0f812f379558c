"""Files of keys and certificates: written whole or not at all, private ones for their owner alone."""

import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file so that nobody ever sees half of it, with its mode from the first byte on."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(mode)  # whatever the umask
    partial.replace(path)


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter; return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
