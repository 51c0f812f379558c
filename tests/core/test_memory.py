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
