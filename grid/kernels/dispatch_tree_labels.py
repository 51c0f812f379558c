"""Trees of limits with their devices and the flow, and labels: how far each place and device is from unmet need."""

from typing import NamedTuple

from core.compiling import leaf
from grid.kernels.checks import Float, Int

#: Labels: not known yet, and too far from unmet need ever to reach it.
UNKNOWN, DEAD = -1, 1 << 40


class Tree(NamedTuple):
    """Hold limits and devices of all trees, and the flow; a place is a node in a slot, ``node * slots + slot``.

    Attributes
    ----------
    limit_wh, used_wh : ndarray, shape (node, slot), float64
        Room and what of it is used; groups come first, and what is above stands after what is below. [Wh]
    parent : ndarray, shape (node,), int64
        The node above; -1 for a root.
    child_offsets, child : ndarray of int64, shapes (node + 1,) and (node with a parent,)
        Nodes below each node.
    offsets, group : ndarray of int64, shapes (group + 1,) and (device,)
        Devices of each group, and the group of each device.
    cap_wh, first, last : ndarray, shape (device,)
        The most per slot, and the window ``[first, last)``. [Wh], [slots]
    sequence, tree_device : ndarray of int64, shapes (device,) and (tree + 1,)
        Devices by tree and in the order they are served, and where each tree begins in it.
    tree_node, node : ndarray of int64, shapes (tree + 1,) and (node,)
        Where each tree begins among its nodes, and the nodes by tree and rising.
    energy_wh : ndarray, shape (device, slot), float64
        The plan. [Wh]
    left_wh : ndarray, shape (device,), float64
        What is still needed. [Wh]
    label : ndarray of int64, shape (node * slot + device,)
        No more than the steps from each place, and from each device, to the nearest unmet need.
    """

    limit_wh: Float
    used_wh: Float
    parent: Int
    child_offsets: Int
    child: Int
    offsets: Int
    group: Int
    cap_wh: Float
    first: Int
    last: Int
    sequence: Int
    tree_device: Int
    tree_node: Int
    node: Int
    energy_wh: Float
    left_wh: Float
    label: Int


@leaf
def _label_device(tree: Tree, device: int, label: int, tiny: float, queue: Int, write: int) -> int:
    """Label a device, and places of its group from which it could take more."""
    slots, places = tree.used_wh.shape[1], tree.used_wh.size
    tree.label[places + device] = label
    start = tree.group[device] * slots
    for slot in range(tree.first[device], tree.last[device]):
        if tree.label[start + slot] == UNKNOWN and tree.cap_wh[device] - tree.energy_wh[device, slot] > tiny:
            tree.label[start + slot] = label + 1
            queue[write] = start + slot
            write += 1
    return write


@leaf
def _label_towards(tree: Tree, place: int, tiny: float, queue: Int, write: int) -> int:
    """Label what could send more to a place: devices that hold it, the node above, nodes below."""
    slots, places, label = tree.used_wh.shape[1], tree.used_wh.size, tree.label[place] + 1
    node, slot = place // slots, place % slots
    if node < tree.offsets.size - 1:
        for device in range(tree.offsets[node], tree.offsets[node + 1]):
            if tree.label[places + device] == UNKNOWN and tree.energy_wh[device, slot] > tiny:
                write = _label_device(tree, device, label, tiny, queue, write)
    for index in range(tree.child_offsets[node], tree.child_offsets[node + 1]):
        below = tree.child[index] * slots + slot
        if tree.label[below] == UNKNOWN and tree.used_wh[tree.child[index], slot] > tiny:
            tree.label[below] = label
            queue[write] = below
            write += 1
    above = tree.parent[node] * slots + slot
    if above >= 0 and tree.label[above] == UNKNOWN and tree.limit_wh[node, slot] - tree.used_wh[node, slot] > tiny:
        tree.label[above] = label
        queue[write] = above
        write += 1
    return write


@leaf
def _change_labels(tree: Tree, number: int, below: int, label: int) -> None:
    """Give a label to all of a tree that have a lower one than `below`."""
    slots, places = tree.used_wh.shape[1], tree.used_wh.size
    for index in range(tree.tree_node[number], tree.tree_node[number + 1]):
        start = tree.node[index] * slots
        for place in range(start, start + slots):
            if tree.label[place] < below:
                tree.label[place] = label
    for index in range(tree.tree_device[number], tree.tree_device[number + 1]):
        device = places + tree.sequence[index]
        if tree.label[device] < below:
            tree.label[device] = label


@leaf
def label_all(tree: Tree, number: int, tiny: float, queue: Int) -> None:
    """Label all of a tree with the steps to unmet need; from what is DEAD no path leads there, nor ever will."""
    _change_labels(tree, number, DEAD, UNKNOWN)
    read, write = 0, 0
    for index in range(tree.tree_device[number], tree.tree_device[number + 1]):
        device = tree.sequence[index]
        if tree.left_wh[device] > tiny:
            write = _label_device(tree, device, 1, tiny, queue, write)
    while read < write:
        write = _label_towards(tree, queue[read], tiny, queue, write)
        read += 1
    _change_labels(tree, number, UNKNOWN + 1, DEAD)
