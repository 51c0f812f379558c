"""Prove a plan under nested limits: what one more unit is worth everywhere, minimum cut, dual bound, compiled.

A unit of energy at a place is worth the price of the dearest slot whose energy it can replace, by a path of the
residual network; where it reaches unmet need it is worth the dearest price of all, and such places are the minimum cut.
These worths are potentials of the dual programme, so that they give a lower bound on the cost of serving as much
energy, whatever the plan; if the plan is exact, the bound is its cost.
"""

from typing import NamedTuple

import numpy as np

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Bool, Float, Int
from grid.kernels.dispatch_tree_labels import Tree


class Proof(NamedTuple):
    """Hold what a certificate says; energies in watt-hours, money in EUR/MWh times watt-hours.

    Attributes
    ----------
    worth, worth_device : ndarray, shapes (node, slot) and (device,), float64
        What one more unit is worth; NaN until it is known. [EUR/MWh]
    cut : ndarray, shape (node, slot), bool
        Places that reach unmet need.
    cut_device : ndarray, shape (device,), bool
        Devices that do.
    missing_wh : ndarray, shape (node,), float64
        Unmet need, by the highest node that stands in its way. [Wh]
    served_wh, cost, bound, cut_wh : ndarray, shape (tree,), float64
        Energy and cost of the plan, the least that so much energy costs, and the shortage that the cut proves.
    """

    worth: Float
    worth_device: Float
    cut: Bool
    cut_device: Bool
    missing_wh: Float
    served_wh: Float
    cost: Float
    bound: Float
    cut_wh: Float


@leaf
def _reach_device(tree: Tree, proof: Proof, device: int, value: float, tiny: float, queue: Int, write: int) -> int:
    """Give a device its worth, and to the places of its group from which it could take more."""
    slots, group = tree.used_wh.shape[1], tree.group[device]
    proof.worth_device[device] = value
    for slot in range(tree.first[device], tree.last[device]):
        room = tree.cap_wh[device] - tree.energy_wh[device, slot]
        if room > tiny and np.isnan(proof.worth[group, slot]):
            proof.worth[group, slot] = value
            queue[write] = group * slots + slot
            write += 1
    return write


@leaf
def _reach_holders(
    tree: Tree, proof: Proof, group: int, slot: int, value: float, tiny: float, queue: Int, write: int
) -> int:
    """Give a place's worth to the devices that hold some of it."""
    for device in range(tree.offsets[group], tree.offsets[group + 1]):
        if tree.energy_wh[device, slot] > tiny and np.isnan(proof.worth_device[device]):
            write = _reach_device(tree, proof, device, value, tiny, queue, write)
    return write


@leaf
def _reach_nodes(
    tree: Tree, proof: Proof, node: int, slot: int, value: float, tiny: float, queue: Int, write: int
) -> int:
    """Give a place's worth to the node above, if there is room between them, and to nodes below that use it."""
    slots = tree.used_wh.shape[1]
    above = tree.parent[node]
    room = tree.limit_wh[node, slot] - tree.used_wh[node, slot]
    if above >= 0 and room > tiny and np.isnan(proof.worth[above, slot]):
        proof.worth[above, slot] = value
        queue[write] = above * slots + slot
        write += 1
    for index in range(tree.child_offsets[node], tree.child_offsets[node + 1]):
        child = tree.child[index]
        if tree.used_wh[child, slot] > tiny and np.isnan(proof.worth[child, slot]):
            proof.worth[child, slot] = value
            queue[write] = child * slots + slot
            write += 1
    return write


@leaf
def _spread(tree: Tree, proof: Proof, value: float, tiny: float, queue: Int, write: int) -> int:
    """Give a worth to all that reaches the queue, and return how many places that are."""
    slots, groups, read = tree.used_wh.shape[1], tree.offsets.size - 1, 0
    while read < write:
        node, slot = queue[read] // slots, queue[read] % slots
        read += 1
        if node < groups:
            write = _reach_holders(tree, proof, node, slot, value, tiny, queue, write)
        write = _reach_nodes(tree, proof, node, slot, value, tiny, queue, write)
    return write


@leaf
def _highest(tree: Tree, proof: Proof, node: int, slot: int) -> int:
    """Return the highest node above a node that is in the cut as it is; -1 when it is not itself."""
    highest = -1
    while node >= 0 and proof.cut[node, slot]:
        highest, node = node, tree.parent[node]
    return highest


@leaf
def _find_cut(tree: Tree, proof: Proof, number: int, dearest: float, tiny: float, queue: Int) -> None:
    """Mark what reaches unmet need, and name the highest node in the way."""
    slots = tree.used_wh.shape[1]
    begin, end = tree.tree_device[number], tree.tree_device[number + 1]
    for start in range(begin, end):
        device = tree.sequence[start]
        if tree.left_wh[device] <= tiny:
            continue
        highest, count = tree.group[device], 0
        if np.isnan(proof.worth_device[device]):
            write = _reach_device(tree, proof, device, dearest, tiny, queue, 0)
            count = _spread(tree, proof, dearest, tiny, queue, write)
        for index in range(count):
            proof.cut[queue[index] // slots, queue[index] % slots] = True
        for index in range(count):
            highest = max(highest, _highest(tree, proof, queue[index] // slots, queue[index] % slots))
        for slot in range(tree.first[device], tree.last[device]):
            highest = max(highest, _highest(tree, proof, tree.group[device], slot))
        proof.missing_wh[highest] += tree.left_wh[device]
    for start in range(begin, end):
        device = tree.sequence[start]
        proof.cut_device[device] = not np.isnan(proof.worth_device[device])


@leaf
def _find_worth(tree: Tree, proof: Proof, number: int, order: Int, price: Float, tiny: float, queue: Int) -> None:
    """Spread prices from the dearest slot that is used; what replaces nothing is worth what is above it."""
    slots, begin, end = price.size, tree.tree_node[number], tree.tree_node[number + 1]
    root = tree.node[end - 1]
    for index in range(slots):
        slot = order[slots - 1 - index]
        if tree.used_wh[root, slot] > tiny and np.isnan(proof.worth[root, slot]):
            proof.worth[root, slot] = price[slot]
            queue[0] = root * slots + slot
            _spread(tree, proof, price[slot], tiny, queue, 1)
    for index in range(end - begin):
        node = tree.node[end - 1 - index]
        above = tree.parent[node]
        for slot in range(slots):
            if np.isnan(proof.worth[node, slot]) or tree.used_wh[node, slot] <= tiny:
                floor = price[slot] if above < 0 else proof.worth[above, slot]
                known = proof.worth[node, slot]
                proof.worth[node, slot] = floor if np.isnan(known) else max(known, floor)
    for start in range(tree.tree_device[number], tree.tree_device[number + 1]):
        if np.isnan(proof.worth_device[tree.sequence[start]]):
            proof.worth_device[tree.sequence[start]] = price[order[0]]


@leaf
def _bound_devices(tree: Tree, proof: Proof, number: int, price: Float, dearest: float, need: Float) -> None:
    """Add what devices say to cost, bound and cut."""
    for start in range(tree.tree_device[number], tree.tree_device[number + 1]):
        device = tree.sequence[start]
        group, worth, inside = tree.group[device], proof.worth_device[device], proof.cut_device[device]
        proof.bound[number] -= max(dearest - worth, 0.0) * need[device]
        if inside:
            proof.cut_wh[number] += need[device]
        for slot in range(tree.first[device], tree.last[device]):
            energy = tree.energy_wh[device, slot]
            proof.served_wh[number] += energy
            proof.cost[number] += energy * price[slot]
            proof.bound[number] += dearest * energy
            proof.bound[number] -= max(worth - proof.worth[group, slot], 0.0) * tree.cap_wh[device]
            if inside and not proof.cut[group, slot]:
                proof.cut_wh[number] -= tree.cap_wh[device]


@leaf
def _bound_nodes(tree: Tree, proof: Proof, number: int, price: Float) -> None:
    """Add what limits say to bound and cut."""
    for place in range(tree.tree_node[number], tree.tree_node[number + 1]):
        node = tree.node[place]
        above = tree.parent[node]
        for slot in range(price.size):
            base = price[slot] if above < 0 else proof.worth[above, slot]
            proof.bound[number] -= max(proof.worth[node, slot] - base, 0.0) * tree.limit_wh[node, slot]
            if proof.cut[node, slot] and (above < 0 or not proof.cut[above, slot]):
                proof.cut_wh[number] -= tree.limit_wh[node, slot]


@parallel_kernel
def certify_trees(tree: Tree, proof: Proof, order: Int, price: Float, need_wh: Float, tiny_wh: Float) -> None:
    """Fill the proof, whose worths are NaN and whose sums are 0 before."""
    slots = price.size
    dearest = price[order[slots - 1]]
    for number in prange(tree.tree_node.size - 1):
        queue = np.empty((tree.tree_node[number + 1] - tree.tree_node[number]) * slots, np.int64)
        tiny = 10.0 * tiny_wh[number]
        _find_cut(tree, proof, number, dearest, tiny, queue)
        _find_worth(tree, proof, number, order, price, tiny, queue)
        _bound_devices(tree, proof, number, price, dearest, need_wh)
        _bound_nodes(tree, proof, number, price)


@parallel_kernel
def alone_batch(
    order: Int, price: Float, need_wh: Float, cap_wh: Float, first: Int, last: Int, energy_wh: Float, cost: Float
) -> None:
    """Fill energy_wh and cost, (device,): what each would take of its cheapest slots if it were alone."""
    for device in prange(need_wh.size):
        left, spent = need_wh[device], 0.0
        for slot in order:
            if first[device] <= slot < last[device]:
                amount = min(left, cap_wh[device])
                left -= amount
                spent += amount * price[slot]
        energy_wh[device] = need_wh[device] - left
        cost[device] = spent
