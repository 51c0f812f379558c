"""The report of a hindcast as one object: settings, figures of the level, of each place, and of what was issued."""

from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE
from db.hindcast import PlaceOfLevel
from db.lead_skill import over_naive
from grid.backtest import QUANTILES
from grid.experts import EXPERTS
from grid.forecast_model import COMBINED
from grid.hindcast.plan import Plan
from grid.hindcast.survey import Found, Survey
from grid.hindcast.weather_seen import weather_note, weather_seen
from grid.skill_by_lead import SLOTS_PER_LEAD_H, LeadScores, lead_groups

Float = NDArray[np.float64]
Facts = dict[str, Any]

#: Means over places of what does not depend on their size.
_RATIOS: Final = ("rmae_ratio", "rcrps_ratio", "coverage_ratio", "mape_ratio", "naive_mape_ratio")
_OF_A_PLACE: Final = ("mae_w", "naive_mae_w", "crps_w", *_RATIOS)


def summary(plan: Plan, found: Found) -> Facts:
    """Return the report; figures that could not be computed are None.

    Parameters
    ----------
    plan : Plan
        What was done.
    found : Found
        What came of it.

    Returns
    -------
    dict
        ``settings``, ``weather``, ``notes``, ``level``, ``places`` (the best by rMAE first) and ``issued``; fit for
        JSON.
    """
    of, groups = found.survey, lead_groups(plan.horizon) // SLOTS_PER_LEAD_H
    rmae = of.scores.rmae_ratio[:, 0]
    weather = weather_seen(plan, found)
    looked = Counter(one.place_id for one in of.weather)
    ranked = np.argsort(np.where(np.isnan(rmae), np.inf, rmae), kind="stable")
    return {
        "settings": _settings(plan),
        "weather": weather,
        "notes": [*_notes(plan, of), weather_note(weather)],
        "level": {**_of_level(of.scores, groups), **_more_of_level(plan, of)},
        "places": [
            {**_of_place(plan.places[row], of, int(row), groups), "weather_count": looked[plan.places[row].place_id]}
            for row in ranked
        ],
        "issued": None
        if of.issued is None or not of.issued.origin_count.any()
        else {"issue_count": found.issue_count, **_of_level(of.issued, groups)},
    }


def _settings(plan: Plan) -> Facts:
    return {
        "level": plan.level,
        "place_count": len(plan.places),
        "first_day": str(plan.first),
        "end_day": str(plan.end),
        "issue_at": f"{plan.issue_at:%H:%M}",
        "zone": str(LOCAL_ZONE),
        "origin_count": len(plan.origins),
        "first_origin": plan.origins[0].isoformat(),
        "last_origin": plan.origins[-1].isoformat(),
        "horizon_h": plan.horizon_h,
        "history_days": plan.history_days,
        "known": plan.known,
        "quantiles": list(QUANTILES),
    }


def _notes(plan: Plan, of: Survey) -> list[str]:
    known = (
        "Each origin knew the readings received by then, before later corrections; usage points count for where they "
        "are supplied today, because the network has no history."
        if plan.known == "then"
        else "Each origin knew the newest value of every slot that had ended by then, also of slots that were received "
        "or corrected later: sums by place are kept for the newest knowledge only."
    )
    compared = (
        "The load compared with is the newest known; figures of the level are means over places, whatever their size."
    )
    notes = [known, compared]
    others = int((of.method != COMBINED).sum())
    if others:
        notes.append(f"{others} of {of.method.size} forecasts had too little history to combine experts by.")
    return notes


def _of_level(scores: LeadScores, groups: NDArray[np.int64]) -> Facts:
    blocks = []
    for number, (start, end) in enumerate(groups.tolist()):
        facts: Facts = {"lead_start_h": start, "lead_end_h": end}
        facts["place_count"] = int((scores.origin_count[:, number] > 0).sum())
        facts |= {name: _mean(getattr(scores, name)[:, number]) for name in _RATIOS}
        facts["naive_rmae_ratio"] = _mean(_naive_rmae(scores)[:, number])
        facts["naive_ratio"] = over_naive(facts["rmae_ratio"], facts["naive_rmae_ratio"])
        facts["below_ratio"] = [_mean(scores.below_ratio[:, number, level]) for level in range(len(QUANTILES))]
        blocks.append(facts)
    return {"whole": blocks[0], "by_lead": blocks[1:]}


def _more_of_level(plan: Plan, of: Survey) -> Facts:
    weights = [
        {"origin": origin.isoformat(), **{name: _mean(of.weight[:, at, number]) for number, name in enumerate(EXPERTS)}}
        for at, origin in enumerate(plan.origins)
    ]
    return {
        "rmae_by_hour": [_mean(column) for column in of.rmae_by_hour.T],
        "naive_rmae_by_hour": [_mean(column) for column in of.naive_rmae_by_hour.T],
        "method_count": dict(Counter(of.method.ravel().tolist()).most_common()),
        "weights": weights,
    }


def _of_place(place: PlaceOfLevel, of: Survey, row: int, groups: NDArray[np.int64]) -> Facts:
    blocks = []
    for number, (start, end) in enumerate(groups.tolist()):
        facts: Facts = {"lead_start_h": start, "lead_end_h": end}
        facts["origin_count"] = int(of.scores.origin_count[row, number])
        facts |= {name: _told(getattr(of.scores, name)[row, number]) for name in _OF_A_PLACE}
        facts["naive_ratio"] = over_naive(facts["mae_w"], facts["naive_mae_w"])
        blocks.append(facts)
    weight = of.weight[row]
    return {
        "code": place.code,
        "name": place.name,
        "mean_load_w": _told(of.mean_load_w[row]),
        "method_count": dict(Counter(of.method[row].tolist()).most_common()),
        "weight": {name: _mean(weight[:, number]) for number, name in enumerate(EXPERTS)},
        "whole": blocks[0],
        "by_lead": blocks[1:],
        "issued_rmae_ratio": None if of.issued is None else _told(of.issued.rmae_ratio[row, 0]),
    }


def _naive_rmae(scores: LeadScores) -> Float:
    """Return the naive forecast's error over the same range of the load, shape (place, group). [1]."""
    error = np.where(scores.mae_w[:, :1] > 0, scores.mae_w[:, :1], np.nan)
    return scores.naive_mae_w * scores.rmae_ratio[:, :1] / error


def _mean(values: Float) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _told(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
