"""One bounded step of validation: what changed, else a piece of a day that is over, else some gaps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from db.connection import Connection, translated_errors
from db.limits import LimitRow, read_limits
from db.vee import counted_around, last_sweep, next_usage_points, note_sweep, put_back, take_marks, take_turn
from db.vee_columns import Sweep
from db.vee_estimates import untried_gaps
from ingest.vee.cells import PointDays, days_touched, every_day, runs_of
from ingest.vee.checking import Checked, check_days
from ingest.vee.days import date_of, last_closed_day, number_of
from ingest.vee.gaps import Estimated, estimate_days
from ingest.vee.rules import RuleLimits

#: Most days of usage points, and incomplete days, of one step.
_DAYS_AT_ONCE: Final = 4_000
_GAPS_AT_ONCE: Final = 200
#: After the end of a day so long until silent usage points are counted. [s]
_CLOSED_AFTER_S: Final = 900.0
#: How many days an ingest that was away makes up for, silent usage points included.
_MOST_DAYS: Final = 62
#: Longest silence between two days with values that is counted as missing. [days]
_MOST_SILENT_DAYS: Final = 366
_NEVER: Final = -1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did.

    Attributes
    ----------
    checked : Checked
        Days that were validated.
    estimated : Estimated
        Gaps that were estimated.
    is_idle : bool
        Whether there was nothing to do, or another worker was at it.
    limits : tuple of LimitRow
        The limits that were used; empty when idle.
    """

    checked: Checked = field(default_factory=Checked)
    estimated: Estimated = field(default_factory=Estimated)
    is_idle: bool = False
    limits: tuple[LimitRow, ...] = ()


async def take_step(connection: Connection, now: datetime, *, rest_s: float) -> Step:
    """Do one step, in a transaction of its own; once per installation, whoever calls.

    Parameters
    ----------
    connection : Connection
        In the role `Role.INGEST`, outside any transaction.
    now : datetime
        The platform's clock (aware UTC).
    rest_s : float
        How long a day must not have changed before its gaps are estimated, by the wall clock. [s]
    """
    async with translated_errors(), connection.transaction():
        if not await take_turn(connection):
            return Step(is_idle=True)
        rows = tuple(await read_limits(connection))
        limits = RuleLimits(rows)
        if pairs := await _changed_days(connection, now):
            return Step(await check_days(connection, pairs, limits, now), limits=rows)
        for stage, delay_s in (("closed", _CLOSED_AFTER_S), ("settled", limits.late_s())):
            checked = await _sweep(connection, stage, last_closed_day(now, delay_s), limits, now)
            if checked is not None:
                return Step(checked, limits=rows)
        last_day = last_closed_day(now, limits.late_s())
        gaps = await untried_gaps(connection, last_day=last_day, rest_s=rest_s, limit=_GAPS_AT_ONCE)
        if len(gaps):
            return Step(estimated=await estimate_days(connection, gaps, limits, now), limits=rows)
        return Step(is_idle=True, limits=rows)


async def _changed_days(connection: Connection, now: datetime) -> PointDays | None:
    """Take marks and return the days they touch; what is more than a step does is put back.

    Days that are not over are left out: the sweep takes them when they are.
    """
    spans = await take_marks(connection, _DAYS_AT_ONCE)
    if not len(spans):
        return None
    touched = days_touched(spans)
    touched = touched.take(touched.day <= last_closed_day(now))
    touched = await _with_silent_days(connection, touched)
    later = touched.take(np.arange(len(touched)) >= _DAYS_AT_ONCE)
    if len(later):
        await put_back(connection, later.spans())
    return touched.take(np.arange(len(touched)) < _DAYS_AT_ONCE)


async def _with_silent_days(connection: Connection, touched: PointDays) -> PointDays:
    """Return days and, between them and those counted before, the ones of which nothing has come.

    They are missing as a whole, and in a past that was loaded afterwards no sweep comes by.
    """
    if not len(touched):
        return touched
    usage_point_id, first, last = runs_of(touched)
    before, after = await counted_around(connection, usage_point_id, first, last)
    same = np.diff(usage_point_id) == 0
    before, after = np.where(before < first, before, _NEVER), np.where(after > last, after, -_NEVER)
    before[1:] = np.where(same, np.maximum(before[1:], last[:-1]), before[1:])
    # The neighbours themselves are counted, or are in another run: only what lies between is added.
    longest = _MOST_SILENT_DAYS
    first = np.where(first - before <= longest, before + 1, first)
    last = np.where(after - last <= longest, after - 1, last)
    last[:-1] = np.where(same, np.minimum(last[:-1], first[1:] - 1), last[:-1])
    return every_day(usage_point_id, first, last)


async def _sweep(
    connection: Connection, stage: str, last_day: int, limits: RuleLimits, now: datetime
) -> Checked | None:
    """Validate the next usage points for the earliest day that is not done; None when all are."""
    before = await last_sweep(connection, stage)
    day, after = last_day, 0
    if before is not None:
        number = number_of(before.day)
        day, after = (number + 1, 0) if before.is_finished else (number, before.done_to)
        day, after = (last_day - _MOST_DAYS, 0) if day < last_day - _MOST_DAYS else (day, after)
    if day > last_day:
        return None
    found = np.array(await next_usage_points(connection, after, _DAYS_AT_ONCE), np.int64)
    is_last = len(found) < _DAYS_AT_ONCE
    done_to = int(found[-1]) if len(found) else after
    checked = await check_days(connection, PointDays(found, np.full(len(found), day)), limits, now)
    await note_sweep(connection, Sweep(date_of(day), done_to, is_last), stage, now)
    return checked
