r"""Model what holds heat: one node that leaks to its surroundings, for tanks of hot water and for heated rooms.

.. math::

    C \frac{dT}{dt} = q\,P - U\,(T - T_a) - D

with temperature T [degC], heat capacity C [Wh/K], heat loss U [W/K], surroundings :math:`T_a` [degC], electric power P
[W], heat per electric energy q [ratio] and heat D that is taken away [W]. With all of them constant within a slot of
h hours, the heat :math:`E = C (T - T_0)` above a reference is, at the slot's end, exactly

.. math::

    E' = a E + (1 - a)\,C\,(T_a - T_0) + b\,h\,(q\,P - D), \quad a = e^{-h U / C},\; b = \frac{1 - a}{h U / C}.

A tank is taken as well mixed [1]_; what is drawn from it is known as heat, because a mixing tap takes less of a hotter
tank. A room is one node with the walls that follow it [2]_. Heat pumps give more the less they have to lift [3]_.

References
----------
.. [1] Kepplinger, P., Huber, G., Petrasch, J. (2015). Autonomous optimal control for demand side management with
   resistive domestic hot water heaters using linear optimization. Energy and Buildings 100, 50-55.
.. [2] Bacher, P., Madsen, H. (2011). Identifying suitable models for the heat dynamics of buildings. Energy and
   Buildings 43, 1511-1522.
.. [3] Staffell, I., Brett, D., Brandon, N., Hawkes, A. (2012). A review of domestic heat pumps. Energy and
   Environmental Science 5, 9291-9306.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Float, float_array, require

#: What it takes to warm a litre of water by a kelvin. [Wh/(L K)]
WATER_WH_PER_L_K = 1.163


@dataclass(frozen=True, slots=True)
class HeatStore:
    """Hold the linear model of a store of heat, energies above the reference temperature.

    Attributes
    ----------
    start_wh : ndarray, shape (device,), float64
        Heat at the start. [Wh]
    retention_ratio : ndarray, shape (device,), float64
        a: what is left of it after a slot. [ratio]
    gain_ratio : ndarray, shape (device, slot), float64
        b q: heat at the end of a slot per electric energy in it. [ratio]
    drift_wh : ndarray, shape (device, slot), float64
        What surroundings and draws add in a slot, mostly below 0. [Wh]
    floor_wh, ceiling_wh : ndarray, shape (device, slot), float64
        Heat at the lowest and the highest temperature asked for at the end of each slot. [Wh]
    """

    start_wh: Float
    retention_ratio: Float
    gain_ratio: Float
    drift_wh: Float
    floor_wh: Float
    ceiling_wh: Float


def heat_store(
    capacity_wh_per_k: NDArray[Any],
    loss_w_per_k: NDArray[Any],
    start_degc: NDArray[Any],
    floor_degc: NDArray[Any],
    ceiling_degc: NDArray[Any],
    around_degc: NDArray[Any],
    taken_wh: NDArray[Any],
    heat_ratio: NDArray[Any],
    *,
    slot_hours: float = 0.5,
) -> HeatStore:
    """Return the linear model of stores of heat.

    Parameters
    ----------
    capacity_wh_per_k : ndarray, shape (device,)
        Heat capacity, above 0; of a tank its litres times `WATER_WH_PER_L_K`. [Wh/K]
    loss_w_per_k : ndarray, shape (device,)
        Heat loss per kelvin, at least 0. [W/K]
    start_degc : ndarray, shape (device,)
        Temperature at the start. [degC]
    floor_degc, ceiling_degc : ndarray, shape (device, slot)
        Comfort at the end of each slot. [degC]
    around_degc : ndarray, shape (device, slot)
        Of the surroundings. [degC]
    taken_wh : ndarray, shape (device, slot)
        Heat drawn as hot water, or, below 0, that sun and people bring. [Wh]
    heat_ratio : ndarray, shape (device, slot)
        Heat per electric energy: 1 of a resistance, the coefficient of performance of a heat pump. [ratio]
    slot_hours : float, default 0.5
        Length of a slot, above 0. [h]

    Returns
    -------
    HeatStore
        Above 0 degC.

    Examples
    --------
    A tank of 200 L loses 2 W/K; one slot of 2 kW warms it by 4.3 K, less what it loses meanwhile:

    >>> import numpy as np
    >>> one = np.ones((1, 1))
    >>> store = heat_store(np.array([200 * WATER_WH_PER_L_K]), np.array([2.0]), np.array([50.0]),
    ...     45 * one, 65 * one, 20 * one, 0 * one, one)
    >>> float((store.retention_ratio * store.start_wh + store.gain_ratio[:, 0] * 1000 + store.drift_wh[:, 0])[0]
    ...     / (200 * WATER_WH_PER_L_K)).__round__(2)
    54.16
    """
    require(slot_hours > 0.0, "A slot lasts longer than nothing.", slot_hours=slot_hours)
    capacity = float_array("capacity_wh_per_k", capacity_wh_per_k, axes=(None,))[:, np.newaxis]
    loss = float_array("loss_w_per_k", loss_w_per_k, axes=(capacity.size,))[:, np.newaxis]
    require(bool((capacity > 0.0).all() and (loss >= 0.0).all()), "Stores hold heat, and none comes by leaking.")
    lost_ratio = slot_hours * loss / capacity
    held = np.exp(-lost_ratio)
    mean_held = np.where(lost_ratio > 0.0, -np.expm1(-lost_ratio) / np.where(lost_ratio > 0.0, lost_ratio, 1.0), 1.0)
    return HeatStore(
        start_wh=capacity[:, 0] * float_array("start_degc", start_degc, axes=(capacity.size,)),
        retention_ratio=held[:, 0],
        gain_ratio=mean_held * heat_ratio,
        drift_wh=(1.0 - held) * capacity * around_degc - mean_held * taken_wh,
        floor_wh=capacity * floor_degc,
        ceiling_wh=capacity * ceiling_degc,
    )


def air_source_ratio(outside_degc: NDArray[Any], flow_degc: NDArray[Any] | float) -> Float:
    """Return the coefficient of performance of an air-source heat pump, between 1 and that of a lift of 15 K. [ratio].

    Parameters
    ----------
    outside_degc : ndarray
        Temperature of the air that heat is taken from. [degC]
    flow_degc : ndarray or float
        Temperature of the water that it is given to. [degC]

    Notes
    -----
    The regression of [3]_ over data sheets and field trials: 6.81 - 0.121 d + 0.00063 d^2, with the lift d from 15 to
    60 K, beyond which it is held.

    Examples
    --------
    >>> import numpy as np
    >>> air_source_ratio(np.array([7.0, -7.0]), 35.0).round(2)
    array([3.92, 2.84])
    """
    lift_k = np.clip(np.asarray(flow_degc, dtype=np.float64) - np.asarray(outside_degc, dtype=np.float64), 15.0, 60.0)
    ratio: Float = np.maximum(6.81 - 0.121 * lift_k + 0.00063 * lift_k**2, 1.0)
    return ratio
