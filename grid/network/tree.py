"""From a network to the tree that kernels sweep: what is supplied, in which order, referred to the source."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from grid.kernels.power_flow import RadialTree
from grid.network.branches import BASE_VA, Branches, branches_of
from grid.network.model import Bool, Complex, Int, Network

#: Ratios of transformers side by side may differ by this much. [1]
_SAME_RATIO = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Radial:
    """Hold a tree, and what its nodes and elements are in the network.

    Attributes
    ----------
    tree : RadialTree
        What kernels take.
    node_of_bus : ndarray, shape (bus,), int64
        Node of each bus; -1 for one that is not supplied.
    element_branch : ndarray, shape (element,), int64
        Line, or number of lines plus transformer, of each element.
    element_name : tuple of str
        Name of each element.
    """

    tree: RadialTree
    node_of_bus: Int
    element_branch: Int
    element_name: tuple[str, ...]


def radial(network: Network) -> Radial:
    """Return the tree of a network as seen from its source; what is not connected to it is left out.

    Raises
    ------
    InputError
        ``network_meshed``, naming the elements of a loop; ``network_impedance``: an element without impedance;
        ``network_ratio``: transformers side by side with different ratios.
    """
    joined, names = _joined(network), (*network.lines.name, *network.transformers.name)
    ends, nominal_v, live = _end_nodes(network, joined)
    branches = branches_of(network, ends, nominal_v)
    order, parent, above = _walk(ends, live, int(joined[network.source_bus]), names)
    number = np.full(nominal_v.size, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    tree, elements = _referred(network, branches, order, parent, above, joined, number)
    return Radial(tree, number[joined], elements, tuple(names[element] for element in elements))


def _joined(network: Network) -> Int:
    """Return for each bus the lowest bus that closed switches make one with it."""
    root = np.arange(len(network.bus), dtype=np.int64)
    for one, other in network.links:
        low, high = sorted((int(root[one]), int(root[other])))
        root[root == high] = low
    return root


def _end_nodes(network: Network, joined: Int) -> tuple[Int, "np.ndarray[tuple[int], np.dtype[np.float64]]", Bool]:
    """Return the nodes of each branch, nominal voltages, and which branches are connected at all.

    An open end becomes a node of its own, at which nothing else is.
    """
    ends = joined[np.concatenate([network.lines.ends, network.transformers.ends])]
    closed = np.concatenate([network.lines.closed, network.transformers.closed])
    nominal_v, extra = network.nominal_v, []
    for branch, side in np.argwhere(~closed):
        extra.append(float(nominal_v[ends[branch, side]]))
        ends[branch, side] = nominal_v.size + len(extra) - 1
    live: Bool = closed.any(axis=1) & (ends[:, 0] != ends[:, 1])
    return ends, np.append(nominal_v, extra), live


def _walk(
    ends: Int, live: Bool, source: int, names: Sequence[str]
) -> tuple[list[int], dict[int, int], dict[int, list[int]]]:
    """Return nodes in depth-first order, the parent of each, and the branches between the two."""
    beside: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for branch in np.flatnonzero(live):
        one, other = int(ends[branch, 0]), int(ends[branch, 1])
        beside[one][other].append(int(branch))
        beside[other][one].append(int(branch))
    order: list[int] = []
    parent, above = {source: -1}, {source: list[int]()}
    stack = [source]
    while stack:
        node = stack.pop()
        order.append(node)
        for other, between in beside[node].items():
            if other == parent[node]:
                continue
            if other in parent:
                raise _meshed(node, other, between, parent, above, names)
            parent[other], above[other] = node, between
            stack.append(other)
    return order, parent, above


def _meshed(
    one: int, other: int, between: list[int], parent: dict[int, int], above: dict[int, list[int]], names: Sequence[str]
) -> InputError:
    """Return the error that names the loop closed by a branch between two nodes of the tree."""
    paths = []
    for node in (one, other):
        path = [node]
        while parent[path[-1]] >= 0:
            path.append(parent[path[-1]])
        paths.append(path)
    common = set(paths[0]) & set(paths[1])
    around = [above[node][0] for path in paths for node in path if node not in common]
    loop = [names[branch] for branch in [between[0], *around]]
    message = f"The network has a loop, and only radial networks are solved: {', '.join(loop)}."
    return InputError("network_meshed", message, loop=loop)


def _referred(
    network: Network,
    branches: Branches,
    order: list[int],
    parent: dict[int, int],
    above: dict[int, list[int]],
    joined: Int,
    number: Int,
) -> tuple[RadialTree, Int]:
    """Return the tree with impedances referred to the source, so that ratios of transformers vanish from it."""
    nodes = len(order)
    referral, series, zero = np.ones(nodes, complex), np.zeros(nodes, complex), np.zeros(nodes, complex)
    shunt = np.zeros(nodes, complex)
    rows: list[tuple[int, int, complex, complex, complex, float, float, int]] = []
    below_delta = np.zeros(nodes, dtype=np.bool_)
    for node in range(1, nodes):
        up, between = int(number[parent[order[node]]]), np.array(above[order[node]])
        forward = branches.ends[between[0], 1] == order[node]
        direction = [0, 1] if forward else [1, 0]
        own = branches.ends[between, 1] == order[node]
        ratio = np.where(own, branches.ratio[between], 1.0 / branches.ratio[between])
        _check_group(network, between, branches, ratio)
        inside = referral[up] * (branches.ratio[between[0]] if forward else 1.0)
        referral[node] = referral[up] * ratio[0]
        scale = abs(inside) ** 2
        admittance = 1.0 / (branches.series[between] * scale)
        series[node] = 1.0 / admittance.sum()
        zero[node] = 1.0 / (1.0 / (branches.zero_series[between] * scale)).sum()
        below_delta[node] = below_delta[up] or bool(branches.kind[between[0]])
        for branch, part, same in zip(between, admittance * series[node], own, strict=True):
            side = direction if same == own[0] else direction[::-1]
            y_up, y_down = branches.shunts[branch, side] / scale
            shunt[up] += y_up
            shunt[node] += y_down
            current = branches.loading[branch, side] * np.abs([referral[up], referral[node]])
            rows.append((int(branch), node, complex(part), y_up, y_down, *current, int(branches.kind[branch])))
    for bus, va in enumerate(network.shunt_va):
        at = number[joined[bus]]
        if at >= 0:
            shunt[at] += np.conj(va) / BASE_VA / abs(referral[at]) ** 2
    if len(network.transformers.name):
        zero[~below_delta] = 0.0  # nothing of zero sequence flows above a winding in delta
    source = network.source_pu * np.exp(1j * np.deg2rad(network.source_degree))
    parents = np.array([-1, *(int(number[parent[node]]) for node in order[1:])], dtype=np.int64)
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    tree = RadialTree(
        BASE_VA,
        complex(source),
        parents,
        series,
        zero,
        shunt,
        1.0 / referral,
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.complex128),
        np.stack([np.array(columns[3], np.complex128), np.array(columns[4], np.complex128)], axis=1),
        np.stack([np.array(columns[5], np.float64), np.array(columns[6], np.float64)], axis=1),
        np.array(columns[7], dtype=np.int64),
    )
    return tree, np.array(columns[0], dtype=np.int64)


def _check_group(network: Network, between: Int, branches: Branches, ratio: Complex) -> None:
    """Check that elements between the same two nodes have an impedance, and one ratio."""
    names = (*network.lines.name, *network.transformers.name)
    empty = [names[branch] for branch in between if branches.series[branch] == 0]
    if empty:
        message = f"An element has no impedance: {empty[0]}; two buses that are one are joined by a switch."
        raise InputError("network_impedance", message, elements=empty)
    if np.abs(ratio - ratio[0]).max() > _SAME_RATIO:
        message = "Transformers side by side have different ratios, so that a current would turn round between them."
        raise InputError("network_ratio", message, elements=[names[branch] for branch in between])
