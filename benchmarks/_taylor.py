"""Taylor's half-hourly load of England and Wales: eight weeks to fit, four weeks to forecast."""

import re
import time
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.kernels import error_patterns, holt_winters
from grid.kernels.naive import weekly_naive
from somel.bootstrap import LOCKS, fetch_wheels

Float = NDArray[np.float64]
Int = NDArray[np.int64]

LOCK: Final = LOCKS / "taylor.txt"
#: Says which of the project's wheels is meant, whatever machine asks: the hash in the lock file is that of this one.
_ONE_WHEEL: Final = (
    *("--platform", "manylinux2014_x86_64"),
    *("--implementation", "cp"),
    *("--python-version", "3.11"),
    *("--abi", "cp311"),
)

FIRST: Final = 8 * SLOTS_PER_WEEK
#: Every half-hour of the last four weeks, and those of them that are midnights.
ALL: Final = np.arange(FIRST, FIRST + 4 * SLOTS_PER_WEEK, dtype=np.int64)
MIDNIGHTS: Final = ALL[::SLOTS_PER_DAY]
#: Where all are too many: one origin in 47 half-hours, so that each time of day has its turn.
SOME: Final = ALL[:: SLOTS_PER_DAY - 1]


def fetched(cache: Path, lock: Path = LOCK) -> Path:
    """Return the wheel of a lock file that holds the series; fetched once, its hash checked, it is kept in the cache.

    Raises
    ------
    ConfigurationError
        It is not there, and cannot be fetched.
    """
    (wheel,) = fetch_wheels(lock, cache, *_ONE_WHEEL).glob("*.whl")
    return wheel


def read(wheel: Path) -> Float:
    """Return the series, shape (4032,), read as data from a wheel of pmdarima. [MW]."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("pmdarima/datasets/taylor.py").decode()
    found = re.findall(r"(?<![\w.])\d{5}(?![\w.])", source[source.index("np.array(") :])
    return np.array(found, dtype=np.float64)


def mape(load: Float, origins: Int, said: Float) -> float:
    """Return the mean absolute error of 48 steps from each origin; slots after the series' end do not count. [%]."""
    padded = np.append(load, np.full(SLOTS_PER_DAY, np.nan))
    actual = padded[origins[:, np.newaxis] + np.arange(SLOTS_PER_DAY)]
    return 100.0 * float(np.nanmean(np.abs(said / actual - 1.0)))


def ours(load: Float) -> tuple[Float, Float, Float]:
    """Return our forecasts from `ALL` origins, those without correction, and those of the weekly naive."""
    one = load[np.newaxis]
    fitted = holt_winters.fit(one[:, :FIRST])
    corrected = error_patterns.backtest(fitted, one, ALL, SLOTS_PER_DAY)[0]
    plain = holt_winters.backtest(fitted, one, ALL, SLOTS_PER_DAY)[0]
    return corrected, plain, weekly_naive(one, ALL, SLOTS_PER_DAY)[0]


def our_fit_s(load: Float) -> float:
    """Return what it takes to fit eight weeks and to forecast from their end. [s]."""
    one, started = load[np.newaxis, :FIRST], time.perf_counter()
    error_patterns.backtest(holt_winters.fit(one), one, np.array([FIRST]), SLOTS_PER_DAY)
    return time.perf_counter() - started
