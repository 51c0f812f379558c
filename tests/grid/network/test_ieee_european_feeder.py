"""The IEEE European low-voltage feeder: 906 buses, 55 single-phase loads, a day of minutes.

The archive holds no solutions. What is checked is that voltages fulfil Kirchhoff's laws at every node and phase, that
power adds up, and that the feeder behaves as its loads say.
"""

import re
import tarfile

import numpy as np
import pytest

from grid.kernels.power_flow_unbalanced import unbalanced_flow
from grid.network.model import Lines, Network, Transformers
from grid.network.tree import radial

_FOLDER = "LVTestCase"


def text(archive, name):
    return archive.extractfile(f"{_FOLDER}/{name}").read().decode("latin-1")


def numbers(line):
    """Return the values of a line of OpenDSS by lower-case name."""
    return {name.lower(): value for name, value in re.findall(r"(\w+)=(\S+)", line)}


def read(file):
    """Return the feeder, and buses, phases and power of its loads, shape (load, minute)."""
    with tarfile.open(file) as archive:
        codes = {
            line.split()[1].removeprefix("LineCode."): numbers(line)
            for line in text(archive, "LineCode.txt").splitlines()
            if line.startswith("New")
        }
        rows = [numbers(line) for line in text(archive, "Lines.txt").splitlines() if line.startswith("New")]
        loads = [numbers(line) for line in text(archive, "Loads.txt").splitlines() if line.startswith("New")]
        shapes = [
            np.array(text(archive, f"Daily_1min_100profiles/load_profile_{number}.txt").split(), float)
            for number in (row["yearly"].split("_")[1] for row in loads)
        ]
    buses = ["SourceBus", *sorted({row[end] for row in rows for end in ("bus1", "bus2")}, key=int)]
    at = {name: number for number, name in enumerate(buses)}
    bus = np.array([at[row["bus1"].split(".")[0]] for row in loads])
    phase = np.array([int(row["bus1"].split(".")[1]) - 1 for row in loads])
    load_w = 1e3 * np.array([float(row["kw"]) for row in loads])[:, np.newaxis] * np.stack(shapes)
    return network_of(buses, at, rows, codes), bus, phase, load_w


def network_of(buses, at, rows, codes):
    """Return the feeder of lines and their codes, behind a transformer of 800 kVA."""
    km = np.array([float(row["length"]) for row in rows]) / 1e3
    coded = [codes[row["linecode"]] for row in rows]
    impedance = np.array([[complex(float(of[f"r{kind}"]), float(of[f"x{kind}"])) for kind in "10"] for of in coded])
    ends = np.array([[at[row["bus1"]], at[row["bus2"]]] for row in rows])
    lines = Lines(
        tuple(f"LINE{row + 1}" for row in range(len(rows))),
        ends,
        np.ones_like(ends, dtype=bool),
        (impedance[:, 0] * km).astype(complex),
        (impedance[:, 1] * km).astype(complex),
        np.zeros(len(rows), complex),
        np.full(len(rows), 200.0),
    )
    one = np.ones(1)
    return Network(
        tuple(buses),
        np.array([11e3] + [416.0] * (len(buses) - 1)),
        np.zeros((0, 2), np.int64),
        np.zeros(len(buses), complex),
        lines,
        # 4 % between windings of 0.2 % resistance each, which is OpenDSS's own value where a file names none.
        Transformers(
            ("TR1",),
            np.array([[0, at["1"]]]),
            np.ones((1, 2), bool),
            800e3 * one,
            np.array([[11e3, 416.0]]),
            np.array([[11e3, 416.0]]),
            30.0 * one,
            np.hypot(0.04, 0.004) * one,
            0.004 * one,
            0.0 * one,
            0.0 * one,
            ("Dyn1",),
        ),
        0,
        1.05,
    )


@pytest.mark.reference_data
def test_a_day_of_the_european_feeder_fulfils_kirchhoffs_laws(reference_data):
    network, bus, phase, load_w = read(reference_data / "grid_ieee_european_lv_opendss.tar.gz")
    assert (len(network.bus), len(bus), load_w.shape[1]) == (907, 55, 1440)
    found = radial(network)
    tree, node = found.tree, found.node_of_bus[bus]
    load_w = load_w[:, ::5]
    load_var = np.tan(np.arccos(0.95)) * load_w
    flow = unbalanced_flow(tree, node, phase, load_w, load_var)
    assert flow.converged.all()
    np.testing.assert_allclose(flow.source_w, load_w.sum(axis=0) + flow.losses_w.sum(axis=0), atol=0.5)
    minute = int(load_w.sum(axis=0).argmax())
    voltage = (flow.real_pu + 1j * flow.imaginary_pu)[:, :, minute] / tree.actual[:, np.newaxis]
    parent = tree.parent[1:]
    drop = voltage[parent] - voltage[1:]
    series, zero = tree.series_pu[1:, np.newaxis], tree.zero_series_pu[1:, np.newaxis]
    # The inverse of a line of equal phases: each drop by z1, less what their mean has too much of it.
    current = (drop - drop.mean(axis=1, keepdims=True)) / series + drop.mean(axis=1, keepdims=True) / zero
    left = np.zeros_like(voltage)
    left[1:] += current
    np.subtract.at(left, parent, current)
    drawn = np.zeros_like(voltage)
    np.add.at(drawn, (node, phase), 3e-6 * (load_w + 1j * load_var)[:, minute])
    np.testing.assert_allclose(left[1:], np.conj(drawn / voltage)[1:], atol=2e-5)
    # At the day's peak the far end sags by some percent, each phase by its own loads, and all stay in EN 50160's band.
    lowest = flow.voltage_pu[1:, :, minute].min(axis=0)
    assert 0.9 < lowest.min() < lowest.max() < 1.05
    assert np.ptp(lowest) > 0.003
