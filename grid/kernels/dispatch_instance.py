"""Check what a plan under nested limits is made from, and lay it out for compiled code."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Float, Int, float_array, int_array, require
from grid.kernels.dispatch_flow import TINY_RATIO
from grid.kernels.dispatch_tree_labels import DEAD, Tree


@dataclass(frozen=True, slots=True)
class NestedInstance:
    """Hold checked input, energies per slot in watt-hours; `order` has the slots by rising price."""

    price: Float
    order: Int
    limit_wh: Float
    parent: Int
    offsets: Int
    need_wh: Float
    cap_wh: Float
    first: Int
    last: Int
    slot_hours: float


def nested_instance(
    price_eur_per_mwh: NDArray[Any],
    limit_w: NDArray[Any],
    parent: NDArray[Any],
    group_offsets: NDArray[Any],
    need_wh: NDArray[Any],
    power_cap_w: NDArray[Any],
    first_slot: NDArray[Any],
    last_slot: NDArray[Any],
    *,
    slot_hours: float,
) -> NestedInstance:
    """Return the arguments of `grid.kernels.dispatch_nested.dispatch_nested`, checked.

    Raises
    ------
    InvariantError
        They break their promises.
    """
    require(slot_hours > 0.0, "A slot lasts longer than nothing.", slot_hours=slot_hours)
    price = float_array("price_eur_per_mwh", price_eur_per_mwh, axes=(None,))
    instance = NestedInstance(
        price,
        np.argsort(price, kind="stable").astype(np.int64),
        np.maximum(float_array("limit_w", limit_w, axes=(None, price.size)) * slot_hours, 0.0),
        int_array("parent", parent, axes=(None,)),
        int_array("group_offsets", group_offsets, axes=(None,)),
        float_array("need_wh", need_wh, axes=(None,)),
        float_array("power_cap_w", power_cap_w, axes=(np.size(need_wh),)) * slot_hours,
        int_array("first_slot", first_slot, axes=(np.size(need_wh),)),
        int_array("last_slot", last_slot, axes=(np.size(need_wh),)),
        slot_hours,
    )
    check_devices(price, instance.need_wh, instance.cap_wh, instance.first, instance.last)
    _check_nodes(instance)
    return instance


def check_devices(price: Float, need_wh: Float, cap_wh: Float, first: Int, last: Int) -> None:
    """Raise unless prices are known and devices have sensible needs, caps and windows."""
    devices, slots = need_wh.size, price.size
    require(slots > 0 and bool(np.isfinite(price).all()), "Prices must be known.")
    for name, size in (("power_cap_w", cap_wh.size), ("first_slot", first.size), ("last_slot", last.size)):
        require(size == devices, "Every device has one value.", name=name, devices=devices)
    for amounts in (need_wh, cap_wh):
        known = bool(((amounts >= 0.0) & np.isfinite(amounts)).all())
        require(known, "Needs and caps are finite and at least 0.")
    windows = (first >= 0) & (first <= last) & (last <= slots)
    require(bool(windows.all()), "Windows must lie inside the schedule.", slots=slots)


def check_offsets(offsets: Int, devices: int) -> None:
    """Raise unless offsets ascend from 0 to the number of devices."""
    spans = offsets.size > 0 and offsets[0] == 0 and offsets[-1] == devices
    require(bool(spans and (np.diff(offsets) >= 0).all()), "Offsets must ascend from 0 to the last device.")


def _check_nodes(instance: NestedInstance) -> None:
    check_offsets(instance.offsets, instance.need_wh.size)
    nodes, groups, parent = instance.limit_wh.shape[0], instance.offsets.size - 1, instance.parent
    require(nodes >= groups, "Every group has a limit.", nodes=nodes, groups=groups)
    require(parent.size == nodes, "Every node has one above it, or -1.", nodes=nodes)
    own = np.arange(nodes)
    above = (parent == -1) | ((parent >= groups) & (parent > own) & (parent < nodes))
    require(bool(above.all()), "What is above a node is no group and has a higher number.")
    require(not np.isnan(instance.limit_wh).any(), "Limits must be known.")


def tree_of(instance: NestedInstance) -> tuple[Tree, Float]:
    """Return trees with an empty plan, and per tree the energy below which all is rounding [Wh]."""
    limit_wh, parent = _binding_limits(instance)
    nodes, slots = limit_wh.shape
    group = np.repeat(np.arange(instance.offsets.size - 1), np.diff(instance.offsets))
    tree_number = _tree_numbers(parent)
    trees = int(tree_number.max(initial=-1)) + 1
    device_tree = tree_number[group]
    sequence = np.lexsort((-_tightness(instance), device_tree)).astype(np.int64)
    tiny_wh = np.zeros(trees)
    np.maximum.at(tiny_wh, device_tree, TINY_RATIO * np.maximum(instance.need_wh, instance.cap_wh))
    below = np.flatnonzero(parent >= 0)
    tree = Tree(
        limit_wh=limit_wh,
        used_wh=np.zeros((nodes, slots)),
        parent=parent,
        child_offsets=_offsets(parent[below], nodes),
        child=below[np.argsort(parent[below], kind="stable")],
        offsets=instance.offsets,
        group=group,
        cap_wh=instance.cap_wh,
        first=instance.first,
        last=instance.last,
        sequence=sequence,
        tree_device=_offsets(device_tree, trees),
        tree_node=_offsets(tree_number, trees),
        node=np.argsort(tree_number, kind="stable"),
        energy_wh=np.zeros((group.size, slots)),
        left_wh=instance.need_wh.copy(),
        label=_first_labels(parent, groups=instance.offsets.size - 1, slots=slots, devices=group.size),
    )
    return tree, tiny_wh


def _binding_limits(instance: NestedInstance) -> tuple[Float, Int]:
    """Return limits no higher than what is below can use, and parents without those whose limit never binds."""
    slots, groups = instance.price.size, instance.offsets.size - 1
    group = np.repeat(np.arange(groups), np.diff(instance.offsets))
    rise = np.bincount(group * (slots + 1) + instance.first, instance.cap_wh, groups * (slots + 1))
    rise -= np.bincount(group * (slots + 1) + instance.last, instance.cap_wh, groups * (slots + 1))
    reach_wh = np.zeros_like(instance.limit_wh)
    reach_wh[:groups] = np.maximum(np.cumsum(rise.reshape(groups, slots + 1), axis=1)[:, :slots], 0.0)
    limit_wh, parent = instance.limit_wh.copy(), instance.parent.copy()
    above = parent.copy()
    for node in range(limit_wh.shape[0]):
        limit_wh[node] = np.minimum(instance.limit_wh[node], reach_wh[node])
        if instance.parent[node] >= 0:
            reach_wh[instance.parent[node]] += limit_wh[node]
    never = np.all(instance.limit_wh >= reach_wh, axis=1, keepdims=True)[:, 0]
    never[:groups] = False
    for node in range(limit_wh.shape[0] - 1, -1, -1):
        if above[node] >= 0 and never[above[node]]:
            parent[node] = parent[above[node]]
    return limit_wh, parent


def _tree_numbers(parent: Int) -> Int:
    """Return the tree of each node, numbered by their roots."""
    number = np.cumsum(parent < 0) - 1
    for node in range(parent.size - 1, -1, -1):
        if parent[node] >= 0:
            number[node] = number[parent[node]]
    return number


def _offsets(number: Int, count: int) -> Int:
    return np.concatenate(([0], np.cumsum(np.bincount(number, minlength=count)))).astype(np.int64)


def _tightness(instance: NestedInstance) -> Float:
    """Return the share of its window that each device needs: serving the tightest first moves less later."""
    most = instance.cap_wh * (instance.last - instance.first)
    share: Float = np.divide(instance.need_wh, most, out=np.zeros_like(most), where=most > 0.0)
    return share


def _first_labels(parent: Int, *, groups: int, slots: int, devices: int) -> Int:
    """Return the steps to unmet need as long as nothing is planned: devices 1, groups 2, what is above more."""
    label = np.where(np.arange(parent.size) < groups, 2, DEAD)
    for node in np.flatnonzero(parent >= 0):
        label[parent[node]] = min(label[parent[node]], label[node] + 1)
    return np.concatenate((np.repeat(label, slots), np.ones(devices, np.int64)))
