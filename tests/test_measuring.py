"""What slow tests run is not traced, and what comes after is again."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.documentation import ROOT

_PROGRAM = """
from tests.support.measuring import unmeasured
def before():
    return 1
def meanwhile():
    return 1
def after():
    return 1
before()
with unmeasured():
    meanwhile()
after()
"""


def test_coverage_stops_for_a_slow_test_and_goes_on_after_it(tmp_path: Path) -> None:
    program, kept, told = tmp_path / "program.py", tmp_path / "kept", tmp_path / "told.json"
    program.write_text(_PROGRAM)
    coverage = [sys.executable, "-m", "coverage"]
    rules = ["--rcfile=/dev/null", f"--data-file={kept}"]
    run = [*coverage, "run", *rules, f"--include={program}", str(program)]
    subprocess.run(run, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
    subprocess.run([*coverage, "json", "-q", *rules, f"-o{told}"], cwd=ROOT, check=True)
    [found] = json.loads(told.read_text())["files"].values()
    assert {4, 8} <= set(found["executed_lines"])
    assert 6 in found["missing_lines"]
