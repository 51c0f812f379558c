"""Raise the bound on the cost of all plans: prices for the room of every group and slot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from grid.kernels.checks import Bool, Float, Int
from grid.kernels.commitment_arrays import Devices
from grid.kernels.commitment_price import price_batch

#: Groups whose bound is this close to the cost of a plan are done. [ratio]
CLOSE_RATIO: Final = 1e-7
#: Steps are for a distance of no more than this part of what is a lot of money. [ratio]
NEAR_RATIO: Final = 0.05
#: Weight of the newest plans among those averaged. [ratio]
NEWEST_RATIO: Final = 0.4
#: How steps change after a better bound, and after so many rounds without one. [ratio]
FIRST_STRIDE, LONGER_RATIO, SHORTER_RATIO, PATIENCE = 1.0, 1.2, 0.7, 2


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold what all parts of the search read.

    Attributes
    ----------
    devices : Devices
    offsets, group : ndarray of int64, shapes (group + 1,), (device,)
        First device of each group; group of each device.
    price : ndarray, shape (slot,), float64
        Of energy. [EUR/MWh]
    headroom_wh : ndarray, shape (group, slot), float64
        Room; where there is no limit, more than all devices can draw. [Wh]
    missing : float
        Price of missing energy. [EUR/MWh]
    modes : int
        Modes of the device with most of them.
    entries : int
        Corners of the cost to go that are kept.
    """

    devices: Devices
    offsets: Int
    group: Int
    price: Float
    headroom_wh: Float
    missing: float
    modes: int
    entries: int

    def sums(self, values: Float) -> Float:
        """Return sums over the devices of each group, shape (group, ...)."""
        padded = np.concatenate((values, np.zeros((1, *values.shape[1:]))))
        found: Float = np.add.reduceat(padded, self.offsets[:-1], axis=0)
        found[np.diff(self.offsets) == 0] = 0.0
        return found


@dataclass(slots=True)
class Ascent:
    """Hold how far the bounds have come, shapes (group, ...)."""

    shadow: Float
    bound: Float
    tried: Float
    mean_wh: Float
    stride: Float
    idle: Int
    value: Float
    energy_wh: Float
    short_wh: Float


def start(problem: Problem, shadow: Float) -> Ascent:
    """Return the bounds at the first prices of room tried, shape (group, slot)."""
    groups, devices = shadow.shape[0], problem.group.size
    ascent = Ascent(
        shadow=shadow.copy(),
        bound=np.full(groups, -np.inf),
        tried=shadow.copy(),
        mean_wh=np.zeros(shadow.shape),
        stride=np.full(groups, FIRST_STRIDE),
        idle=np.zeros(groups, np.int64),
        value=np.zeros(devices),
        energy_wh=np.zeros((devices, shadow.shape[1])),
        short_wh=np.zeros(devices),
    )
    _bound(problem, ascent, np.ones(groups, np.bool_))
    ascent.mean_wh = problem.sums(ascent.energy_wh)
    return ascent


def _bound(problem: Problem, ascent: Ascent, groups: Bool) -> Bool:
    """Bound the groups at the prices tried and return where that is better than before."""
    price_batch(
        problem.devices,
        problem.group,
        np.flatnonzero(groups[problem.group]),
        problem.price + ascent.tried,
        problem.missing,
        problem.modes,
        problem.entries,
        ascent.value,
        ascent.short_wh,
        ascent.energy_wh,
    )
    found = problem.sums(ascent.value) - (ascent.tried * problem.headroom_wh).sum(axis=1)
    better: Bool = groups & (found > ascent.bound)
    ascent.bound[better] = found[better]
    ascent.shadow[better] = ascent.tried[better]
    return better


def ascend(
    problem: Problem, ascent: Ascent, cost: Float, scale: Float, rounds: int, has_time: Callable[[], bool]
) -> None:
    """Move prices of room towards where the devices' plans, averaged, keep the limits: the volume algorithm.

    Parameters
    ----------
    cost, scale : ndarray, shape (group,), float64
        Cost of the best plan known, and what is a lot of money in the group; steps are as long as the distance of the
        bound to the former, or a part of the latter. [EUR/MWh Wh]
    """
    for _ in range(rounds):
        over = ascent.mean_wh - problem.headroom_wh
        over[(ascent.shadow <= 0.0) & (over < 0.0)] = 0.0
        groups = (cost - ascent.bound > CLOSE_RATIO * scale) & (np.abs(over).max(axis=1, initial=0.0) > 0.0)
        if not groups.any() or not has_time():
            return
        size = np.maximum((over**2).sum(axis=1), 1e-9)
        step = ascent.stride * np.minimum(cost - ascent.bound, NEAR_RATIO * scale) / size
        moved = np.maximum(ascent.shadow + step[:, np.newaxis] * over, 0.0)
        ascent.tried = np.where(groups[:, np.newaxis], moved, ascent.shadow)
        better = _bound(problem, ascent, groups)
        load = problem.sums(ascent.energy_wh)
        ascent.mean_wh[groups] += NEWEST_RATIO * (load - ascent.mean_wh)[groups]
        _adapt(ascent, groups, better)


def _adapt(ascent: Ascent, groups: Bool, better: Bool) -> None:
    """Lengthen the steps of groups that get on, shorten those of groups that do not."""
    ascent.idle = np.where(better, 0, ascent.idle + groups)
    ascent.stride[better] *= LONGER_RATIO
    stuck = ascent.idle >= PATIENCE
    ascent.stride[stuck] *= SHORTER_RATIO
    ascent.idle[stuck] = 0
