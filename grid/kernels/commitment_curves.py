"""Plan one device that takes any power between bounds, and may give back, compiled.

The cost to go is convex and in straight pieces. Going back in time, what can be drawn and given back in a slot adds two
pieces to it, each at the place its slope has among the others; then it is cut to the bounds of the level. What is
missing costs the price of missing energy: no slope is steeper. When drawing is paid for, drawing and giving back at
once would earn money: the curve allows it and so stays convex, plans never do it.
"""

from core.compiling import leaf
from grid.kernels.checks import Float
from grid.kernels.commitment_arrays import Devices, Memory


@leaf
def _insert(slope: Float, length: Float, count: int, new_slope: float, new_length: float) -> int:
    """Add a piece where its slope belongs and return the number of pieces."""
    if new_length <= 0.0:
        return count
    place = count
    while place > 0 and slope[place - 1] > new_slope:
        slope[place], length[place] = slope[place - 1], length[place - 1]
        place -= 1
    slope[place], length[place] = new_slope, new_length
    return count + 1


@leaf
def _drop_front(slope: Float, length: Float, count: int, pieces: int) -> int:
    """Remove the lowest pieces and return how many are left."""
    for place in range(pieces, count):
        slope[place - pieces], length[place - pieces] = slope[place], length[place]
    return count - pieces


@leaf
def _bounded(memory: Memory, slot: int, count: int, floor: float, top: float, missing: float) -> int:
    """Cut the curve of a slot to the levels between floor and top and return the number of its pieces."""
    slope, length = memory.x[slot, 0], memory.y[slot, 0]
    low, value = memory.low[slot], memory.low_value[slot]
    # Steeper than missing energy: rather miss it.
    dropped = 0
    while dropped < count and slope[dropped] < -missing:
        low += length[dropped]
        value += slope[dropped] * length[dropped]
        dropped += 1
    while dropped < count and low + length[dropped] <= floor:
        low += length[dropped]
        value += slope[dropped] * length[dropped]
        dropped += 1
    count = _drop_front(slope, length, count, dropped)
    if low < floor and count > 0:
        value += slope[0] * (floor - low)
        length[0] -= floor - low
        low = floor
    if low > floor:
        count = _insert(slope, length, count, -missing, low - floor)
        value += missing * (low - floor)
        low = floor
    memory.low[slot], memory.low_value[slot] = low, value
    end, kept = low, 0
    while kept < count and end < top:
        length[kept] = min(length[kept], top - end)
        end += length[kept]
        kept += 1
    return kept


@leaf
def look_back_on_curves(
    devices: Devices, device: int, price: Float, room: Float, missing: float, memory: Memory
) -> float:
    """Fill the memory with the cost to go at the end of every slot and return that of the start."""
    slots = price.size
    last = slots - 1
    memory.low[slots], memory.low_value[slots] = devices.floor[device, last], 0.0
    memory.x[slots, 0, 0] = 0.0
    memory.y[slots, 0, 0] = devices.top[device, last] - devices.floor[device, last]
    memory.many[slots, 0] = 1
    for slot in range(last, -1, -1):
        count = memory.many[slot + 1, 0]
        for place in range(count):
            memory.x[slot, 0, place], memory.y[slot, 0, place] = (
                memory.x[slot + 1, 0, place],
                memory.y[slot + 1, 0, place],
            )
        gain, loss = devices.gain[device, slot], devices.loss[device, slot]
        most = min(devices.draw_wh[device, slot], room[slot])
        drawn, forced = max(most, 0.0), min(max(-most, 0.0), devices.give_wh[device, slot])
        given = devices.give_wh[device, slot] - forced
        memory.low[slot] = memory.low[slot + 1] - drawn * gain + forced * loss
        memory.low_value[slot] = memory.low_value[slot + 1] + price[slot] * (drawn - forced)
        count = _insert(memory.x[slot, 0], memory.y[slot, 0], count, -price[slot] / gain, drawn * gain)
        count = _insert(memory.x[slot, 0], memory.y[slot, 0], count, -price[slot] / loss, given * loss)
        floor = devices.floor[device, slot - 1] if slot > 0 else devices.start[device]
        top = devices.top[device, slot - 1] if slot > 0 else devices.start[device]
        memory.many[slot, 0] = _bounded(memory, slot, count, floor, top, missing)
    return float(memory.low_value[0])


@leaf
def _where(slope: Float, length: Float, count: int, low: float, asked: float) -> float:
    """Return the lowest level from which the curve rises by `asked` or more."""
    for place in range(count):
        if slope[place] >= asked:
            break
        low += length[place]
    return low


@leaf
def _cost_from(memory: Memory, slot: int, level: float, missing: float) -> float:
    """Return the cost to go from a level at the start of a slot."""
    low, value = memory.low[slot], memory.low_value[slot]
    if level <= low:
        return float(value + missing * (low - level))
    for place in range(memory.many[slot, 0]):
        part = min(memory.y[slot, 0, place], level - low)
        value += memory.x[slot, 0, place] * part
        low += part
        if low >= level:
            break
    return float(value)


@leaf
def look_ahead_on_curves(
    devices: Devices, device: int, price: Float, room: Float, missing: float, memory: Memory, energy: Float
) -> float:
    """Write the energies of the plan that the memory leads to, and return the level that is missing. [Wh]."""
    level, short = devices.start[device], 0.0
    for slot in range(price.size):
        slope, length, count = memory.x[slot + 1, 0], memory.y[slot + 1, 0], memory.many[slot + 1, 0]
        gain, loss = devices.gain[device, slot], devices.loss[device, slot]
        most = min(devices.draw_wh[device, slot], room[slot])
        given = devices.give_wh[device, slot]
        drawn, forced = max(most, 0.0), min(max(-most, 0.0), given)
        up = _where(slope, length, count, memory.low[slot + 1], -price[slot] / gain)
        up = min(max(up, level), level + drawn * gain)
        down = _where(slope, length, count, memory.low[slot + 1], -price[slot] / loss)
        down = min(max(down, level - given * loss), level - forced * loss)
        rising = (up - level) / gain * price[slot] + _cost_from(memory, slot + 1, up, missing)
        falling = (down - level) / loss * price[slot] + _cost_from(memory, slot + 1, down, missing)
        if forced <= 0.0 and rising <= falling:
            energy[slot], level = (up - level) / gain, up
        else:
            energy[slot], level = (down - level) / loss, down
        short += max(devices.floor[device, slot] - level, 0.0)
        level = max(level, devices.floor[device, slot])
    return short
