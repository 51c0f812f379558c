"""What weather consists of, in our names and units, and what others call it and measure it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

Float = NDArray[np.float64]
Int = NDArray[np.int64]

HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Quantity:
    """Say how one part of the weather is named and measured.

    Attributes
    ----------
    name : str
        Ours, with its unit.
    titles : tuple of str
        What others call it.
    lowest, highest : float
        What is beyond is no weather on Earth, in our unit.
    units : mapping of str to (float, float)
        Factor and summand that lead to our unit.
    slack : float
        What is so little beyond is rounding, or an instrument's offset at night, and is cut.
    """

    name: str
    titles: tuple[str, ...]
    lowest: float
    highest: float
    units: Mapping[str, tuple[float, float]]
    slack: float = 0.0


QUANTITIES: Final = (
    Quantity(
        "temperature_degc",
        ("temperature_2m",),
        -60.0,
        60.0,
        {"°C": (1.0, 0.0), "degC": (1.0, 0.0), "K": (1.0, -273.15), "°F": (5.0 / 9.0, -160.0 / 9.0)},
    ),
    Quantity(
        "wind_speed_m_s",
        ("wind_speed_10m", "windspeed_10m"),
        0.0,
        100.0,
        {"m/s": (1.0, 0.0), "km/h": (1.0 / 3.6, 0.0), "kn": (1_852.0 / HOUR_S, 0.0), "mp/h": (0.44704, 0.0)},
    ),
    Quantity(
        "irradiance_w_m2",
        ("shortwave_radiation",),
        0.0,
        1_500.0,
        {"W/m²": (1.0, 0.0), "W/m2": (1.0, 0.0)},
        slack=10.0,
    ),
    Quantity(
        "cloud_cover_ratio",
        ("cloud_cover", "cloudcover"),
        0.0,
        1.0,
        {"%": (0.01, 0.0), "1": (1.0, 0.0)},
        slack=0.02,
    ),
)
#: By our names and by those of others.
QUANTITY_BY_TITLE: Final = {title: quantity for quantity in QUANTITIES for title in (quantity.name, *quantity.titles)}
#: Others name the mean over an hour by its end; ours are named by their start.
NAMED_BY_END: Final = frozenset({"shortwave_radiation"})


def in_our_unit(title: str, unit: str | None, values: Float) -> Float:
    """Return values in the unit that our name for them says, those just beyond their range cut to it.

    Parameters
    ----------
    title : str
        A key of `QUANTITY_BY_TITLE`; one of our names says its unit itself.
    unit : str or None
        As stated beside the values.
    values : ndarray of float64
        In that unit; NaN where missing.

    Raises
    ------
    InputError
        ``weather_unit_unknown`` where no unit is stated, or none that we know.

    Examples
    --------
    >>> in_our_unit("wind_speed_10m", "km/h", np.array([36.0]))
    array([10.])
    """
    quantity = QUANTITY_BY_TITLE[title]
    if unit is None and title == quantity.name:
        return _cut(quantity, values)
    if unit is None or unit not in quantity.units:
        known = ", ".join(quantity.units)
        said = "has no unit" if unit is None else f"is in {unit!r}"
        raise InputError("weather_unit_unknown", f"{title} {said}; units that are understood: {known}.")
    factor, summand = quantity.units[unit]
    return _cut(quantity, values * factor + summand)


def is_possible(title: str, values: Float) -> NDArray[np.bool_]:
    """Tell which values, in our unit, lie in the range of their quantity; what is missing does."""
    quantity = QUANTITY_BY_TITLE[title]
    return np.isnan(values) | ((values >= quantity.lowest) & (values <= quantity.highest))


def by_start(title: str, valid_s: Int, values: Float) -> Float:
    """Return for each hour the value that is about it, where the title names means by the end of their hour.

    Parameters
    ----------
    title : str
        A key of `QUANTITY_BY_TITLE`.
    valid_s : ndarray, shape (row,), int64
        Rising. [s since 1970-01-01 UTC]
    values : ndarray, shape (row,), float64
        In any unit.

    Returns
    -------
    ndarray, shape (row,), float64
        NaN where the value of an hour would stand in a row that is not there: in the last one at least.

    Examples
    --------
    >>> by_start("shortwave_radiation", np.array([0, 3_600, 7_200]), np.array([0.0, 10.0, 20.0]))
    array([10., 20., nan])
    """
    if title not in NAMED_BY_END:
        return values
    place = np.searchsorted(valid_s, valid_s + HOUR_S)
    is_there = place < valid_s.size
    is_there[is_there] = valid_s[place[is_there]] == valid_s[is_there] + HOUR_S
    moved = np.full(values.size, np.nan)
    moved[is_there] = values[place[is_there]]
    return moved


def _cut(quantity: Quantity, values: Float) -> Float:
    is_near = (values >= quantity.lowest - quantity.slack) & (values <= quantity.highest + quantity.slack)
    return np.where(is_near, np.clip(values, quantity.lowest, quantity.highest), values)
