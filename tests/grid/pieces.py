"""Pieces of work for tests, of a module that Dask's workers can import."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Slow:
    """Takes a while, and leaves a file that says who took it."""

    number: int
    folder: Path
    lasts_s: float = 0.3


def slowly(piece: Slow) -> tuple[int, int]:
    (piece.folder / f"{piece.number}-{os.getpid()}").touch()
    time.sleep(piece.lasts_s)
    return piece.number, os.getpid()


def who(number: int) -> tuple[int, int]:
    return number, os.getpid()


def fails_elsewhere(home: int) -> int:
    if os.getpid() != home:
        raise MemoryError("there is no room here")
    return home


def as_it_comes(values: np.ndarray) -> tuple[bool, bool, np.ndarray]:
    return values.flags.writeable, values.flags.aligned, values
