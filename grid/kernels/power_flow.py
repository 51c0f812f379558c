"""Power flow of many states of one radial network: backward and forward sweeps, several states side by side."""

from typing import Final

import numpy as np

from core.compiling import leaf, parallel_kernel, prange
from grid.kernels.power_flow_tree import (
    MOST_SWEEPS,
    TOLERANCE_PU,
    Float,
    Int,
    PowerFlow,
    RadialTree,
    element_constants,
    flow_of,
    real,
    settled,
    void,
    whole,
)

#: States that go through the network side by side.
LANES: Final = 64
#: Where imaginary parts, real and reactive powers begin in a node's row.
_IM, _P, _Q = LANES, 2 * LANES, 3 * LANES
#: Rows are a little longer than that: at whole multiples of 4 kB a processor takes one row for another.
_APART: Final = LANES + 8


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
            if settled(change, lanes, tolerance, sweep, sweeps, first):
                break
        _backward(parent, lanes, amp)
        _write_volts(actual, held, first, lanes, by_node)
        _write_loading(elements, parent, held, amp, first, lanes, base, (loading, losses))
        for lane in range(lanes):
            re, im = amp[0, lane], amp[0, _IM + lane]
            source[0, first + lane] = base * (source_re * re + source_im * im)
            source[1, first + lane] = base * (source_im * re - source_re * im)
        void(first, lanes, sweeps, by_node, others)


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
        (whole(tree.parent), constants),
        (whole(tree.element_node), whole(tree.element_kind), element_constants(tree)),
        (whole(load_node), real(load_w), real(load_var)),
        np.stack([tree.actual.real, tree.actual.imag], axis=1),
        (float(tree.base_va), tree.source_pu.real, tree.source_pu.imag, float(tolerance_pu)),
        by_node,
        others,
        sweeps,
    )
    loading, losses, source = others
    return flow_of(by_node, loading, losses, source, sweeps)
