"""A judge that cannot be had is skipped for a reason, and where everything has to be there it is a failure."""

import itertools

import pytest

from core.settings import read_settings
from tests.support.judges import LOCKS, environment


@pytest.mark.parametrize(("require_all", "outcome"), [(False, pytest.skip.Exception), (True, pytest.fail.Exception)])
def test_a_judge_that_cannot_be_had_is_missed(require_all, outcome):
    with pytest.raises(outcome, match=r"no Python 9\.9 or newer for schemathesis"):
        environment("schemathesis", read_settings(require_all=require_all), least=(9, 9))


def test_every_lock_is_complete_and_names_no_host():
    for lock in LOCKS.glob("*.txt"):
        lines = lock.read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("--index")]
        assert all("--hash=sha256:" in after for line, after in itertools.pairwise(lines) if "==" in line)
