r"""Plan flexible devices exactly: the most energy first, then the least cost, under a limit per group and slot.

For every group (the devices behind one transformer), with energy :math:`x_{it}` of device i in slot t:

.. math::

    \min \sum_t p_t \sum_i x_{it} \quad\text{s.t.}\quad \sum_t x_{it} \le n_i,\;
    \sum_i x_{it} \le h_t,\; 0 \le x_{it} \le c_i \text{ for } t \text{ in the window of } i

among all plans that serve the most energy in total. The slot totals that devices can absorb form a
polymatroid, so filling the slots greedily from the cheapest is optimal [1]_; each slot is a maximum flow
[2]_. A certificate (prices, dual bound, minimum cut) is computed from the finished plan.

References
----------
.. [1] Edmonds, J. (1970). Submodular functions, matroids, and certain polyhedra. In: Combinatorial
   Structures and Their Applications, 69-87.
.. [2] Edmonds, J., Karp, R. M. (1972). Theoretical improvements in algorithmic efficiency for network
   flow problems. J. ACM 19, 248-264.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Bool, Float, Int, float_array, int_array, require
from grid.kernels.dispatch_certificate import certify_batch
from grid.kernels.dispatch_flow import fill_batch
from grid.kernels.dispatch_instance import check_devices, check_offsets

WH_PER_MWH = 1e6


@dataclass(frozen=True, slots=True)
class DispatchPlan:
    """Hold a plan and its proof.

    Attributes
    ----------
    power_w : ndarray, shape (device, slot), float64
        Mean power per slot, import positive. [W]
    unserved_wh : ndarray, shape (device,), float64
        Need that no plan of this cost and total could meet. [Wh]
    cost_eur, bound_eur : ndarray, shape (group,), float64
        Cost of the plan, and the least any plan serving as much energy can cost. [EUR]
    shadow_price_eur_per_mwh : ndarray, shape (group, slot), float64
        What one more unit of headroom would save, at least 0; 0 where there is room. [EUR/MWh]
    missing_wh : ndarray, shape (group,), float64
        Shortage proved by the minimum cut; equals the group's unserved energy. [Wh]
    cut_slot : ndarray, shape (group, slot), bool
        Slots whose headroom causes the shortage: more room there would serve more.
    cut_device : ndarray, shape (device,), bool
        Devices that compete for those slots, or whose own cap and window are too small.
    """

    power_w: Float
    unserved_wh: Float
    cost_eur: Float
    bound_eur: Float
    shadow_price_eur_per_mwh: Float
    missing_wh: Float
    cut_slot: Bool
    cut_device: Bool

    @property
    def gap_eur(self) -> Float:
        """Return cost minus bound, shape (group,): 0 but for rounding, as the plan is exact. [EUR]."""
        return self.cost_eur - self.bound_eur


@dataclass(frozen=True, slots=True)
class _Instance:
    """Hold checked input, energies per slot in watt-hours."""

    price: Float
    headroom_wh: Float
    offsets: Int
    need_wh: Float
    cap_wh: Float
    first: Int
    last: Int


def dispatch(
    price_eur_per_mwh: NDArray[Any],
    headroom_w: NDArray[Any],
    group_offsets: NDArray[Any],
    need_wh: NDArray[Any],
    power_cap_w: NDArray[Any],
    first_slot: NDArray[Any],
    last_slot: NDArray[Any],
    *,
    slot_hours: float = 0.5,
) -> DispatchPlan:
    """Return the exact plan of every group.

    Parameters
    ----------
    price_eur_per_mwh : ndarray, shape (slot,)
        Price of energy; may be negative. [EUR/MWh]
    headroom_w : ndarray, shape (group, slot)
        Room left by the load that cannot move; below 0 counts as 0, infinite as no limit. [W]
    group_offsets : ndarray of int, shape (group + 1,)
        Devices of group g are ``group_offsets[g]`` to ``group_offsets[g + 1] - 1``.
    need_wh : ndarray, shape (device,)
        Energy to take inside the window, at least 0. [Wh]
    power_cap_w : ndarray, shape (device,)
        Greatest power, at least 0. [W]
    first_slot, last_slot : ndarray of int, shape (device,)
        Window ``[first_slot, last_slot)``, ``0 <= first_slot <= last_slot <= slots``. [slots]
    slot_hours : float, default 0.5
        Length of a slot, above 0. [h]

    Returns
    -------
    DispatchPlan

    Notes
    -----
    A shortage is a value, not an error: see ``unserved_wh``, ``missing_wh`` and ``cut_slot``.
    Equal inputs give equal plans, whatever the number of threads. Worst case per group
    O(slot * augmentations * device * slot); augmentations are few in practice.

    Examples
    --------
    >>> import numpy as np
    >>> plan = dispatch(
    ...     np.array([90.0, 20.0]), np.array([[3000.0, 3000.0]]), np.array([0, 2]),
    ...     need_wh=np.array([1000.0, 1000.0]), power_cap_w=np.array([2000.0, 2000.0]),
    ...     first_slot=np.array([0, 0]), last_slot=np.array([2, 2]))
    >>> plan.power_w
    array([[   0., 2000.],
           [1000., 1000.]])
    >>> plan.shadow_price_eur_per_mwh
    array([[ 0., 70.]])
    """
    require(slot_hours > 0.0, "A slot lasts longer than nothing.", slot_hours=slot_hours)
    instance = _Instance(
        float_array("price_eur_per_mwh", price_eur_per_mwh, axes=(None,)),
        np.maximum(float_array("headroom_w", headroom_w, axes=(None, None)) * slot_hours, 0.0),
        int_array("group_offsets", group_offsets, axes=(None,)),
        float_array("need_wh", need_wh, axes=(None,)),
        float_array("power_cap_w", power_cap_w, axes=(None,)) * slot_hours,
        int_array("first_slot", first_slot, axes=(None,)),
        int_array("last_slot", last_slot, axes=(None,)),
    )
    check_devices(instance.price, instance.need_wh, instance.cap_wh, instance.first, instance.last)
    _check_groups(instance)
    order = np.argsort(instance.price, kind="stable").astype(np.int64)
    energy, left = np.zeros((instance.need_wh.size, instance.price.size)), instance.need_wh.copy()
    fill_batch(
        order,
        instance.headroom_wh,
        instance.offsets,
        instance.cap_wh,
        instance.first,
        instance.last,
        energy,
        left,
    )
    return _with_certificate(instance, order, energy, left, slot_hours)


def _with_certificate(instance: _Instance, order: Int, energy: Float, left: Float, slot_hours: float) -> DispatchPlan:
    groups, slots = instance.headroom_wh.shape
    slot_price, bound, missing = np.empty((groups, slots)), np.empty(groups), np.empty(groups)
    cut_slot, cut_device = np.zeros((groups, slots), np.bool_), np.zeros(energy.shape[0], np.bool_)
    certify_batch(
        order,
        instance.price,
        instance.headroom_wh,
        instance.offsets,
        instance.need_wh,
        instance.cap_wh,
        instance.first,
        instance.last,
        energy,
        slot_price,
        bound,
        cut_slot,
        cut_device,
        missing,
    )
    cost = np.concatenate(([0.0], np.cumsum(energy @ instance.price)))[instance.offsets]
    energy /= slot_hours  # in place: a million devices take 400 MB
    return DispatchPlan(
        power_w=energy,
        unserved_wh=np.maximum(left, 0.0),
        cost_eur=np.diff(cost) / WH_PER_MWH,
        bound_eur=bound / WH_PER_MWH,
        shadow_price_eur_per_mwh=slot_price - instance.price,
        missing_wh=missing,
        cut_slot=cut_slot,
        cut_device=cut_device,
    )


def _check_groups(instance: _Instance) -> None:
    offsets, headroom = instance.offsets, instance.headroom_wh
    check_offsets(offsets, instance.need_wh.size)
    expected = (offsets.size - 1, instance.price.size)
    require(headroom.shape == expected, "Headroom is per group and slot.", expected=expected)
    require(not np.isnan(headroom).any(), "Headroom must be known.")
