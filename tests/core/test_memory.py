"""What a peak leaves behind."""

import subprocess
import sys
from typing import Final

# A hundred blocks of 1.6 MB, then every second one freed, as batches do. Without the setting glibc has learnt from the
# first that such blocks belong in the heap, where the others hold them.
_PEAK: Final = """
from core.memory import return_freed_memory
from pathlib import Path
import numpy as np
if {is_set}:
    assert return_freed_memory()
def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
first = np.ones(4_000_000); del first
before = resident_mb()
blocks = [np.ones(200_000) for _ in range(100)]
del blocks[:-1]
print(resident_mb() - before)
"""


def left_mb(*, is_set: bool) -> float:
    run = subprocess.run(
        [sys.executable, "-c", _PEAK.format(is_set=is_set)], capture_output=True, check=True, text=True
    )
    return float(run.stdout)


def test_freed_blocks_go_back_to_the_system():
    assert left_mb(is_set=True) < 10.0


def test_without_the_setting_one_block_that_is_in_use_keeps_all_before_it():
    assert left_mb(is_set=False) > 100.0


def test_the_peak_is_the_program_s_own_whatever_started_it():
    """The parent's peak is what ``ru_maxrss`` of a child begins with."""
    outer = "import numpy, subprocess, sys; held = numpy.ones(40_000_000); subprocess.run([sys.executable, '-c', {!r}])"
    inner = "from core.memory import peak_mb as now; import numpy; a = now(); numpy.ones(10_000_000); print(a, now())"
    run = subprocess.run([sys.executable, "-c", outer.format(inner)], capture_output=True, check=True, text=True)
    first_mb, peak_mb = map(float, run.stdout.split())
    assert first_mb < 200.0
    assert 70.0 < peak_mb - first_mb < 100.0
