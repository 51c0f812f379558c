"""Put devices into the room of their group one after the other, then take some out and put them in better, compiled."""

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int
from grid.kernels.commitment_arrays import Devices, Memory, memory_for
from grid.kernels.commitment_price import plan_alone
from grid.kernels.commitment_steps import ROUNDING_WH

#: The most devices that are taken out at a time.
MOST_OUT = 6
#: An exchange is kept when it saves more than this, a millionth of a millionth of a euro. [EUR/MWh Wh]
LEAST_GAIN = 1e-6


@leaf
def _cost_of(price: Float, energy: Float, missing: float, short: float) -> float:
    """Return what a device's plan costs at the prices of energy, without those of room."""
    cost = missing * short
    for slot in range(price.size):
        cost += price[slot] * energy[slot]
    return float(cost)


@leaf
def _take(room: Float, energy: Float, sign: float) -> None:
    """Take a plan out of the room of its slots (1), or give it back (-1)."""
    for slot in range(room.size):
        room[slot] -= sign * energy[slot]


@leaf
def _draw(state: int, below: int) -> tuple[int, int]:
    """Return the next state of a small generator of random numbers, and a number below the one given."""
    state = (state * 1103515245 + 12345) % 2147483648
    return state, (state // 65536) % below


@jitted
def _choose(state: int, count: int, start: int, devices: int, out: Int) -> int:
    """Choose so many different devices at random, write them in random order and return the generator's state."""
    for place in range(count):
        while True:
            state, number = _draw(state, devices)
            if not (out[:place] == start + number).any():
                break
        out[place] = start + number
    return state


@leaf
def _is_kept(room: Float) -> bool:
    """Return whether no slot has less than no room, but for rounding."""
    for slot in range(room.size):  # noqa: SIM110 - a generator is no leaf
        if room[slot] < -ROUNDING_WH:
            return False
    return True


@leaf
def _insert(
    devices: Devices, order: Int, price: Float, room: Float, missing: float, memory: Memory, short: Float, energy: Float
) -> None:
    """Plan devices in their order, each at the prices given in the room that is left to it."""
    for device in order:
        _, short[device] = plan_alone(devices, device, price, room, missing, False, memory, energy[device])
        _take(room, energy[device], 1.0)


@leaf
def _exchange(
    devices: Devices,
    out: Int,
    price: Float,
    shadow: Float,
    weight: float,
    room: Float,
    missing: float,
    memory: Memory,
    mixed: Float,
    new_short: Float,
    new_energy: Float,
    short: Float,
    energy: Float,
) -> None:
    """Take devices out and put them in again in their order; undo it where that is no cheaper, or over the limit.

    It is over where others rely on what a device gave back that has been taken out, and that it does not give again.
    """
    before, after = 0.0, 0.0
    for device in out:
        before += _cost_of(price, energy[device], missing, short[device])
        _take(room, energy[device], -1.0)
    for rank in range(out.size):
        for slot in range(price.size):
            mixed[slot] = price[slot] + (weight * shadow[slot] if rank < out.size - 1 else 0.0)
        _, new_short[rank] = plan_alone(devices, out[rank], mixed, room, missing, False, memory, new_energy[rank])
        _take(room, new_energy[rank], 1.0)
        after += _cost_of(price, new_energy[rank], missing, new_short[rank])
    better = after < before - LEAST_GAIN and _is_kept(room)
    for rank in range(out.size):
        if better:
            short[out[rank]] = new_short[rank]
            for slot in range(price.size):
                energy[out[rank], slot] = new_energy[rank, slot]
        else:
            _take(room, new_energy[rank], -1.0)
            _take(room, energy[out[rank]], 1.0)


@parallel_kernel
def repair_batch(
    devices: Devices,
    offsets: Int,
    asked: Int,
    order: Int,
    price: Float,
    shadow: Float,
    headroom_wh: Float,
    missing: float,
    modes: int,
    entries: int,
    tries: int,
    seed: int,
    short: Float,
    energy: Float,
) -> None:
    """Plan the groups asked for within their room, and then exchange some devices as often as asked.

    Where an order is given, (device,) and sorted by group, devices are put in anew at the prices of energy and of
    room; else the plan in short and energy is gone on with. Exchanged devices are put in at the prices of energy with
    none, half or all of those of room, the last of them at the prices of energy alone.
    """
    slots = price.size
    for place in prange(asked.size):
        group = asked[place]
        start, many = offsets[group], offsets[group + 1] - offsets[group]
        memory, room = memory_for(slots, modes, entries), headroom_wh[group].copy()
        if order.size > 0:
            mine = order[start : start + many]
            _insert(devices, mine, price + shadow[group], room, missing, memory, short, energy)
        else:
            for device in range(start, start + many):
                _take(room, energy[device], 1.0)
        out, mixed = np.empty(MOST_OUT, np.int64), np.empty(slots)
        new_short, new_energy = np.empty(MOST_OUT), np.empty((MOST_OUT, slots))
        state = (seed * 7919 + group * 104729 + 17) % 2147483648
        for _ in range(tries if many > 0 else 0):
            state, fewer = _draw(state, min(MOST_OUT, many))
            state = _choose(state, fewer + 1, start, many, out)
            state, weight = _draw(state, 3)
            _exchange(
                devices,
                out[: fewer + 1],
                price,
                shadow[group],
                0.5 * weight,
                room,
                missing,
                memory,
                mixed,
                new_short,
                new_energy,
                short,
                energy,
            )
