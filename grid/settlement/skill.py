"""How wrong each baseline method is on days without an event, month by month, and whether it passes the checks."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from core.errors import ConflictError, InputError
from core.slots import LOCAL_ZONE, local_day
from db.connection import Connection
from db.settlement import SkillRow, enrolled_usage_points, store_skills, windows_to_score
from grid.kernels.baseline_error import BaselineError, baseline_error
from grid.kernels.checks import Float
from grid.settlement.curves import Asked, Curves, Hours, days_needed, disturbed_days, read_curves, who_compares
from grid.settlement.estimating import estimate
from grid.settlement.methods import METHODS, Method

#: The monthly checks of forecast and history methods (NEBCO, by secondary sources). [1]
MOST_ABSOLUTE_RATIO: Final = 0.35
MOST_CENTRING_RATIO: Final = 0.15
#: A month is scored when its readings have had so long to come. [days]
SETTLES: Final = timedelta(days=7)
_DECEMBER: Final = 12


def passes(absolute_error_ratio: float, centring_error_ratio: float) -> bool:
    """Tell whether errors of a month pass the checks; indicative."""
    return absolute_error_ratio <= MOST_ABSOLUTE_RATIO and centring_error_ratio <= MOST_CENTRING_RATIO


def month_span(month: date) -> tuple[datetime, datetime]:
    """Return start and end of a local month, in UTC.

    Raises
    ------
    InputError
        ``month_not_first``: it is to be given by its first day.
    """
    if month.day != 1:
        raise InputError("month_not_first", "A month is given by its first day.", month=str(month))
    following = date(month.year + month.month // _DECEMBER, month.month % _DECEMBER + 1, 1)
    return local_day(month)[0], local_day(following)[0]


async def score_month(
    connection: Connection, place_id: int, month: date, hours: Hours, *, now: datetime, program: str = ""
) -> list[SkillRow]:
    """Try every method on the days without an event of a month, and store how wrong it was.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    place_id : int
        Its enrolled usage points are looked at, their loads added up.
    month : date
        Its first local day.
    hours : Hours
        The hours that an event would take.
    now : datetime
        Time; only what is known now counts.
    program : str
        Only usage points that were settled under it; empty: all enrolled ones.

    Raises
    ------
    InputError
        ``month_not_first``.
    ConflictError
        ``nobody_enrolled``, or ``month_not_over``.
    """
    _, ends = month_span(month)
    if now < ends:
        raise ConflictError("month_not_over", "The month is not over.", month=str(month))
    ids = await enrolled_usage_points(connection, place_id, program=program)
    if not ids:
        raise ConflictError("nobody_enrolled", "No usage point of the place takes part.", place_id=place_id)
    asked = Asked(place_id, ids, [], now)
    last = (ends - timedelta(hours=1)).astimezone(LOCAL_ZONE).date()
    excluded = await disturbed_days(connection, asked, last, hours, event=None)
    targets = [day for day in (month + timedelta(days=number) for number in range(last.day)) if day not in excluded]
    days = sorted({day for how in METHODS.values() for day in days_needed(how, targets, excluded=excluded)})
    found: list[SkillRow] = []
    if days:
        others = await who_compares(connection, days, hours, now)
        curves = await read_curves(connection, Asked(place_id, ids, others, now), days, hours)
        for name, is_adjusted, error in await asyncio.to_thread(_scores, curves, targets, excluded):
            found.append(
                SkillRow(
                    place_id, program, name, is_adjusted, month, hours.local_start, hours.slots, now, now, len(ids),
                    len(targets), *error,
                )
            )  # fmt: skip
    await store_skills(connection, found)
    return found


async def score_last_month(connection: Connection, *, now: datetime) -> int:
    """Score the month before, once its readings have settled, where it had events; return how many places."""
    last = now.astimezone(LOCAL_ZONE).date().replace(day=1) - timedelta(days=1)
    month = last.replace(day=1)
    starts, ends = month_span(month)
    if now < ends + SETTLES:
        return 0
    waiting = await windows_to_score(connection, month=month, month_starts=starts, month_ends=ends)
    scored = 0
    for window in waiting:
        hours = Hours.of(window.starts_at, window.ends_at)
        if await enrolled_usage_points(connection, window.place_id):
            await score_month(connection, window.place_id, month, hours, now=now)
            scored += 1
    return scored


def _scores(curves: Curves, targets: list[date], excluded: set[date]) -> list[tuple[str, bool, BaselineError]]:
    """Return the errors of every method over some days: without, and if it has one with same-day adjustment."""
    found = []
    for name, method in METHODS.items():
        plain, adjusted, measured = zip(*_sums(curves, method, targets, excluded), strict=True)
        found.append((name, False, _error(plain, measured)))
        if method.is_adjusted:
            found.append((name, True, _error(adjusted, measured)))
    return found


def _sums(
    curves: Curves, method: Method, targets: list[date], excluded: set[date]
) -> Iterator[tuple[Float, Float, Float]]:
    """Yield for each day the sums over usage points with baseline and measured load: plain, adjusted, measured."""
    for day in targets:
        made = estimate(curves, method, day, excluded=excluded)
        measured_w = curves.load_w[:, curves.rows([day])[0], curves.hours.inside]
        known = ~np.isnan(made.baseline_w - measured_w)
        nothing = ~known.any(axis=0)
        sums = []
        for load_w in (made.baseline_w, made.adjusted_w, measured_w):
            total: Float = load_w.sum(axis=0, where=known)
            total[nothing] = np.nan
            sums.append(total)
        yield sums[0], sums[1], sums[2]


def _error(baseline_w: tuple[Float, ...], measured_w: tuple[Float, ...]) -> BaselineError:
    return baseline_error(np.concatenate(baseline_w), np.concatenate(measured_w))
