"""Say how devices and the memory of their programmes are laid out for the kernels of `commitment`.

States are *levels*: the energy in the store at the start of slot t, divided by the share of what was there at the
start of the plan that is left by then, less what comes and goes by itself until then. An idle device keeps its level;
one Wh of power raises it by ``gain``, one Wh given back lowers it by ``loss``; one Wh of level is missing at the same
price whenever it is.
"""

from typing import NamedTuple

import numpy as np

from core.compiling import jitted
from grid.kernels.checks import Float, Int


class Devices(NamedTuple):
    """Hold devices, one row each.

    Attributes
    ----------
    start : ndarray, shape (device,), float64
        Level at the start of slot 0. [Wh]
    gain, loss : ndarray, shape (device, slot), float64
        What one Wh drawn raises the level by, and what one Wh given back lowers it by; above 0. [ratio]
    floor, top : ndarray, shape (device, slot), float64
        Bounds of the level at the end of the slot; top is nowhere below floor and never falls. [Wh]
    draw_wh, give_wh : ndarray, shape (device, slot), float64
        The most that can be drawn, and given back, in a slot. [Wh]
    steps : ndarray, shape (device,), int64
        Equal steps in which it is drawn; 0: any amount.
    run : ndarray, shape (device,), int64
        Slots that a device with steps stays on once it is, at least 1. [slots]
    """

    start: Float
    gain: Float
    loss: Float
    floor: Float
    top: Float
    draw_wh: Float
    give_wh: Float
    steps: Int
    run: Int


class Memory(NamedTuple):
    """Hold the values of a device's states, of the later slots first; one device after the other uses it.

    Attributes
    ----------
    x, y : ndarray, shape (slot + 1, mode, entry), float64
        With steps: levels from which a plan is possible (rising), and its cost (falling). Without: slopes (rising), and
        the lengths on which they hold.
    many : ndarray, shape (slot + 1, mode), int64
        Entries used.
    low, low_value : ndarray, shape (slot + 1,), float64
        Without steps: the lowest level, and its cost.
    buffer : ndarray, shape (4, entries), float64
        Lists that are being merged.
    """

    x: Float
    y: Float
    many: Int
    low: Float
    low_value: Float
    buffer: Float


@jitted
def memory_for(slots: int, modes: int, entries: int) -> Memory:
    """Return memory for devices of so many modes; a list never has more than so many entries."""
    most = max(entries, 2 * slots + 8)
    return Memory(
        np.empty((slots + 1, modes, most)),
        np.empty((slots + 1, modes, most)),
        np.zeros((slots + 1, modes), np.int64),
        np.empty(slots + 1),
        np.empty(slots + 1),
        np.empty((4, 2 * most + 4)),
    )
