"""The benchmark of the way in, small: every contender receives, and what was published is what is stored."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from somel.embedded.services import Services

pytestmark = pytest.mark.slow(45)

ROOT = Path(__file__).parents[2]
FIGURES = {
    "blocks_vs_copy",
    "singles_vs_mosquitto_sub",
    "singles_vs_aiomqtt",
    "singles_vs_paho",
    "p99_s",
    "backlog_rss_mb",
}


def test_the_benchmark_ends_with_its_figures_and_nothing_lost(services: Services):
    del services  # they are there, so their bundle is
    command = [sys.executable, "-m", "benchmarks.ingest", "--quick", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["lost"], figures["duplicated"]) == (0.0, 0.0)
    assert all(figures[name] > 0.0 for name in FIGURES)
