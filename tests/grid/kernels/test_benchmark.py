"""The benchmark of the kernels, small: its answers are checked against NumPy and HiGHS on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_benchmark_ends_with_its_figures_and_both_peers_agree():
    command = [sys.executable, "-m", "benchmarks.kernels", "--series", "20", "--devices", "500", "--json"]
    done = subprocess.run(
        command,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=150,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["forecast_vs_numpy"] > 0.0
    assert figures["dispatch_vs_highs"] > 0.0
    assert figures["forecast_rel_diff"] < 1e-8
    assert figures["dispatch_objective_rel_diff"] < 1e-6
    assert "Numba" in done.stderr.splitlines()[0]
