"""From a network to the tree that kernels sweep: what is supplied, in which order, referred to the source."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from grid.kernels.power_flow_tree import RadialTree
from grid.network.branches import BASE_VA, Branches, branches_of
from grid.network.model import Bool, Complex, Float, Int, Network

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
    walk = _walk(ends, live, int(joined[network.source_bus]), names)
    number = np.full(nominal_v.size, -1, dtype=np.int64)
    number[walk.order] = np.arange(len(walk.order))
    found = _Referred(branches, walk, number)
    for node in range(1, len(walk.order)):
        found.add(node, names)
    at = number[joined]
    for bus in np.flatnonzero((network.shunt_va != 0) & (at >= 0)):
        va = np.conj(network.shunt_va[bus]) / BASE_VA
        found.shunt[at[bus]] += va / abs(found.referral[at[bus]]) ** 2
    elements = [row.branch for row in found.elements]
    return Radial(
        found.tree(network), at, np.array(elements, dtype=np.int64), tuple(names[element] for element in elements)
    )


def _joined(network: Network) -> Int:
    """Return for each bus the lowest bus that closed switches make one with it."""
    root = np.arange(len(network.bus), dtype=np.int64)
    for one, other in network.links:
        low, high = sorted((int(root[one]), int(root[other])))
        root[root == high] = low
    return root


def _end_nodes(network: Network, joined: Int) -> tuple[Int, Float, Bool]:
    """Return the nodes of each branch, nominal voltages, and which branches are connected at all.

    An open end becomes a node of its own, at which nothing else is.
    """
    ends = joined[np.concatenate([network.lines.ends, network.transformers.ends])]
    closed = np.concatenate([network.lines.closed, network.transformers.closed])
    nominal_v, extra = network.nominal_v, list[float]()
    for branch, side in np.argwhere(~closed):
        extra.append(float(nominal_v[ends[branch, side]]))
        ends[branch, side] = nominal_v.size + len(extra) - 1
    live: Bool = closed.any(axis=1) & (ends[:, 0] != ends[:, 1])
    return ends, np.append(nominal_v, extra), live


@dataclass(frozen=True, slots=True)
class _Walk:
    """Hold nodes in depth-first order, the parent of each, and the branches between the two."""

    order: list[int]
    parent: dict[int, int]
    above: dict[int, list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class _Element:
    """Hold a line or transformer of the tree; pairs are of the parent's end and the node's."""

    branch: int
    node: int
    share: complex
    shunts: Complex
    loading: Float


def _walk(ends: Int, live: Bool, source: int, names: Sequence[str]) -> _Walk:
    """Return the nodes that are connected to the source."""
    beside: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for branch in np.flatnonzero(live):
        one, other = int(ends[branch, 0]), int(ends[branch, 1])
        beside[one][other].append(int(branch))
        beside[other][one].append(int(branch))
    walk = _Walk([], {source: -1}, {source: []})
    stack = [source]
    while stack:
        node = stack.pop()
        walk.order.append(node)
        for other, between in beside[node].items():
            if other == walk.parent[node]:
                continue
            if other in walk.parent:
                raise _meshed(node, other, between, walk, names)
            walk.parent[other], walk.above[other] = node, between
            stack.append(other)
    return walk


def _meshed(one: int, other: int, between: list[int], walk: _Walk, names: Sequence[str]) -> InputError:
    """Return the error that names the loop closed by a branch between two nodes of the tree."""
    paths = []
    for node in (one, other):
        path = [node]
        while walk.parent[path[-1]] >= 0:
            path.append(walk.parent[path[-1]])
        paths.append(path)
    common = set(paths[0]) & set(paths[1])
    around = [walk.above[node][0] for path in paths for node in path if node not in common]
    loop = [names[branch] for branch in [between[0], *around]]
    message = f"The network has a loop, and only radial networks are solved: {', '.join(loop)}."
    return InputError("network_meshed", message, loop=loop)


class _Referred:
    """Gather what lies in a tree, referred to its source, so that ratios of transformers vanish from it."""

    def __init__(self, branches: Branches, walk: _Walk, number: Int) -> None:
        self._branches, self._walk, self._number = branches, walk, number
        nodes = len(walk.order)
        self.referral = np.ones(nodes, dtype=np.complex128)
        self.series, self.zero = np.zeros(nodes, dtype=np.complex128), np.zeros(nodes, dtype=np.complex128)
        self.shunt = np.zeros(nodes, dtype=np.complex128)
        self.parent = np.full(nodes, -1, dtype=np.int64)
        self.below_transformer = np.zeros(nodes, dtype=np.bool_)
        self.elements: list[_Element] = []

    def add(self, node: int, names: Sequence[str]) -> None:
        """Add a node, whose parent has been added, with what connects the two."""
        bus, branches = self._walk.order[node], self._branches
        up, between = int(self._number[self._walk.parent[bus]]), np.array(self._walk.above[bus])
        own = branches.ends[between, 1] == bus
        ratio = np.where(own, branches.ratio[between], 1.0 / branches.ratio[between])
        _check_group(names, between, branches, ratio)
        inside = self.referral[up] * (branches.ratio[between[0]] if own[0] else 1.0)
        scale = float(abs(inside) ** 2)
        self.parent[node] = up
        self.referral[node] = self.referral[up] * ratio[0]
        admittance = 1.0 / (branches.series[between] * scale)
        self.series[node] = 1.0 / admittance.sum()
        self.zero[node] = 1.0 / (1.0 / (branches.zero_series[between] * scale)).sum()
        self.below_transformer[node] = self.below_transformer[up] or bool(branches.kind[between[0]])
        for branch, share, here in zip(between, admittance * self.series[node], own, strict=True):
            side = [0, 1] if here else [1, 0]
            shunts = branches.shunts[branch, side] / scale
            self.shunt[up] += shunts[0]
            self.shunt[node] += shunts[1]
            loading = branches.loading[branch, side] * np.abs(self.referral[[up, node]])
            self.elements.append(_Element(int(branch), node, complex(share), shunts, loading))

    def tree(self, network: Network) -> RadialTree:
        """Return all that was added as a tree."""
        zero = self.zero.copy()
        if network.transformers.name:
            zero[~self.below_transformer] = 0.0  # nothing of zero sequence flows above a winding in delta
        source = network.source_pu * np.exp(1j * np.deg2rad(network.source_degree))
        rows = self.elements
        return RadialTree(
            BASE_VA,
            complex(source),
            self.parent,
            self.series,
            zero,
            self.shunt,
            np.reciprocal(self.referral),
            np.array([row.node for row in rows], dtype=np.int64),
            np.array([row.share for row in rows], dtype=np.complex128),
            np.array([row.shunts for row in rows], dtype=np.complex128).reshape(-1, 2),
            np.array([row.loading for row in rows], dtype=np.float64).reshape(-1, 2),
            self._branches.kind[np.array([row.branch for row in rows], dtype=np.int64)],
        )


def _check_group(names: Sequence[str], between: Int, branches: Branches, ratio: Complex) -> None:
    """Check that elements between the same two nodes have an impedance, and one ratio."""
    empty = [names[branch] for branch in between if branches.series[branch] == 0]
    if empty:
        message = f"An element has no impedance: {empty[0]}; two buses that are one are joined by a switch."
        raise InputError("network_impedance", message, elements=empty)
    if np.abs(ratio - ratio[0]).max() > _SAME_RATIO:
        message = "Transformers side by side have different ratios, so that a current would turn round between them."
        raise InputError("network_ratio", message, elements=[names[branch] for branch in between])
