"""Run power-grid-model on arrays, in an environment of its own: ``python _power_flow_worker.py IN.npz OUT.npz``.

It imports nothing of this project. On each line of its input, a method's name and a number of threads, it solves all
states once and prints the seconds that took; at the end of the input it writes each method's voltages.
"""

import itertools
import json
import sys
import time
from typing import Any

import numpy as np
from power_grid_model import CalculationMethod, LoadGenType, PowerGridModel, WindingType, initialize_array
from power_grid_model.errors import PowerGridError

#: Same as ours, so that neither does more than the other.
TOLERANCE_PU = 1e-8
#: Short-circuit power of a source without an impedance. [VA]
STIFF_VA = 1e20


def filled(component: str, columns: dict[str, Any]) -> np.ndarray:
    """Return a table of input."""
    size = max(np.size(values) for values in columns.values())
    table: np.ndarray = initialize_array("input", component, size)
    for name, values in columns.items():
        table[name] = values
    return table


def model_of(job: dict[str, Any]) -> tuple[PowerGridModel, np.ndarray]:
    """Return the model and the numbers of its loads."""
    nodes, lines, transformers, loads = (len(job[name]) for name in ("node_v", "line_r", "trafo_sn", "load_node"))
    shunts = len(job["shunt_node"])
    starts = np.cumsum([0, nodes, lines, transformers, 1, shunts, loads])
    number = [np.arange(first, end) for first, end in itertools.pairwise(starts)]
    tables = {
        "node": filled("node", {"id": number[0], "u_rated": job["node_v"]}),
        "source": filled(
            "source", {"id": number[3], "node": job["source"], "status": 1, "u_ref": job["source_pu"], "sk": STIFF_VA}
        ),
    }
    if lines:
        names = {"r1": "line_r", "x1": "line_x", "c1": "line_c", "tan1": "line_tan", "i_n": "line_a"}
        ends = {"from_node": job["line_ends"][:, 0], "to_node": job["line_ends"][:, 1]}
        closed = {"from_status": job["line_closed"][:, 0], "to_status": job["line_closed"][:, 1]}
        tables["line"] = filled(
            "line", {"id": number[1]} | ends | closed | {one: job[other] for one, other in names.items()}
        )
    if transformers:
        tables["transformer"] = filled("transformer", {"id": number[2]} | transformer_columns(job))
    if shunts:
        columns = {"id": number[4], "node": job["shunt_node"], "status": 1, "g1": job["shunt_g"], "b1": job["shunt_b"]}
        tables["shunt"] = filled("shunt", columns)
    fixed = {"status": 1, "type": LoadGenType.const_power, "p_specified": 0.0, "q_specified": 0.0}
    tables["sym_load"] = filled("sym_load", {"id": number[5], "node": job["load_node"]} | fixed)
    return PowerGridModel(tables), number[5]


def transformer_columns(job: dict[str, Any]) -> dict[str, Any]:
    """Return transformers at their present taps; windings are whatever allows their clock."""
    names = {
        "sn": "trafo_sn",
        "uk": "trafo_uk",
        "pk": "trafo_pk",
        "i0": "trafo_i0",
        "p0": "trafo_p0",
        "clock": "trafo_clock",
    }
    odd = job["trafo_clock"] % 2 == 1
    return {one: job[other] for one, other in names.items()} | {
        "from_node": job["trafo_ends"][:, 0],
        "to_node": job["trafo_ends"][:, 1],
        "from_status": job["trafo_closed"][:, 0],
        "to_status": job["trafo_closed"][:, 1],
        "u1": job["trafo_v"][:, 0],
        "u2": job["trafo_v"][:, 1],
        "winding_from": np.where(odd, int(WindingType.delta), int(WindingType.wye_n)),
        "winding_to": int(WindingType.wye_n),
        "tap_side": 0,
        "tap_pos": 0,
        "tap_nom": 0,
        "tap_min": 0,
        "tap_max": 0,
        "tap_size": 0.0,
    }


def main() -> None:
    """Solve all states as often as asked."""
    with np.load(sys.argv[1]) as stored:
        job = dict(stored)
    model, _ = model_of(job)
    # The quickest input it takes: whole columns, in the order of the model, without numbers of loads.
    update = {"sym_load": {"p_specified": job["load_w"], "q_specified": job["load_var"]}}
    answers = {}
    for line in sys.stdin:
        method, threads, what = line.split()
        outputs = {"node": ["u_pu"]} | ({"line": ["loading"], "transformer": ["loading"]} if what == "loading" else {})
        started = time.perf_counter()
        try:
            found = model.calculate_power_flow(
                symmetric=True,
                error_tolerance=TOLERANCE_PU,
                max_iterations=60,
                calculation_method=CalculationMethod[method],
                update_data=update,
                threading=int(threads),
                output_component_types=outputs,
            )
        except PowerGridError as error:
            print(json.dumps({"error": str(error)[:200]}), flush=True)
            continue
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)
        answers[method] = found["node"]["u_pu"]
    np.savez(sys.argv[2], **answers)


if __name__ == "__main__":
    main()
