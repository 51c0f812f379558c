"""Plan one device that is off or on, in one step or several, compiled.

The cost to go is a falling staircase of the level: a pattern of steps is possible from some level upwards. Going back
in time, being off leaves the stairs where they are, a step of power moves them down by what it adds to the level and up
by its price, and the cheaper of both remains. A list holds the stairs' corners; what is missing below a corner costs
the price of missing energy.
"""

from core.compiling import leaf
from grid.kernels.checks import Float
from grid.kernels.commitment_arrays import Devices, Memory

# Levels, and steps with the room of a slot, are compared with this much room for rounding. [Wh]
ROUNDING_WH = 1e-7
# More than any cost or level. [EUR/MWh Wh], [Wh]
FAR = 1e300


@leaf
def _append(x: Float, y: Float, count: int, level: float, cost: float, missing: float) -> int:
    """Add a corner of a higher level unless it is no cheaper, and drop those that it beats by missing energy."""
    if count > 0 and cost >= y[count - 1]:
        return count
    while count > 0 and y[count - 1] >= cost + missing * (level - x[count - 1]):
        count -= 1
    x[count], y[count] = level, cost
    return count + 1


@leaf
def _bounded(x: Float, y: Float, count: int, floor: float, top: float, missing: float, to_x: Float, to_y: Float) -> int:
    """Copy corners, seen from levels between floor and top, and return how many there are."""
    used, begin = 0, 0
    while begin < count and x[begin] <= floor:
        begin += 1
    if begin > 0:
        used = _append(to_x, to_y, 0, floor, y[begin - 1], missing)
    above = FAR
    for place in range(begin, count):
        if x[place] <= top:
            used = _append(to_x, to_y, used, x[place], y[place], missing)
        else:
            above = min(above, y[place] + missing * (x[place] - top))
    if above < FAR:
        used = _append(to_x, to_y, used, top, above, missing)
    return used


@leaf
def _merged(
    one_x: Float,
    one_y: Float,
    ones: int,
    two_x: Float,
    two_y: Float,
    twos: int,
    move: float,
    price: float,
    missing: float,
    to_x: Float,
    to_y: Float,
) -> int:
    """Merge the first list with the second, moved down by `move` and made dearer by `price`; return the length."""
    one, two, used = 0, 0, 0
    while one < ones or two < twos:
        if two >= twos or (one < ones and one_x[one] <= two_x[two] - move):
            used = _append(to_x, to_y, used, one_x[one], one_y[one], missing)
            one += 1
        else:
            used = _append(to_x, to_y, used, two_x[two] - move, two_y[two] + price, missing)
            two += 1
    return used


@leaf
def _thinned(x: Float, y: Float, count: int, close_wh: float, hopeful: bool) -> int:
    """Join corners whose levels are close together and return how many are left.

    A hopeful join is as low as the lowest and as cheap as the cheapest, so that costs stay bounded from below; the
    other keeps the cheapest, which a pattern reaches.
    """
    used, first = 0, 0.0
    for place in range(count):
        if used > 0 and x[place] - first <= close_wh:
            y[used - 1] = y[place]
            if not hopeful:
                x[used - 1] = x[place]
        else:
            first = x[place]
            x[used], y[used] = first, y[place]
            used += 1
    return used


@leaf
def value_of(x: Float, y: Float, count: int, level: float, missing: float) -> float:
    """Return the cost to go from a level, infinite where nothing is possible."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if x[middle] <= level + ROUNDING_WH:
            low = middle + 1
        else:
            high = middle
    value = y[low - 1] if low > 0 else FAR
    for place in range(low, count):
        if missing * (x[place] - level) >= value:
            break
        value = min(value, y[place] + missing * (x[place] - level))
    return float(value)


@leaf
def _next_mode(mode: int, run: int) -> int:
    """Return the mode after a slot on: 0 is off, 1 free to go on or off, above that slots it still has to be on."""
    if run == 1:
        return 0
    if mode == 0:
        return run
    return mode - 1 if mode > 1 else 1


@leaf
def _fill_mode(
    devices: Devices, device: int, memory: Memory, slot: int, mode: int, price: float, room: float, missing: float
) -> int:
    """Leave the corners of a mode at the start of a slot in the buffer's first rows and return how many there are."""
    x, y, count, buffer = memory.x[slot + 1], memory.y[slot + 1], memory.many[slot + 1], memory.buffer
    floor, top = devices.floor[device, slot], devices.top[device, slot]
    run, steps = devices.run[device], devices.steps[device]
    used = 0
    if mode <= 1:
        used = _bounded(x[0], y[0], count[0], floor, top, missing, buffer[0], buffer[1])
    step_wh, after = devices.draw_wh[device, slot] / steps, _next_mode(mode, run)
    if step_wh <= 0.0 or step_wh > room + ROUNDING_WH:
        return used
    many = _bounded(x[after], y[after], count[after], floor, top, missing, memory.x[slot, mode], memory.y[slot, mode])
    move = devices.gain[device, slot] * step_wh
    for step in range(1, steps + 1):
        if step * step_wh > room + ROUNDING_WH:
            break
        length = _merged(
            buffer[0],
            buffer[1],
            used,
            memory.x[slot, mode],
            memory.y[slot, mode],
            many,
            step * move,
            step * step_wh * price,
            missing,
            buffer[2],
            buffer[3],
        )
        for place in range(length):
            buffer[0, place], buffer[1, place] = buffer[2, place], buffer[3, place]
        used = length
    return used


@leaf
def look_back(
    devices: Devices,
    device: int,
    price: Float,
    room: Float,
    missing: float,
    hopeful: bool,
    memory: Memory,
) -> None:
    """Fill the memory with the cost to go of every slot and mode."""
    slots, run = price.size, devices.run[device]
    modes = 1 if run == 1 else run + 1
    most = memory.x.shape[2] // (devices.steps[device] + 1)
    for mode in range(modes):
        memory.x[slots, mode, 0], memory.y[slots, mode, 0], memory.many[slots, mode] = -FAR, 0.0, 1
    for slot in range(slots - 1, -1, -1):
        for mode in range(modes):
            used, close_wh = _fill_mode(devices, device, memory, slot, mode, price[slot], room[slot], missing), 0.0
            while used > most:
                close_wh = 2.0 * close_wh + 1e-3
                used = _thinned(memory.buffer[0], memory.buffer[1], used, close_wh, hopeful)
            for place in range(used):
                memory.x[slot, mode, place] = memory.buffer[0, place]
                memory.y[slot, mode, place] = memory.buffer[1, place]
            memory.many[slot, mode] = used


@leaf
def _can_stay_on(devices: Devices, device: int, room: Float, slot: int, level: float, left: int) -> bool:
    """Return whether one step in each of the next `left` slots fits below the top and the room."""
    for later in range(slot, min(slot + left, room.size)):
        step_wh = devices.draw_wh[device, later] / devices.steps[device]
        level = max(level + step_wh * devices.gain[device, later], devices.floor[device, later])
        if step_wh <= 0.0 or step_wh > room[later] + ROUNDING_WH or level > devices.top[device, later] + ROUNDING_WH:
            return False
    return True


@leaf
def _best_step(
    devices: Devices,
    device: int,
    memory: Memory,
    slot: int,
    mode: int,
    level: float,
    price: float,
    room: Float,
    missing: float,
) -> int:
    """Return how many steps cost least from here on."""
    floor, top = devices.floor[device, slot], devices.top[device, slot]
    step_wh, after = devices.draw_wh[device, slot] / devices.steps[device], _next_mode(mode, devices.run[device])
    chosen, least = 0, FAR
    if mode <= 1:
        end = max(level, floor)
        least = missing * (end - level)
        least += value_of(memory.x[slot + 1, 0], memory.y[slot + 1, 0], memory.many[slot + 1, 0], end, missing)
    if step_wh <= 0.0:
        return chosen
    for step in range(1, devices.steps[device] + 1):
        end = level + step * step_wh * devices.gain[device, slot]
        if step * step_wh > room[slot] + ROUNDING_WH or end > top + ROUNDING_WH:
            break
        short = max(floor - end, 0.0)
        if after > 1 and not _can_stay_on(devices, device, room, slot + 1, end + short, after - 1):
            break
        cost = step * step_wh * price + missing * short
        cost += value_of(
            memory.x[slot + 1, after],
            memory.y[slot + 1, after],
            memory.many[slot + 1, after],
            end + short,
            missing,
        )
        if cost < least:
            chosen, least = step, cost
    return chosen


@leaf
def look_ahead(
    devices: Devices, device: int, price: Float, room: Float, missing: float, memory: Memory, energy: Float
) -> float:
    """Write the energies of a plan that the memory leads to, and return the level that is missing. [Wh]."""
    level, mode, short = devices.start[device], 0, 0.0
    for slot in range(price.size):
        step = _best_step(devices, device, memory, slot, mode, level, price[slot], room, missing)
        energy[slot] = step * (devices.draw_wh[device, slot] / devices.steps[device])
        mode = _next_mode(mode, devices.run[device]) if step > 0 else 0
        level += energy[slot] * devices.gain[device, slot]
        short += max(devices.floor[device, slot] - level, 0.0)
        level = max(level, devices.floor[device, slot])
    return short
