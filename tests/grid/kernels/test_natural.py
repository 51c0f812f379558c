"""The schedule without control."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.natural import natural_schedule


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_devices_run_at_their_cap_from_the_start_until_they_are_done(seed):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 9, 6)
    last = np.minimum(first + rng.integers(0, 6, 6), 8)
    first = np.minimum(first, last)
    need, cap = rng.integers(0, 9, 6) * 250.0, rng.integers(0, 4, 6) * 500.0
    power, unserved = natural_schedule(need, cap, first, last, slots=8)
    for device in range(6):
        left = need[device]
        for slot in range(8):
            expected = min(left, cap[device] / 2) if first[device] <= slot < last[device] else 0.0
            assert power[device, slot] == expected * 2
            left -= expected
        assert unserved[device] == left


@pytest.mark.parametrize(("need", "first", "last"), [(-1.0, 0, 2), (1.0, 2, 1), (1.0, -1, 2), (1.0, 0, 5)])
def test_impossible_devices_are_refused(need, first, last):
    with pytest.raises(InvariantError):
        natural_schedule(np.array([need]), np.array([1.0]), np.array([first]), np.array([last]), slots=4)
