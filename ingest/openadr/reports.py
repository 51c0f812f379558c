"""Reports of VENs are read one lot after another, and taken as read when their readings are committed."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from core.clock import Clock
from core.errors import InputError, InvariantError
from db.columns import ReadingColumns
from db.connection import Connection
from db.openadr_links import PendingReport, forget_pending, pending_reports
from db.writing import BatchCounts, Refusal, write_batch
from ingest.line import DatabaseLine
from ingest.openadr.values import Unread, Value, columns_of, read_report

_log = structlog.get_logger()

_WORKER: Final = "openadr"
_AT_ONCE: Final = 100
_JSON: Final = "application/json"


async def take_reports(connection: Connection, now: datetime) -> BatchCounts | None:
    """Store the readings of reports that nobody has read yet; None when there are none.

    Parameters
    ----------
    connection : Connection
        In the role `Role.INGEST`, outside any transaction.
    now : datetime
        When the readings become known.

    Notes
    -----
    A lot that was written and not taken as read is written again, and is all duplicates then.
    """
    async with connection.transaction():
        reports = await pending_reports(connection, limit=_AT_ONCE)
    if not reports:
        return None
    values: list[Value] = []
    refusals: list[Refusal] = []
    for report in reports:
        found = list(read_report(report.content, report.usage_points, said_at=report.modified_at, now=now))
        values += [one for one in found if isinstance(one, Value)]
        refusals += _refusals(report, [one for one in found if isinstance(one, Unread)])
    counts = await write_batch(
        connection,
        worker=_WORKER,
        message_count=len(reports),
        intervals=columns_of(values),
        readings=ReadingColumns.empty(),
        refusals=refusals,
        known_at=now,
    )
    async with connection.transaction():
        await forget_pending(connection, reports)
    return counts


class Reports:
    """Read reports as they come, until cancelled; once per installation.

    Parameters
    ----------
    line : DatabaseLine
        Connection that nobody else uses.
    clock : Clock
        When readings become known.
    every_s : float
        Pause between two looks. [s]
    stored : callable
        Is called with the number of values that were stored.
    """

    def __init__(self, line: DatabaseLine, clock: Clock, *, every_s: float, stored: Callable[[int], None]) -> None:
        self._line, self._clock, self._every_s, self._stored = line, clock, every_s, stored

    async def run(self) -> None:
        """Go on until cancelled; what fails by our fault is logged and tried again."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                while counts := await self._line.retry(lambda connection: take_reports(connection, self._clock.now())):
                    self._stored(counts.stored + counts.revised)
            except (InputError, InvariantError) as error:
                _log.error("openadr_reports_failed", code=error.code, message=error.message)
                await self._line.close()


def _refusals(report: PendingReport, unread: list[Unread]) -> list[Refusal]:
    """Return one refusal for each reason."""
    payload = json.dumps(report.content).encode()
    reasons = {one.code: one.reason for one in unread}
    return [
        Refusal(
            f"openadr/reports/{report.object_id}",
            _JSON,
            code,
            reason,
            sum(one.code == code for one in unread),
            payload,
        )
        for code, reason in reasons.items()
    ]
