"""A test that nothing else ends is ended, and says where it stood."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.standstill import no_standstill, read_words, where_all_stand

ROOT = Path(__file__).resolve().parents[1]
_STUCK = """
import asyncio, sys, threading
from pathlib import Path
from tests.support.standstill import no_standstill

def wait_for_ever():
    threading.Event().wait()

async def wait_too():
    await asyncio.Event().wait()

async def run():
    task = asyncio.create_task(wait_too(), name="waiting")
    await asyncio.sleep(0)
    wait_for_ever()

threading.Thread(target=wait_for_ever, name="stuck", daemon=True).start()
with no_standstill("test_it", 1.0, *map(Path, sys.argv[1:])):
    asyncio.run(run())
"""


@pytest.mark.parametrize("has_file", [True, False])
def test_a_process_that_stands_still_ends_and_says_where(tmp_path: Path, *, has_file: bool):
    words = tmp_path / "words"
    command = [sys.executable, "-c", _STUCK, *([str(words)] if has_file else [])]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 70
    said = read_words(words) if has_file else done.stderr
    assert not words.exists()
    assert "test_it stands still" in said
    assert said.count("wait_for_ever") == 2
    assert "- stuck: " in said
    assert "- waiting: " in said
    assert said.count("wait_too") == 1


def test_a_block_that_ends_in_time_is_left_alone():
    with no_standstill("test_it", 2.0):
        pass
    time.sleep(2.5)


def test_a_process_is_told_where_it_stands():
    assert "test_standstill.py" in where_all_stand()


_CRASHES = "import ctypes; ctypes.string_at(0)"
_STAYS = "hold_on()"
_TEST = """
import time

def hold_on():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

def test_it():
    {end}
"""
_CONFTEST = """
from tests import conftest

conftest.GRACE_S = 1.0
pytest_configure, pytest_sessionstart = conftest.pytest_configure, conftest.pytest_sessionstart
pytest_runtest_protocol = conftest.pytest_runtest_protocol
"""


@pytest.mark.slow(30)
@pytest.mark.parametrize(("end", "words"), [(_CRASHES, "Segmentation fault"), (_STAYS, "stands still")])
def test_the_last_words_of_a_test_process_are_heard(tmp_path: Path, end: str, words: str):
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    (tmp_path / "test_it.py").write_text(_TEST.format(end=end))
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 1\n")
    command = [sys.executable, "-m", "pytest", "-n", "1", "--max-worker-restart", "0", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert words in done.stdout
    assert "test_it.py" in done.stdout.partition(words)[2]
