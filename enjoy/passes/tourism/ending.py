"""Passes that are over: their codes are revoked, so that readers without a connection learn it.

A pass begins at its first use, which no code says: a code that was made before holds for as long as the pass could. The
job revokes it in the status list soon after the end, and with the next changes of the list no reader takes it any more.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from core.clock import WALL_CLOCK, Clock
from db import tourism_sales
from db import tourism_uses as store
from db.connection import Connection, Role
from db.idempotency import KEPT_FOR
from enjoy.acting import Connect
from enjoy.passes.revoking import REVOKED, set_status_of_subject
from enjoy.passes.tourism.using import LILLE

_AT_A_TIME: Final = 200
#: When a pass was used is known for so long after its end.
_TIMES_KNOWN_FOR: Final = timedelta(days=2)
#: Who held it: readers tell of what they admitted up to 35 days late, and partners are paid for it.
_HOLDER_KNOWN_FOR: Final = timedelta(days=36)


async def end_passes(lend: Connect, _clock: Clock) -> None:
    """Revoke the codes of passes that are over, and forget those that were over days ago; a job of the worker."""
    await end_over(lend, now=WALL_CLOCK.now())


async def end_over(lend: Connect, *, now: datetime) -> int:
    """Do so at a time; return how many passes ended."""
    today, count = now.astimezone(LILLE).date(), 0
    while True:
        async with lend(Role.ENJOY_PASS) as connection:
            over = await store.over_passes(connection, now=now, limit=_AT_A_TIME)
            for one in over:
                await end_codes(connection, one.subject_id, now=now)
                await store.end_pass(connection, one, on=today)
        count += len(over)
        if len(over) < _AT_A_TIME:
            break
    async with lend(Role.ENJOY_PASS) as connection:
        await _forget(connection, today=today, now=now)
    return count


async def end_codes(connection: Connection, subject_id: UUID, *, now: datetime) -> None:
    """Revoke all codes of a pass, end its right, and let no code be made for it again."""
    await store.end_rights(connection, subject_id, until=now)
    await store.leave_service(connection, subject_id, on=now.astimezone(LILLE).date())
    await set_status_of_subject(connection, subject_id, REVOKED, now=now)


async def _forget(connection: Connection, *, today: date, now: datetime) -> None:
    await store.forget_times(connection, before=today - _TIMES_KNOWN_FOR)
    for one in await store.forgotten_passes(connection, before=today - _HOLDER_KNOWN_FOR):
        await tourism_sales.leave_pass_holder(connection, one.holder_id, on=today)
    await tourism_sales.forget_keys(connection, before=now - KEPT_FOR)
