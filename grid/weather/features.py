"""What load feels of the weather: cold and heat now, of late and of the last days, and the sun."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Float = NDArray[np.float64]

_HEAT_BELOW_DEGC, _COOL_ABOVE_DEGC = 15.0, 20.0
#: Buildings feel the weather of the last day and of the last days. [h]
_SLOW_H, _SLOWER_H = 18.0, 96.0
#: So that columns are about as large as others: the penalty on regressions is relative, sums of products are not.
_TEN_DEGC, _FULL_SUN_W_M2 = 10.0, 1_000.0

#: Columns of `degree_columns`, in order.
DEGREE_NAMES: Final = ("cold", "cold_of_late", "cold_of_the_last_days", "heat", "heat_of_late")


def degree_columns(temperature_degc: Float) -> Float:
    """Return how cold and how hot it is, now, of late and of the last days.

    Parameters
    ----------
    temperature_degc : ndarray, shape (slot,), float64
        On the half-hour grid; NaN where unknown. [degC]

    Returns
    -------
    ndarray, shape (slot, 5), float64
        In the order of `DEGREE_NAMES`, at least 0; NaN where the temperature is unknown. [10 degC]

    Notes
    -----
    Cold is what 15 degC exceeds the temperature by, heat what the temperature exceeds 20 degC by. The smoothed ones are
    of exponential means with time constants of 18 and 96 hours, which pass over what is unknown.
    """
    now = pd.Series(temperature_degc)
    late, later = (
        now.ewm(halflife=2.0 * hours * np.log(2.0), ignore_na=True).mean().where(now.notna()).to_numpy(dtype=np.float64)
        for hours in (_SLOW_H, _SLOWER_H)
    )
    cold = [np.maximum(0.0, _HEAT_BELOW_DEGC - of) / _TEN_DEGC for of in (temperature_degc, late, later)]
    heat = [np.maximum(0.0, of - _COOL_ABOVE_DEGC) / _TEN_DEGC for of in (temperature_degc, late)]
    return np.stack([*cold, *heat], axis=1)


def sun_column(irradiance_w_m2: Float) -> Float:
    """Return the sun as a column, shape (slot, 1); NaN where it is unknown. [kW/m2]."""
    return np.asarray(irradiance_w_m2, dtype=np.float64)[:, np.newaxis] / _FULL_SUN_W_M2
