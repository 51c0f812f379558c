"""Load curves for tests: made ones whose truth is known, and measured ones."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: A Monday, local midnight in winter.
MONDAY = datetime(2026, 1, 4, 23, tzinfo=UTC)


def daily_and_weekly(days: int, *, seed: int = 1, mean_w: float = 40_000.0) -> NDArray[np.float64]:
    """Return load with a day, a week and noise that remembers itself, from `MONDAY` on, shape (slot,). [W]."""
    slot = np.arange(days * 48)
    shape = 1 + 0.3 * np.sin(2 * np.pi * (slot / 48 - 0.3)) + 0.15 * (slot // 48 % 7 >= 5)
    draws = np.random.default_rng(seed).normal(0, 0.02, slot.size)
    noise = np.empty(slot.size)
    last = 0.0
    for index, draw in enumerate(draws):
        last = 0.8 * last + draw
        noise[index] = last
    return np.asarray(mean_w * shape * (1 + noise), dtype=np.float64)


def measured_state(folder: Path) -> NDArray[np.float64]:
    """Return three years of the state of Victoria's demand, shape (slot,). [W]."""
    table = pd.read_parquet(folder / "state_vic_elec_30min_2012_2014.parquet")
    return table["Demand"].to_numpy(dtype=np.float64) * 2e6


def measured_feeder(folder: Path) -> NDArray[np.float64]:
    """Return four months of a Dutch feeder, shape (slot,). [W]."""
    table = pd.read_parquet(folder / "feeder_nl_openstef_287_15min.parquet")
    quarters = table["load"].to_numpy(dtype=np.float64)
    return np.asarray(quarters[: quarters.size // 2 * 2].reshape(-1, 2).mean(axis=1) * 1e6, dtype=np.float64)


def windows(series: NDArray[np.float64], *, days: int, every: int) -> NDArray[np.float64]:
    """Return spans of `days` days that begin every `every` days, shape (window, slot). [W]."""
    length = days * 48
    starts = range(0, series.size - length + 1, every * 48)
    return np.stack([series[start : start + length] for start in starts])
