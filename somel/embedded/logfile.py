"""The servers' log files: their end, their growth, what comes next."""

import time
from collections.abc import Iterator
from pathlib import Path

_POLL_S = 0.2
_LONG_LINE_BYTES = 400


def last_lines(path: Path, count: int, *, end: int) -> list[str]:
    """Return the last `count` lines of the first `end` bytes of a log, without reading a long one whole."""
    start = max(0, end - _LONG_LINE_BYTES * count)
    return _read(path, start)[: end - start].decode(errors="replace").splitlines()[-count:]


def size_of(path: Path) -> int:
    """Return the size of a log in bytes; 0 when there is none yet."""
    return path.stat().st_size if path.exists() else 0


def since(path: Path, offset: int) -> str:
    """Return what a log says after its first `offset` bytes."""
    return _read(path, offset).decode(errors="replace")


def rotate(path: Path, *, at_bytes: int = 16 * 1024 * 1024) -> None:
    """Set a log that has grown beyond `at_bytes` aside, replacing the one set aside before."""
    if size_of(path) > at_bytes:
        path.replace(path.with_name(f"{path.name}.1"))


def follow(path: Path, offset: int) -> Iterator[str]:
    """Yield the lines added to a log after its first `offset` bytes, for ever; begin again when the log does."""
    rest = b""
    while True:
        if size_of(path) < offset:
            offset, rest = 0, b""
        fresh = _read(path, offset)
        offset += len(fresh)
        *lines, rest = (rest + fresh).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if not fresh:
            time.sleep(_POLL_S)


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read()
    except FileNotFoundError:
        return b""
