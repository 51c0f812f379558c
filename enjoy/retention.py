"""The job of retention: of each dataset what is older than its publisher keeps it is deleted, step by step."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from core.clock import Clock
from db.connection import Role
from db.dataset_rows import Published
from db.datasets import act_for, list_published, records_changed
from db.records import table_of
from db.retention import delete_before, drop_before, forget_latest_before
from enjoy.acting import Connect, act_for_all

_log = structlog.get_logger()

#: Records that are deleted in one transaction.
STEP_ROWS: Final = 20_000
_DATASETS_AT_ONCE: Final = 200


async def keep_retention(lend: Connect, clock: Clock) -> None:
    """Delete what is too old, of every dataset that says how long it keeps its records."""
    after = ""
    while True:
        async with lend(Role.ENJOY_WRITE) as connection:
            await act_for_all(connection)
            page = await list_published(connection, limit=_DATASETS_AT_ONCE, after=after)
        for published in page:
            if published.dataset.retention_s is not None:
                await _keep(lend, published, now=clock.now())
        if len(page) < _DATASETS_AT_ONCE:
            return
        after = page[-1].dataset.name


async def _keep(lend: Connect, published: Published, *, now: datetime) -> None:
    """Delete what is too old of one dataset; what is left over by a failure goes the next time."""
    before = now - timedelta(seconds=published.dataset.retention_s or 0)
    table = table_of(published)
    chunks = deleted = 0
    async with lend(Role.ENJOY_WRITE) as connection:
        await act_for(connection, [published.dataset.organisation_id])
        forgotten = await forget_latest_before(connection, table, before)
        if table.time is not None:
            chunks = await drop_before(connection, table, before)
        if chunks or forgotten:
            await records_changed(connection, published.dataset.dataset_id, now=now)
    while True:
        async with lend(Role.ENJOY_WRITE) as connection:
            await act_for(connection, [published.dataset.organisation_id])
            step = await delete_before(connection, table, before, most=STEP_ROWS)
            if step:
                await records_changed(connection, published.dataset.dataset_id, now=now)
        deleted += step
        if step < STEP_ROWS:
            break
    if chunks or deleted:
        _log.info("records_forgotten", dataset=published.dataset.name, chunks=chunks, records=deleted, before=before)
