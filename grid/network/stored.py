"""From a network to rows of the store, and back."""

from collections.abc import Sequence

import numpy as np

from core.errors import InputError
from db.network import ConnectivityNode, LineSegment, TransformerImpedance
from grid.network.model import Lines, Network, Transformers
from grid.network.tree import radial

Rows = tuple[list[ConnectivityNode], list[LineSegment], TransformerImpedance]


def rows_of(network: Network, place_id: int) -> tuple[Rows, list[str]]:
    """Return the rows of what a network supplies, and the node of each bus, empty where it is not supplied.

    Buses that switches join become one node; a line that is open at an end, which carries nothing but the current of
    its capacitance, is left out.

    Raises
    ------
    InputError
        What `radial` raises; ``network_transformers``: it has not exactly one transformer that supplies something;
        ``network_shunts``: it has fixed admittances; ``network_rating``: a line has no thermal limit.
    """
    found = radial(network)
    supplied, transformers = found.node_of_bus, network.transformers
    serving = np.flatnonzero(transformers.closed.all(axis=1) & (supplied[transformers.ends] >= 0).all(axis=1))
    if serving.size != 1:
        message = f"The network has {serving.size} transformers that supply it; to be stored it has to have one."
        raise InputError("network_transformers", message, transformers=int(serving.size))
    if (network.shunt_va != 0).any():
        raise InputError("network_shunts", "The network has fixed admittances, which the store does not hold.")
    names = _node_names(network, [int(node) for node in supplied])
    lines = network.lines
    kept = np.flatnonzero(lines.closed.all(axis=1) & (supplied[lines.ends] >= 0).all(axis=1))
    unrated = [lines.name[line] for line in kept if lines.rated_a[line] <= 0]
    if unrated:
        raise InputError("network_rating", f"The line {unrated[0]} has no thermal limit.", lines=unrated)
    labels = _unique([lines.name[line] for line in kept])
    segments = [_segment(lines, int(line), label, names, place_id) for line, label in zip(kept, labels, strict=True)]
    first = {node: bus for bus, node in reversed(list(enumerate(supplied)))}
    nodes = [
        ConnectivityNode(place_id, names[bus], float(network.nominal_v[bus]))
        for node, bus in sorted(first.items())
        if node >= 0
    ]
    return (nodes, segments, _impedance(network, int(serving[0]), names, place_id)), names


def network_of(
    nodes: Sequence[ConnectivityNode], lines: Sequence[LineSegment], transformer: TransformerImpedance, name: str
) -> Network:
    """Return the network of one transformer from its rows."""
    at = {node.name: row for row, node in enumerate(nodes)}
    ends = np.array([[at[line.from_node], at[line.to_node]] for line in lines], dtype=np.int64).reshape(-1, 2)
    one = np.array([1.0])
    return Network(
        tuple(at),
        np.array([node.nominal_v for node in nodes]),
        np.zeros((0, 2), dtype=np.int64),
        np.zeros(len(nodes), dtype=np.complex128),
        Lines(
            tuple(line.name for line in lines),
            ends,
            np.ones_like(ends, dtype=np.bool_),
            np.array([complex(line.r_ohm, line.x_ohm) for line in lines], dtype=np.complex128),
            np.array([complex(line.r0_ohm, line.x0_ohm) for line in lines], dtype=np.complex128),
            np.array([complex(line.g_s, line.b_s) for line in lines], dtype=np.complex128),
            np.array([line.rated_a for line in lines], dtype=np.float64),
        ),
        Transformers(
            (name,),
            np.array([[at[transformer.high_node], at[transformer.low_node]]]),
            np.ones((1, 2), dtype=np.bool_),
            one * transformer.rated_va,
            np.array([[transformer.rated_high_v, transformer.rated_low_v]]),
            np.array([[transformer.at_tap_high_v, transformer.at_tap_low_v]]),
            one * transformer.shift_degree,
            one * transformer.short_circuit_ratio,
            one * transformer.resistive_ratio,
            one * transformer.iron_w,
            one * transformer.idle_ratio,
            (transformer.vector_group,),
        ),
        at[transformer.source_node],
        transformer.source_ratio,
    )


def _node_names(network: Network, supplied: Sequence[int]) -> list[str]:
    """Return the node of each bus: the name of the first bus of it, made unique; empty where it is not supplied."""
    first: dict[int, int] = {}
    for bus, node in enumerate(supplied):
        first.setdefault(node, bus)
    buses = [bus for node, bus in first.items() if node >= 0]
    unique = dict(zip(buses, _unique([network.bus[bus] for bus in buses]), strict=True))
    return ["" if node < 0 else unique[first[node]] for node in supplied]


def _unique(names: Sequence[str]) -> list[str]:
    """Return names with a number after those that were there before."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        label, number = name, 1
        while label in taken:
            number += 1
            label = f"{name} ({number})"
        taken.add(label)
        found.append(label)
    return found


def _segment(lines: Lines, line: int, label: str, names: Sequence[str], place_id: int) -> LineSegment:
    series, zero, shunt = complex(lines.series_ohm[line]), complex(lines.zero_ohm[line]), complex(lines.shunt_s[line])
    one, other = (names[int(bus)] for bus in lines.ends[line])
    rated_a = float(lines.rated_a[line])
    parts = (series.real, series.imag, zero.real, zero.imag, shunt.real, shunt.imag)
    return LineSegment(place_id, label, one, other, *parts, rated_a)


def _impedance(network: Network, row: int, names: Sequence[str], place_id: int) -> TransformerImpedance:
    found = network.transformers
    high, low = (names[int(bus)] for bus in found.ends[row])
    return TransformerImpedance(
        place_id,
        names[network.source_bus],
        high,
        low,
        network.source_pu,
        float(found.rated_va[row]),
        float(found.rated_v[row, 0]),
        float(found.rated_v[row, 1]),
        float(found.at_tap_v[row, 0]),
        float(found.at_tap_v[row, 1]),
        float(found.shift_degree[row]),
        float(found.short_circuit_ratio[row]),
        float(found.resistive_ratio[row]),
        float(found.iron_w[row]),
        float(found.idle_ratio[row]),
        found.vector_group[row],
    )
