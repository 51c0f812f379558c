"""What a change of loads does to a network: voltages, loadings and limits, before and after."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from grid.kernels.power_flow import power_flow
from grid.kernels.power_flow_unbalanced import ALL_PHASES, PHASES, unbalanced_flow
from grid.network.model import Bool, Float, Int, Network
from grid.network.tree import Radial, radial

#: Phases of usage points, by the numbers that kernels take.
PHASE_OF: Final = {phase: number for number, phase in enumerate(PHASES)} | {"abc": ALL_PHASES}
#: Vector groups that let nothing of zero sequence through, and give it a way back at the low side.
_GROUNDED: Final = re.compile(r"^(D|Y)(yn|zn)\d*$")
_THROUGH: Final = re.compile(r"^YN?yn\d*$")
STAGES: Final = ("before", "after")


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """What a network has to keep.

    Attributes
    ----------
    voltage_band_ratio : float
        Voltages stay within 1 ± this of the nominal one; EN 50160 has 0.1. [1]
    loading_ratio : float
        Lines and transformers carry this much of their rating. [1]
    """

    voltage_band_ratio: float = 0.1
    loading_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit not kept: stage, kind, element by name, slot by number, value and limit, both over the nominal value."""

    stage: str
    kind: str
    element: str
    slot: int
    value_ratio: float | None
    limit_ratio: float


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Hold what the network does with one set of loads; NaN in slots whose power flow does not converge.

    Attributes
    ----------
    voltage_pu : ndarray, shape (supply, slot), float64
        At every node, and phase where phases differ, that usage points hang on. [pu]
    line_ratio, transformer_ratio : ndarray, shape (line, slot) and (transformer, slot), float64
        Loading. [1]
    converged : ndarray, shape (slot,), bool
        Whether the power flow converges.
    """

    voltage_pu: Float
    line_ratio: Float
    transformer_ratio: Float
    converged: Bool


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Hold both stages, and which limits are not kept in either; names are of the rows of the stages' arrays."""

    before: Stage
    after: Stage
    supply: tuple[str, ...]
    line: tuple[str, ...]
    transformer: tuple[str, ...]
    violations: tuple[Violation, ...]


def compare(
    network: Network,
    point_bus: Int,
    point_phase: Int,
    before_va: NDArray[np.complex128],
    after_va: NDArray[np.complex128],
    limits: NetworkLimits = NetworkLimits(),
) -> Comparison:
    """Return voltages and loadings for loads before and after a change, and the limits that are not kept.

    Parameters
    ----------
    network : Network
        Radial.
    point_bus, point_phase : ndarray, shape (usage_point,), int64
        Bus of each usage point, and its phase as `PHASE_OF` numbers them. Phases are told apart only where one of
        them is single-phase.
    before_va, after_va : ndarray, shape (usage_point, slot), complex128
        Active and reactive power, import positive. [VA]
    limits : NetworkLimits
        What has to be kept.

    Raises
    ------
    InputError
        What `radial` raises; ``network_vector_group``: there are single-phase points, and the transformer gives what is
        not balanced no way back.
    """
    found = radial(network)
    loads_va = np.concatenate([before_va, after_va], axis=1)
    node = found.node_of_bus[point_bus]
    if (point_phase == ALL_PHASES).all():
        flow = power_flow(found.tree, node, loads_va.real, loads_va.imag)
        voltage, loading, converged = flow.voltage_pu[:, np.newaxis], flow.loading_ratio, flow.converged
    else:
        _require_way_back(network)
        apart = unbalanced_flow(found.tree, node, point_phase, loads_va.real, loads_va.imag)
        voltage, loading, converged = apart.voltage_pu, apart.loading_ratio, apart.converged
    at = np.unique(node[node >= 0])
    supply = _supply_names(network, found, at, phases=voltage.shape[1])
    voltage = voltage[at].reshape(len(supply), -1)
    kind, slots = found.tree.element_kind, before_va.shape[1]
    stages = [
        Stage(voltage[:, part], loading[kind == 0][:, part], loading[kind == 1][:, part], converged[part])
        for part in (slice(0, slots), slice(slots, None))
    ]
    lines, transformers = (
        tuple(name for name, one in zip(found.element_name, kind, strict=True) if one == wanted) for wanted in (0, 1)
    )
    names = (supply, lines, transformers)
    violations = [
        one for stage, name in zip(stages, STAGES, strict=True) for one in _violations(stage, name, names, limits)
    ]
    return Comparison(stages[0], stages[1], supply, lines, transformers, tuple(violations))


def _violations(stage: Stage, name: str, names: tuple[tuple[str, ...], ...], limits: NetworkLimits) -> list[Violation]:
    """Return what one stage does not keep; NaN keeps no limit and breaks none, but is told as unsolved."""
    low, high = 1.0 - limits.voltage_band_ratio, 1.0 + limits.voltage_band_ratio
    supply, lines, transformers = names
    tables = (
        ("undervoltage", supply, stage.voltage_pu, stage.voltage_pu < low, low),
        ("overvoltage", supply, stage.voltage_pu, stage.voltage_pu > high, high),
        ("line_overload", lines, stage.line_ratio, stage.line_ratio > limits.loading_ratio, limits.loading_ratio),
        (
            *("transformer_overload", transformers, stage.transformer_ratio),
            *(stage.transformer_ratio > limits.loading_ratio, limits.loading_ratio),
        ),
    )
    found = [
        Violation(name, kind, elements[row], int(slot), float(values[row, slot]), limit)
        for kind, elements, values, broken, limit in tables
        for row, slot in np.argwhere(broken)
    ]
    element = transformers[0] if transformers else "network"
    unsolved = [
        Violation(name, "unsolved", element, int(slot), None, limits.loading_ratio)
        for slot in np.flatnonzero(~stage.converged)
    ]
    return found + unsolved


def _supply_names(network: Network, found: Radial, at: Int, *, phases: int) -> tuple[str, ...]:
    names = {int(node): bus for bus, node in reversed(list(zip(network.bus, found.node_of_bus, strict=True)))}
    if phases == 1:
        return tuple(names[int(node)] for node in at)
    return tuple(f"{names[int(node)]}, phase {phase}" for node in at for phase in PHASES)


def _require_way_back(network: Network) -> None:
    """Refuse single-phase loads behind a transformer that gives what is not balanced no way back."""
    for name, group in zip(network.transformers.name, network.transformers.vector_group, strict=True):
        if group and (not _GROUNDED.match(group) or _THROUGH.match(group)):
            message = f"{name} has vector group {group}; single-phase loads are solved behind Dyn, Dzn and Yzn only."
            raise InputError("network_vector_group", message, vector_group=group)
