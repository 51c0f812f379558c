"""Random trees of limits with devices, and their linear programmes for HiGHS."""

from typing import NamedTuple

import highspy
import numpy as np

SLOT_HOURS = 0.5


class Case(NamedTuple):
    price: np.ndarray
    limit: np.ndarray
    parent: np.ndarray
    offsets: np.ndarray
    need: np.ndarray
    cap: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @property
    def devices(self):
        return self[3:]


def nested_case(seed, *, devices=14, groups=4, upper=4, slots=6, coarse=True):
    """Any forest above the groups; coarse numbers make ties, zero caps, zero needs and zero limits common."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, slots + 1, devices)
    last = np.minimum(first + rng.integers(0, slots, devices), slots)
    nodes = groups + upper
    parent = np.array([rng.integers(max(groups, node + 1), nodes + 1) for node in range(nodes)])
    parent[(parent == nodes) | (rng.random(nodes) < 0.1)] = -1
    size = 1.0 + np.arange(nodes)[:, np.newaxis] / groups
    if coarse:
        price = rng.integers(-2, 4, slots) * 10.0
        need, cap = rng.integers(0, 6, devices) * 500.0, rng.integers(0, 4, devices) * 1000.0
        limit = rng.integers(-1, 7, (nodes, slots)) * np.floor(size) * 1000.0
    else:
        price = rng.normal(50.0, 40.0, slots)
        need, cap = rng.gamma(2.0, 800.0, devices), rng.gamma(2.0, 1500.0, devices)
        limit = rng.gamma(2.0, 2000.0, (nodes, slots)) * size
    limit[rng.random(nodes) < 0.1] = np.inf
    offsets = np.sort(np.concatenate(([0, devices], rng.integers(0, devices + 1, groups - 1))))
    return Case(price, limit, parent, offsets, need, cap, first, last)


def chain(parent, node):
    """Return a node and all above it."""
    found = []
    while node >= 0:
        found.append(int(node))
        node = parent[node]
    return found


def cells_of(case):
    """Return device, slot and the nodes above, for each device and slot of its window."""
    group = np.repeat(np.arange(case.offsets.size - 1), np.diff(case.offsets))
    return [
        (device, slot, chain(case.parent, group[device]))
        for device in range(case.need.size)
        for slot in range(case.first[device], case.last[device])
    ]


def solved_by_highs(case, *, peak_of=None):
    """Return energy served and cost of the whole programme, which serves the most first.

    With `peak_of`, the load that cannot move, cost is instead the lowest peak of the total.
    """
    peak = peak_of is not None
    reward = 1e4 if peak else 2.0 * np.abs(case.price).max() + 1.0
    cells = cells_of(case)
    model = highspy.Highs()
    model.silent()
    for device, slot, _ in cells:
        model.addVar(0.0, case.cap[device] * SLOT_HOURS)
        model.changeColCost(model.getNumCol() - 1, (0.0 if peak else case.price[slot]) - reward)
    rows = [(case.need[d], [c for c, cell in enumerate(cells) if cell[0] == d]) for d in range(case.need.size)]
    for node, slot in np.ndindex(case.limit.shape):
        mine = [c for c, cell in enumerate(cells) if cell[1] == slot and node in cell[2]]
        rows.append((max(case.limit[node, slot], 0.0) * SLOT_HOURS, mine))
    for most, mine in rows:
        model.addRow(-highspy.kHighsInf, most, len(mine), mine, [1.0] * len(mine))
    if peak:
        model.addVar(max(peak_of), highspy.kHighsInf)
        model.changeColCost(len(cells), 1.0)
        for slot, rest in enumerate(peak_of):
            mine = [c for c, cell in enumerate(cells) if cell[1] == slot]
            weights = [1.0 / SLOT_HOURS] * len(mine) + [-1.0]
            model.addRow(-highspy.kHighsInf, -rest, len(mine) + 1, [*mine, len(cells)], weights)
    model.run()
    value = np.array(model.getSolution().col_value)
    energy = value[: len(cells)]
    cost = value[-1] if peak else float(energy @ np.array([case.price[slot] for _, slot, _ in cells]))
    return energy.sum(), cost


def assert_feasible(power_w, unserved_wh, case):
    slot = np.arange(case.price.size)
    window = (slot >= case.first[:, np.newaxis]) & (slot < case.last[:, np.newaxis])
    assert (power_w >= -1e-9).all()
    assert (power_w[~window] == 0.0).all()
    assert (power_w <= case.cap[:, np.newaxis] * (1 + 1e-9) + 1e-6).all()
    np.testing.assert_allclose(power_w.sum(axis=1) * SLOT_HOURS + unserved_wh, case.need, atol=1e-4)
    load = np.zeros_like(case.limit)
    for group in range(case.offsets.size - 1):
        load[chain(case.parent, group)] += power_w[case.offsets[group] : case.offsets[group + 1]].sum(axis=0)
    assert (load <= np.maximum(case.limit, 0.0) + 1e-4).all()
