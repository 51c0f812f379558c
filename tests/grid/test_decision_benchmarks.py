"""The benchmarks of dispatch and power flow end with their figures, and their answers are right at any size."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def figures(name: str, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr[-3_000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.slow(60)
@pytest.mark.timeout(540)
def test_dispatch_is_as_good_as_highs_and_says_so():
    small = ("--devices", "500", "--large", "1000", "--nested-check", "150", "--onoff-devices", "100", "--cases", "2")
    told = figures("dispatch", *small)
    assert told["objective_rel_diff"] <= 1e-6
    assert told["gap"] <= 1e-6
    assert told["nested_objective_rel_diff"] <= 1e-6
    assert told["shortage_rel_diff"] <= 1e-6
    # Two transformers with fifty devices each leave more to chance than two hundred.
    assert 0 <= told["onoff_gap"] < 0.05
    assert {"vs_highs", "vs_highs_per_transformer", "million_s", "million_rss_mb", "nested_ratio"} <= told.keys()


@pytest.mark.reference_data
@pytest.mark.slow(20)
@pytest.mark.timeout(540)
def test_power_flow_gives_pandapowers_answers(reference_data: Path):
    assert figures("power_flow", "--without-peer", "--data", str(reference_data))["max_abs_pu"] <= 1e-4
