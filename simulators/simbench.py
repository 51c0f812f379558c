"""SimBench read as data: one year of measured profiles, and a complete medium-voltage grid with its stations.

The wheel's CSV files are read in place (S. Meinecke et al. 2020, Energies 13(12):3290, describe them).
"""

import zipfile
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import csv

from core.slots import LOCAL_ZONE
from simulators.weeks import YEAR_SLOTS, year_of_weeks

#: "Today's" grid of the complete data set: every voltage level, with switches.
_FOLDER: Final = "simbench/networks/1-complete_data-mixed-all-0-sw/"
_STEP_S: Final = 900
#: The profiles' clock never changes: opening hours lie an hour earlier in summer, so it is winter time (UTC+1).
PROFILE_ZONE: Final = ZoneInfo("Etc/GMT-1")

#: The household profiles that SimBench's own low-voltage grids use.
HOUSEHOLDS: Final = ("H0-A", "H0-B", "H0-C", "H0-G", "H0-L")
BUSINESSES: Final = ("G0-A", "G1-A", "G1-B", "G1-C", "G2-A", "G3-A", "G4-A", "G4-B", "G5-A", "G6-A")
_PUMP_KINDS: Final = ("Air_Alternative", "Air_Parallel", "Air_Semi-Parallel", "Soil_Alternative")
HEAT_PUMPS: Final = tuple(f"{kind}_{k}" for kind in _PUMP_KINDS for k in (1, 2))
SOLAR: Final = tuple(f"PV{k}" for k in range(1, 9))
#: Medium-voltage grids that have their low-voltage stations, from urban to rural.
MV_GRIDS: Final = ("MV3.101", "MV2.101", "MV4.101", "MV1.101")


@dataclass(frozen=True, slots=True)
class Stations:
    """List distribution stations of real feeders, ordered by grid, feeder and distance from the substation.

    Attributes
    ----------
    grid : ndarray, shape (station,), int64
        Index into MV_GRIDS.
    feeder : ndarray, shape (station,), int64
        Number of the feeder in its grid.
    hops : ndarray, shape (station,), int64
        Closed lines and switches from the busbar.
    x, y : ndarray, shape (station,), float64
        Coordinates in SimBench's own country. [degrees]
    loads : ndarray, shape (station,), int64
        Loads of its low-voltage grid.
    nominal_voltage_v : ndarray, shape (station,), int64
        Nominal voltage of the feeder. [V]
    """

    grid: NDArray[np.int64]
    feeder: NDArray[np.int64]
    hops: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    loads: NDArray[np.int64]
    nominal_voltage_v: NDArray[np.int64]


def read_profiles(wheel: Path) -> dict[str, NDArray[np.float64]]:
    """Return every profile used, by name, as a year of weeks of relative energy; each shape (YEAR_SLOTS,)."""
    years: dict[str, NDArray[np.float64]] = {}
    loads = (*HOUSEHOLDS, *BUSINESSES, *HEAT_PUMPS)
    frame = _read_columns(wheel, "LoadProfile", {f"{name}_pload": name for name in loads})
    people = _wall(len(frame), LOCAL_ZONE)
    for name in loads:
        years[name] = year_of_weeks(people, frame[name].to_numpy(np.float64), _STEP_S)
    sun = _read_columns(wheel, "RESProfile", {name: name for name in SOLAR})
    standard = _wall(len(sun), PROFILE_ZONE)  # the sun knows no summer time
    for name in SOLAR:
        years[name] = year_of_weeks(standard, sun[name].to_numpy(np.float64), _STEP_S)
    return years


def stacked(years: Mapping[str, NDArray[np.float64]], names: Sequence[str]) -> NDArray[np.float64]:
    """Return the named years; shape (curve, YEAR_SLOTS)."""
    return np.stack([years[name] for name in names]) if names else np.empty((0, YEAR_SLOTS))


def read_stations(wheel: Path) -> Stations:
    """Trace the feeders of the medium-voltage grids and return their stations."""
    wanted = {
        "Transformer": ("id", "nodeHV", "nodeLV", "subnet", "voltLvl"),
        "Node": ("id", "subnet", "coordID", "vmR"),
        "Coordinates": ("id", "x", "y"),
        "Line": ("nodeA", "nodeB"),
        "Switch": ("nodeA", "nodeB", "cond"),
        "Load": ("subnet",),
    }
    tables = {name: _read_columns(wheel, name, {column: column for column in wanted[name]}) for name in wanted}
    transformers, nodes = tables["Transformer"], tables["Node"].set_index("id")
    grid_of = transformers["nodeHV"].str.split(" ").str[0]
    stations = transformers[(transformers["voltLvl"] == _DISTRIBUTION) & grid_of.isin(MV_GRIDS)]
    neighbours = _neighbours(tables["Line"], tables["Switch"])
    infeed = transformers[transformers["voltLvl"] == _PRIMARY]["nodeLV"]
    hops = _hops(neighbours, infeed)
    place = tables["Coordinates"].set_index("id").loc[nodes.loc[stations["nodeHV"], "coordID"]]
    table = pd.DataFrame(
        {
            "grid": [MV_GRIDS.index(node.split(" ")[0]) for node in stations["nodeHV"]],
            "feeder": [_feeder_of(node, neighbours, nodes["subnet"]) for node in stations["nodeHV"]],
            "hops": [hops[node] for node in stations["nodeHV"]],
            "x": place["x"].to_numpy(),
            "y": place["y"].to_numpy(),
            "loads": tables["Load"]["subnet"].value_counts().reindex(stations["subnet"]).to_numpy(),
            "nominal_voltage_v": (nodes.loc[stations["nodeHV"], "vmR"].to_numpy() * 1_000).astype(np.int64),
        }
    ).sort_values(["grid", "feeder", "hops", "x"])
    columns = {name: table[name].to_numpy(np.float64 if name in {"x", "y"} else np.int64) for name in table.columns}
    return Stations(**columns)


_PRIMARY: Final = 4  # voltLvl of transformers from high to medium voltage
_DISTRIBUTION: Final = 6  # and from medium to low voltage


def _read_columns(wheel: Path, table: str, names: Mapping[str, str]) -> pd.DataFrame:
    """Read some columns of one CSV file of the wheel, renamed."""
    with zipfile.ZipFile(wheel) as archive, archive.open(f"{_FOLDER}{table}.csv") as file:
        read = csv.read_csv(
            file,
            parse_options=csv.ParseOptions(delimiter=";"),
            convert_options=csv.ConvertOptions(include_columns=list(names), null_values=["NULL"]),
        )
    frame: pd.DataFrame = read.to_pandas()
    return frame.rename(columns=dict(names))


def _wall(count: int, zone: ZoneInfo) -> pd.DatetimeIndex:
    """Return the quarter-hours of 2016 as a clock in `zone` shows them."""
    start = pd.date_range("2016-01-01", periods=count, freq=f"{_STEP_S}s", tz=PROFILE_ZONE)
    return start.tz_convert(zone).tz_localize(None)


def _neighbours(lines: pd.DataFrame, switches: pd.DataFrame) -> dict[str, list[str]]:
    """Return who is connected to whom by a line or a closed switch."""
    closed = switches[switches["cond"] == 1]
    neighbours: dict[str, list[str]] = {}
    for frame in (lines, closed):
        for one, other in zip(frame["nodeA"], frame["nodeB"], strict=True):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    return neighbours


def _hops(neighbours: Mapping[str, list[str]], sources: Iterable[str]) -> dict[str, int]:
    """Return the least number of elements between each node and the nearest infeed; breadth first."""
    hops = dict.fromkeys(sources, 0)
    queue = deque(hops)
    while queue:
        node = queue.popleft()
        for other in neighbours.get(node, ()):
            if other not in hops:
                hops[other] = hops[node] + 1
                queue.append(other)
    return hops


def _feeder_of(node: str, neighbours: Mapping[str, list[str]], subnets: "pd.Series[str]") -> int:
    """Return the feeder that a station's node hangs on: the one its nearest neighbours are labelled with."""
    seen, queue = {node}, deque([node])
    while queue:
        current = queue.popleft()
        _, found, number = str(subnets[current]).rpartition("_Feeder")
        if found:
            return int(number)
        fresh = [other for other in neighbours[current] if other not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    return 0
