"""What both power flows share: the network they sweep, what they return, and when a state has converged."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

import grid.kernels.threads  # noqa: F401 - prepares the threads before the first kernel is compiled
from core.compiling import leaf

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Voltages that change by less between two sweeps have converged. [pu]
TOLERANCE_PU: Final = 1e-8
#: A state that has not converged by then is given up: sweeps gain a digit or two each unless voltages collapse.
MOST_SWEEPS: Final = 60


@dataclass(frozen=True, slots=True, eq=False)
class RadialTree:
    """Hold a radial network in per unit, referred to its source, so that no ratio is left in it.

    Attributes
    ----------
    base_va : float
        Power of 1 pu, of all three phases together. [VA]
    source_pu : complex
        Voltage of node 0. [pu]
    parent : ndarray, shape (node,), int64
        Node that supplies each; less than its own number; -1 for node 0.
    series_pu : ndarray, shape (node,), complex128
        Impedance between a node and its parent, positive sequence. [pu]
    zero_series_pu : ndarray, shape (node,), complex128
        The same, zero sequence; read for three phases only. [pu]
    shunt_pu : ndarray, shape (node,), complex128
        Admittance to earth at each node. [pu]
    actual : ndarray, shape (node,), complex128
        What a referred voltage is multiplied by for the actual one in per unit of the node's nominal voltage.
    element_node : ndarray, shape (element,), int64
        Node below each line or transformer.
    element_share : ndarray, shape (element,), complex128
        Its part of the current between that node and its parent; 1 where none lies beside it.
    element_shunt_pu : ndarray, shape (element, 2), complex128
        Its own admittance at the parent's end and at the node's. [pu]
    element_loading : ndarray, shape (element, 2), float64
        Loading for a current of 1 pu at either end; 0 where that end has no rating. [1]
    element_kind : ndarray, shape (element,), int64
        0 for a line, 1 for a transformer.
    """

    base_va: float
    source_pu: complex
    parent: Int
    series_pu: NDArray[np.complex128]
    zero_series_pu: NDArray[np.complex128]
    shunt_pu: NDArray[np.complex128]
    actual: NDArray[np.complex128]
    element_node: Int
    element_share: NDArray[np.complex128]
    element_shunt_pu: NDArray[np.complex128]
    element_loading: Float
    element_kind: Int


@dataclass(frozen=True, slots=True, eq=False)
class PowerFlow:
    """Hold what flows in each state; NaN in every column of a state that has not converged.

    Attributes
    ----------
    voltage_pu : ndarray, shape (node, state) or (node, 3, state), float64
        Magnitude over the nominal voltage; of three phases that differ, each from phase to earthed neutral. [pu]
    real_pu, imaginary_pu : ndarray, of the same shape, float64
        The voltage itself, against the source's angle of phase a; without rows where it was not asked for. [pu]
    loading_ratio : ndarray, shape (element, state), float64
        Current, in the most loaded phase, at the end where it is nearer to its rating, over that rating. [1]
    losses_w : ndarray, shape (2, state), float64
        Losses of lines, their neutral included, and of transformers. [W]
    source_w, source_var : ndarray, shape (state,), float64
        What the source delivers on all phases. [W], [var]
    sweeps : ndarray, shape (state,), int64
        Sweeps after which the state had converged; `MOST_SWEEPS` where it has not.
    converged : ndarray, shape (state,), bool
        Whether it has.
    """

    voltage_pu: Float
    real_pu: Float
    imaginary_pu: Float
    loading_ratio: Float
    losses_w: Float
    source_w: Float
    source_var: Float
    sweeps: Int
    converged: NDArray[np.bool_]


@leaf
def settled(change: Float, lanes: int, tolerance: float, sweep: int, sweeps: Int, first: int) -> bool:
    """Note which states have converged in this sweep; tell whether all have."""
    everyone = True
    for lane in range(lanes):
        if change[lane] <= tolerance * tolerance:
            sweeps[first + lane] = min(sweeps[first + lane], sweep)
        else:
            everyone = False
            sweeps[first + lane] = MOST_SWEEPS + 1  # one that moves on has not converged, whatever it did before
    return everyone


@leaf
def void(
    first: int, lanes: int, sweeps: Int, by_node: tuple[Float, Float, Float], others: tuple[Float, Float, Float]
) -> None:
    """Leave nothing but NaN of states that have not converged; every array has a column a state."""
    for lane in range(lanes):
        state = first + lane
        if sweeps[state] > MOST_SWEEPS:
            for rows in by_node:
                for row in range(rows.shape[0]):
                    rows[row, state] = np.nan
            for rows in others:
                for row in range(rows.shape[0]):
                    rows[row, state] = np.nan


def element_constants(tree: RadialTree) -> Float:
    """Return what kernels read of each element, shape (element, 8): share, both shunts, loading at both ends."""
    share, up, down = tree.element_share, tree.element_shunt_pu[:, 0], tree.element_shunt_pu[:, 1]
    loading = tree.element_loading
    columns = [share.real, share.imag, up.real, up.imag, down.real, down.imag, loading[:, 0], loading[:, 1]]
    return np.stack(columns, axis=1)


def whole(values: Int) -> Int:
    """Return whole numbers as kernels take them."""
    return np.ascontiguousarray(values, dtype=np.int64)


def real(values: Float) -> Float:
    """Return real numbers as kernels take them."""
    return np.ascontiguousarray(values, dtype=np.float64)


def flow_of(
    by_node: tuple[Float, Float, Float], loading: Float, losses: Float, source: Float, sweeps: Int
) -> PowerFlow:
    """Put together what a kernel has written."""
    done = np.minimum(sweeps, MOST_SWEEPS)
    return PowerFlow(*by_node, loading, losses, source[0], source[1], done, sweeps <= MOST_SWEEPS)
