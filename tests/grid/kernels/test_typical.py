"""What is typical is the mean or the median of what was known of the same slot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.typical import typical


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 6]), st.integers(1, 4), st.sampled_from(["mean", "median"]))
def test_each_value_is_that_of_the_slots_known_at_its_origin(seed, period, count, of):
    rng = np.random.default_rng(seed)
    load = rng.normal(0.0, 1.0, (2, 40))
    load[rng.random(load.shape) < 0.2] = np.nan
    origins = np.array([0, 2, 20, 23, 26, 40])
    found = typical(load, origins, 8, period=period, count=count, of=of)
    for series in range(2):
        for number, origin in enumerate(origins):
            for lead in range(8):
                latest = origin + lead - period * (lead // period + 1)
                past = [latest - back * period for back in range(count)]
                known = [load[series, slot] for slot in past if slot >= 0 and np.isfinite(load[series, slot])]
                expected = getattr(np, of)(known) if known else np.nan
                assert found[series, number, lead] == pytest.approx(expected, nan_ok=True)


def test_no_origins_give_no_forecasts():
    assert typical(np.ones((1, 9)), np.array([], dtype=np.int64), 2, period=3, count=2, of="mean").shape == (1, 0, 2)


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"period": 0}, {"count": 0}, {"of": "mode"}, {"origins": [10]}])
def test_what_cannot_be_is_refused(wrong):
    asked = {"horizon": 1, "period": 1, "count": 1, "of": "mean", "origins": [3]} | wrong
    origins = np.array(asked.pop("origins"))
    with pytest.raises(InvariantError):
        typical(np.ones((1, 9)), origins, asked.pop("horizon"), **asked)
