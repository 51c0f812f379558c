"""Search for a plan and a bound of its cost: prices of room first, then plans within it, until the effort is spent."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from grid.kernels.checks import Bool, Float, Int
from grid.kernels.commitment_dual import CLOSE_RATIO, Ascent, Problem, ascend, start
from grid.kernels.commitment_repair import repair_batch

#: Exchanges per call, between two looks at the clock.
TRIES_AT_A_TIME: Final = 50
#: One such call in so many lets plans of small groups become dearer on the way, by up to this many times what a device
#: costs: there are better plans that no cheaper step leads to.
WARM_CALL, HEAT_RATIO = 3, 2.0
#: Go on with the plan there is.
NO_ORDER: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Effort:
    """Say how much is done for a plan.

    Attributes
    ----------
    easy_rounds : int, default 100
        Rounds of prices in which devices may take any power.
    rounds : int, default 20
        Rounds of prices with devices as they are.
    tries : int, default 1000
        Exchanges of some devices per group; eight times as many in groups of up to eight, where they cost little.
    seconds : float, default infinite
        After which no more is begun; at least one plan and one bound are made. Plans then depend on the machine's
        speed; without, equal inputs give equal plans. [s]
    seed : int, default 0
        Of the random orders.
    """

    easy_rounds: int = 100
    rounds: int = 20
    tries: int = 1000
    seconds: float = np.inf
    seed: int = 0


@dataclass(slots=True)
class Found:
    """Hold the best plan and bound so far.

    Attributes
    ----------
    energy_wh, short_wh : ndarray, shapes (device, slot), (device,)
        Plan, and the level it misses. [Wh]
    alone_wh : ndarray, shape (device, slot)
        What each device would do without limits. [Wh]
    cost, bound : ndarray, shape (group,)
        Cost of the plan with what is missing, and what all plans cost at least. [EUR/MWh Wh]
    shadow : ndarray, shape (group, slot)
        Prices of room that prove the bound. [EUR/MWh]
    """

    energy_wh: Float
    short_wh: Float
    alone_wh: Float
    cost: Float
    bound: Float
    shadow: Float


def search(problem: Problem, effort: Effort) -> Found:
    """Return the best plan that the effort leads to, and the best bound."""
    until = time.monotonic() + effort.seconds
    begun = time.monotonic()

    def has_time(share: float = 1.0) -> Callable[[], bool]:
        return lambda: time.monotonic() < begun + share * (until - begun)

    ascent = start(problem, np.zeros(problem.headroom_wh.shape))
    found = _first(ascent)
    scale = problem.sums(np.abs(ascent.energy_wh) @ np.abs(problem.price)) + np.abs(found.bound)
    _repair(problem, found, _order(problem, effort.seed, first=0), 0, effort.seed)
    if _is_open(found, scale).any() and has_time()():
        easy = replace(problem, devices=problem.devices._replace(steps=np.zeros_like(problem.devices.steps)))
        rising = start(easy, found.shadow)
        ascend(easy, rising, np.full(found.cost.size, np.inf), scale, effort.easy_rounds, has_time(0.2))
        ascent = start(problem, rising.shadow)
        _keep_bound(found, ascent)
        for first in (0, 1):
            _repair(problem, found, _order(problem, effort.seed + 1 + first, first=first), 0, effort.seed)
        ascend(problem, ascent, found.cost, scale, effort.rounds, has_time(0.5))
        _keep_bound(found, ascent)
        _repair(problem, found, _order(problem, effort.seed + 3, first=1), 0, effort.seed)
    _improve(problem, found, scale, effort, has_time())
    return found


def _first(ascent: Ascent) -> Found:
    devices, slots = ascent.energy_wh.shape
    groups = ascent.bound.size
    return Found(
        np.zeros((devices, slots)),
        np.zeros(devices),
        ascent.energy_wh.copy(),
        np.full(groups, np.inf),
        ascent.bound.copy(),
        ascent.shadow.copy(),
    )


def _keep_bound(found: Found, ascent: Ascent) -> None:
    better = ascent.bound > found.bound
    found.bound[better] = ascent.bound[better]
    found.shadow[better] = ascent.shadow[better]


def _is_open(found: Found, scale: Float) -> Bool:
    still: Bool = found.cost - found.bound > CLOSE_RATIO * scale
    return still


def _order(problem: Problem, seed: int, *, first: int) -> Int:
    """Return devices in random order, group by group; with `first` 1 those with steps before the others."""
    key = np.random.default_rng(seed).random(problem.group.size) + first * (problem.devices.steps == 0)
    return np.lexsort((key, problem.group)).astype(np.int64)


def _repair(problem: Problem, found: Found, order: Int, tries: int, seed: int, heat: float = 0.0) -> None:
    """Plan the open groups anew in this order, or go on with their plans where there is none; keep what is cheaper."""
    energy, short = found.energy_wh.copy(), found.short_wh.copy()
    repair_batch(
        problem.devices,
        problem.offsets,
        np.flatnonzero(found.cost > found.bound),
        order,
        problem.price,
        found.shadow,
        problem.headroom_wh,
        problem.missing,
        problem.modes,
        problem.entries,
        tries,
        heat,
        seed,
        short,
        energy,
    )
    cost = problem.sums(energy @ problem.price + problem.missing * short)
    cheaper = cost < found.cost
    mine = cheaper[problem.group]
    found.cost[cheaper] = cost[cheaper]
    found.energy_wh[mine], found.short_wh[mine] = energy[mine], short[mine]


def _improve(problem: Problem, found: Found, scale: Float, effort: Effort, has_time: Callable[[], bool]) -> None:
    for done in range(0, effort.tries, TRIES_AT_A_TIME):
        if not has_time() or not _is_open(found, scale).any():
            return
        heat = HEAT_RATIO if done // TRIES_AT_A_TIME % WARM_CALL == WARM_CALL - 1 else 0.0
        tries = min(TRIES_AT_A_TIME, effort.tries - done)
        _repair(problem, found, NO_ORDER, tries, effort.seed * 65_537 + done, heat)
