"""Fill slots from the cheapest under limits inside limits: one maximum flow per tree of limits, compiled.

A network per tree: source -> (root, slot) -> (feeder, slot) -> (group, slot) -> device -> sink. Slots are opened in
ascending price, as in `grid.kernels.dispatch_flow`. An opened slot first serves devices directly, then along shortest
paths that move energy between devices and between branches, and that leave the earlier slots' totals at the root as
they were. Labels tell how far each place and device is from unmet need at the least; they only grow, over all slots, so
that all slots together cost about as much as one maximum flow [1]_ [2]_.

References
----------
.. [1] Gallo, G., Grigoriadis, M. D., Tarjan, R. E. (1989). A fast parametric maximum flow algorithm and applications.
   SIAM J. Comput. 18, 30-55.
.. [2] Ahuja, R. K., Orlin, J. B. (1991). Distance-directed augmenting path algorithms for maximum flow and parametric
   maximum flow problems. Nav. Res. Logist. 38, 413-430.
"""

import numpy as np

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int
from grid.kernels.dispatch_tree_labels import DEAD, Tree, label_all

#: All labels are made anew when so many of a tree's nodes, one in this, have been given a higher one.
PATIENCE = 3


@leaf
def _use(tree: Tree, node: int, slot: int, amount: float) -> None:
    """Book an amount at a node and at all above it."""
    while node >= 0:
        tree.used_wh[node, slot] += amount
        node = tree.parent[node]


@leaf
def _room(tree: Tree, node: int, slot: int) -> float:
    """Return what a node and all above it leave room for."""
    room = tree.limit_wh[node, slot] - tree.used_wh[node, slot]
    node = tree.parent[node]
    while node >= 0:
        room = min(room, tree.limit_wh[node, slot] - tree.used_wh[node, slot])
        node = tree.parent[node]
    return float(room)


@leaf
def _serve_directly(tree: Tree, number: int, slot: int, tiny: float) -> float:
    """Give room to devices that still need energy, the tightest first, and return what is needed after it."""
    needed = 0.0
    for place in range(tree.tree_device[number], tree.tree_device[number + 1]):
        device = tree.sequence[place]
        left = tree.left_wh[device]
        if left <= tiny:
            continue
        if tree.first[device] <= slot < tree.last[device]:
            group = tree.group[device]
            amount = min(left, tree.cap_wh[device], _room(tree, group, slot))
            if amount > tiny:
                tree.energy_wh[device, slot] += amount
                left -= amount
                tree.left_wh[device] = left
                _use(tree, group, slot, amount)
        needed += left
    return needed


@leaf
def _nearest_below(tree: Tree, group: int, slot: int, tiny: float, near: int) -> tuple[int, int]:
    """Return the device that can take more in a slot and is nearest to unmet need, and how near; stop at `near`."""
    places, nearest, best = tree.used_wh.size, DEAD, -1
    for device in range(tree.offsets[group], tree.offsets[group + 1]):
        label = tree.label[places + device]
        inside = label < nearest and tree.first[device] <= slot < tree.last[device]
        if inside and tree.cap_wh[device] - tree.energy_wh[device, slot] > tiny:
            nearest, best = label, places + device
            if nearest <= near:
                break
    return best, nearest


@leaf
def _nearest_held(tree: Tree, device: int, tiny: float, near: int) -> tuple[int, int]:
    """Return the place of a slot that a device holds and that is nearest to unmet need, and how near."""
    slots, nearest, best = tree.used_wh.shape[1], DEAD, -1
    start = tree.group[device] * slots
    for slot in range(tree.first[device], tree.last[device]):
        label = tree.label[start + slot]
        if label < nearest and tree.energy_wh[device, slot] > tiny:
            nearest, best = label, start + slot
            if nearest <= near:
                break
    return best, nearest


@leaf
def _nearest_of(tree: Tree, node: int, slot: int, tiny: float, near: int) -> tuple[int, int]:
    """Return what can take more from a node in a slot and is nearest to unmet need, and how near."""
    slots, nearest, best = tree.used_wh.shape[1], DEAD, -1
    if node < tree.offsets.size - 1:
        best, nearest = _nearest_below(tree, node, slot, tiny, near)
    for index in range(tree.child_offsets[node], tree.child_offsets[node + 1]):
        child = tree.child[index]
        label = tree.label[child * slots + slot]
        if label < nearest and tree.limit_wh[child, slot] - tree.used_wh[child, slot] > tiny:
            nearest, best = label, child * slots + slot
            if nearest <= near:
                break
    above = tree.parent[node]
    if above >= 0 and tree.label[above * slots + slot] < nearest and tree.used_wh[node, slot] > tiny:
        nearest, best = tree.label[above * slots + slot], above * slots + slot
    return best, nearest


@leaf
def _fitting(tree: Tree, path: Int, depth: int, room: float) -> float:
    """Return how much fits along a path from a root to a device in need."""
    slots, places = tree.used_wh.shape[1], tree.used_wh.size
    amount = min(room, tree.left_wh[path[depth] - places])
    for step in range(depth):
        tail, head = path[step], path[step + 1]
        slot = min(tail, head) % slots
        if head >= places:
            amount = min(amount, tree.cap_wh[head - places] - tree.energy_wh[head - places, slot])
        elif tail >= places:
            amount = min(amount, tree.energy_wh[tail - places, slot])
        elif head < tail:
            amount = min(amount, tree.limit_wh[head // slots, slot] - tree.used_wh[head // slots, slot])
        else:
            amount = min(amount, tree.used_wh[tail // slots, slot])
    return float(amount)


@leaf
def _push(tree: Tree, path: Int, depth: int, amount: float) -> None:
    """Send an amount along a path."""
    slots, places = tree.used_wh.shape[1], tree.used_wh.size
    tree.left_wh[path[depth] - places] -= amount
    tree.used_wh[path[0] // slots, path[0] % slots] += amount
    for step in range(depth):
        tail, head = path[step], path[step + 1]
        slot = min(tail, head) % slots
        if head >= places:
            tree.energy_wh[head - places, slot] += amount
        elif tail >= places:
            tree.energy_wh[tail - places, slot] -= amount
        elif head < tail:
            tree.used_wh[head // slots, slot] += amount
        else:
            tree.used_wh[tail // slots, slot] -= amount


@leaf
def _fill_slot(tree: Tree, number: int, slot: int, needed: float, tiny: float, path: Int) -> None:
    """Fill a slot as far as the slots before allow, along shortest paths from the root to unmet need."""
    slots, places = tree.used_wh.shape[1], tree.used_wh.size
    root, depth, steps, patience = tree.node[tree.tree_node[number + 1] - 1], 0, 0, path.size // PATIENCE
    room = tree.limit_wh[root, slot] - tree.used_wh[root, slot]
    path[0] = root * slots + slot
    while room > tiny and needed > tiny and tree.label[path[0]] < DEAD:
        at = path[depth]
        label = tree.label[at]
        if at >= places:
            if tree.left_wh[at - places] > tiny:
                amount = _fitting(tree, path, depth, room)
                _push(tree, path, depth, amount)
                room, needed, depth = room - amount, needed - amount, 0
                continue
            best, nearest = _nearest_held(tree, at - places, tiny, label - 1)
        else:
            best, nearest = _nearest_of(tree, at // slots, at % slots, tiny, label - 1)
        if nearest < label:
            depth += 1
            path[depth] = best
            continue
        tree.label[at] = min(nearest + 1, DEAD)
        depth, steps = max(depth - 1, 0), steps + 1
        if steps > patience:
            label_all(tree, number, tiny, path)
            path[0], depth, steps = root * slots + slot, 0, 0


@parallel_kernel
def fill_trees(tree: Tree, order: Int, tiny_wh: Float, thorough: int) -> None:
    """Open the slots of `order` in each tree; 0 for `thorough` leaves out the searches."""
    slots = tree.used_wh.shape[1]
    for number in prange(tree.tree_node.size - 1):
        nodes = tree.tree_node[number + 1] - tree.tree_node[number]
        devices = tree.tree_device[number + 1] - tree.tree_device[number]
        path = np.empty(nodes * slots + devices + 1, np.int64)
        for slot in order:
            needed = _serve_directly(tree, number, slot, tiny_wh[number])
            if needed > tiny_wh[number] and thorough:
                _fill_slot(tree, number, slot, needed, tiny_wh[number], path)
