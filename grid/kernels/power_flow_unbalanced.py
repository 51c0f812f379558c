"""Power flow of unbalanced states: three phases, the neutral taken out (Kron) as earthed wherever it is met."""

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
LANES: Final = 32
PHASES: Final = ("a", "b", "c")
#: A load on this "phase" draws a third from each.
ALL_PHASES: Final = 3
_TURN: Final = np.exp(-2j * np.pi / 3 * np.arange(3))


@leaf
def _gather(loads: tuple[Int, Int, Float, Float], first: int, lanes: int, factor: float, power: Float) -> None:
    """Add up what loads draw at each node and phase; rows of `power` are real and imaginary part of each phase."""
    node, phase, load_w, load_var = loads
    for load in range(node.size):
        at = node[load]
        if at < 0:
            continue
        whole = phase[load] == ALL_PHASES
        share = factor if whole else 3.0 * factor
        for one in range(3):
            if whole or phase[load] == one:
                for lane in range(lanes):
                    power[at, 2 * one, lane] += load_w[load, first + lane] * share
                    power[at, 2 * one + 1, lane] += load_var[load, first + lane] * share


@leaf
def _start(source: Float, volt: Float) -> None:
    """Give every node the voltage of the source."""
    for node in range(volt.shape[0]):
        for row in range(6):
            for lane in range(LANES):
                volt[node, row, lane] = source[row]


@leaf
def _clear(amp: Float, lanes: int) -> None:
    """Let no current flow."""
    for node in range(amp.shape[0]):
        for row in range(6):
            for lane in range(lanes):
                amp[node, row, lane] = 0.0


@leaf
def _backward(parent: Int, constants: Float, power: Float, volt: Float, lanes: int, amp: Float) -> None:
    """Sum the currents of each phase from the leaves to the source."""
    for node in range(parent.size - 1, -1, -1):
        above, g, b = parent[node], constants[node, 2], constants[node, 3]
        for one in range(0, 6, 2):
            for lane in range(lanes):
                re, im = volt[node, one, lane], volt[node, one + 1, lane]
                p, q = power[node, one, lane], power[node, one + 1, lane]
                over = 1.0 / (re * re + im * im)
                amp[node, one, lane] += (p * over + g) * re + (q * over - b) * im
                amp[node, one + 1, lane] += (p * over + g) * im - (q * over - b) * re
        if above >= 0:
            for row in range(6):
                for lane in range(lanes):
                    amp[above, row, lane] += amp[node, row, lane]


@leaf
def _forward(parent: Int, constants: Float, amp: Float, lanes: int, volt: Float, change: Float) -> None:
    """Set the voltages of each phase from the source to the leaves, and the largest squared change of each state."""
    for lane in range(lanes):
        change[lane] = 0.0
    for node in range(1, parent.size):
        above, r, x = parent[node], constants[node, 0], constants[node, 1]
        r_common, x_common = (constants[node, 4] - r) / 3.0, (constants[node, 5] - x) / 3.0
        for one in range(0, 6, 2):
            for lane in range(lanes):
                sum_re = amp[node, 0, lane] + amp[node, 2, lane] + amp[node, 4, lane]
                sum_im = amp[node, 1, lane] + amp[node, 3, lane] + amp[node, 5, lane]
                own_re, own_im = amp[node, one, lane], amp[node, one + 1, lane]
                re = volt[above, one, lane] - (r * own_re - x * own_im) - (r_common * sum_re - x_common * sum_im)
                im = volt[above, one + 1, lane] - (r * own_im + x * own_re) - (r_common * sum_im + x_common * sum_re)
                moved = (re - volt[node, one, lane]) ** 2 + (im - volt[node, one + 1, lane]) ** 2
                change[lane] = change[lane] if moved <= change[lane] else moved  # noqa: FURB136 - NaN stays NaN
                volt[node, one, lane] = re
                volt[node, one + 1, lane] = im


@leaf
def _write_volts(actual: Float, volt: Float, first: int, lanes: int, out: tuple[Float, Float, Float]) -> None:
    """Write actual voltages, a row for each phase of each node: magnitude, real and imaginary part."""
    magnitude, real, imaginary = out
    for node in range(actual.shape[0]):
        a, b = actual[node, 0], actual[node, 1]
        for one in range(3):
            for lane in range(lanes):
                re, im = volt[node, 2 * one, lane], volt[node, 2 * one + 1, lane]
                re, im = a * re - b * im, a * im + b * re
                real[3 * node + one, first + lane] = re
                imaginary[3 * node + one, first + lane] = im
                magnitude[3 * node + one, first + lane] = np.sqrt(re * re + im * im)


@leaf
def _write_loading(
    elements: tuple[Int, Int, Float],
    parent: Int,
    volt: Float,
    amp: Float,
    at: tuple[int, int],
    base: float,
    out: tuple[Float, Float],
) -> None:
    """Write the loading of each element in its most loaded phase, and add its losses to those of its kind."""
    node_of, kind, constants = elements
    (first, lanes), (loading, losses) = at, out
    for element in range(node_of.size):
        node = node_of[element]
        above, of, share = parent[node], kind[element], complex(constants[element, 0], constants[element, 1])
        y_up = complex(constants[element, 2], constants[element, 3])
        y_down = complex(constants[element, 4], constants[element, 5])
        for lane in range(lanes):
            worst, lost = 0.0, 0.0
            for one in range(0, 6, 2):
                upper = complex(volt[above, one, lane], volt[above, one + 1, lane])
                lower = complex(volt[node, one, lane], volt[node, one + 1, lane])
                own = share * complex(amp[node, one, lane], amp[node, one + 1, lane])
                up, down = own + y_up * upper, own - y_down * lower
                worst = max(worst, abs(up) * constants[element, 6], abs(down) * constants[element, 7])
                lost += (upper * up.conjugate()).real - (lower * down.conjugate()).real
            loading[element, first + lane] = worst
            losses[of, first + lane] += base / 3.0 * lost


@parallel_kernel
def _sweep(
    tree: tuple[Int, Float],
    elements: tuple[Int, Int, Float],
    loads: tuple[Int, Int, Float, Float],
    actual: Float,
    source: Float,
    settings: tuple[float, float],
    by_phase: tuple[Float, Float, Float],
    others: tuple[Float, Float, Float],
    sweeps: Int,
) -> None:
    """Solve all states, a few at a time."""
    parent, constants = tree
    base, tolerance = settings
    loading, losses, delivered = others
    nodes, states = parent.size, sweeps.size
    for block in prange((states + LANES - 1) // LANES):
        first = block * LANES
        lanes = min(LANES, states - first)
        power, amp, volt = np.zeros((nodes, 6, LANES)), np.empty((nodes, 6, LANES)), np.empty((nodes, 6, LANES))
        change = np.empty(LANES)
        _start(source, volt)
        _gather(loads, first, lanes, 1.0 / base, power)
        for sweep in range(1, MOST_SWEEPS + 1):
            _clear(amp, lanes)
            _backward(parent, constants, power, volt, lanes, amp)
            _forward(parent, constants, amp, lanes, volt, change)
            if settled(change, lanes, tolerance, sweep, sweeps, first):
                break
        _write_volts(actual, volt, first, lanes, by_phase)
        _write_loading(elements, parent, volt, amp, (first, lanes), base, (loading, losses))
        for lane in range(lanes):
            for one in range(0, 6, 2):
                re, im = amp[0, one, lane], amp[0, one + 1, lane]
                delivered[0, first + lane] += base / 3.0 * (source[one] * re + source[one + 1] * im)
                delivered[1, first + lane] += base / 3.0 * (source[one + 1] * re - source[one] * im)
        void(first, lanes, sweeps, by_phase, others)


def unbalanced_flow(
    tree: RadialTree,
    load_node: Int,
    load_phase: Int,
    load_w: Float,
    load_var: Float,
    *,
    tolerance_pu: float = TOLERANCE_PU,
) -> PowerFlow:
    """Return voltages of each phase, loadings and losses of unbalanced states; the source is balanced.

    Parameters
    ----------
    tree : RadialTree
        The network; lines are the same for each phase, coupled by what their zero sequence differs in.
    load_node : ndarray, shape (load,), int64
        Node that each load hangs on; -1 for one that is not supplied.
    load_phase : ndarray, shape (load,), int64
        0, 1, 2: between that phase and the neutral; `ALL_PHASES`: a third on each.
    load_w, load_var : ndarray, shape (load, state), float64
        Power that each draws whatever its voltage; what feeds in is negative. [W], [var]
    tolerance_pu : float
        Largest change of a voltage between two sweeps at the end. [pu]

    Notes
    -----
    ``drop_a = z1 i_a + (z0 - z1) / 3 (i_a + i_b + i_c)``, which is Kron's reduction of a line whose neutral is earthed
    at both of its ends. [1]_ Above a Dyn transformer nothing of zero sequence flows: `zero_series_pu` is 0 there.

    References
    ----------
    .. [1] W. H. Kersting 2012, Distribution System Modeling and Analysis, chapter 4.

    Examples
    --------
    100 kW on phase a alone, where 1 MW is 1 pu; the common return lifts the voltage of the other phases:

    >>> one, none = np.ones(2, dtype=np.complex128), np.zeros((0, 2))
    >>> tree = RadialTree(1e6, 1.0, np.array([-1, 0]), 0.1 * one, 0.4 * one, 0.0 * one, one, np.zeros(0, np.int64),
    ...     np.zeros(0, np.complex128), none.astype(np.complex128), none, np.zeros(0, np.int64))
    >>> flow = unbalanced_flow(tree, np.array([1]), np.array([0]), np.array([[1e5]]), np.zeros((1, 1)))
    >>> flow.voltage_pu[1, :, 0].round(4).tolist()
    [0.9359, 1.0164, 1.0164]
    """
    nodes, states = tree.parent.size, load_w.shape[1]
    by_phase = (np.empty((3 * nodes, states)), np.empty((3 * nodes, states)), np.empty((3 * nodes, states)))
    others = np.empty((tree.element_node.size, states)), np.zeros((2, states)), np.zeros((2, states))
    sweeps = np.full(states, MOST_SWEEPS + 1, dtype=np.int64)
    parts = (tree.series_pu, tree.shunt_pu, tree.zero_series_pu)
    constants = np.stack([column for part in parts for column in (part.real, part.imag)], axis=1)
    turned = tree.source_pu * _TURN
    _sweep(
        (whole(tree.parent), constants),
        (whole(tree.element_node), whole(tree.element_kind), element_constants(tree)),
        (whole(load_node), whole(load_phase), real(load_w), real(load_var)),
        np.stack([tree.actual.real, tree.actual.imag], axis=1),
        np.stack([turned.real, turned.imag], axis=1).reshape(6),
        (float(tree.base_va), float(tolerance_pu)),
        by_phase,
        others,
        sweeps,
    )
    loading, losses, source = others
    magnitude, real_part, imaginary_part = (values.reshape(nodes, 3, states) for values in by_phase)
    return flow_of((magnitude, real_part, imaginary_part), loading, losses, source, sweeps)
