"""A fleet's network: real feeders and stations of SimBench, placed on the communes of a territory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.network import Commune, Feeder, PowerTransformer, Substation
from simulators.draws import uniform
from simulators.placement import assign_communes, locate
from simulators.simbench import MV_GRIDS, Stations

_MEAN_POINTS: Final = 48
_FEWEST, _MOST = 32.0, 64.0  # usage points per transformer before they are scaled to the fleet
_STATIONS_PER_FEEDER: Final = 8
_SHORTEST_FEEDER: Final = 5
_TRANSFORMERS_PER_GRID: Final = 24
#: Rated powers that are sold in France for distribution. [VA]
RATINGS_VA: Final = (50_000, 100_000, 160_000, 250_000, 400_000, 630_000, 1_000_000)
#: Natural evening peaks load a transformer this far, so that its limit can bind. [ratio]
_PEAK_LOADING_RATIO: Final = 0.95


Equipment = tuple[list[Substation], list[Feeder], list[PowerTransformer]]


@dataclass(frozen=True, slots=True)
class Grid:
    """Lay out a fleet's network before anybody lives in it; arrays have shape (transformer,).

    Attributes
    ----------
    station : ndarray, int64
        Row of each transformer's station in the model.
    feeder_of, substation_of : ndarray, int64
        Index of its feeder and of its substation, counted through the fleet.
    communes : list of Commune
        Where it stands.
    lon, lat : ndarray, float64
        Its place, WGS 84. [degrees]
    usage_points : ndarray, int64
        How many usage points it supplies.
    """

    station: NDArray[np.int64]
    feeder_of: NDArray[np.int64]
    substation_of: NDArray[np.int64]
    communes: list[Commune]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    usage_points: NDArray[np.int64]


def lay_out(stations: Stations, communes: Sequence[Commune], usage_points: int, seed: int) -> Grid:
    """Choose stations for a number of usage points and place them.

    Raises
    ------
    ConfigurationError
        ``fleet_too_small`` or ``communes_missing``.
    """
    if usage_points < 1:
        raise ConfigurationError("fleet_too_small", "A fleet has at least one usage point.", usage_points=usage_points)
    if not communes:
        raise ConfigurationError("communes_missing", "A fleet needs communes to stand in; none were given.")
    count = max(1, round(usage_points / _MEAN_POINTS))
    copy, station = _choose_stations(stations, count)
    branch = np.stack([copy, stations.grid[station], stations.feeder[station]], axis=1)
    _, feeder_of = np.unique(branch, axis=0, return_inverse=True)
    _, substation_of = np.unique(branch[:, :2], axis=0, return_inverse=True)
    homes = assign_communes(communes, count)
    lon, lat = locate(homes, stations.x[station], stations.y[station])
    weight = _FEWEST + (_MOST - _FEWEST) * uniform(seed, "transformer", np.arange(count))
    return Grid(station, feeder_of, substation_of, homes, lon, lat, share_out(usage_points, weight))


def share_out(total: int, weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers in proportion to `weight` that add up to `total` (largest remainders).

    Examples
    --------
    >>> share_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = total * weight / weight.sum()
    whole = np.floor(exact).astype(np.int64)
    first = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[first] += 1
    return np.asarray(whole)


def choose_ratings(base_peak_w: NDArray[np.float64], natural_peak_w: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rated power for each transformer: near its natural peak, never under what cannot be shifted. [VA].

    Parameters
    ----------
    base_peak_w, natural_peak_w : ndarray, shape (transformer,)
        Highest load without and with flexible devices that run as they like. [W]
    """
    ratings = np.array(RATINGS_VA)
    needed = np.maximum(base_peak_w / _PEAK_LOADING_RATIO, natural_peak_w * _PEAK_LOADING_RATIO)
    return np.asarray(ratings[np.minimum(np.searchsorted(ratings, needed), len(ratings) - 1)])


def describe_equipment(grid: Grid, stations: Stations, rated_va: NDArray[np.int64]) -> Equipment:
    """Return the equipment as rows, parents first."""
    names = [commune.name for commune in grid.communes]
    substations = [
        Substation(
            code=f"PS-{index + 1:03d}",
            name=f"Poste source {index + 1} {_most_common(names, here)}",
            lon=float(grid.lon[here].mean()),
            lat=float(grid.lat[here].mean()),
        )
        for index, here in _groups(grid.substation_of)
    ]
    feeders = [
        Feeder(
            code=f"DP-{index + 1:04d}",
            name=f"Départ {index + 1} {_from_to(names, here)}",
            substation_code=substations[grid.substation_of[here[0]]].code,
            nominal_voltage_v=int(stations.nominal_voltage_v[grid.station[here[0]]]),
        )
        for index, here in _groups(grid.feeder_of)
    ]
    nth: Counter[str] = Counter()
    transformers = []
    for index, commune in enumerate(grid.communes):
        nth[commune.name] += 1
        transformers.append(
            PowerTransformer(
                code=f"PT-{index + 1:05d}",
                name=f"Poste {commune.name} {nth[commune.name]}",
                feeder_code=feeders[grid.feeder_of[index]].code,
                insee_code=commune.insee_code,
                rated_va=int(rated_va[index]),
                lon=float(grid.lon[index]),
                lat=float(grid.lat[index]),
            )
        )
    return substations, feeders, transformers


def _choose_stations(stations: Stations, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return copy and row of `count` stations: the first few of each feeder, nearest first; then the next few.

    A fleet that needs more stations than the model has gets copies of the whole model.
    """
    grids = min(len(MV_GRIDS), -(-count // _TRANSFORMERS_PER_GRID))
    branch = stations.grid * 1_000 + stations.feeder
    branches, size = np.unique(branch, return_counts=True)
    long_enough = branches[(size >= _SHORTEST_FEEDER) & (branches // 1_000 < grids)]
    candidates = np.flatnonzero(np.isin(branch, long_enough))
    nth = np.concatenate([np.arange((branch[candidates] == one).sum()) for one in long_enough])
    turn = np.lexsort((nth, stations.grid[candidates], stations.feeder[candidates], nth // _STATIONS_PER_FEEDER))
    chosen = np.arange(count)
    copy, row = chosen // len(turn), candidates[turn[chosen % len(turn)]]
    order = np.lexsort((row, copy))  # rows rise with grid, feeder and distance
    return copy[order], row[order]


def _groups(index: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    return [(group, np.flatnonzero(index == group)) for group in range(int(index.max()) + 1)]


def _most_common(names: Sequence[str], here: NDArray[np.int64]) -> str:
    counted: Counter[str] = Counter(names[int(row)] for row in here)
    return counted.most_common(1)[0][0]


def _from_to(names: Sequence[str], here: NDArray[np.int64]) -> str:
    first, last = names[here[0]], names[here[-1]]
    return first if first == last else f"{first} – {last}"
