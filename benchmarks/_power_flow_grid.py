"""A grid for the power flow's benchmark: network, loads over a year, and what pandapower answered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from grid.kernels.power_flow_tree import PowerFlow
from grid.network.model import Network
from grid.network.pandapower_file import Injection, read_network
from grid.network.tree import Radial, radial

Float = NDArray[np.float64]
Int = NDArray[np.int64]

NETWORK: Final = "net.json.gz"
_PERCENT, _MEGA = 100.0, 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Hold a grid and its loads.

    Attributes
    ----------
    network, radial : Network, Radial
        As built, and as solved.
    load_bus : ndarray, shape (load,), int64
        Bus of each load or generator; -1 where it is out of service.
    load_w, load_var : ndarray, shape (load, state), float64
        What each draws. [W], [var]
    """

    network: Network
    radial: Radial
    load_bus: Int
    load_w: Float
    load_var: Float

    @property
    def load_node(self) -> Int:
        """Return the node of each load; -1 where it is not supplied."""
        node: Int = np.where(self.load_bus < 0, -1, self.radial.node_of_bus[self.load_bus])
        return node


def read_grid(file: Path) -> Grid:
    """Read a network and the profiles that lie beside it, named alike: ``…load_p_mw.parquet`` and so on."""
    network, injections = read_network(file)
    tables = [one for one in injections if one.index]
    given = [(_profile(file, one, "p_mw"), _profile(file, one, "q_mvar")) for one in tables]
    states = max([1, *(len(profile) for pair in given for profile in pair if profile is not None)])
    parts = [
        (_power(one, p, one.load_w, states), _power(one, q, one.load_var, states))
        for one, (p, q) in zip(tables, given, strict=True)
    ]
    empty = np.zeros((0, states))
    return Grid(
        network,
        radial(network),
        np.concatenate([np.zeros(0, np.int64), *(one.bus for one in tables)]),
        np.concatenate([empty, *(part[0] for part in parts)]),
        np.concatenate([empty, *(part[1] for part in parts)]),
    )


def differences(grid: Grid, flow: PowerFlow, oracle: pd.DataFrame) -> dict[str, float]:
    """Return the largest differences from an oracle's columns, which are by step of the year."""
    step = oracle["step"].to_numpy()
    supplied = grid.radial.node_of_bus[grid.radial.node_of_bus >= 0]
    voltage, kind = flow.voltage_pu[supplied][:, step], grid.radial.tree.element_kind
    mine = {
        "vm_min": voltage.min(axis=0),
        "vm_max": voltage.max(axis=0),
        "line_loading_max": _worst(flow.loading_ratio[kind == 0][:, step]),
        "trafo_loading_max": _worst(flow.loading_ratio[kind == 1][:, step]),
        "slack_p_mw": flow.source_w[step] / _MEGA,
        "slack_q_mvar": flow.source_var[step] / _MEGA,
        "line_loss_mw": flow.losses_w[0, step] / _MEGA,
    }
    columns = [name for name in mine if name in oracle and oracle[name].notna().any()]
    return {name: float(np.abs(mine[name] - oracle[name].to_numpy()).max()) for name in columns}


def _worst(loading: Float) -> Float:
    worst: Float = loading.max(axis=0, initial=0.0) * _PERCENT
    return worst


def _profile(file: Path, injection: Injection, unit: str) -> pd.DataFrame | None:
    beside = file.with_name(f"{file.name.removesuffix(NETWORK)}{injection.table}_{unit}.parquet")
    if not file.name.endswith(NETWORK) or not beside.is_file():
        return None
    profile = pd.read_parquet(beside)
    missing = set(injection.index) - set(map(str, profile.columns))
    if missing:
        raise InputError("network_profile", f"{beside.name} has no column {min(missing)}.", file=beside.name)
    return profile.set_axis(profile.columns.map(str), axis=1)[list(injection.index)]


def _power(injection: Injection, profile: pd.DataFrame | None, own: Float, states: int) -> Float:
    if profile is None:
        return np.repeat(own[:, np.newaxis], states, axis=1)
    power: Float = np.ascontiguousarray(profile.to_numpy(dtype=np.float64).T * injection.factor[:, np.newaxis])
    return power
