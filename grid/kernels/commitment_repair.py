"""Put devices into the room of their group one after the other, then take some out and put them in better, compiled."""

from typing import NamedTuple

import numpy as np

from core.compiling import jitted, leaf, parallel_kernel, prange
from grid.kernels.checks import Float, Int
from grid.kernels.commitment_arrays import Devices, Memory, memory_for
from grid.kernels.commitment_price import plan_alone
from grid.kernels.commitment_steps import ROUNDING_WH

#: The most devices that are taken out at a time; of a small group, all.
MOST_OUT = 6
#: The most devices of a small group, and how many times as often its devices are exchanged.
SMALL, SMALL_TIMES = 8, 8
#: In so many of ten exchanges, devices may use room that others, put in after them, can give back.
LENDING = 3
#: Prices of room are drawn from up to this part of the mean price of energy, or twice as much. [ratio]
SPREAD_RATIO = 0.5
#: Numbers that are drawn for a price.
FINE = 1024
#: An exchange is kept when it saves more than this, a millionth of a millionth of a euro. [EUR/MWh Wh]
LEAST_GAIN = 1e-6


class Manner(NamedTuple):
    """Say how devices are put in again: at what part of the prices of room, what may be lost, and so on.

    Attributes
    ----------
    weight : float
        Part of the prices of room that counts. [ratio]
    spread : float
        Up to which a price is drawn for every slot and device. [EUR/MWh]
    lends : bool
        Whether devices may use the room that those after them can give back, in slots drawn at random.
    loss : float
        By how much the exchange may make the plan dearer. [EUR/MWh Wh]
    """

    weight: float
    spread: float
    lends: bool
    loss: float


class Trial(NamedTuple):
    """Hold prices and room that a device is offered, what those after it can give, and the plans made of it."""

    price: Float
    room: Float
    lent: Float
    short: Float
    energy: Float


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
def _offer(price: Float, shadow: Float, room: Float, manner: Manner, is_last: bool, trial: Trial, state: int) -> int:
    """Write the prices and the room that a device is offered and return the generator's state."""
    for slot in range(price.size):
        trial.price[slot], trial.room[slot] = price[slot], room[slot]
        if is_last:
            continue
        trial.price[slot] += manner.weight * shadow[slot]
        if manner.spread > 0.0:
            state, number = _draw(state, FINE)
            trial.price[slot] += manner.spread * number / FINE
        if trial.lent[slot] > 0.0:
            state, number = _draw(state, 2)
            trial.room[slot] += number * trial.lent[slot]
    return state


@leaf
def _settle(out: Int, better: bool, room: Float, trial: Trial, short: Float, energy: Float) -> None:
    """Keep the plans tried, or give their room back and take that of the plans before."""
    for rank in range(out.size):
        if better:
            short[out[rank]] = trial.short[rank]
            for slot in range(room.size):
                energy[out[rank], slot] = trial.energy[rank, slot]
        else:
            _take(room, trial.energy[rank], -1.0)
            _take(room, energy[out[rank]], 1.0)


@leaf
def _exchange(
    devices: Devices,
    out: Int,
    price: Float,
    shadow: Float,
    manner: Manner,
    room: Float,
    missing: float,
    memory: Memory,
    trial: Trial,
    short: Float,
    energy: Float,
    state: int,
) -> int:
    """Take devices out and put them in again in their order; undo it where that is too dear, or over the limit.

    It is over where others rely on what a device gave back that has been taken out, and that it does not give again.
    Returns the generator's state.
    """
    before, after = 0.0, 0.0
    for slot in range(price.size):
        trial.lent[slot] = 0.0
    for device in out:
        before += _cost_of(price, energy[device], missing, short[device])
        _take(room, energy[device], -1.0)
        if manner.lends:
            _take(trial.lent, devices.give_wh[device], -1.0)
    for rank in range(out.size):
        device = out[rank]
        if manner.lends:
            _take(trial.lent, devices.give_wh[device], 1.0)
        state = _offer(price, shadow, room, manner, rank == out.size - 1, trial, state)
        _, trial.short[rank] = plan_alone(
            devices, device, trial.price, trial.room, missing, False, memory, trial.energy[rank]
        )
        _take(room, trial.energy[rank], 1.0)
        after += _cost_of(price, trial.energy[rank], missing, trial.short[rank])
    better = after < before - LEAST_GAIN + manner.loss and _is_kept(room)
    _settle(out, better, room, trial, short, energy)
    return state


@leaf
def _manner(state: int, is_small: bool, average: float, loss: float) -> tuple[int, Manner]:
    """Draw the manner of an exchange and return the generator's state, too."""
    state, weight = _draw(state, 3)
    state, lends = _draw(state, 10)
    state, wild = _draw(state, 3)
    spread = SPREAD_RATIO * average * wild if is_small else 0.0
    return state, Manner(0.5 * weight, spread, lends < LENDING, loss if is_small else 0.0)


@leaf
def _typical_cost(price: Float, energy: Float, start: int, many: int) -> float:
    """Return what the energy of a device costs or brings in, in the mean of a group."""
    total = 0.0
    for device in range(start, start + many):
        total += abs(_cost_of(price, energy[device], 0.0, 0.0))
    return total / max(many, 1)


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
    heat: float,
    seed: int,
    short: Float,
    energy: Float,
) -> None:
    """Plan the groups asked for within their room, and then exchange some devices as often as asked.

    Where an order is given, (device,) and sorted by group, devices are put in anew at the prices of energy and of
    room; else the plan in short and energy is gone on with. Exchanged devices are put in at the prices of energy with
    none, half or all of those of room, the last of them at the prices of energy alone; `Manner` has the rest. In small
    groups, an exchange may make the plan dearer by `heat` times what a device costs, and less and less so.
    """
    slots, average = price.size, np.abs(price).mean()
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
        is_small = many <= SMALL
        most = many if is_small else MOST_OUT
        out = np.empty(most, np.int64)
        trial = Trial(np.empty(slots), np.empty(slots), np.empty(slots), np.empty(most), np.empty((most, slots)))
        state, loss = (seed * 7919 + group * 104729 + 17) % 2147483648, heat * _typical_cost(price, energy, start, many)
        rounds = tries * (SMALL_TIMES if is_small else 1) if many > 0 else 0
        for done in range(rounds):
            state, fewer = _draw(state, most)
            state = _choose(state, fewer + 1, start, many, out)
            state, manner = _manner(state, is_small, average, loss * (1.0 - (done + 1) / rounds))
            chosen = out[: fewer + 1]
            state = _exchange(
                devices, chosen, price, shadow[group], manner, room, missing, memory, trial, short, energy, state
            )
