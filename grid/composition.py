"""What a transformer without a past will carry, from what its usage points are like elsewhere.

Of the transformers that have a past, each slot of the local week is explained by the power subscribed there in every
category and tariff; what a subscribed volt-ampere of each draws then is summed for the new one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY, SLOTS_PER_WEEK
from grid.backtest import LEVELS
from grid.kernels.quantiles import error_quantiles

Float = NDArray[np.float64]

#: What ``forecast_skill.method`` says of such a forecast.
COMPOSED: Final = "composition"
#: Fewer transformers with a past say too little about others.
FEWEST_KNOWN: Final = 5
#: Draws each kind's part towards the part that all share, in subscribed power of a transformer. [1]
_PENALTY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Composed:
    """Hold forecasts of transformers without a past.

    Attributes
    ----------
    load_w : ndarray, shape (new, lead), float64
        [W]
    quantile_load_w : ndarray, shape (new, lead, quantile), float64
        In the order of `grid.backtest.QUANTILES`; never crossing. [W]
    """

    load_w: Float
    quantile_load_w: Float


def compose(
    load_w: Float, phase: NDArray[np.int64], known_va: Float, new_va: Float, ahead: NDArray[np.int64]
) -> Composed:
    """Forecast transformers from others.

    Parameters
    ----------
    load_w : ndarray, shape (known, slot)
        Of at least `FEWEST_KNOWN` transformers; NaN where unknown. [W]
    phase : ndarray, shape (slot,)
        Slot of the local week, 0 to 335, of each. [slots]
    known_va, new_va : ndarray, shape (known, kind) and (new, kind)
        Subscribed power of each kind of usage point; every row has some. [VA]
    ahead : ndarray, shape (lead,)
        Slot of the local week of each lead. [slots]

    Returns
    -------
    Composed

    Notes
    -----
    Kinds are told apart only as far as the transformers' mixtures tell: a ridge penalty draws each to what all share.
    Quantiles are those of what the same way of forecasting was off by at the known transformers, per subscribed
    volt-ampere, at the same time of day.
    """
    weekly_w = _weekly(load_w, phase)
    total_va = known_va.sum(axis=1, keepdims=True)
    parts = _draw(weekly_w / total_va, known_va / total_va)
    of_known = (known_va / total_va) @ parts
    error = load_w / total_va - of_known[:, phase]
    spread = _spread(error, phase)
    new_total_va = new_va.sum(axis=1, keepdims=True)
    point = (new_va / new_total_va) @ parts[:, ahead]
    quantile = point[:, :, np.newaxis] + spread[ahead % spread.shape[0]]
    if np.nanmin(load_w) >= 0.0:
        point, quantile = np.maximum(point, 0.0), np.maximum(quantile, 0.0)
    return Composed(point * new_total_va, quantile * new_total_va[:, :, np.newaxis])


def _weekly(load_w: Float, phase: NDArray[np.int64]) -> Float:
    """Return each transformer's mean load by slot of the week; where it has none, its mean. [W]."""
    known = ~np.isnan(load_w)
    filled = np.where(known, load_w, 0.0)
    total, count = np.zeros((2, load_w.shape[0], SLOTS_PER_WEEK))
    for row in range(load_w.shape[0]):
        total[row] = np.bincount(phase, filled[row], SLOTS_PER_WEEK)
        count[row] = np.bincount(phase, known[row], SLOTS_PER_WEEK)
    mean = filled.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    weekly: Float = np.where(count > 0.0, total / np.maximum(count, 1.0), mean)
    return weekly


def _draw(weekly: Float, share: Float) -> Float:
    """Return what a subscribed volt-ampere of each kind draws, shape (kind, slot of the week). [W/VA]."""
    common = weekly.mean(axis=0)
    gram = share.T @ share + _PENALTY * np.eye(share.shape[1])
    parts: Float = common + np.linalg.solve(gram, share.T @ (weekly - common))
    return parts


def _spread(error: Float, phase: NDArray[np.int64]) -> Float:
    """Return quantiles of the errors of all transformers by slot of the day, shape (slot of the day, quantile)."""
    day = phase % SLOTS_PER_DAY
    longest = int(np.bincount(day, minlength=SLOTS_PER_DAY).max())
    by_slot = np.full((error.shape[0], longest, SLOTS_PER_DAY), np.nan)
    for slot in range(SLOTS_PER_DAY):
        at = np.flatnonzero(day == slot)
        by_slot[:, : at.size, slot] = error[:, at]
    spread: Float = error_quantiles(by_slot.reshape(1, -1, SLOTS_PER_DAY), LEVELS)[0]
    return spread
