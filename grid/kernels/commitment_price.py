"""Plan every device by itself under prices of its group's slots, compiled: a bound on the cost of all plans."""

import numpy as np

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int
from grid.kernels.commitment_arrays import Devices, Memory, memory_for
from grid.kernels.commitment_curves import look_ahead_on_curves, look_back_on_curves
from grid.kernels.commitment_steps import look_ahead, look_back, value_of

#: Devices that use the same memory one after the other.
BLOCK = 64


@leaf
def plan_alone(
    devices: Devices,
    device: int,
    price: Float,
    room: Float,
    missing: float,
    hopeful: bool,
    memory: Memory,
    energy: Float,
) -> tuple[float, float]:
    """Write the cheapest plan of a device within the room of its slots; return the cost to go and what is missing."""
    if devices.steps[device] == 0:
        value = look_back_on_curves(devices, device, price, room, missing, memory)
        return value, look_ahead_on_curves(devices, device, price, room, missing, memory, energy)
    look_back(devices, device, price, room, missing, hopeful, memory)
    value = value_of(memory.x[0, 0], memory.y[0, 0], memory.many[0, 0], devices.start[device], missing)
    return value, look_ahead(devices, device, price, room, missing, memory, energy)


@parallel_kernel
def price_batch(
    devices: Devices,
    group: Int,
    asked: Int,
    price: Float,
    missing: float,
    modes: int,
    entries: int,
    value: Float,
    short: Float,
    energy: Float,
) -> None:
    """Plan the devices asked for at the prices of their groups, (group, slot), with all the room there is.

    Writes value and short, (device,), and energy, (device, slot). Values are at most what any plan of a device costs.
    """
    slots = price.shape[1]
    blocks = (asked.size + BLOCK - 1) // BLOCK
    for block in prange(blocks):
        memory = memory_for(slots, modes, entries)
        room = np.full(slots, np.inf)
        for place in range(block * BLOCK, min((block + 1) * BLOCK, asked.size)):
            device = asked[place]
            value[device], short[device] = plan_alone(
                devices, device, price[group[device]], room, missing, True, memory, energy[device]
            )
