"""Fill slots from the cheapest with a maximum flow per group, compiled.

A network per group: source -> slot (headroom) -> device (cap, inside its window) -> sink (need). Slots are
opened in ascending price. An opened slot first serves devices directly, then along augmenting paths
slot -> device -> earlier slot -> device, which move energy between devices and leave the earlier slot's
total as it was.
"""

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int

# Marks of the search: not reached yet, and reached by a search that found no way out.
UNSEEN, CLOSED = -1, -2

# Below this share of the largest need or cap an amount is rounding, not energy.
TINY_RATIO = 1e-11


@jitted
def _tightest_first(cap: Float, first: Int, last: Int, need: Float) -> Int:
    """Return the devices by the share of their window they need: serving these first moves less later."""
    share, sequence = np.zeros(need.size), np.arange(need.size)
    for device in range(need.size):
        most = cap[device] * (last[device] - first[device])
        share[device] = need[device] / most if most > 0.0 else 0.0
        place = device
        while place > 0 and share[sequence[place - 1]] < share[device]:
            sequence[place] = sequence[place - 1]
            place -= 1
        sequence[place] = device
    return sequence


@leaf
def _serve_directly(
    slot: int,
    room: float,
    tiny: float,
    sequence: Int,
    cap: Float,
    first: Int,
    last: Int,
    energy: Float,
    left: Float,
) -> float:
    """Give room to devices that still need energy and return what is left of it."""
    for device in sequence:
        if left[device] > tiny and first[device] <= slot < last[device]:
            amount = min(room, left[device], cap[device])
            energy[device, slot] += amount
            left[device] -= amount
            room -= amount
            if room <= tiny:
                return room
    return room


@leaf
def _find_path(
    source: int,
    tiny: float,
    cap: Float,
    first: Int,
    last: Int,
    energy: Float,
    left: Float,
    via_slot: Int,
    via_device: Int,
    queue: Int,
) -> int:
    """Search breadth first for a device with unmet need and return it, or -1.

    ``via_slot[device]`` and ``via_device[slot]`` hold the way back, or UNSEEN. What a search without
    result has reached is CLOSED: no path leaves it, and no later augmentation can open one.
    """
    queue[0], read, write = source, 0, 1
    via_device[source] = source
    while read < write:
        slot = queue[read]
        read += 1
        for device in range(left.size):
            if via_slot[device] != UNSEEN or not first[device] <= slot < last[device]:
                continue
            if cap[device] - energy[device, slot] <= tiny:
                continue
            via_slot[device] = slot
            if left[device] > tiny:
                return device
            for other in range(first[device], last[device]):
                if via_device[other] == UNSEEN and energy[device, other] > tiny:
                    via_device[other] = device
                    queue[write] = other
                    write += 1
    return -1


@leaf
def _mark(via: Int, mark: int) -> None:
    """Give everything the last search reached a new mark."""
    for node in range(via.size):
        if via[node] >= 0:
            via[node] = mark


@leaf
def _push(
    source: int, end: int, room: float, cap: Float, energy: Float, left: Float, via_slot: Int, via_device: Int
) -> float:
    """Send as much as fits along the path found and return the amount."""
    amount = min(room, left[end])
    device = end
    while True:
        slot = via_slot[device]
        amount = min(amount, cap[device] - energy[device, slot])
        if slot == source:
            break
        device = via_device[slot]
        amount = min(amount, energy[device, slot])
    left[end] -= amount
    device = end
    while True:
        slot = via_slot[device]
        energy[device, slot] += amount
        if slot == source:
            return float(amount)
        device = via_device[slot]
        energy[device, slot] -= amount


@jitted
def _fill_group(order: Int, headroom: Float, cap: Float, first: Int, last: Int, energy: Float, left: Float) -> None:
    """Open every slot in order and fill it as far as the slots before allow."""
    devices, slots = energy.shape
    tiny = TINY_RATIO * max(left.max(), cap.max())
    via_slot, via_device = np.full(devices, UNSEEN), np.full(slots, UNSEEN)
    queue, sequence = np.empty(slots, np.int64), _tightest_first(cap, first, last, left)
    for slot in order:
        room = headroom[slot]
        if room > tiny:
            room = _serve_directly(slot, room, tiny, sequence, cap, first, last, energy, left)
        while room > tiny and left.max() > tiny:
            end = _find_path(slot, tiny, cap, first, last, energy, left, via_slot, via_device, queue)
            if end >= 0:
                room -= _push(slot, end, room, cap, energy, left, via_slot, via_device)
            else:
                room = 0.0
            mark = UNSEEN if end >= 0 else CLOSED
            _mark(via_slot, mark)
            _mark(via_device, mark)


@parallel_kernel
def fill_batch(
    order: Int, headroom_wh: Float, offsets: Int, cap_wh: Float, first: Int, last: Int, energy_wh: Float, left_wh: Float
) -> None:
    """Fill energy_wh, (device, slot), and take it from left_wh, (device,), group by group."""
    for group in prange(offsets.size - 1):
        start, stop = offsets[group], offsets[group + 1]
        if stop > start:
            _fill_group(
                order,
                headroom_wh[group],
                cap_wh[start:stop],
                first[start:stop],
                last[start:stop],
                energy_wh[start:stop],
                left_wh[start:stop],
            )
