"""The people of the demo: most agree to be counted in what is published."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from db.audit import record
from db.connection import Role, connect
from db.consents import NewUsagePointConsent, insert_consents
from db.places import usage_points

#: So many of homes, and of all others, agree. [ratio]
SHARES: Final = {"residential": 0.7}
SHARE_OF_OTHERS: Final = 0.9
#: So long before the back-filled history, so that all of it is in months after the consent.
_BEFORE: Final = timedelta(days=40)
_MOST: Final = 1_000_000


async def give_consents(database_url: str, history_start: datetime, seed: int) -> int:
    """Record the consents of a share of the fleet, given before its history begins; return how many."""
    at, draws = history_start - _BEFORE, np.random.default_rng(seed)
    async with await connect(database_url, Role.OWNER) as connection:
        points = await usage_points(connection, limit=_MOST)
        # Their keys are drawn anew each time; nothing else orders them.
        agreed = [
            NewUsagePointConsent(one.usage_point_key, "enjoy", "demo", at, "online", "invented for the demo")
            for one, drawn in zip(points, draws.random(len(points)), strict=True)
            if drawn < SHARES.get(one.category, SHARE_OF_OTHERS)
        ]
        stored = await insert_consents(connection, agreed, actor="process/demo", now=at)
        facts = {"stored": len(stored)}
        await record(
            connection, at=at, actor="process/demo", action="consent.imported", subject="file/demo", facts=facts
        )
    return len(stored)
