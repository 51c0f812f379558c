"""What a worker of a cluster does with a piece that it is sent, if its code is the sender's."""

import pickle
import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import core
import grid


def perform(stamp: str, task: bytes) -> tuple[str, bytes]:
    """Do a piece, on a worker.

    Parameters
    ----------
    stamp : str
        Of the code that it was sent by.
    task : bytes
        A function and its piece, pickled.

    Returns
    -------
    tuple of str and bytes
        The stamp of the worker's code, and the pickled result; nothing when the code is another.
    """
    ours = code_stamp()
    if ours != stamp:
        return ours, b""
    function, piece = pickle.loads(task)  # noqa: S301 - whoever reaches a Dask worker can run anything there anyway
    return ours, pickle.dumps(function(piece), protocol=4)


@cache
def code_stamp() -> str:
    """Return a digest of what results depend on: our sources, Python, NumPy and Numba."""
    digest = sha256(repr((platform.python_version(), platform.machine(), version("numpy"), version("numba"))).encode())
    for package in (core, grid):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
