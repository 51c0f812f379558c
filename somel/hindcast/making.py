"""From what was asked for to a report, over one connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from core.errors import NotFoundError
from db.connection import Connection, Role, connect
from db.hindcast import PlaceOfLevel, places_of_level
from grid.hindcast.plan import Plan, origins_of
from grid.hindcast.samples import Sample
from grid.hindcast.summary import summary
from grid.hindcast.survey import survey
from grid.jobs import HERE, Jobs
from grid.kernels.warm import FORECASTING, warm_up
from somel.hindcast.asked import Asked
from somel.progress import Report


async def make(
    database_url: str, wanted: Asked, now: datetime, report: Report, jobs: Jobs = HERE
) -> tuple[dict[str, Any], dict[str, Sample]]:
    """Issue again what was asked for.

    Parameters
    ----------
    database_url : str
        Migrated database; nothing in it is changed.
    wanted : Asked
        What to do.
    now : datetime
        What the clock shows.
    report : Report
        Told how far it is.
    jobs : Jobs
        Where forecasts are made.

    Returns
    -------
    dict
        See `grid.hindcast.summary.summary`.
    dict of str to Sample
        Days to draw.

    Raises
    ------
    InputError
        ``period_empty``, ``period_unknown``.
    NotFoundError
        ``place_unknown``, or ``level_empty`` where no place of the level is registered.
    """
    origins = origins_of(wanted.first, wanted.end, wanted.issue_at, now)
    async with await connect(database_url, Role.READ) as connection, _closed_when_stopped(connection):
        places = await _places(connection, wanted)
        report("kernels", 0, 0)
        await asyncio.to_thread(warm_up, FORECASTING)
        plan = Plan(
            wanted.level,
            places,
            wanted.first,
            wanted.end,
            wanted.issue_at,
            origins,
            now,
            wanted.history_days,
            wanted.horizon_h,
            wanted.known,
            wanted.weather,
        )
        found = await survey(connection, plan, report, jobs)
    return summary(plan, found), found.samples


@asynccontextmanager
async def _closed_when_stopped(connection: Connection) -> AsyncIterator[None]:
    """Close a connection when its work is stopped in the middle of a query: there is nothing to roll back."""
    try:
        yield
    except asyncio.CancelledError:
        await connection.close()
        raise


async def _places(connection: Connection, wanted: Asked) -> tuple[PlaceOfLevel, ...]:
    places = await places_of_level(connection, level=wanted.level, code=wanted.code)
    if places:
        return tuple(places)
    if wanted.code is None:
        raise NotFoundError("level_empty", f"No {wanted.level} is registered yet.", level=wanted.level)
    message = f"There is no {wanted.level} {wanted.code!r}."
    raise NotFoundError("place_unknown", message, place=f"{wanted.level}:{wanted.code}")
