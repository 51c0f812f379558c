"""Naive forecasts against a search written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.naive import seasonal_naive, weekly_naive


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), period=st.integers(1, 9), horizon=st.integers(1, 20))
def test_each_value_is_the_latest_known_one_of_its_phase(seed, period, horizon):
    rng = np.random.default_rng(seed)
    load = rng.normal(size=(2, 30))
    load[rng.random(load.shape) < 0.3] = np.nan
    origins = rng.integers(0, 31, 4)
    ahead = seasonal_naive(load, origins, horizon, period=period)
    for series, place, lead in np.ndindex(ahead.shape):
        past = [
            load[series, slot]
            for slot in range(origins[place])
            if (origins[place] + lead - slot) % period == 0 and not np.isnan(load[series, slot])
        ]
        np.testing.assert_equal(ahead[series, place, lead], past[-1] if past else np.nan)


def test_the_week_before_is_336_half_hours_back():
    load = np.arange(700.0)[np.newaxis]
    np.testing.assert_array_equal(weekly_naive(load, np.array([690]), 3)[0, 0], [354, 355, 356])


@pytest.mark.parametrize(("origin", "horizon", "period"), [(-1, 1, 1), (6, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_origins_outside_the_series_and_empty_spans_are_refused(origin, horizon, period):
    with pytest.raises(InvariantError):
        seasonal_naive(np.zeros((1, 5)), np.array([origin]), horizon, period=period)
