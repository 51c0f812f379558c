"""How long forecasts of many series take: a fit to a year of half-hours, and an update by one slot."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from core.memory import peak_mb
from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.forecast_model import SeriesForecasts, forecast_series
from grid.rolling import roll

Float = NDArray[np.float64]

_DAYS: Final = 365
_START: Final = datetime(2025, 1, 1, 11, tzinfo=UTC)
HORIZON: Final = 96
#: So few are enough to see what one of many takes.
ALONE: Final = 64
#: Generated so many at a time, so that the generator adds nothing to the largest memory.
_AT_ONCE: Final = 250
_GAPS_RATIO: Final = 0.002
_WORKING_DAYS: Final = 5


def generate(count: int) -> Float:
    """Return loads of transformers, shape (series, slot), with a day, a week, a year, weather and gaps. [W]."""
    rng, slots = np.random.default_rng(4), _DAYS * SLOTS_PER_DAY + 1
    slot = np.arange(slots)
    day, year = 2.0 * np.pi * slot / SLOTS_PER_DAY, 2.0 * np.pi * slot / (_DAYS * SLOTS_PER_DAY)
    shape = 1.0 + 0.3 * np.sin(day - 2.0) + 0.15 * np.sin(2.0 * day) + 0.25 * np.cos(year)
    shape -= 0.12 * (slot // SLOTS_PER_DAY % 7 >= _WORKING_DAYS)
    load_w = np.empty((count, slots))
    for begin in range(0, count, _AT_ONCE):
        part = load_w[begin : begin + _AT_ONCE]
        noise = rng.normal(0.0, 0.04, part.shape)
        for late in (1, SLOTS_PER_DAY, SLOTS_PER_WEEK):
            noise[:, late:] += 0.4 * noise[:, :-late]
        part[:] = rng.uniform(5e3, 2e5, (part.shape[0], 1)) * (shape + noise)
        part[rng.random(part.shape) < _GAPS_RATIO] = np.nan
    return load_w


def _fitted(load_w: Float) -> tuple[float, SeriesForecasts]:
    began_s = time.perf_counter()
    made = forecast_series(load_w, _START, horizon=HORIZON)
    return time.perf_counter() - began_s, made


def core_s(load_w: Float) -> float:
    """Return the time of one core that a fit to one of many series takes, compiled. [s]."""
    _fitted(load_w)
    took_s, made = _fitted(load_w)
    if not made.judged.all():
        raise AssertionError("Some series fell back.")
    cores: int = numba.get_num_threads()
    return took_s * cores / len(load_w)


def measure(count: int) -> dict[str, float]:
    """Return the figures of one process: nothing else may run in it, because of its largest memory."""
    load_w = generate(count)
    known_w, since_w = load_w[:, :-1], load_w[:, -1:]
    _, alone = _fitted(known_w[:ALONE])  # compiled, too
    tenth_s, _ = _fitted(known_w[: count // 10])
    all_s, made = _fitted(known_w)
    roll(alone.rolling, since_w[:ALONE], horizon=HORIZON)
    began_s = time.perf_counter()
    rolled = roll(made.rolling, since_w, horizon=HORIZON)
    update_s = time.perf_counter() - began_s
    if rolled is None or not np.isfinite(rolled[1]).all() or not (np.diff(rolled[1], axis=2) >= 0.0).all():
        raise AssertionError("The update is not a forecast.")
    np.testing.assert_array_equal(alone.quantile_load_w, made.quantile_load_w[:ALONE])
    if not made.judged.all():
        raise AssertionError("Some series fell back.")
    return {
        "refit_s": all_s,
        "update_s": update_s,
        "per_series_ms": 1e3 * all_s / count,
        "linearity": all_s / (10.0 * tenth_s),
        "rss_mb": peak_mb(),
    }


def alone(count: int) -> dict[str, float]:
    """Return the figures of so many series in a process of their own; thousands of them are called 10k and so on."""
    command = [sys.executable, "-m", "benchmarks._scale", str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    size = f"{count // 1000}k" if count % 1000 == 0 else str(count)
    names = {"refit_s": f"refit_{size}_s", "update_s": f"update_{size}_s"}
    return {names.get(name, name): value for name, value in found.items()}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
