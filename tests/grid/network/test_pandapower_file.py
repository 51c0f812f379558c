"""A network saved by pandapower is read whole, or refused by name."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks import power_flow as benchmark
from benchmarks._power_flow_grid import differences, read_grid
from core.errors import InputError
from grid.kernels.power_flow import power_flow
from grid.network.pandapower_file import read_network
from grid.network.tree import radial
from tests.grid.network.grids import BUS, admittance, save, table, village

_GRID = "grid_simbench_1_LV_urban6_0_no_sw__"


def test_voltages_are_those_of_the_whole_admittance_matrix(tmp_path):
    network, injections = read_network(save(tmp_path, village()))
    found = radial(network)
    bus = np.concatenate([one.bus for one in injections])
    load = np.concatenate([one.load_w + 1j * one.load_var for one in injections])[:, np.newaxis]
    node = np.where(bus < 0, -1, found.node_of_bus[bus])
    flow = power_flow(found.tree, node, load.real, load.imag, phasors=True)
    voltage = (flow.real_pu + 1j * flow.imaginary_pu)[found.node_of_bus, 0] * network.nominal_v
    live = found.node_of_bus >= 0
    assert live.tolist() == [True] * 7 + [False]
    drawn = np.zeros(len(network.bus), complex)
    np.add.at(drawn, bus[(bus >= 0) & live[bus]], load[(bus >= 0) & live[bus], 0])
    current = admittance(network)[:7, :7] @ voltage[:7]
    joined = np.where(np.arange(7) == 5, 4, np.arange(7))  # a switch makes buses 4 and 5 one
    given = np.zeros(7, complex)
    np.add.at(given, joined, -voltage[:7] * current.conj() - drawn[:7])
    np.testing.assert_allclose(given[1:], 0.0, atol=0.1)
    assert voltage[4] == voltage[5]
    np.testing.assert_allclose(voltage[0], 1.02 * 20e3 * np.exp(1j * np.deg2rad(5.0)))
    np.testing.assert_allclose(-given[0], flow.source_w[0] + 1j * flow.source_var[0], atol=0.1)
    # Two lines side by side share the current by their admittances: each has its own loading.
    loading = dict(zip(found.element_name, flow.loading_ratio[:, 0], strict=True))
    series = (network.lines.series_ohm[1], network.lines.series_ohm[2])
    assert loading["B"] * 360 / (loading["C"] * 200) == pytest.approx(abs(series[1] / series[0]), rel=1e-3)
    rated_a = 250e3 * 2 * 0.9 / (np.sqrt(3) * np.array([20e3, 410.0]))
    assert loading["T"] == pytest.approx(abs(current[0]) / np.sqrt(3) / rated_a[0], rel=2e-3)


def changed(name, **columns):
    split = json.loads(village()[name]["_object"])
    frame = pd.DataFrame(split["data"], columns=split["columns"], index=split["index"]).assign(**columns)
    return {name: table(frame.columns, frame.to_numpy(dtype=object).tolist(), frame.index.tolist())}


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        (changed("switch", closed=True), "network_meshed"),
        (changed("ext_grid", in_service=False), "network_source"),
        ({"ext_grid": table(("bus", "vm_pu", "in_service"), [[10, 1.0, True], [11, 1.0, True]])}, "network_source"),
        ({"gen": table(("bus", "in_service"), [[11, True]])}, "network_unsupported"),
        (changed("load", const_z_p_percent=50.0), "network_unsupported"),
        (changed("switch", z_ohm=0.1), "network_unsupported"),
        (changed("trafo", tap_dependency_table=True), "network_unsupported"),
        (changed("line", r_ohm_per_km=0.0, x_ohm_per_km=0.0), "network_impedance"),
        (changed("line", length_km=None), "network_value"),
        (changed("line", length_km="long"), "network_value"),
        (changed("load", bus=99), "network_value"),
        ({"bus": {"_object": "{}"}}, "network_file"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(tmp_path, tables, code):
    with pytest.raises(InputError) as refused:
        radial(read_network(save(tmp_path, village(**tables)))[0])
    assert refused.value.code == code
    if code == "network_meshed":
        loop = refused.value.context["loop"]
        assert isinstance(loop, list)
        assert {"open", "A", "D"} <= set(loop)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    for number, content in enumerate((b"", b"[1]", b"{}", b"\x1f\x8bno")):
        file = tmp_path / f"{number}.json"
        file.write_bytes(content)
        with pytest.raises(InputError, match="network"):
            read_network(file)
    with pytest.raises(InputError):
        read_network(tmp_path / "missing.json")


def test_taps_move_a_voltage_or_an_angle_as_their_kind_says(tmp_path):
    def at_tap(**columns):
        return read_network(save(tmp_path, village(**changed("trafo", **columns))))[0].transformers

    assert at_tap().at_tap_v[0].tolist() == [19_500.0, 410.0]
    assert at_tap(tap_changer_type=None).at_tap_v[0].tolist() == [20_000.0, 410.0]
    moved = at_tap(tap_side="lv", tap_step_degree=90.0)
    assert moved.at_tap_v[0, 1] == pytest.approx(410 * np.hypot(1, 0.025))
    assert moved.shift_degree[0] == pytest.approx(150 + np.rad2deg(np.arctan(0.025)))
    assert at_tap(tap_changer_type="Ideal", tap_step_degree=3.0).shift_degree[0] == 147.0
    ideal = at_tap(tap_changer_type="Ideal", tap_step_degree=0.0).shift_degree[0]
    assert ideal == pytest.approx(150 - 2 * np.rad2deg(np.arcsin(0.0125)))


def test_a_network_may_do_without_transformer_and_without_lines(tmp_path):
    bare = {"bus": table(BUS, [["S", 0.4, True]]), "ext_grid": table(("bus", "in_service"), [[0, True]])}
    network, injections = read_network(save(tmp_path, bare, name="net.json"))
    found = radial(network)
    assert found.element_name == ()
    flow = power_flow(found.tree, np.array([0]), np.array([[1e3]]), np.array([[5e2]]))
    assert (flow.source_w[0], flow.source_var[0]) == pytest.approx((1e3, 5e2))
    assert [one.table for one in injections if one.index] == []
    rural = {name: value for name, value in village(**changed("ext_grid", bus=11)).items() if name != "trafo"}
    assert radial(read_network(save(tmp_path, rural))[0]).node_of_bus.tolist()[:2] == [-1, 0]


@pytest.mark.reference_data
def test_a_simbench_grid_gives_pandapowers_answers(reference_data):
    grid = read_grid(reference_data / f"{_GRID}net.json.gz")
    oracle = pd.read_csv(reference_data / f"{_GRID}pandapower_oracle_peakday.csv")
    flow = power_flow(grid.radial.tree, grid.load_node, grid.load_w, grid.load_var)
    off = differences(grid, flow, oracle)
    assert len(off) == 7
    assert max(off[name] for name in ("vm_min", "vm_max")) < 1e-7
    assert max(off[name] for name in ("line_loading_max", "trafo_loading_max")) < 1e-3
    assert max(off[name] for name in ("slack_p_mw", "slack_q_mvar", "line_loss_mw")) < 1e-7


def test_the_benchmark_takes_any_grid_and_tells_what_is_wrong_with_another(tmp_path, capsys):
    file = save(tmp_path, village())
    pd.DataFrame({"0": [0.03, 0.06], "1": [0.02, 0.0], "2": 0.0, "3": 0.0}).to_parquet(tmp_path / "load_p_mw.parquet")
    oracle = tmp_path / "oracle.csv"
    oracle.write_text("step,vm_min,vm_max\n0,1.0,1.0\n")
    chosen = ["--grid", str(file), "--oracle", str(oracle), "--without-peer", "--json"]
    assert benchmark.main(chosen) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["states"], found["converged"]) == (2, 2)
    assert 0.0 < found["max_abs_pu"] < 0.2
    save(tmp_path, village(**changed("switch", closed=True)))
    assert benchmark.main(chosen) == InputError.exit_code
    assert "network_meshed" in capsys.readouterr().err
