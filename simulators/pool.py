"""The pool of base curves that a fleet draws from, converted once and kept in the cache."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from simulators import simbench
from simulators.packages import OPENDSM, SIMBENCH, check_wheel, find_wheel
from simulators.sample_meters import read_sample_meters
from simulators.simbench import Stations
from simulators.source import SourceLayout, read_source

_FORMAT: Final = "1"  # raise it when what is kept changes
_CONVERTED_FOLDER: Final = "converted"


@dataclass(frozen=True, slots=True)
class CurvePool:
    """Hold measured curves as years of weeks, each shape (curve, YEAR_SLOTS), float32.

    Attributes
    ----------
    homes, businesses, heating : ndarray
        Energy of each half-hour as a share of the curve's year. [ratio]
    solar : ndarray
        Energy of each half-hour per watt of peak power. [Wh/W]
    home_year_wh : ndarray, shape (home,), float64, or None
        Energy of each home's own year where a source is replayed as it is; None where energies are drawn. [Wh]
    """

    homes: NDArray[np.float32]
    businesses: NDArray[np.float32]
    heating: NDArray[np.float32]
    solar: NDArray[np.float32]
    home_year_wh: NDArray[np.float64] | None = None


def load_pool(cache_dir: Path) -> CurvePool:
    """Return the curves of the shipped packages; the first call converts them (a few seconds)."""
    kept = _converted(cache_dir, "curves")
    if not kept.is_file():
        _convert_curves(cache_dir, kept)
    with np.load(kept) as arrays:
        return CurvePool(*(arrays[name] for name in ("homes", "businesses", "heating", "solar")))


def load_stations(cache_dir: Path) -> Stations:
    """Return the stations of the shipped grid; the first call reads them (a few seconds)."""
    kept = _converted(cache_dir, "stations")
    if not kept.is_file():
        wheel = find_wheel(cache_dir, SIMBENCH)
        check_wheel(wheel, SIMBENCH)
        stations = simbench.read_stations(wheel)
        _keep(kept, {name: cast("NDArray[np.float64]", getattr(stations, name)) for name in Stations.__slots__})
    with np.load(kept) as arrays:
        return Stations(**{name: arrays[name] for name in Stations.__slots__})


def pool_of_source(layout: SourceLayout) -> CurvePool:
    """Return a pool that replays a file's meters as they were measured, without other curves."""
    _, year_wh = read_source(layout)
    homes, totals = _shares(year_wh)
    nothing = np.empty((0, homes.shape[1]), dtype=np.float32)
    return CurvePool(homes, nothing, nothing, nothing, totals)


def _convert_curves(cache_dir: Path, kept: Path) -> None:
    wheels = {wheel: find_wheel(cache_dir, wheel) for wheel in (SIMBENCH, OPENDSM)}
    for wheel, path in wheels.items():
        check_wheel(path, wheel)
    years = simbench.read_profiles(wheels[SIMBENCH])
    samples = np.stack(list(read_sample_meters(wheels[OPENDSM]).values()))
    homes = np.concatenate([simbench.stacked(years, simbench.HOUSEHOLDS), samples])
    arrays = {
        "homes": _shares(homes)[0],
        "businesses": _shares(simbench.stacked(years, simbench.BUSINESSES))[0],
        "heating": _shares(simbench.stacked(years, simbench.HEAT_PUMPS))[0],
        "solar": simbench.stacked(years, simbench.SOLAR).astype(np.float32),
    }
    _keep(kept, arrays)


def _shares(year: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return each curve as shares of its year, and the years' totals."""
    year = np.maximum(year, 0.0)
    totals = year.sum(axis=1)
    return (year / np.maximum(totals, 1e-9)[:, np.newaxis]).astype(np.float32), totals


def _converted(cache_dir: Path, what: str) -> Path:
    return cache_dir / _CONVERTED_FOLDER / f"{what}-{_FORMAT}-{SIMBENCH.sha256[:8]}-{OPENDSM.sha256[:8]}.npz"


def _keep(path: Path, arrays: dict[str, NDArray[np.float32]] | dict[str, NDArray[np.float64]]) -> None:
    """Write arrays under a name that appears only when they are whole: other processes may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
        np.savez(file, **arrays)
    Path(file.name).chmod(0o644)
    os.replace(file.name, path)  # noqa: PTH105 - the one atomic call
