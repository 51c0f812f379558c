"""Some days of some places, to be drawn: what was said of the time until the next issue, and what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY
from db.hindcast import PlaceOfLevel
from grid.hindcast.plan import Plan
from grid.hindcast.replay import Hindcast

Float = NDArray[np.float64]

#: So many of the last days that something came of are drawn. [days]
_DAYS: Final = 7
LARGEST, BEST, WORST = "largest", "best", "worst"


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold days of one place.

    Attributes
    ----------
    place : PlaceOfLevel
        Which.
    key : float
        By what it was chosen: the less, the better.
    start : datetime
        Start of the first slot.
    said_w, actual_w : ndarray, shape (slot,)
        NaN where there is none. [W]
    quantile_w : ndarray, shape (slot, quantile)
        [W]
    issues : tuple of int
        Slots that issues begin with.
    """

    place: PlaceOfLevel
    key: float
    start: datetime
    said_w: Float
    actual_w: Float
    quantile_w: Float
    issues: tuple[int, ...]


def samples_of(
    plan: Plan, places: Sequence[PlaceOfLevel], found: Hindcast, mean_load_w: Float, before: dict[str, Sample]
) -> dict[str, Sample]:
    """Return the places to draw: the one of most load, the one forecast best, the one forecast worst.

    Parameters
    ----------
    plan : Plan
        What was done.
    places : sequence of PlaceOfLevel
        Those of `found`.
    found : Hindcast
        What was said of some places.
    mean_load_w : ndarray, shape (place,)
        [W]
    before : dict of str to Sample
        Chosen from earlier places.
    """
    rmae = found.scores.rmae_ratio[:, 0]
    chosen = dict(before)
    for name, keys in ((LARGEST, -np.abs(mean_load_w)), (BEST, rmae), (WORST, -rmae)):
        if np.isnan(keys).all():
            continue
        row = int(np.nanargmin(keys))
        if name not in chosen or keys[row] < chosen[name].key:
            chosen[name] = _sample(plan, places[row], float(keys[row]), found, row)
    return chosen


def _sample(plan: Plan, place: PlaceOfLevel, key: float, found: Hindcast, row: int) -> Sample:
    came = np.flatnonzero(~np.isnan(found.actual_w[row]).all(axis=1))
    first, last = max(int(came[-1]) - _DAYS + 1, 0), int(came[-1])
    firsts = [plan.slot_of(origin) for origin in plan.origins[first : last + 1]]
    lengths = [
        min(after - at, plan.horizon)
        for at, after in zip(firsts, [*firsts[1:], firsts[-1] + SLOTS_PER_DAY], strict=True)
    ]
    slots = firsts[-1] + lengths[-1] - firsts[0]
    said_w, actual_w = np.full((2, slots), np.nan)
    quantile_w = np.full((slots, found.quantile_w.shape[3]), np.nan)
    for number, (at, length) in enumerate(zip(firsts, lengths, strict=True)):
        span = slice(at - firsts[0], at - firsts[0] + length)
        said_w[span] = found.said_w[row, first + number, :length]
        actual_w[span] = found.actual_w[row, first + number, :length]
        quantile_w[span] = found.quantile_w[row, first + number, :length]
    issues = tuple(at - firsts[0] for at in firsts)
    return Sample(place, key, plan.start + firsts[0] * SLOT, said_w, actual_w, quantile_w, issues)
