"""Networks as pandapower would save them, made by hand, and the admittance matrix that they mean."""

import gzip
import json
from pathlib import Path

import numpy as np

from grid.network.model import Network


def table(columns, rows, index=None):
    """Return a table as the file holds it."""
    split = {"columns": list(columns), "index": list(range(len(rows)) if index is None else index), "data": rows}
    return {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(split)}


BUS = ("name", "vn_kv", "in_service")
LINE = (
    "name",
    "from_bus",
    "to_bus",
    "length_km",
    "r_ohm_per_km",
    "x_ohm_per_km",
    "c_nf_per_km",
    "max_i_ka",
    "df",
    "parallel",
    "in_service",
)
TRAFO = (
    "name",
    "hv_bus",
    "lv_bus",
    "sn_mva",
    "vn_hv_kv",
    "vn_lv_kv",
    "vk_percent",
    "vkr_percent",
    "pfe_kw",
    "i0_percent",
    "shift_degree",
    "tap_side",
    "tap_neutral",
    "tap_step_percent",
    "tap_step_degree",
    "tap_pos",
    "tap_changer_type",
    "parallel",
    "df",
    "in_service",
    "vector_group",
)
LOAD = ("name", "bus", "p_mw", "q_mvar", "scaling", "in_service")
OF_TRAFO = [
    "T",
    10,
    11,
    0.25,
    20.0,
    0.41,
    4.0,
    1.2,
    0.6,
    0.4,
    150.0,
    "hv",
    0,
    2.5,
    0.0,
    -1,
    "Ratio",
    2,
    0.9,
    True,
    "Dyn5",
]


def village(**changed):
    """Return the tables of a small network: source, transformer with a tap, five buses, a reversed and a twin line.

    A switch joins buses 4 and 5, another opens a line that would close a loop, and bus 7 is supplied by nobody.
    """
    tables = {
        "bus": table(
            BUS, [["MV", 20.0, True], *([f"LV {number}", 0.4, True] for number in range(1, 8))], range(10, 18)
        ),
        "ext_grid": table(("bus", "vm_pu", "va_degree", "in_service"), [[10, 1.02, 5.0, True]]),
        "trafo": table(TRAFO, [OF_TRAFO]),
        "line": table(
            LINE,
            [
                ["A", 11, 12, 0.1, 0.2, 0.08, 800.0, 0.27, 1.0, 1, True],
                ["B", 13, 12, 0.2, 0.3, 0.08, 800.0, 0.2, 0.9, 2, True],
                ["C", 12, 13, 0.25, 0.3, 0.08, 400.0, 0.2, 1.0, 1, True],
                ["D", 13, 14, 0.3, 0.6, 0.09, 210.0, 0.14, 1.0, 1, True],
                ["open", 14, 11, 0.3, 0.6, 0.09, 210.0, 0.14, 1.0, 1, True],
                ["E", 15, 16, 0.05, 0.6, 0.09, 210.0, 0.14, 1.0, 1, True],
                ["out", 16, 11, 0.05, 0.6, 0.09, 210.0, 0.14, 1.0, 1, False],
            ],
        ),
        "switch": table(
            ("bus", "element", "et", "closed"), [[14, 15, "b", True], [11, 4, "l", False], [17, 14, "b", False]]
        ),
        "shunt": table(("bus", "p_mw", "q_mvar", "vn_kv", "step", "in_service"), [[13, 0.0, -0.01, 0.4, 1, True]]),
        "load": table(
            ("name", "bus", "p_mw", "q_mvar", "scaling", "in_service"),
            [
                ["one", 13, 0.03, 0.01, 1.0, True],
                ["two", 16, 0.02, 0.004, 0.5, True],
                ["off", 12, 9.0, 0.0, 1.0, False],
                ["nobody", 17, 0.1, 0.0, 1.0, True],
            ],
        ),
        "sgen": table(
            ("name", "bus", "p_mw", "q_mvar", "scaling", "in_service"), [["PV", 14, 0.012, -0.002, 1.0, True]]
        ),
    }
    return tables | changed


def save(folder: Path, tables, *, name="net.json.gz"):
    """Write tables as a file and return it."""
    file = folder / name
    plain = json.dumps(
        {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": {"f_hz": 50.0} | tables}
    )
    file.write_bytes(gzip.compress(plain.encode()) if name.endswith("gz") else plain.encode())
    return file


def admittance(network: Network):
    """Return the matrix of all closed lines and transformers, in siemens at actual voltages between phases. [S]."""
    buses = len(network.bus)
    whole = np.zeros((buses, buses), dtype=complex)
    lines, transformers = network.lines, network.transformers
    for line, (one, other) in enumerate(lines.ends):
        if lines.closed[line].all():
            inner = 1.0 / lines.series_ohm[line]
            half = lines.shunt_s[line] / 2
            whole[np.ix_([one, other], [one, other])] += np.array([[inner + half, -inner], [-inner, inner + half]])
        elif lines.closed[line].any():
            end = (one, other)[int(np.argmax(lines.closed[line]))]
            half = lines.shunt_s[line] / 2
            whole[end, end] += half + 1.0 / (lines.series_ohm[line] + 1.0 / half)
    for row, (high, low) in enumerate(transformers.ends):
        volts = transformers.at_tap_v[row]
        base = volts[1] ** 2 / transformers.rated_va[row]
        z = base * (
            transformers.resistive_ratio[row]
            + 1j * np.sqrt(transformers.short_circuit_ratio[row] ** 2 - transformers.resistive_ratio[row] ** 2)
        )
        iron = transformers.iron_w[row] / transformers.rated_va[row]
        y = (iron - 1j * np.sqrt(max(transformers.idle_ratio[row] ** 2 - iron**2, 0.0))) / base
        # The T with its middle taken out: admittances of both ends to the middle, less what the middle shares.
        half = 2.0 / z
        star = np.diag([half, half]) - half**2 / (2 * half + y) * np.ones((2, 2))
        ratio = volts[0] / volts[1] * np.exp(1j * np.deg2rad(transformers.shift_degree[row]))
        turns = np.diag([1.0 / ratio, 1.0])
        whole[np.ix_([high, low], [high, low])] += turns.conj() @ star @ turns
    whole += np.diag(network.shunt_va.conj() / network.nominal_v**2)
    return whole
