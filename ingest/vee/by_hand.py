"""What an operator has done at once: validate days again, estimate gaps without waiting."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

from core.errors import RetryableError
from db.connection import Connection, translated_errors
from db.limits import read_limits
from db.vee import chosen_usage_points, take_turn
from db.vee_estimates import chosen_gaps
from db.vee_reports import Wanted
from ingest.vee.cells import PointDays
from ingest.vee.checking import Checked, check_days
from ingest.vee.days import number_of
from ingest.vee.gaps import Estimated, estimate_days
from ingest.vee.rules import RuleLimits

_POINTS_AT_ONCE: Final = 4_000
_GAPS_AT_ONCE: Final = 200
_PAUSE_S: Final = 0.1
_LONGEST_WAIT_S: Final = 60.0

Report = Callable[[int], None]


async def estimate_now(connection: Connection, wanted: Wanted, now: datetime, report: Report) -> Estimated:
    """Estimate the gaps that an operator means, also those that were tried before.

    Parameters
    ----------
    connection : Connection
        In the role `Role.INGEST`, outside any transaction.
    wanted : Wanted
        Usage points and days.
    now : datetime
        Time at which the estimates become known (aware UTC).
    report : callable
        Is told how many days are done.

    Raises
    ------
    RetryableError
        ``validation_busy`` when another worker validates without a pause.
    """
    total = Estimated()
    while True:
        async with translated_errors(), connection.transaction():
            limits = await _turn(connection)
            days = await chosen_gaps(connection, wanted, before=now, limit=_GAPS_AT_ONCE)
            done = await estimate_days(connection, days, limits, now)
        if not done.days:
            return total
        total = Estimated(*(a + b for a, b in zip(_counts(total), _counts(done), strict=True)))
        report(total.days)


async def check_now(connection: Connection, wanted: Wanted, now: datetime, report: Report) -> Checked:
    """Validate one day again, as after a change of limits; `wanted.day` has to be given and to be over.

    Raises
    ------
    RetryableError
        ``validation_busy``, as `estimate_now`.
    """
    total, after = Checked(), 0
    day = 0 if wanted.day is None else number_of(wanted.day)
    while True:
        async with translated_errors(), connection.transaction():
            limits = await _turn(connection)
            points = np.array(await chosen_usage_points(connection, wanted, after, _POINTS_AT_ONCE), np.int64)
            done = await check_days(connection, PointDays(points, np.full(len(points), day)), limits, now)
        if not len(points):
            return total
        after = int(points[-1])
        total = Checked(
            total.days + done.days,
            total.values + done.values,
            total.found + done.found,
            total.cleared + done.cleared,
            total.replaced + done.replaced,
        )
        report(total.days)


async def _turn(connection: Connection) -> RuleLimits:
    for _ in range(round(_LONGEST_WAIT_S / _PAUSE_S)):
        if await take_turn(connection):
            return RuleLimits(await read_limits(connection))
        await asyncio.sleep(_PAUSE_S)
    raise RetryableError("validation_busy", "Another worker is validating without a pause; try again.")


def _counts(done: Estimated) -> tuple[int, int, int, int]:
    return done.days, done.gaps, done.values, done.left
