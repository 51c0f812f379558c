"""One pair of figures for a whole level: how far the forecast is off, and how far last week would have been."""

from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.forecasts import latest_run, skill_of_level


@dataclass(frozen=True, slots=True)
class SkillSummary:
    """Compare the forecast with the weekly naive one over the places of a level.

    Attributes
    ----------
    issued_at : datetime
        Issue whose backtests are summarised.
    level : str
        Kind of place.
    place_count : int
        Places that could be judged.
    mape_ratio, naive_mape_ratio : float
        Means over those places of each place's mean absolute percentage error. [1]
    """

    issued_at: datetime
    level: str
    place_count: int
    mape_ratio: float
    naive_mape_ratio: float


async def skill_summary(connection: Connection, *, now: datetime, level: str = "feeder") -> SkillSummary | None:
    """Return the skill of the newest issue known at `now`; None when there is none or no place could be judged.

    Notes
    -----
    Each place's figure is the mean of ``|forecast - load| / |load|`` over the last seven backtest days (with 35 days of
    history): forecasts from every local midnight, all leads up to the horizon, fitted on the 28 days before them and
    combined with last week's load by weights from the week before. The naive forecast repeats the same slot of the week
    before and is scored on the same slots. Places count alike, whatever their size.
    """
    run = await latest_run(connection, as_of=now)
    if run is None:
        return None
    skills = await skill_of_level(connection, forecast_run_id=run.forecast_run_id, level=level)
    pairs = [
        (skill.mape_ratio, skill.naive_mape_ratio)
        for skill in skills
        if skill.mape_ratio is not None and skill.naive_mape_ratio is not None
    ]
    if not pairs:
        return None
    ours, naive = (sum(figures) / len(pairs) for figures in zip(*pairs, strict=True))
    return SkillSummary(run.issued_at, level, len(pairs), ours, naive)
