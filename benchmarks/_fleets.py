"""Fleets for `benchmarks.dispatch`: devices behind transformers, with limits that bind and that a plan can keep."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]

DEVICES_PER_TRANSFORMER, TRANSFORMERS_PER_FEEDER, FEEDERS_PER_SUBSTATION = 50, 20, 10
SLOTS, SLOT_HOURS = 48, 0.5
#: Room over what an even plan takes: of transformers that stand alone; where limits are tight, and where they are not.
ALONE_RATIO, TIGHT_RATIO, LOOSE_RATIO = 1.05, (1.02, 1.10), (1.3, 2.0)
TIGHT_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Fleet:
    """Hold a fleet, in the kernels' order of arguments.

    Attributes
    ----------
    price : ndarray, shape (slot,)
        [EUR/MWh]
    limit_w : ndarray, shape (node, slot)
        Transformers first. [W]
    parent : ndarray, shape (node,)
        The node above; -1 for none.
    offsets, need_wh, cap_w, first, last : ndarray
        Devices by transformer, their needs, caps and windows. [Wh], [W], [slots], [slots]
    """

    price: Float
    limit_w: Float
    parent: Int
    offsets: Int
    need_wh: Float
    cap_w: Float
    first: Int
    last: Int

    @property
    def transformers(self) -> int:
        """Return how many transformers there are."""
        return self.offsets.size - 1

    @property
    def devices(self) -> tuple[Int, Float, Float, Int, Int]:
        """Return the arguments that tell of devices."""
        return self.offsets, self.need_wh, self.cap_w, self.first, self.last

    @property
    def flat(self) -> tuple[Float, Float, Int, Float, Float, Int, Int]:
        """Return the arguments of `dispatch`."""
        return (self.price, self.limit_w[: self.transformers], *self.devices)

    @property
    def nested(self) -> tuple[Float, Float, Int, Int, Float, Float, Int, Int]:
        """Return the arguments of `dispatch_nested`."""
        return (self.price, self.limit_w, self.parent, *self.devices)

    def scaled(self, ratio: float) -> "Fleet":
        """Return the fleet with other limits."""
        return Fleet(self.price, ratio * self.limit_w, self.parent, *self.devices)


def fleet(devices: int, seed: int) -> Fleet:
    """Draw devices with a limit for each transformer, five per cent above an even plan in every slot."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, SLOTS // 2, devices)
    last = np.minimum(first + rng.integers(4, SLOTS // 2, devices), SLOTS)
    cap_w = rng.choice([2000.0, 3700.0, 7400.0], devices)
    need_wh = cap_w * SLOT_HOURS * (last - first) * rng.uniform(0.2, 0.7, devices)
    offsets = np.append(np.arange(0, devices, DEVICES_PER_TRANSFORMER), devices)
    even_w = even_load_w(offsets, need_wh, first, last)
    parent = np.full(offsets.size - 1, -1)
    return Fleet(rng.normal(80.0, 40.0, SLOTS), ALONE_RATIO * even_w, parent, offsets, need_wh, cap_w, first, last)


def nested_fleet(devices: int, seed: int) -> Fleet:
    """Draw the same devices with limits for transformers, feeders and substations, tight in a third of their slots."""
    alone = fleet(devices, seed)
    rng = np.random.default_rng(seed + 1)
    levels = [alone.limit_w / ALONE_RATIO]
    parents, nodes = [], 0
    for share in (TRANSFORMERS_PER_FEEDER, FEEDERS_PER_SUBSTATION):
        below = levels[-1]
        nodes += below.shape[0]
        parents.append(nodes + np.arange(below.shape[0]) // share)
        levels.append(np.add.reduceat(below, np.arange(0, below.shape[0], share), axis=0))
    even_w = np.vstack(levels)
    tight = rng.random(even_w.shape) < TIGHT_SHARE
    ratio = np.where(tight, rng.uniform(*TIGHT_RATIO, even_w.shape), rng.uniform(*LOOSE_RATIO, even_w.shape))
    parent = np.concatenate((*parents, np.full(levels[-1].shape[0], -1)))
    return Fleet(alone.price, ratio * even_w, parent, *alone.devices)


def even_load_w(offsets: Int, need_wh: Float, first: Int, last: Int) -> Float:
    """Return the load of each transformer, shape (transformer, slot), when all draw evenly over their windows. [W]."""
    groups, width = offsets.size - 1, SLOTS + 1
    row = np.repeat(np.arange(groups), np.diff(offsets)) * width
    even_w = need_wh / (last - first) / SLOT_HOURS
    step = np.bincount(row + first, even_w, groups * width) - np.bincount(row + last, even_w, groups * width)
    load: Float = np.maximum(np.cumsum(step.reshape(groups, width), axis=1)[:, :SLOTS], 0.0)
    return load
