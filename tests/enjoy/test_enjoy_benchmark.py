"""The benchmark of Enjoy runs on few rows and compares what it says it compares."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documentation import ROOT


@pytest.mark.slow(60)
@pytest.mark.reference_data
def test_answers_are_compared_with_the_database_and_a_copy_of_it(reference_data: Path):
    command = [sys.executable, "-m", "benchmarks.enjoy", "--quick", "--without-peer", "--json"]
    done = subprocess.run(
        [*command, "--data", str(reference_data)],
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["requests_per_s"] > 1
    assert 0 < found["latest_p99_ms"] < 10_000
    assert 0 < found["items_p99_ms"] < 10_000
    assert found["export_vs_copy"] > 0.05
    assert found["export_growth_mb"] < 60 < found["export_rss_mb"]
