"""Compile all kernels once, in several processes; whatever starts later loads them from the disk."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import core
import grid.kernels
import ingest.decode
import ingest.kernels
import ingest.vee
from grid.kernels.warm import PARTS, warm_up
from ingest.plain import warm_up as warm_decoding
from ingest.vee import comparing_kernels
from ingest.vee import kernels as checking_kernels

#: What compiles for readings on their way in.
INGEST = "ingest"


def parts() -> list[str]:
    """Return what can be compiled apart, the longest first."""
    return [*PARTS, INGEST]


def compiled(*, jobs: int | None = None) -> Iterator[tuple[str, float]]:
    """Compile the parts in processes of their own; yield the name of each and the seconds it took.

    Nothing is yielded where all was compiled before from the same sources: a file beside the compiled code says so.

    Parameters
    ----------
    jobs : int, optional
        Processes at once; as many as there are processors when left out.

    Raises
    ------
    ConfigurationError
        Kernels cannot run here.
    """
    mark = _mark()
    if mark.exists():
        return
    workers = jobs or os.cpu_count() or 1
    context = get_context("spawn")  # threads that kernels have launched do not survive a fork
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(compile_part, part): part for part in parts()}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    with suppress(OSError):  # an install that cannot be written is looked through again the next time
        mark.touch()


def compile_part(part: str) -> float:
    """Compile one part in this process and return the seconds it took."""
    if part == INGEST:
        return _compile_ingest()
    return warm_up([part])


def _compile_ingest() -> float:
    started = time.perf_counter()
    for warm in (warm_decoding, checking_kernels.warm_up, comparing_kernels.warm_up):
        warm()
    return time.perf_counter() - started


def _mark() -> Path:
    """Return the file that says that these sources are compiled; it goes where the compiled code goes."""
    digest = sha256(version("numba").encode())
    for package in (grid.kernels, ingest.kernels, ingest.decode, ingest.vee, core):
        for source in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            digest.update(source.read_bytes())
    return Path(str(grid.kernels.__file__)).parent / "__pycache__" / f"compiled-{digest.hexdigest()[:16]}"
