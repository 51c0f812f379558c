"""From lines and transformers to branches in per unit: series impedance, admittance at both ends, ratio."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from grid.network.model import Complex, Float, Int, Network, Transformers

#: Power of 1 pu, all phases together. [VA]
BASE_VA: Final = 1e6
_SQRT_3: Final = np.sqrt(3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """Hold branches, lines first, then transformers; arrays have shape (branch,).

    Attributes
    ----------
    ends : ndarray, shape (branch, 2), int64
        Nodes; the first end is a transformer's high side.
    series, zero_series : ndarray, complex128
        Per unit of the second end. [pu]
    shunts : ndarray, shape (branch, 2), complex128
        Admittance at either end of the series impedance, per unit of the second end. [pu]
    ratio : ndarray, complex128
        Voltage of the first end over what lies behind the ideal transformer there; 1 for a line.
    loading : ndarray, shape (branch, 2), float64
        Loading for 1 pu of current at either end, each in per unit of its own node. [1]
    kind : ndarray, int64
        0 for a line, 1 for a transformer.
    """

    ends: Int
    series: Complex
    zero_series: Complex
    shunts: Complex
    ratio: Complex
    loading: Float
    kind: Int


def branches_of(network: Network, ends: Int, nominal_v: Float) -> Branches:
    """Return all branches between nodes.

    Parameters
    ----------
    network : Network
        What they are made of.
    ends : ndarray, shape (branch, 2), int64
        Nodes of each line, then of each transformer.
    nominal_v : ndarray, shape (node,), float64
        Nominal voltage of each node. [V]

    Notes
    -----
    A line is a pi. A transformer is a T, half of its impedance on either side of its iron, made a pi by the exact
    star-delta transformation, with its ratio at the high side; this is what pandapower does unless told otherwise.
    """
    lines, transformers = network.lines, network.transformers
    count = len(lines.name)
    base_ohm = nominal_v[ends[:count, 1]] ** 2 / BASE_VA
    base_a = BASE_VA / (_SQRT_3 * nominal_v[ends])
    with np.errstate(divide="ignore", invalid="ignore"):
        line_loading = np.where(lines.rated_a[:, np.newaxis] > 0, base_a[:count] / lines.rated_a[:, np.newaxis], 0.0)
        rated_a = transformers.rated_va[:, np.newaxis] / (_SQRT_3 * transformers.rated_v)
    half = (lines.shunt_s * base_ohm / 2.0)[:, np.newaxis]
    series, shunts = _pi_of(transformers, nominal_v[ends[count:, 1]])
    shift = np.exp(1j * np.deg2rad(transformers.shift_degree))
    turns = transformers.at_tap_v[:, 0] / transformers.at_tap_v[:, 1]
    ratio = turns * nominal_v[ends[count:, 1]] / nominal_v[ends[count:, 0]] * shift
    return Branches(
        ends,
        np.concatenate([lines.series_ohm / base_ohm, series]),
        np.concatenate([lines.zero_ohm / base_ohm, series]),
        np.concatenate([np.repeat(half, 2, axis=1), shunts]),
        np.concatenate([np.ones(count), ratio]),
        np.concatenate([line_loading, base_a[count:] / rated_a]),
        np.repeat(np.array([0, 1]), [count, len(transformers.name)]),
    )


def _pi_of(transformers: Transformers, low_v: Float) -> tuple[Complex, Complex]:
    """Return series impedance and both admittances of each transformer, per unit of its low side. [pu]."""
    tap = (transformers.at_tap_v[:, 1] / low_v) ** 2 * BASE_VA / transformers.rated_va
    real = transformers.resistive_ratio * tap
    imaginary = np.sqrt(np.maximum((transformers.short_circuit_ratio * tap) ** 2 - real**2, 0.0))
    series = real + 1j * imaginary
    iron = transformers.iron_w / transformers.rated_va
    magnetising = np.sqrt(np.maximum(transformers.idle_ratio**2 - iron**2, 0.0))
    shunt = (iron - 1j * magnetising) / tap
    # Star of z/2, z/2 and 1/y to delta: z (1 + z y / 4) between the ends, y / (2 + z y / 2) at each of them.
    across = series * (1.0 + series * shunt / 4.0)
    each = shunt / (2.0 + series * shunt / 2.0)
    return across, np.stack([each, each], axis=1)
