"""Ask power-grid-model for the same states, in an environment of its own."""

import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks._peer_environment import PeerEnvironment
from benchmarks._power_flow_grid import Grid

WORKER: Final = Path(__file__).with_name("_power_flow_worker.py")
ENVIRONMENT: Final = PeerEnvironment("power-grid-model", ".venv-power-flow", "power_flow.txt", "power_grid_model")


class Peer:
    """Keep power-grid-model with a grid loaded, until the block ends.

    Parameters
    ----------
    interpreter : Path
        That has it.
    grid : Grid
        What it is asked about.
    """

    def __init__(self, interpreter: Path, grid: Grid) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._answers = Path(self._folder.name) / "out.npz"
        job = Path(self._folder.name) / "in.npz"
        np.savez(job, **_job(grid))
        command = [str(interpreter), str(WORKER), str(job), str(self._answers)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End its process."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def seconds(self, method: str, *, threads: int, what: str = "voltage") -> float | str:
        """Return the time that all states took by a method, or why it gave none. [s]."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{method} {threads} {what}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return float(answer["seconds"]) if "seconds" in answer else str(answer["error"])

    def voltages(self) -> dict[str, NDArray[np.float64]]:
        """End it and return what each method said, each shape (state, node). [pu]."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        with np.load(self._answers) as stored:
            return dict(stored)


def _job(grid: Grid) -> dict[str, Any]:
    """Return the network as arrays; nodes are the ones that our tree supplies."""
    network, lines, transformers = grid.network, grid.network.lines, grid.network.transformers
    node = grid.radial.node_of_bus
    nodes = int(node.max()) + 1
    nominal_v = np.zeros(nodes)
    supplied = np.flatnonzero(node >= 0)
    nominal_v[node[supplied]] = network.nominal_v[supplied]
    here, there = (node[part.ends].min(axis=1, initial=nodes) >= 0 for part in (lines, transformers))
    shunt = np.flatnonzero((network.shunt_va != 0) & (node >= 0))
    siemens = np.conj(network.shunt_va[shunt]) / network.nominal_v[shunt] ** 2
    fed = grid.load_node >= 0
    omega = 2 * np.pi * 50.0  # the frequency a model of it has unless told otherwise; only the admittance counts
    with np.errstate(divide="ignore", invalid="ignore"):
        loss_factor = np.nan_to_num(lines.shunt_s.real / lines.shunt_s.imag)
    return {
        "node_v": nominal_v,
        "source": node[network.source_bus],
        "source_pu": network.source_pu,
        "line_ends": node[lines.ends[here]],
        "line_closed": lines.closed[here].astype(np.int8),
        "line_r": lines.series_ohm.real[here],
        "line_x": lines.series_ohm.imag[here],
        "line_c": lines.shunt_s.imag[here] / omega,
        "line_tan": loss_factor[here],
        "line_a": lines.rated_a[here],
        "trafo_ends": node[transformers.ends[there]],
        "trafo_closed": transformers.closed[there].astype(np.int8),
        "trafo_sn": transformers.rated_va[there],
        "trafo_v": transformers.at_tap_v[there],
        "trafo_uk": transformers.short_circuit_ratio[there],
        "trafo_pk": (transformers.resistive_ratio * transformers.rated_va)[there],
        "trafo_i0": transformers.idle_ratio[there],
        "trafo_p0": transformers.iron_w[there],
        "trafo_clock": np.round(transformers.shift_degree[there] / 30.0).astype(np.int8) % 12,
        "shunt_node": node[shunt],
        "shunt_g": siemens.real,
        "shunt_b": siemens.imag,
        "load_node": grid.load_node[fed],
        "load_w": np.ascontiguousarray(grid.load_w[fed].T),
        "load_var": np.ascontiguousarray(grid.load_var[fed].T),
    }
