r"""Plan devices that are on or off, or that store: least cost under a limit per group and slot, with a certified gap.

Device i of group g draws :math:`e_{it}` in slot t (below 0: it gives back) from a set :math:`X_i`: its steps, its
minimum run, its store's bounds (`Stores`). What a store misses below its floor, :math:`m_{it}`, is allowed at a price
M, so that there always is a plan:

.. math::

    \min \sum_{i,t} p_t\,e_{it} + M \sum_{i,t} a_i^{-t} m_{it} \quad\text{s.t.}\quad (e_i, m_i) \in X_i,\;
    \sum_{i \in g} e_{it} \le h_{gt}

(:math:`a_i^{-t}` counts missing energy as what it would have taken at the start.) Prices :math:`\mu_{gt} \ge 0` on the
limits leave one problem per device, and a bound on the cost of every plan [1]_. They are raised by the volume
algorithm [2]_, first on devices that may take any power, then on devices as they are. Plans are made by putting one
device after the other into the room that is left, at prices with :math:`\mu`; then a few devices at a time are taken
out and put in better, now and then in room that a store put in after them has to give back.

What is exact: the limits are kept by every plan (a device of any power draws no more than the room there is; a whole
step is put where it is no more than 1e-7 Wh above the room, which is rounding), and so are steps, minimum runs,
ceilings and the bounds of batteries; costs and missing energies are those of the plan. States are real numbers, nothing
is rounded to a grid. The cost to go of a device of any power is exact where power costs something, and a bound from
below where it is paid for (drawing and giving back at once is then allowed in the bound). That of a device with steps
is exact but for ceilings: the bound lets heat above the ceiling be lost; the plan never goes there. Where a list of it
grows over its memory, close corners are joined so that the bound stays one. So the bound always holds; the gap is what
is left of all of that, and what is inherent in bounding a plan of whole steps by prices: little with fifty devices in a
group, more with five.

References
----------
.. [1] Geoffrion, A. M. (1974). Lagrangean relaxation for integer programming. Mathematical Programming Study 2, 82-114.
.. [2] Barahona, F., Anbil, R. (2000). The volume algorithm: producing primal solutions with a subgradient method.
   Mathematical Programming 87, 385-399.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Bool, Float, Int, float_array, int_array, require
from grid.kernels.commitment_dual import Problem
from grid.kernels.commitment_levels import Stores, checked, held_since, levels_of, states_of
from grid.kernels.commitment_search import Effort, Found, search

__all__ = ["Commitment", "Effort", "Stores", "commit"]

WH_PER_MWH = 1e6
#: Corners of the cost to go that are kept; few devices have more than 300. [entries]
ENTRIES: Final = 2048
#: What is missing above this is no rounding. [Wh]
TINY_WH: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Commitment:
    """Hold a plan and its proof.

    Attributes
    ----------
    power_w : ndarray, shape (device, slot), float64
        Mean power per slot, import positive. [W]
    state_wh : ndarray, shape (device, slot), float64
        What the store holds at the end of each slot. [Wh]
    missing_wh : ndarray, shape (device, slot), float64
        What had to come from nowhere for the store to be at its floor. [Wh]
    own_missing_wh : ndarray, shape (device,), float64
        What of it would be missing without limits too. [Wh]
    cost_eur, penalty_eur, bound_eur : ndarray, shape (group,), float64
        Cost of the energy; price of what is missing; the least that both together can be in any plan. [EUR]
    shadow_price_eur_per_mwh : ndarray, shape (group, slot), float64
        Prices of room that prove the bound, at least 0; 0 where there is no limit. [EUR/MWh]
    short_wh : ndarray, shape (group,), float64
        What is missing because of the limits. [Wh]
    cut_slot : ndarray, shape (group, slot), bool
        Where that is more than nothing: slots up to when it is missing in which a device that misses it might draw
        more, had the group room for its next step.
    """

    power_w: Float
    state_wh: Float
    missing_wh: Float
    own_missing_wh: Float
    cost_eur: Float
    penalty_eur: Float
    bound_eur: Float
    shadow_price_eur_per_mwh: Float
    short_wh: Float
    cut_slot: Bool

    @property
    def objective_eur(self) -> Float:
        """Return what is least, shape (group,): cost and penalty. [EUR]."""
        return self.cost_eur + self.penalty_eur

    @property
    def gap_ratio(self) -> float:
        """Return how far the plan of all groups may be from the best, as a part of its objective. [ratio]."""
        objective, bound = float(self.objective_eur.sum()), float(self.bound_eur.sum())
        return (objective - bound) / abs(objective) if objective != bound else 0.0


def commit(
    price_eur_per_mwh: NDArray[Any],
    headroom_w: NDArray[Any],
    group_offsets: NDArray[Any],
    stores: Stores,
    *,
    missing_eur_per_mwh: float = 10_000.0,
    slot_hours: float = 0.5,
    effort: Effort | None = None,
) -> Commitment:
    """Return a plan of all groups, what any plan costs at least, and what the limits leave missing.

    Parameters
    ----------
    price_eur_per_mwh : ndarray, shape (slot,)
        Price of energy; may be negative. [EUR/MWh]
    headroom_w : ndarray, shape (group, slot)
        Room left by the load that cannot move; below 0 counts as 0, infinite as no limit. [W]
    group_offsets : ndarray of int, shape (group + 1,)
        Devices of group g are ``group_offsets[g]`` to ``group_offsets[g + 1] - 1``.
    stores : Stores
        The devices.
    missing_eur_per_mwh : float, default 10_000
        Price of energy missing in a store, far above what any costs to put there. [EUR/MWh]
    slot_hours : float, default 0.5
        Length of a slot, above 0. [h]
    effort : Effort, optional
        How long to search.

    Returns
    -------
    Commitment

    Raises
    ------
    InvariantError
        Shapes differ, or a value is out of its range.

    Notes
    -----
    Equal inputs give equal plans, whatever the number of threads, unless the effort is bounded by seconds. Time is
    linear in the devices; per device and round it is O(slot * corners), of which tanks have some hundred.

    Examples
    --------
    Two tanks want a slot of 1 kWh each, and there is room for one at a time:

    >>> import numpy as np
    >>> tank, each = np.ones(2), np.ones((2, 3))
    >>> plan = commit(
    ...     np.array([90.0, 20.0, 40.0]), np.full((1, 3), 2000.0), np.array([0, 2]),
    ...     Stores(0 * tank, tank, each, tank, 0 * each, np.array([[0, 0, 1000.0]] * 2), 2000 * each, 2000 * each,
    ...            0 * each, np.ones(2, int), np.ones(2, int)))
    >>> np.sort(plan.power_w, axis=0)
    array([[   0.,    0.,    0.],
           [   0., 2000., 2000.]])
    >>> float(plan.objective_eur[0]), float(plan.bound_eur[0].round(4))
    (0.06, 0.06)
    """
    require(slot_hours > 0.0, "A slot lasts longer than nothing.", slot_hours=slot_hours)
    price = float_array("price_eur_per_mwh", price_eur_per_mwh, axes=(None,))
    require(price.size > 0 and bool(np.isfinite(price).all()), "Prices must be known.")
    known = checked(stores, price.size)
    require(0.0 < missing_eur_per_mwh < np.inf, "What is missing has a price.", price=missing_eur_per_mwh)
    offsets = _offsets(group_offsets, known.start_wh.size)
    room_w = float_array("headroom_w", headroom_w, axes=(offsets.size - 1, price.size))
    require(not np.isnan(room_w).any(), "Headroom must be known.")
    devices = levels_of(known, price.size, slot_hours)
    runs = devices.run[devices.steps > 0]
    problem = Problem(
        devices,
        offsets,
        np.repeat(np.arange(offsets.size - 1), np.diff(offsets)),
        price,
        np.minimum(np.maximum(room_w * slot_hours, 0.0), devices.draw_wh.sum() + 1.0),
        float(missing_eur_per_mwh),
        int(runs.max(initial=0)) + 1,
        ENTRIES,
    )
    return _told(problem, known, search(problem, effort or Effort()), slot_hours)


def _offsets(group_offsets: NDArray[Any], devices: int) -> Int:
    offsets = int_array("group_offsets", group_offsets, axes=(None,))
    spans = offsets.size > 0 and offsets[0] == 0 and offsets[-1] == devices
    require(bool(spans and (np.diff(offsets) >= 0).all()), "Offsets must ascend from 0 to the last device.")
    return offsets


def _told(problem: Problem, stores: Stores, found: Found, slot_hours: float) -> Commitment:
    state, missing = states_of(stores, found.energy_wh)
    alone_missing = states_of(stores, found.alone_wh)[1].sum(axis=1)
    penalty = problem.sums((missing * held_since(stores, problem.price.size)).sum(axis=1)) * problem.missing
    short = problem.sums(np.maximum(missing.sum(axis=1) - alone_missing, 0.0))
    short[short <= TINY_WH] = 0.0
    return Commitment(
        power_w=found.energy_wh / slot_hours,
        state_wh=state,
        missing_wh=missing,
        own_missing_wh=alone_missing,
        cost_eur=problem.sums(found.energy_wh @ problem.price) / WH_PER_MWH,
        penalty_eur=penalty / WH_PER_MWH,
        bound_eur=found.bound / WH_PER_MWH,
        shadow_price_eur_per_mwh=found.shadow,
        short_wh=short,
        cut_slot=_cut_slots(problem, found.energy_wh, missing, alone_missing) & (short > 0.0)[:, np.newaxis],
    )


def _cut_slots(problem: Problem, energy_wh: Float, missing_wh: Float, alone_wh: Float) -> Bool:
    """Return slots in which a device that misses energy later found too little room for its next step."""
    devices = problem.devices
    left = (problem.headroom_wh - problem.sums(energy_wh))[problem.group]
    step = devices.draw_wh / np.maximum(devices.steps, 1)[:, np.newaxis]
    more = np.where(devices.steps[:, np.newaxis] > 0, step, TINY_WH)
    limited = missing_wh.sum(axis=1) > alone_wh + TINY_WH
    later = np.cumsum((missing_wh > TINY_WH)[:, ::-1], axis=1)[:, ::-1] > 0
    wants = limited[:, np.newaxis] & later & (energy_wh + more <= devices.draw_wh + TINY_WH) & (devices.draw_wh > 0.0)
    stopped: Bool = problem.sums((wants & (left < more)).astype(np.float64)) > 0.0
    return stopped
