"""What was really issued in the period, judged by the same load as what is issued again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_WEEK
from db.connection import Connection
from db.hindcast import Issue, issued_between
from grid.backtest import LEVELS
from grid.hindcast.plan import Plan
from grid.skill_by_lead import LeadScores, score_by_lead

Float = NDArray[np.float64]


async def score_issued(
    connection: Connection, plan: Plan, runs: Sequence[Issue], place_ids: list[int], measured_w: Float
) -> LeadScores:
    """Score the forecasts of some places that were issued and stored.

    Parameters
    ----------
    connection : Connection
        A role that reads forecasts.
    plan : Plan
        Its horizon and span; leads beyond it are left out.
    runs : sequence of Issue
        Issues made in the period, by rising key, at least one.
    place_ids : list of int
        Places.
    measured_w : ndarray, shape (place, slot)
        What came, from the plan's start to its end. [W]

    Returns
    -------
    LeadScores
        NaN for places that no issue speaks of.

    Notes
    -----
    The weekly naive forecast is the newest load of seven days before, or of fourteen for leads beyond a week.
    """
    columns = await issued_between(
        connection,
        place_ids=place_ids,
        run_ids=[run.forecast_run_id for run in runs],
        start=plan.start,
        end=plan.until,
    )
    firsts = np.array([plan.slot_of(run.issued_at) for run in runs])
    order = np.argsort(place_ids)
    run = np.searchsorted([run.forecast_run_id for run in runs], columns.forecast_run_id)
    place = order[np.searchsorted(place_ids, columns.place_id, sorter=order)]
    lead = columns.slot - firsts[run]
    inside = (lead >= 0) & (lead < plan.horizon)
    said_w = np.full((len(place_ids), len(runs), plan.horizon, 1 + LEVELS.size), np.nan)
    at = (place[inside], run[inside], lead[inside], columns.ordinal[inside])
    said_w[at] = columns.load_w[inside]
    slot = firsts[:, np.newaxis] + np.arange(plan.horizon)
    quantile_w = np.ascontiguousarray(said_w[..., 1:])
    return score_by_lead(
        _at(measured_w, slot), said_w[..., 0], _at(measured_w, slot - _weeks(plan.horizon)), quantile_w, LEVELS
    )


def _weeks(horizon: int) -> NDArray[np.int64]:
    """Return how far back the naive forecast looks from each lead. [slots]."""
    return SLOTS_PER_WEEK * (np.arange(horizon) // SLOTS_PER_WEEK + 1)


def _at(load_w: Float, slot: NDArray[np.int64]) -> Float:
    """Return the load at some slots, NaN outside of what is held, shape (place, *slot). [W]."""
    inside = (slot >= 0) & (slot < load_w.shape[1])
    return np.where(inside, load_w[:, np.where(inside, slot, 0)], np.nan)
