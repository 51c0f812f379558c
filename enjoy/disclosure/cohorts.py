"""Cohorts: usage points that are counted together or not at all.

Every published sum is a sum over whole cohorts, and every cohort has at least k usage points that were in no cohort
before. So whoever adds and subtracts published sums in any way, of any number of places and times, and even assumes
that everybody draws the same at all times, is left with at least k usage points: the fresh ones of the newest cohort
that does not cancel out are in no other that is left. Decision 50 has the proof.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enjoy.disclosure.rules import Rules


@dataclass(frozen=True, slots=True)
class Candidates:
    """Hold usage points with consent that are in no standing cohort, one entry each.

    Attributes
    ----------
    usage_point_id : ndarray, shape (point,), int
        Who.
    places : ndarray, shape (level, point), int
        Places of the lattice that they lie in, the smallest first.
    subscribed_va : ndarray, shape (point,), int
        Subscribed power: how much they may come to dominate. [VA]
    is_fresh : ndarray, shape (point,), bool
        Whether they were never in a cohort.
    """

    usage_point_id: NDArray[np.int64]
    places: NDArray[np.int64]
    subscribed_va: NDArray[np.int64]
    is_fresh: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NewCohort:
    """Hold a cohort to be stored: smallest place that all lie in, who, and how many of them are fresh."""

    place_id: int
    usage_point_ids: tuple[int, ...]
    fresh_count: int


def form_cohorts(candidates: Candidates, rules: Rules) -> list[NewCohort]:
    """Return the cohorts that candidates can be put into; whoever fits in none goes on waiting.

    Parameters
    ----------
    candidates : Candidates
        Who waits.
    rules : Rules
        k, and the largest share that one may have of the subscribed power.

    Notes
    -----
    A place has as many cohorts as it has fresh usage points for, each with k to 2k - 1 of them: small ones, for one
    withdrawal takes the others out with it. Those whose cohorts were dissolved join these. Who is not placed in the
    smallest place is tried in the next larger.
    """
    formed: list[NewCohort] = []
    waits = np.ones(len(candidates.usage_point_id), dtype=bool)
    for places in candidates.places:
        for place_id in np.unique(places[waits]):
            pool = np.flatnonzero(waits & (places == place_id))
            for group in _groups(pool, candidates, rules):
                waits[group] = False
                members = tuple(int(one) for one in np.sort(candidates.usage_point_id[group]))
                formed.append(NewCohort(int(place_id), members, int(candidates.is_fresh[group].sum())))
    return formed


def _groups(pool: NDArray[np.intp], candidates: Candidates, rules: Rules) -> list[NDArray[np.intp]]:
    pool = pool[np.argsort(_scattered(candidates.usage_point_id[pool]), kind="stable")]
    fresh = pool[candidates.is_fresh[pool]]
    if len(fresh) < rules.least_points:
        return []
    least_va = np.sort(candidates.subscribed_va[fresh])[: rules.least_points - 1].sum()
    # Beside the smallest others it could be with, nobody may have more than the share.
    own_va = candidates.subscribed_va[pool]
    pool = pool[own_va <= rules.largest_share * (own_va + least_va)]
    fresh, back = pool[candidates.is_fresh[pool]], pool[~candidates.is_fresh[pool]]
    count = len(fresh) // rules.least_points
    if not count:
        return []
    parts = zip(np.array_split(fresh, count), np.array_split(back, count), strict=True)
    return [np.concatenate(pair) for pair in parts]


def _scattered(ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return an order that neighbours in registration do not share, and that is the same each time."""
    return (ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ (ids.astype(np.uint64) >> np.uint64(3))
