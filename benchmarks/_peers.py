"""Ask peers on the same slots, from the same origins, by what was known then: MSTL of statsforecast, and LightGBM."""

import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks._series import Measured
from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.day_features import day_features

Float = NDArray[np.float64]
Int = NDArray[np.int64]

WORKER: Final = Path(__file__).with_name("_peer_worker.py")
PYTHON: Final = WORKER.parent.parent / ".venv-peers" / "bin" / "python"
HOW: Final = "`make peers` sets them up in .venv-peers (Apache-2.0 and MIT licences, 600 MB)"
#: So many jobs run at a time: MSTL uses one core.
_AT_ONCE: Final = 2
#: Days for which boosted trees are kept.
_MONTH: Final = 28
#: Slots before the issue whose mean is compared with that of the day before.
_RECENT: Final = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what a peer said.

    Attributes
    ----------
    said : ndarray, shape (origin, lead), float64
        In the unit of the load.
    fit_s : float
        Mean time of a fit and the forecasts by it. [s]
    fits : int
        How many there were.
    """

    said: Float
    fit_s: float
    fits: int


def installed(python: Path) -> bool:
    """Tell whether an interpreter is there and has both peers."""
    command = [str(python), "-c", "import lightgbm, statsforecast"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


class Peers:
    """Ask peers that live in another environment.

    Parameters
    ----------
    python : Path
        Its interpreter.

    Raises
    ------
    SystemExit
        One of the peers is not installed there.
    """

    def __init__(self, python: Path) -> None:
        self._python = python
        if not installed(python):
            raise SystemExit(f"The peers are not installed at {python}: {HOW}.")

    def mstl(self, load: Float, origins: Int, horizon: int, *, trend: str) -> Answer:
        """Return MSTL's forecasts with periods of a day and a week, refitted at each origin.

        Parameters
        ----------
        load : ndarray, shape (slot,)
            Without gaps.
        origins : ndarray of int, shape (origin,)
            First slots to forecast.
        horizon : int
            Leads. [slots]
        trend : {"arima", "ets"}
            How what is left without its seasons is forecast.
        """
        shares = np.array_split(origins, _AT_ONCE)
        jobs = [{"load": load, "origins": share, "horizon": horizon, "trend": trend} for share in shares]
        return _together(self._run("mstl", jobs))

    def boosting(self, series: Measured, issue: int, leads: slice, first: int) -> Answer:
        """Return LightGBM's forecasts of one series, one model for all leads, refitted monthly.

        Parameters
        ----------
        series : Measured
            Load, and weather where there is any.
        issue : int
            Time of the day at which forecasts are issued. [slots]
        leads : slice
            Those asked for; all end before the day after the next one. [slots]
        first : int
            First day forecast from; models of before learn from the days before it.
        """
        last = (series.load.size - leads.stop - issue) // SLOTS_PER_DAY
        at = issue + SLOTS_PER_DAY * np.arange(last + 1)
        slots = at[:, np.newaxis] + np.arange(leads.start, leads.stop)
        features = describe(series, at, slots)
        job = {"features": features, "target": series.load[slots], "first": first, "refit": _MONTH}
        return _together(self._run("boosting", [job]))

    def _run(self, kind: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda numbered: self._one(kind, Path(folder), *numbered), enumerate(jobs)))

    def _one(self, kind: str, folder: Path, number: int, job: dict[str, Any]) -> dict[str, Any]:
        source, target = folder / f"in{number}.npz", folder / f"out{number}.npz"
        np.savez(source, **job)
        subprocess.run([str(self._python), str(WORKER), kind, str(source), str(target)], check=True)
        with np.load(target) as saved:
            return dict(saved)


def describe(series: Measured, at: Int, slots: Int) -> Float:
    """Return the features of each target slot as known at its origin, shape (origin, lead, column).

    Lags of the last two days and weeks that had come, the last loads and how they compare with the day before, time of
    day, calendar, weather of the slot and its change since the nearest lag.
    """
    days = series.load.size // SLOTS_PER_DAY
    calendar = day_features(series.first, days)
    ahead = slots - at[:, np.newaxis]
    near = slots - SLOTS_PER_DAY * (ahead // SLOTS_PER_DAY + 1)
    far = slots - SLOTS_PER_WEEK
    lags = [_at(series.load, lag) for lag in (near, near - SLOTS_PER_DAY, far, far - SLOTS_PER_WEEK)]
    lately = [_mean_before(series.load, at - back, _RECENT) for back in (0, SLOTS_PER_DAY, SLOTS_PER_WEEK)]
    lately += [_mean_before(series.load, at, SLOTS_PER_DAY), _mean_before(series.load, at, SLOTS_PER_WEEK)]
    by_origin = [np.broadcast_to(one[:, np.newaxis], slots.shape) for one in lately]
    clock = [slots % SLOTS_PER_DAY, (slots // SLOTS_PER_DAY + series.first.weekday()) % 7]
    known = [column[slots] for column in calendar.T]
    weather = [part for column in series.weather.T for part in (column[slots], column[slots] - _at(column, near))]
    return np.stack([*lags, *by_origin, *clock, *known, *weather], axis=2)


def _at(values: Float, slots: Int) -> Float:
    """Return values at slots; NaN before the first."""
    found: Float = np.where(slots >= 0, values[np.maximum(slots, 0)], np.nan)
    return found


def _mean_before(load: Float, at: Int, count: int) -> Float:
    """Return the mean of the known loads among the last ones before each slot; NaN where there are none."""
    known = np.isfinite(load)
    total = np.concatenate(([0.0], np.cumsum(np.where(known, load, 0.0))))
    number = np.concatenate(([0.0], np.cumsum(known)))
    end, start = np.maximum(at, 0), np.maximum(at - count, 0)
    with np.errstate(invalid="ignore"):
        mean: Float = (total[end] - total[start]) / (number[end] - number[start])
    return mean


def _together(answers: Iterable[dict[str, Any]]) -> Answer:
    parts = list(answers)
    said = np.concatenate([part["said"] for part in parts])
    took_s = np.concatenate([part["fit_s"] for part in parts])
    return Answer(said, float(took_s.mean()), took_s.size)
