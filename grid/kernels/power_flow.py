"""Power flow of many states of one radial network: backward and forward sweeps, several states side by side."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

import grid.kernels.threads  # noqa: F401 - prepares the threads before the first kernel is compiled
from core.compiling import leaf, parallel_kernel, prange

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: States that go through the network side by side.
LANES: Final = 64
#: Where imaginary parts, real and reactive powers begin in a node's row.
_IM, _P, _Q = LANES, 2 * LANES, 3 * LANES
#: Rows are a little longer than that: at whole multiples of 4 kB a processor takes one row for another.
_APART: Final = LANES + 8
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
    voltage_pu : ndarray, shape (node, state), float64
        Magnitude over the nominal voltage. [pu]
    real_pu, imaginary_pu : ndarray, shape (node, state), float64
        The voltage itself; without rows where it was not asked for. [pu]
    loading_ratio : ndarray, shape (element, state), float64
        Current at the end where it is nearer to its rating, over that rating. [1]
    losses_w : ndarray, shape (2, state), float64
        Losses of lines, and of transformers. [W]
    source_w, source_var : ndarray, shape (state,), float64
        What the source delivers. [W], [var]
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
def _gather(values: Float, node: Int, first: int, lanes: int, part: int, factor: float, held: Float) -> None:
    """Add up what loads draw at each node: real power, or reactive power."""
    for load in range(node.size):
        at = node[load]
        if at >= 0:
            for lane in range(lanes):
                held[at, part + lane] += values[load, first + lane] * factor


@leaf
def _start(held: Float, source_re: float, source_im: float) -> None:
    """Give every node the voltage of the source."""
    for node in range(held.shape[0]):
        for lane in range(LANES):
            held[node, lane] = source_re
            held[node, _IM + lane] = source_im


@leaf
def _draw(constants: Float, held: Float, lanes: int, amp: Float) -> None:
    """Set the current that each node draws itself at its present voltage."""
    for node in range(constants.shape[0]):
        g, b = constants[node, 2], constants[node, 3]
        for lane in range(lanes):
            re, im = held[node, lane], held[node, _IM + lane]
            over = 1.0 / (re * re + im * im)
            conductance, susceptance = held[node, _P + lane] * over + g, held[node, _Q + lane] * over - b
            amp[node, lane] = conductance * re + susceptance * im
            amp[node, _IM + lane] = conductance * im - susceptance * re


@leaf
def _backward(parent: Int, lanes: int, amp: Float) -> None:
    """Sum currents from the leaves to the source; row `node` ends as the current into that node and all below it."""
    for node in range(parent.size - 1, 0, -1):
        above = parent[node]
        for lane in range(lanes):
            amp[above, lane] += amp[node, lane]
            amp[above, _IM + lane] += amp[node, _IM + lane]


@leaf
def _forward(parent: Int, constants: Float, amp: Float, lanes: int, held: Float, change: Float) -> None:
    """Set voltages from the source to the leaves, and the largest squared change of each state.

    The change is taken in a loop of its own: a compiler compares each array that a loop writes with all others, and
    makes no vectors beyond eight pairs. NaN has to stay NaN, which the larger of two does not promise.
    """
    for lane in range(lanes):
        change[lane] = 0.0
    for node in range(1, parent.size):
        above, r, x = parent[node], constants[node, 0], constants[node, 1]
        for lane in range(lanes):
            own_re, own_im = amp[node, lane], amp[node, _IM + lane]
            re = held[above, lane] - (r * own_re - x * own_im)
            im = held[above, _IM + lane] - (r * own_im + x * own_re)
            moved_re, moved_im = re - held[node, lane], im - held[node, _IM + lane]
            amp[node, lane] = moved_re * moved_re + moved_im * moved_im
            held[node, lane] = re
            held[node, _IM + lane] = im
        for lane in range(lanes):
            change[lane] = change[lane] if amp[node, lane] <= change[lane] else amp[node, lane]  # noqa: FURB136


@leaf
def _settled(change: Float, lanes: int, tolerance: float, sweep: int, sweeps: Int, first: int) -> bool:
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
def _write_volts(actual: Float, volt: Float, first: int, lanes: int, out: tuple[Float, Float, Float]) -> None:
    """Write actual voltages: magnitude, and where there is room, real and imaginary part."""
    magnitude, real, imaginary = out
    for node in range(real.shape[0]):
        a, b = actual[node, 0], actual[node, 1]
        for lane in range(lanes):
            re, im = volt[node, lane], volt[node, _IM + lane]
            real[node, first + lane] = a * re - b * im
            imaginary[node, first + lane] = a * im + b * re
    for node in range(actual.shape[0]):
        scale = np.sqrt(actual[node, 0] ** 2 + actual[node, 1] ** 2)
        for lane in range(lanes):
            re, im = volt[node, lane], volt[node, _IM + lane]
            magnitude[node, first + lane] = scale * np.sqrt(re * re + im * im)


@leaf
def _write_loading(
    elements: tuple[Int, Int, Float],
    parent: Int,
    volt: Float,
    amp: Float,
    first: int,
    lanes: int,
    base: float,
    out: tuple[Float, Float],
) -> None:
    """Write the loading of each element at its worse end, and add its losses to those of its kind."""
    node_of, kind, constants = elements
    loading, losses = out
    for element in range(node_of.size):
        node = node_of[element]
        above, of = parent[node], kind[element]
        s, t = constants[element, 0], constants[element, 1]
        g_up, b_up, g_down, b_down = (
            constants[element, 2],
            constants[element, 3],
            constants[element, 4],
            constants[element, 5],
        )
        up2, down2 = constants[element, 6] ** 2, constants[element, 7] ** 2
        for lane in range(lanes):
            own_re = s * amp[node, lane] - t * amp[node, _IM + lane]
            own_im = s * amp[node, _IM + lane] + t * amp[node, lane]
            re, im = volt[above, lane], volt[above, _IM + lane]
            up_re, up_im = own_re + g_up * re - b_up * im, own_im + g_up * im + b_up * re
            sent = re * up_re + im * up_im
            re, im = volt[node, lane], volt[node, _IM + lane]
            down_re, down_im = own_re - (g_down * re - b_down * im), own_im - (g_down * im + b_down * re)
            losses[of, first + lane] += base * (sent - (re * down_re + im * down_im))
            up, down = up2 * (up_re * up_re + up_im * up_im), down2 * (down_re * down_re + down_im * down_im)
            loading[element, first + lane] = np.sqrt(max(up, down))


@leaf
def _void(
    first: int, lanes: int, sweeps: Int, by_node: tuple[Float, Float, Float], others: tuple[Float, Float, Float]
) -> None:
    """Leave nothing but NaN of states that have not converged."""
    for lane in range(lanes):
        state = first + lane
        if sweeps[state] > MOST_SWEEPS:
            for rows in by_node:
                for row in range(rows.shape[0]):
                    rows[row, state] = np.nan
            for rows in others:
                for row in range(rows.shape[0]):
                    rows[row, state] = np.nan


@parallel_kernel
def _sweep(
    tree: tuple[Int, Float],
    elements: tuple[Int, Int, Float],
    loads: tuple[Int, Float, Float],
    actual: Float,
    settings: tuple[float, float, float, float],
    by_node: tuple[Float, Float, Float],
    others: tuple[Float, Float, Float],
    sweeps: Int,
) -> None:
    """Solve all states, a few at a time."""
    parent, constants = tree
    base, source_re, source_im, tolerance = settings
    load_node, load_w, load_var = loads
    loading, losses, source = others
    nodes, states = parent.size, sweeps.size
    for block in prange((states + LANES - 1) // LANES):
        first = block * LANES
        lanes = min(LANES, states - first)
        held, amp, change = np.zeros((nodes, _Q + _APART)), np.empty((nodes, _IM + _APART)), np.empty(LANES)
        _start(held, source_re, source_im)
        _gather(load_w, load_node, first, lanes, _P, 1.0 / base, held)
        _gather(load_var, load_node, first, lanes, _Q, 1.0 / base, held)
        _draw(constants, held, lanes, amp)
        for sweep in range(1, MOST_SWEEPS + 1):
            _backward(parent, lanes, amp)
            _forward(parent, constants, amp, lanes, held, change)
            _draw(constants, held, lanes, amp)
            if _settled(change, lanes, tolerance, sweep, sweeps, first):
                break
        _backward(parent, lanes, amp)
        _write_volts(actual, held, first, lanes, by_node)
        _write_loading(elements, parent, held, amp, first, lanes, base, (loading, losses))
        for lane in range(lanes):
            re, im = amp[0, lane], amp[0, _IM + lane]
            source[0, first + lane] = base * (source_re * re + source_im * im)
            source[1, first + lane] = base * (source_im * re - source_re * im)
        _void(first, lanes, sweeps, by_node, others)


def power_flow(
    tree: RadialTree,
    load_node: Int,
    load_w: Float,
    load_var: Float,
    *,
    phasors: bool = False,
    tolerance_pu: float = TOLERANCE_PU,
) -> PowerFlow:
    """Return voltages, loadings and losses of balanced states.

    Parameters
    ----------
    tree : RadialTree
        The network.
    load_node : ndarray, shape (load,), int64
        Node that each load hangs on; -1 for one that is not supplied.
    load_w, load_var : ndarray, shape (load, state), float64
        Power of all phases together that each draws whatever its voltage; what feeds in is negative. [W], [var]
    phasors : bool
        Whether voltages themselves are wanted, not their magnitudes only: writing them takes a tenth of the time.
    tolerance_pu : float
        Largest change of a voltage between two sweeps at the end. [pu]

    Returns
    -------
    PowerFlow

    Notes
    -----
    Currents are summed from the leaves to the source at the voltages of the sweep before, then voltages set from the
    source to the leaves. [1]_ Time is linear in nodes × states × sweeps; a distribution network takes four to eight.

    References
    ----------
    .. [1] D. Shirmohammadi et al. 1988, IEEE Transactions on Power Systems 3(2), 753-762.

    Examples
    --------
    Half a megawatt behind 0.1 pu of resistance, with 1 MW and 1 pu at the source:

    >>> one, none = np.ones(2, dtype=np.complex128), np.zeros((0, 2))
    >>> tree = RadialTree(1e6, 1.0, np.array([-1, 0]), 0.1 * one, 0.1 * one, 0.0 * one, one, np.zeros(0, np.int64),
    ...     np.zeros(0, np.complex128), none.astype(np.complex128), none, np.zeros(0, np.int64))
    >>> flow = power_flow(tree, np.array([1]), np.array([[5e5, 1e7]]), np.zeros((1, 2)))
    >>> flow.voltage_pu[1].round(6).tolist(), flow.converged.tolist()
    ([0.947214, nan], [True, False])
    """
    nodes, states = tree.parent.size, load_w.shape[1]
    rows = nodes if phasors else 0
    by_node = (np.empty((nodes, states)), np.empty((rows, states)), np.empty((rows, states)))
    others = np.empty((tree.element_node.size, states)), np.zeros((2, states)), np.empty((2, states))
    sweeps = np.full(states, MOST_SWEEPS + 1, dtype=np.int64)
    constants = np.stack([tree.series_pu.real, tree.series_pu.imag, tree.shunt_pu.real, tree.shunt_pu.imag], axis=1)
    _sweep(
        (_whole(tree.parent), constants),
        (_whole(tree.element_node), _whole(tree.element_kind), element_constants(tree)),
        (_whole(load_node), _real(load_w), _real(load_var)),
        np.stack([tree.actual.real, tree.actual.imag], axis=1),
        (float(tree.base_va), tree.source_pu.real, tree.source_pu.imag, float(tolerance_pu)),
        by_node,
        others,
        sweeps,
    )
    loading, losses, source = others
    done = np.minimum(sweeps, MOST_SWEEPS)
    return PowerFlow(*by_node, loading, losses, source[0], source[1], done, sweeps <= MOST_SWEEPS)


def element_constants(tree: RadialTree) -> Float:
    """Return what kernels read of each element, shape (element, 8): share, both shunts, loading at both ends."""
    share, up, down = tree.element_share, tree.element_shunt_pu[:, 0], tree.element_shunt_pu[:, 1]
    loading = tree.element_loading
    columns = [share.real, share.imag, up.real, up.imag, down.real, down.imag, loading[:, 0], loading[:, 1]]
    return np.stack(columns, axis=1)


def _whole(values: Int) -> Int:
    return np.ascontiguousarray(values, dtype=np.int64)


def _real(values: Float) -> Float:
    return np.ascontiguousarray(values, dtype=np.float64)
