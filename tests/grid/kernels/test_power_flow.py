"""Sweeps give what the whole admittance matrix gives, balanced and not, and say when there is nothing to give."""

from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grid.kernels.power_flow import LANES, power_flow
from grid.kernels.power_flow_tree import MOST_SWEEPS
from grid.kernels.power_flow_unbalanced import ALL_PHASES, unbalanced_flow
from tests.grid.kernels.trees import dense, random_tree


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 14), st.integers(0, 12))
@example(seed=225, nodes=14, loads=8)  # its first state draws on one phase more than can be carried
def test_both_solvers_give_what_the_admittance_matrix_gives(seed, nodes, loads):
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, nodes=nodes)
    states = 3
    node, phase = rng.integers(-1, nodes, loads), rng.integers(0, 4, loads)
    load = rng.normal(4e3, 1e4, (loads, states)) + 1j * rng.normal(1e3, 4e3, (loads, states))
    even = power_flow(tree, node, load.real, load.imag, phasors=True)
    apart = unbalanced_flow(tree, node, phase, load.real, load.imag)
    for state in range(states):
        drawn, by_phase = np.zeros((nodes, 1), complex), np.zeros((nodes, 3), complex)
        for one in range(loads):
            if node[one] >= 0:
                drawn[node[one]] += load[one, state] / 1e6
                share = np.ones(3) if phase[one] == ALL_PHASES else 3.0 * (np.arange(3) == phase[one])
                by_phase[node[one]] += load[one, state] / 1e6 * share
        check_state(tree, even, state, drawn)
        check_state(tree, apart, state, by_phase)
    # Loads on all phases alone are the balanced case.
    same, turn = unbalanced_flow(tree, node, np.full(loads, ALL_PHASES), load.real, load.imag), np.exp(-2j * np.pi / 3)
    np.testing.assert_allclose(same.voltage_pu[:, 0], even.voltage_pu, atol=1e-7)
    np.testing.assert_allclose(same.real_pu[:, 1] + 1j * same.imaginary_pu[:, 1],
                               (even.real_pu + 1j * even.imaginary_pu) * turn, atol=1e-7)  # fmt: skip


def check_state(tree, flow, state, drawn):
    """Compare a state with what the whole matrix gives; where that gives nothing, nothing is given either."""
    found, steps = dense(tree, drawn)
    if steps > MOST_SWEEPS and not flow.converged[state]:
        return  # too much to carry, or so nearly that more steps than ours are needed
    assert flow.converged[state]
    assert found is not None
    expected = found * tree.actual[:, np.newaxis]
    shape = flow.real_pu[..., state].shape
    got = flow.real_pu[..., state] + 1j * flow.imaginary_pu[..., state]
    np.testing.assert_allclose(got, expected.reshape(shape), atol=1e-7)
    np.testing.assert_allclose(flow.voltage_pu[..., state], np.abs(expected).reshape(shape), atol=1e-7)
    check_flows(tree, flow, state, drawn, found)


def check_flows(tree, flow, state, drawn, voltage):
    """Work out currents from voltages alone, and with them loadings, losses and the source's power."""
    phases = voltage.shape[1]
    eye = np.eye(phases)
    sent = np.zeros(voltage.shape, complex)
    losses = np.zeros(2)
    for element, node in enumerate(tree.element_node):
        up, series, zero = tree.parent[node], tree.series_pu[node], tree.zero_series_pu[node]
        across = series * eye + (zero - series) / 3.0 * (phases > 1)
        current = np.linalg.solve(across, voltage[up] - voltage[node])
        sent[node] += current
        sent[up] -= current
        own = tree.element_share[element] * current
        ends = [
            own + tree.element_shunt_pu[element, 0] * voltage[up],
            own - tree.element_shunt_pu[element, 1] * voltage[node],
        ]
        loading = max(np.abs(end).max() * limit for end, limit in zip(ends, tree.element_loading[element], strict=True))
        np.testing.assert_allclose(flow.loading_ratio[element, state], loading, atol=1e-5)
        lost = (voltage[up] * ends[0].conj() - voltage[node] * ends[1].conj()).real.sum()
        losses[tree.element_kind[element]] += 1e6 / phases * lost
    np.testing.assert_allclose(flow.losses_w[:, state], losses, atol=1.0)
    own = np.conj(drawn[0] / voltage[0]) + tree.shunt_pu[0] * voltage[0] - sent[0]
    delivered = 1e6 / phases * (voltage[0] * own.conj()).sum()
    np.testing.assert_allclose(flow.source_w[state] + 1j * flow.source_var[state], delivered, atol=1.0)


def test_a_state_that_cannot_be_carried_is_nan_and_leaves_the_others_alone():
    tree = random_tree(np.random.default_rng(5), nodes=6)
    load_w = np.full((1, 2 * LANES + 3), 1e4)
    load_w[0, LANES + 1] = 1e8
    node, phase, none = np.array([5]), np.array([1]), np.zeros_like(load_w)
    for flow in (power_flow(tree, node, load_w, none), unbalanced_flow(tree, node, phase, load_w, none)):
        assert np.flatnonzero(~flow.converged).tolist() == [LANES + 1]
        assert flow.sweeps[LANES + 1] == MOST_SWEEPS
        for values in (flow.voltage_pu, flow.loading_ratio, flow.losses_w, flow.source_w, flow.source_var):
            assert np.isnan(values[..., LANES + 1]).all()
            assert np.isfinite(np.delete(values, LANES + 1, axis=-1)).all()
        assert np.ptp(np.delete(flow.voltage_pu, LANES + 1, axis=-1), axis=-1).max() < 1e-9


def test_feeding_in_lifts_the_voltage_and_reactive_power_moves_it_too():
    tree = replace(
        random_tree(np.random.default_rng(3), nodes=2), actual=np.ones(2, complex), shunt_pu=np.zeros(2, complex)
    )
    load_w, load_var = np.array([[0.0, -1e5, -1e5, 1e5]]), np.array([[0.0, 0.0, 5e4, 0.0]])
    voltage = power_flow(tree, np.array([1]), load_w, load_var).voltage_pu[1]
    assert voltage[3] < voltage[0] < voltage[2] < voltage[1]
