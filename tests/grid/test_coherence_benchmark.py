"""The benchmark of forecasts that add up: they do, and nobody is much worse off."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def figures(data: Path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.coherence", "--data", str(data), "--json"],
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["sum_error_rel"] <= 1e-6
    assert found["seconds_10000x96"] < 20.0
    assert all(abs(covered - 0.9) < 0.03 for covered in found["coverage_90_by_level"].values())
    return found


@pytest.mark.slow(30)
def test_simulated_homes_lose_nothing_by_adding_up(tmp_path: Path):
    found = figures(tmp_path / "nowhere")
    assert max(found["mae_ratio_by_level"].values()) < 1.015
    assert max(found["crps_ratio_by_level"].values()) < 1.025


@pytest.mark.slow(30)
@pytest.mark.reference_data
def test_measured_homes_gain_at_every_level_above_the_transformers(reference_data: Path):
    found = figures(reference_data)
    ratio = found["mae_ratio_by_level"]
    assert ratio.pop("power_transformer") < 1.02
    assert max(ratio.values()) < 1.0
    assert max(found["mae_ratio_by_level"][level] / found["bottom_up_ratio_by_level"][level] for level in ratio) < 1.0
