"""A network as it is built: buses, lines, transformers, in physical units."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Complex = NDArray[np.complex128]
Bool = NDArray[np.bool_]

#: Zero over positive sequence impedance of a four-core cable whose return is a fourth core of equal section, where
#: nothing better is known: R0 = R + 3 R of the neutral. The same is taken for X, which is on the careful side. [1]
ZERO_SEQUENCE_RATIO: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Hold line segments; arrays have shape (line,).

    Attributes
    ----------
    name : tuple of str
        Of each.
    ends : ndarray, shape (line, 2), int64
        Its two buses.
    closed : ndarray, shape (line, 2), bool
        Whether each end is connected; an open end leaves the line's capacitance on the other.
    series_ohm, zero_ohm : ndarray, complex128
        Impedance of the whole segment, positive and zero sequence. [Ω]
    shunt_s : ndarray, complex128
        Admittance to earth of the whole segment, positive sequence. [S]
    rated_a : ndarray, float64
        Thermal limit of the whole segment. [A]
    """

    name: tuple[str, ...]
    ends: Int
    closed: Bool
    series_ohm: Complex
    zero_ohm: Complex
    shunt_s: Complex
    rated_a: Float


@dataclass(frozen=True, slots=True, eq=False)
class Transformers:
    """Hold two-winding transformers, tap positions worked in; arrays have shape (transformer,).

    Attributes
    ----------
    name : tuple of str
        Of each.
    ends : ndarray, shape (transformer, 2), int64
        Bus of the high side and of the low side.
    closed : ndarray, shape (transformer, 2), bool
        Whether each side is connected.
    rated_va : ndarray, float64
        Rated power of all that stand in parallel. [VA]
    rated_v : ndarray, shape (transformer, 2), float64
        Rated voltages between phases, high and low. [V]
    at_tap_v : ndarray, shape (transformer, 2), float64
        The same at the present tap. [V]
    shift_degree : ndarray, float64
        By which the low side lags. [°]
    short_circuit_ratio, resistive_ratio : ndarray, float64
        Short-circuit voltage, and its real part, over the rated one. [1]
    iron_w : ndarray, float64
        Losses without load at rated voltage. [W]
    idle_ratio : ndarray, float64
        Current without load over the rated one. [1]
    vector_group : tuple of str
        Such as Dyn5; empty where unknown.
    """

    name: tuple[str, ...]
    ends: Int
    closed: Bool
    rated_va: Float
    rated_v: Float
    at_tap_v: Float
    shift_degree: Float
    short_circuit_ratio: Float
    resistive_ratio: Float
    iron_w: Float
    idle_ratio: Float
    vector_group: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Hold a network.

    Attributes
    ----------
    bus : tuple of str
        Name of each bus.
    nominal_v : ndarray, shape (bus,), float64
        Nominal voltage between phases. [V]
    links : ndarray, shape (link, 2), int64
        Buses that closed switches make one.
    shunt_va : ndarray, shape (bus,), complex128
        Power drawn by fixed admittances at nominal voltage. [VA]
    lines, transformers : Lines, Transformers
        What connects buses.
    source_bus : int
        Bus of the only source.
    source_pu : float
        Its voltage. [pu]
    source_degree : float
        Its angle. [°]
    """

    bus: tuple[str, ...]
    nominal_v: Float
    links: Int
    shunt_va: Complex
    lines: Lines
    transformers: Transformers
    source_bus: int
    source_pu: float
    source_degree: float = 0.0


def no_transformers() -> Transformers:
    """Return the transformers of a network that has none."""
    none, pairs = np.zeros(0), np.zeros((0, 2))
    ends, closed = pairs.astype(np.int64), pairs.astype(np.bool_)
    return Transformers((), ends, closed, none, pairs, pairs, none, none, none, none, none, ())
