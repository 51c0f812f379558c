"""What an operator asked for, read and checked before anything is done."""

from dataclasses import dataclass
from datetime import date, time

from api.models.place import Level
from core.errors import InputError
from grid.hindcast.plan import Known


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what was asked for; see `grid.hindcast.plan.Plan`."""

    level: str
    code: str | None
    first: date
    end: date
    issue_at: time
    horizon_h: int
    history_days: int
    known: Known
    weather: bool


def asked(
    level: str,
    code: str | None,
    *,
    period: tuple[str, str, str],
    horizon_h: int,
    history_days: int,
    known: Known,
    weather: bool,
) -> Asked:
    """Read days and times.

    Parameters
    ----------
    level : str
        Kind of place.
    code : str or None
        One place of it.
    period : tuple of str
        First local day, local day after the last, local time of day.
    horizon_h : int
        [h]
    history_days : int
        [days]
    known : Known
        What an origin may know.
    weather : bool
        Whether to look at it.

    Raises
    ------
    InputError
        ``level_unknown``, ``period_not_readable`` or ``period_empty``.
    """
    if level not in {one.value for one in Level}:
        raise InputError("level_unknown", f"Not a level: {level}. There are {', '.join(Level)}.", level=level)
    try:
        first, end, issue_at = (
            date.fromisoformat(period[0]),
            date.fromisoformat(period[1]),
            time.fromisoformat(period[2]),
        )
    except ValueError as error:
        message = f"Not two days YYYY-MM-DD and a time HH:MM: {' '.join(period)}."
        raise InputError("period_not_readable", message) from error
    if issue_at.tzinfo is not None:
        raise InputError("period_not_readable", f"The time is local and carries no zone: {period[2]}.")
    if end <= first:
        raise InputError("period_empty", f"{end} does not lie after {first}.", first=str(first), end=str(end))
    return Asked(level, code, first, end, issue_at, horizon_h, history_days, known, weather)
