"""A test that nothing else ends is ended, and says where it stood."""

import subprocess
import sys
import time

from tests.support.standstill import no_standstill, where_threads_stand

_STUCK = """
import threading
from tests.support.standstill import no_standstill

def wait_for_ever():
    threading.Event().wait()

threading.Thread(target=wait_for_ever, name="stuck", daemon=True).start()
with no_standstill("test_it", 1.0):
    wait_for_ever()
"""


def test_a_process_that_stands_still_ends_and_says_where():
    done = subprocess.run([sys.executable, "-c", _STUCK], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 70
    assert "test_it stands still" in done.stderr
    assert done.stderr.count("wait_for_ever") == 2
    assert "- stuck: " in done.stderr


def test_a_block_that_ends_in_time_is_left_alone():
    with no_standstill("test_it", 0.2):
        assert "test_standstill.py" in where_threads_stand()
    time.sleep(0.4)
