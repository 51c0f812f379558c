"""Prove a dispatch plan: prices, dual bound and minimum cut from the plan and its inputs alone, compiled.

The residual network has an arc slot -> device where the device could take more in the slot, and an arc
device -> slot where it takes some. The price of one more unit at a node is that of the cheapest slot with
room that reaches it. Whatever the plan, these prices give a lower bound on the cost of serving the same
energy, and the cut an upper bound on the energy that can be served at all.
"""

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Bool, Float, Int
from grid.kernels.dispatch_flow import TINY_RATIO


@leaf
def _spread_price(
    source: int,
    tiny: float,
    cap: Float,
    first: Int,
    last: Int,
    energy: Float,
    device_price: Float,
    slot_price: Float,
    queue: Int,
) -> None:
    """Give the source's price to every node it reaches that has none yet."""
    value = slot_price[source]
    queue[0], read, write = source, 0, 1
    while read < write:
        slot = queue[read]
        read += 1
        for device in range(cap.size):
            if not np.isnan(device_price[device]) or not first[device] <= slot < last[device]:
                continue
            if cap[device] - energy[device, slot] <= tiny:
                continue
            device_price[device] = value
            for other in range(first[device], last[device]):
                if np.isnan(slot_price[other]) and energy[device, other] > tiny:
                    slot_price[other] = value
                    queue[write] = other
                    write += 1


@leaf
def _least_price(
    slot: int, tiny: float, cap: Float, first: Int, last: Int, energy: Float, device_price: Float, price: float
) -> float:
    """Return the least price of a full slot at which no device would take more in it."""
    for device in range(cap.size):
        if first[device] <= slot < last[device] and cap[device] - energy[device, slot] > tiny:
            price = max(price, device_price[device])
    return price


@jitted
def _node_prices(
    order: Int,
    price: Float,
    headroom: Float,
    tiny: float,
    cap: Float,
    first: Int,
    last: Int,
    energy: Float,
    device_price: Float,
    slot_price: Float,
) -> None:
    """Fill the prices of devices and slots; what no slot with room reaches gets the dearest price."""
    devices, slots = energy.shape
    queue = np.empty(slots, np.int64)
    device_price[:] = np.nan
    slot_price[:] = np.nan
    for slot in order:
        if np.isnan(slot_price[slot]) and headroom[slot] - energy[:, slot].sum() > tiny:
            slot_price[slot] = price[slot]
            _spread_price(slot, tiny, cap, first, last, energy, device_price, slot_price, queue)
    for device in range(devices):
        if np.isnan(device_price[device]):
            device_price[device] = price[order[slots - 1]]
    for slot in range(slots):
        if np.isnan(slot_price[slot]):
            slot_price[slot] = _least_price(slot, tiny, cap, first, last, energy, device_price, price[slot])
        slot_price[slot] = max(slot_price[slot], price[slot])


@leaf
def _dual_bound(
    dearest: float,
    price: Float,
    headroom: Float,
    need: Float,
    cap: Float,
    first: Int,
    last: Int,
    energy: Float,
    device_price: Float,
    slot_price: Float,
) -> float:
    """Return the lower bound on the cost of serving as much energy as the plan does."""
    bound = dearest * energy.sum()
    for device in range(need.size):
        bound -= max(dearest - device_price[device], 0.0) * need[device]
        for slot in range(first[device], last[device]):
            bound -= max(device_price[device] - slot_price[slot], 0.0) * cap[device]
    for slot in range(price.size):
        if slot_price[slot] > price[slot]:
            bound -= (slot_price[slot] - price[slot]) * headroom[slot]
    return float(bound)


@jitted
def _minimum_cut(
    need: Float, tiny: float, cap: Float, first: Int, last: Int, energy: Float, cut_slot: Bool, cut_device: Bool
) -> None:
    """Mark what can still reach a device with unmet need: the side of the cut that lacks energy."""
    queue, read, write = np.empty(need.size, np.int64), 0, 0
    for device in range(need.size):
        if need[device] - energy[device].sum() > tiny:
            cut_device[device] = True
            queue[write] = device
            write += 1
    while read < write:
        device = queue[read]
        read += 1
        for slot in range(first[device], last[device]):
            if cut_slot[slot] or cap[device] - energy[device, slot] <= tiny:
                continue
            cut_slot[slot] = True
            for other in range(need.size):
                if not cut_device[other] and energy[other, slot] > tiny:
                    cut_device[other] = True
                    queue[write] = other
                    write += 1


@leaf
def _missing(
    headroom: Float, need: Float, cap: Float, first: Int, last: Int, cut_slot: Bool, cut_device: Bool
) -> float:
    """Return how far the needs behind the cut exceed its capacity: no plan can serve that much."""
    missing = 0.0
    for device in range(need.size):
        if cut_device[device]:
            missing += need[device]
            for slot in range(first[device], last[device]):
                if not cut_slot[slot]:
                    missing -= cap[device]
    for slot in range(headroom.size):
        if cut_slot[slot]:
            missing -= headroom[slot]
    return float(missing)


@parallel_kernel
def certify_batch(
    order: Int,
    price: Float,
    headroom_wh: Float,
    offsets: Int,
    need_wh: Float,
    cap_wh: Float,
    first: Int,
    last: Int,
    energy_wh: Float,
    slot_price: Float,
    bound: Float,
    cut_slot: Bool,
    cut_device: Bool,
    missing_wh: Float,
) -> None:
    """Fill slot_price and cut_slot, (group, slot), bound and missing_wh, (group,), cut_device, (device,)."""
    for group in prange(offsets.size - 1):
        rows = slice(offsets[group], offsets[group + 1])
        for slot in range(price.size):
            slot_price[group, slot] = price[slot]
        bound[group] = 0.0
        missing_wh[group] = 0.0
        if offsets[group + 1] > offsets[group]:
            need, cap, opens, shuts = need_wh[rows], cap_wh[rows], first[rows], last[rows]
            energy, headroom = energy_wh[rows], headroom_wh[group]
            tiny = 10.0 * TINY_RATIO * max(need.max(), cap.max())
            device_price = np.empty(need.size)
            _node_prices(order, price, headroom, tiny, cap, opens, shuts, energy, device_price, slot_price[group])
            bound[group] = _dual_bound(
                price[order[price.size - 1]],
                price,
                headroom,
                need,
                cap,
                opens,
                shuts,
                energy,
                device_price,
                slot_price[group],
            )
            _minimum_cut(need, tiny, cap, opens, shuts, energy, cut_slot[group], cut_device[rows])
            missing_wh[group] = _missing(headroom, need, cap, opens, shuts, cut_slot[group], cut_device[rows])
