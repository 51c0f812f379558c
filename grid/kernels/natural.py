"""Schedule devices as they would run by themselves: the reference a dispatch plan is compared with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, int_array, require


@parallel_kernel
def _natural_batch(
    need_wh: Float, cap_wh: Float, first_slot: Int, last_slot: Int, energy_wh: Float, unserved_wh: Float
) -> None:
    for device in prange(need_wh.size):
        left = need_wh[device]
        for slot in range(first_slot[device], last_slot[device]):
            energy_wh[device, slot] = min(left, cap_wh[device])
            left -= energy_wh[device, slot]
        unserved_wh[device] = left


def natural_schedule(
    need_wh: NDArray[Any],
    power_cap_w: NDArray[Any],
    first_slot: NDArray[Any],
    last_slot: NDArray[Any],
    *,
    slots: int,
    slot_hours: float = 0.5,
) -> tuple[Float, Float]:
    """Run every device at its cap from the start of its window until its energy is there.

    Parameters
    ----------
    need_wh : ndarray, shape (device,)
        Energy to take, at least 0. [Wh]
    power_cap_w : ndarray, shape (device,)
        Power taken while running, at least 0. [W]
    first_slot, last_slot : ndarray of int, shape (device,)
        Window ``[first_slot, last_slot)``, ``0 <= first_slot <= last_slot <= slots``. [slots]
    slots : int
        Length of the schedule. [slots]
    slot_hours : float, default 0.5
        Length of a slot. [h]

    Returns
    -------
    power_w : ndarray, shape (device, slot), float64
        Mean power per slot. [W]
    unserved_wh : ndarray, shape (device,), float64
        What the window is too short for. [Wh]

    Examples
    --------
    >>> import numpy as np
    >>> power_w, unserved_wh = natural_schedule(
    ...     np.array([1500.0]), np.array([2000.0]),
    ...     first_slot=np.array([1]), last_slot=np.array([4]), slots=4)
    >>> power_w, unserved_wh
    (array([[   0., 2000., 1000.,    0.]]), array([0.]))
    """
    need = float_array("need_wh", need_wh, axes=(None,))
    cap = float_array("power_cap_w", power_cap_w, axes=need.shape)
    first = int_array("first_slot", first_slot, axes=need.shape)
    last = int_array("last_slot", last_slot, axes=need.shape)
    require(bool((need >= 0).all() and (cap >= 0).all()), "Needs and caps are at least 0 and known.")
    windows = (first >= 0) & (first <= last) & (last <= slots)
    require(bool(windows.all()), "Windows must lie inside the schedule.", slots=slots)
    energy, unserved = np.zeros((need.size, slots)), np.empty(need.size)
    _natural_batch(need, cap * slot_hours, first, last, energy, unserved)
    return energy / slot_hours, unserved
