"""Who is counted: cohorts dissolved at once when one of them leaves, and formed once a local month."""

from datetime import datetime
from typing import Final, get_args

import numpy as np

from core.slots import LOCAL_ZONE
from db import disclosure as store
from db.connection import Connection
from db.disclosure import Population
from enjoy.disclosure.cohorts import Candidates, form_cohorts
from enjoy.disclosure.rules import Rules

POPULATIONS: Final[tuple[Population, ...]] = get_args(Population)


async def keep_membership(connection: Connection, rules: Rules, *, now: datetime) -> int:
    """Dissolve cohorts that somebody left, form those of months that have begun, and commit; return how many formed.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    rules : Rules
        k, and the largest share.
    now : datetime
        Time.

    Notes
    -----
    Who agreed before a month began enters with it. Months that were missed are made up for in their order, with the
    consents that still hold.
    """
    await store.lock_disclosure(connection)
    await store.dissolve_cohorts(connection, now=now)
    first = await store.first_consent(connection)
    formed = 0
    if first is not None:
        for population in POPULATIONS:
            known = set(await store.formed_months(connection, population))
            for since in months(first, now):
                if since not in known:
                    formed += await _form(connection, population, since, rules, now)
    await connection.commit()
    return formed


def months(first: datetime, now: datetime) -> list[datetime]:
    """Return the starts (aware, local) of local months in ``(first, now]``.

    Examples
    --------
    >>> from datetime import UTC
    >>> [f"{one:%Y-%m-%d}" for one in months(datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))]
    ['2026-02-01', '2026-03-01']
    """
    found: list[datetime] = []
    year, month = first.astimezone(LOCAL_ZONE).year, first.astimezone(LOCAL_ZONE).month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)  # noqa: PLR2004 - December
        since = datetime(year, month, 1, tzinfo=LOCAL_ZONE)
        if since > now:
            return found
        found.append(since)


async def _form(connection: Connection, population: Population, since: datetime, rules: Rules, now: datetime) -> int:
    await store.insert_month(connection, population, since, now=now)
    columns = await store.candidates(connection, population, since)
    waiting = Candidates(
        columns["usage_point_id"].astype(np.int64),
        np.stack([columns["small"], columns["large"]]).astype(np.int64),
        columns["subscribed_va"].astype(np.int64),
        columns["is_fresh"].astype(np.bool_),
    )
    cohorts = form_cohorts(waiting, rules)
    for one in cohorts:
        await store.insert_cohort(
            connection,
            population,
            since,
            one.place_id,
            one.usage_point_ids,
            fresh_count=one.fresh_count,
            now=now,
        )
    return len(cohorts)
