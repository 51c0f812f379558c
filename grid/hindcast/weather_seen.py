"""What the forecasts of a hindcast saw of the weather, as figures and in words."""

from collections import Counter
from typing import Any

from grid.hindcast.plan import Plan
from grid.hindcast.survey import Found


def weather_seen(plan: Plan, found: Found) -> dict[str, Any]:
    """Return what weather forecasts were made with, fit for JSON.

    Parameters
    ----------
    plan : Plan
        Whether any was to be looked at.
    found : Found
        What came of it.

    Returns
    -------
    dict
        ``wanted``; ``forecast_count`` that looked at weather, of ``of_count``; by source and by name of the point how
        many; and ``known_then_ratio``, the share of the past hours they learned from whose weather was known
        beforehand, None where there was none. [1]
    """
    used = found.survey.weather
    return {
        "wanted": plan.weather,
        "forecast_count": len(used),
        "of_count": found.survey.method.size,
        "source_count": dict(Counter(one.source for one in used).most_common()),
        "point_count": dict(Counter(found.point_name[one.weather_point_id] for one in used).most_common()),
        "known_then_ratio": sum(one.known_then_ratio for one in used) / len(used) if used else None,
    }


def weather_note(seen: dict[str, Any]) -> str:
    """Return the same as sentences."""
    if not seen["wanted"]:
        return "No forecast looked at the weather, as was asked for."
    if not seen["forecast_count"]:
        return "No forecast looked at the weather: too little was known of it at the issues, or the load was too short."
    from_whom, where = ", ".join(seen["source_count"]), ", ".join(seen["point_count"])
    known = seen["known_then_ratio"]
    note = (
        f"{seen['forecast_count']} of {seen['of_count']} forecasts looked at the weather as it was known when they "
        f"were issued ({from_whom}; {where}); of the hours they learned from it was known beforehand for "
        f"{100 * known:.0f} %."
    )
    return note if known >= 1.0 else f"{note} What was learned from the others makes them look better than they were."
