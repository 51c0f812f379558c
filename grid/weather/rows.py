"""Rows of weather put together."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from db.weather import QUANTITIES, WeatherColumns


def gathered(parts: Sequence[WeatherColumns]) -> WeatherColumns:
    """Return the rows of all parts that say something of at least one quantity."""
    together = WeatherColumns(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(WeatherColumns))
    )
    says_something = ~np.isnan(np.stack([getattr(together, name) for name in QUANTITIES])).all(axis=0)
    return together.of(says_something)
