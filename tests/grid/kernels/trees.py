"""Random radial networks, and the slow way to solve them: the whole admittance matrix, currents by fixed point."""

import numpy as np

from grid.kernels.power_flow_tree import RadialTree

#: After which the slow way has no hope any more.
MOST_STEPS = 500


def random_tree(rng, *, nodes):
    """Return a tree of low-voltage size in per unit of 1 MVA, with an element on each branch, some of half share."""
    series = rng.uniform(0.02, 0.3, nodes) + 1j * rng.uniform(0.01, 0.2, nodes)
    elements = max(nodes - 1, 0)
    return RadialTree(
        1e6,
        rng.uniform(0.95, 1.05) * np.exp(1j * rng.uniform(-0.5, 0.5)),
        np.array([-1, *(int(rng.integers(0, node)) for node in range(1, nodes))]),
        series,
        series * rng.uniform(1.0, 4.0, nodes),
        1e-3 * (rng.normal(0.0, 1.0, nodes) + 1j * rng.normal(0.0, 1.0, nodes)),
        rng.uniform(0.9, 1.1, nodes) * np.exp(1j * rng.uniform(-3.0, 3.0, nodes)),
        np.arange(1, nodes),
        np.where(rng.random(elements) < 0.3, 0.5, 1.0).astype(complex),
        1e-4j * rng.random((elements, 2)),
        rng.uniform(0.0, 9.0, (elements, 2)),
        rng.integers(0, 2, elements),
    )


def dense(tree, power_pu):
    """Return referred voltages for power drawn, both of shape (node, phase), and in how many steps they were found.

    Voltages are None where no fixed point is reached, as where more is drawn than the network can carry.
    """
    nodes, phases = power_pu.shape
    whole = np.zeros((nodes * phases, nodes * phases), dtype=complex)
    eye, ones = np.eye(phases), np.ones((phases, phases))
    for node in range(nodes):
        here = slice(node * phases, (node + 1) * phases)
        whole[here, here] += tree.shunt_pu[node] * eye
        if node:
            series, zero, up = tree.series_pu[node], tree.zero_series_pu[node], tree.parent[node]
            block = np.linalg.inv(series * eye + ((zero - series) / 3.0 * ones if phases > 1 else 0.0))
            there = slice(up * phases, (up + 1) * phases)
            for one, other in ((here, there), (there, here)):
                whole[one, one] += block
                whole[one, other] -= block
    source = tree.source_pu * np.exp(-2j * np.pi / 3 * np.arange(phases))
    voltage = np.tile(source, nodes)
    power = power_pu.ravel()
    for step in range(1, MOST_STEPS + 1):
        with np.errstate(all="ignore"):  # what is not carried may go anywhere
            drawn = -np.conj(power / voltage)[phases:] - whole[phases:, :phases] @ source
        after = np.linalg.solve(whole[phases:, phases:], drawn)
        moved = np.abs(after - voltage[phases:]).max(initial=0.0)
        voltage[phases:] = after
        if moved < 1e-13:
            return voltage.reshape(nodes, phases), step
    return None, MOST_STEPS
