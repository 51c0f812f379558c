r"""Plan flexible devices exactly under limits inside limits: transformer in feeder in substation, or any tree.

As `grid.kernels.dispatch`, with a limit for every node v of a tree and every slot:

.. math::

    \sum_{i \text{ below } v} x_{it} \le h_{vt}

Feasible slot totals at each root still form a polymatroid (of sums, each cut off at its limit), so that filling slots
from the cheapest stays optimal [1]_; each slot is a maximum flow in which energy also moves between branches.

References
----------
.. [1] Federgruen, A., Groenevelt, H. (1986). The greedy procedure for resource allocation problems: necessary and
   sufficient conditions for optimality. Oper. Res. 34, 909-918.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Bool, Float
from grid.kernels.dispatch import WH_PER_MWH
from grid.kernels.dispatch_instance import NestedInstance, nested_instance, tree_of
from grid.kernels.dispatch_tree import fill_trees
from grid.kernels.dispatch_tree_certificate import Proof, alone_batch, certify_trees
from grid.kernels.dispatch_tree_labels import Tree

#: A limit binds when less than this share of it is left. [ratio]
BINDING_RATIO = 1e-9


@dataclass(frozen=True, slots=True)
class NestedPlan:
    """Hold a plan under nested limits and its proof.

    Attributes
    ----------
    power_w : ndarray, shape (device, slot), float64
        Mean power per slot, import positive. [W]
    unserved_wh : ndarray, shape (device,), float64
        Need that is not met. [Wh]
    cost_eur, bound_eur : float
        Cost of the plan, and the least any plan serving as much energy can cost. [EUR]
    exact_slots : int
        Slots, from the cheapest, that were filled exactly: all of them, but where a time budget ended.
    missing_bound_wh : float
        Shortage that the minimum cut proves: no plan leaves less unserved. [Wh]
    shadow_price_eur_per_mwh : ndarray, shape (node, slot), float64
        What one more unit of room at this limit alone would save, at least 0. [EUR/MWh]
    binding : ndarray, shape (node, slot), bool
        Limits that are used to the full.
    missing_wh : ndarray, shape (node,), float64
        Unserved energy, by the highest limit that stands in its way; a group also where devices' own caps do. [Wh]
    cut_slot : ndarray, shape (node, slot), bool
        Limits of the minimum cut: more room there would serve more.
    cut_device : ndarray, shape (device,), bool
        Devices that compete for those limits, or whose own cap and window are too small.
    """

    power_w: Float
    unserved_wh: Float
    cost_eur: float
    bound_eur: float
    exact_slots: int
    missing_bound_wh: float
    shadow_price_eur_per_mwh: Float
    binding: Bool
    missing_wh: Float
    cut_slot: Bool
    cut_device: Bool

    @property
    def gap_eur(self) -> float:
        """Return cost minus bound: 0 but for rounding when the plan is exact. [EUR]."""
        return self.cost_eur - self.bound_eur

    @property
    def gap_wh(self) -> float:
        """Return how much less might be left unserved at the most: 0 but for rounding when the plan is exact. [Wh]."""
        return float(self.unserved_wh.sum()) - self.missing_bound_wh


def dispatch_nested(
    price_eur_per_mwh: NDArray[Any],
    limit_w: NDArray[Any],
    parent: NDArray[Any],
    group_offsets: NDArray[Any],
    need_wh: NDArray[Any],
    power_cap_w: NDArray[Any],
    first_slot: NDArray[Any],
    last_slot: NDArray[Any],
    *,
    slot_hours: float = 0.5,
    budget_s: float | None = None,
) -> NestedPlan:
    """Return the exact plan under a tree of limits, or the best plan that a time budget allows, with its bound.

    Parameters
    ----------
    price_eur_per_mwh : ndarray, shape (slot,)
        Price of energy; may be negative. [EUR/MWh]
    limit_w : ndarray, shape (node, slot)
        Room for the devices below each node; below 0 counts as 0, infinite as no limit. Groups come first. [W]
    parent : ndarray of int, shape (node,)
        The node above each, which is no group and has a higher number; -1 for none.
    group_offsets : ndarray of int, shape (group + 1,)
        Devices of group g are ``group_offsets[g]`` to ``group_offsets[g + 1] - 1``.
    need_wh, power_cap_w, first_slot, last_slot : ndarray, shape (device,)
        As in `grid.kernels.dispatch.dispatch`. [Wh], [W], [slots], [slots]
    slot_hours : float, default 0.5
        Length of a slot, above 0. [h]
    budget_s : float or None
        Seconds after which dearer slots are only filled directly; the plan keeps all limits in any case. [s]

    Returns
    -------
    NestedPlan

    Raises
    ------
    InvariantError
        The arguments break their promises.

    Notes
    -----
    Limits that can never bind are left out first, so that trees fall apart where nothing holds them together; trees are
    planned side by side. Equal inputs give equal plans, whatever the number of threads. Worst case per tree O(slot *
    search * device * slot); searches are a few per slot in practice.

    Examples
    --------
    >>> import numpy as np
    >>> plan = dispatch_nested(
    ...     np.array([90.0, 20.0]), np.array([[3000.0, 3000.0], [3000.0, 3000.0], [3000.0, 3000.0]]),
    ...     np.array([2, 2, -1]), np.array([0, 1, 2]),
    ...     need_wh=np.array([1000.0, 1000.0]), power_cap_w=np.array([2000.0, 2000.0]),
    ...     first_slot=np.array([0, 0]), last_slot=np.array([2, 2]))
    >>> plan.power_w
    array([[   0., 2000.],
           [1000., 1000.]])
    >>> plan.shadow_price_eur_per_mwh
    array([[ 0.,  0.],
           [ 0.,  0.],
           [ 0., 70.]])
    """
    started = time.monotonic()
    instance = nested_instance(
        price_eur_per_mwh,
        limit_w,
        parent,
        group_offsets,
        need_wh,
        power_cap_w,
        first_slot,
        last_slot,
        slot_hours=slot_hours,
    )
    tree, tiny_wh = tree_of(instance)
    exact_slots = _fill(instance, tree, tiny_wh, None if budget_s is None else started + budget_s)
    return _proven(instance, tree, tiny_wh, exact_slots)


def _fill(instance: NestedInstance, tree: Tree, tiny_wh: Float, until: float | None) -> int:
    """Fill all slots and return how many exactly; a budget is looked at between two slots."""
    order, exact = instance.order, 0
    if until is None:
        fill_trees(tree, order, tiny_wh, 1)
        return order.size
    while exact < order.size and time.monotonic() < until:
        fill_trees(tree, order[exact : exact + 1], tiny_wh, 1)
        exact += 1
    fill_trees(tree, order[exact:], tiny_wh, 0)
    return exact


def _proven(instance: NestedInstance, tree: Tree, tiny_wh: Float, exact_slots: int) -> NestedPlan:
    """Return what a filled tree plans, with its certificate."""
    nodes, slots = tree.used_wh.shape
    trees, devices = tiny_wh.size, tree.left_wh.size
    proof = Proof(
        np.full((nodes, slots), np.nan),
        np.full(devices, np.nan),
        np.zeros((nodes, slots), np.bool_),
        np.zeros(devices, np.bool_),
        np.zeros(nodes),
        np.zeros(trees),
        np.zeros(trees),
        np.zeros(trees),
        np.zeros(trees),
    )
    certify_trees(tree, proof, instance.order, instance.price, instance.need_wh, tiny_wh)
    bound_eur = float(proof.bound.sum()) / WH_PER_MWH
    if exact_slots < slots:
        bound_eur = max(bound_eur, _bound_alone(instance, float(proof.served_wh.sum())))
    return _as_plan(instance, tree, proof, bound_eur, exact_slots)


def _bound_alone(instance: NestedInstance, served_wh: float) -> float:
    """Return the least that so much energy costs when no limit but the devices' own counts. [EUR]."""
    energy_wh, cost = np.empty_like(instance.need_wh), np.empty_like(instance.need_wh)
    alone_batch(
        instance.order,
        instance.price,
        instance.need_wh,
        instance.cap_wh,
        instance.first,
        instance.last,
        energy_wh,
        cost,
    )
    return float(cost.sum() - instance.price.max() * (energy_wh.sum() - served_wh)) / WH_PER_MWH


def _as_plan(instance: NestedInstance, tree: Tree, proof: Proof, bound_eur: float, exact_slots: int) -> NestedPlan:
    inner = tree.parent >= 0
    above = np.where(inner, tree.parent, 0)
    base = np.where(inner[:, np.newaxis], proof.worth[above], instance.price)
    outside = ~(inner[:, np.newaxis] & proof.cut[above])
    shadow = np.where(tree.limit_wh < instance.limit_wh, 0.0, np.maximum(proof.worth - base, 0.0))
    power_w = tree.energy_wh
    power_w /= instance.slot_hours
    return NestedPlan(
        power_w=power_w,
        unserved_wh=np.maximum(tree.left_wh, 0.0),
        cost_eur=float(proof.cost.sum()) / WH_PER_MWH,
        bound_eur=bound_eur,
        exact_slots=exact_slots,
        missing_bound_wh=float(np.maximum(proof.cut_wh, 0.0).sum()),
        shadow_price_eur_per_mwh=shadow,
        binding=tree.used_wh >= instance.limit_wh * (1.0 - BINDING_RATIO),
        missing_wh=proof.missing_wh,
        cut_slot=proof.cut & outside,
        cut_device=proof.cut_device,
    )
