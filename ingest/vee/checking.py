"""Validate local days of usage points: count their intervals, apply every rule, store what was found."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from db.connection import Connection
from db.vee import (
    note_replaced,
    read_day_energies,
    read_falling_indexes,
    read_indexes,
    read_points,
    read_rows,
    store_counts,
    store_findings,
)
from db.vee_columns import RowColumns, Spans
from ingest.vee import kernels
from ingest.vee.cells import Cells, PointDays, make_cells, spans_to_read
from ingest.vee.days import LocalDays
from ingest.vee.findings import Findings
from ingest.vee.index_rules import REACH_S, check_falling, check_sums
from ingest.vee.rules import INDEX_IDS, INDEX_OF, INTERVAL_IDS, RuleLimits
from ingest.vee.series_rules import HISTORY_DAYS, Counted, check, compare

Int = npt.NDArray[np.int64]

#: A row that reaches into a span begins at most an hour before. [s]
_LONGEST_STEP_S: Final = 3_600
_INDEX_OF: Final = np.zeros(1 + max(INTERVAL_IDS), np.int64)
_INDEX_OF[list(INDEX_OF)] = list(INDEX_OF.values())


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked: days, values read, findings new or changed, findings cleared, estimates that were replaced."""

    days: int = 0
    values: int = 0
    found: int = 0
    cleared: int = 0
    replaced: int = 0


async def check_days(connection: Connection, pairs: PointDays, limits: RuleLimits, now: datetime) -> Checked:
    """Validate days that are over, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        In the role `Role.INGEST`, in a transaction.
    pairs : PointDays
        Which days; those of usage points that do not exist are passed by.
    limits : RuleLimits
        How far values are believed.
    now : datetime
        Time stamped on what is found (aware UTC).

    Notes
    -----
    Running it twice changes nothing. About a million values a second, most of the time in the database.
    """
    if not len(pairs):
        return Checked()
    points = await read_points(connection, pairs.usage_point_id)
    pairs = pairs.take(np.isin(pairs.usage_point_id, points.usage_point_id))
    if not len(pairs):
        return Checked()
    before_s = limits.longest_run_s() + _LONGEST_STEP_S
    bounds = LocalDays((int(pairs.day.min()) - 1) * 86_400 - before_s, (int(pairs.day.max()) + 2) * 86_400)
    spans = spans_to_read(pairs, bounds, before_s)
    rows = await read_rows(connection, spans, INTERVAL_IDS)
    cells = make_cells(pairs, points, rows, bounds, before_s)
    counted, found = await asyncio.to_thread(check, rows, cells, limits)
    history = await _against_history(connection, cells, counted, limits)
    indexes = await _against_indexes(connection, rows, cells, bounds, limits)
    findings = Findings.join([found, history, *indexes])
    return await _store(connection, pairs, cells, counted, findings, now=now, values=rows.value.size)


async def _against_history(connection: Connection, cells: Cells, counted: Counted, limits: RuleLimits) -> Findings:
    usage_point_id, first = np.unique(cells.usage_point_id, return_index=True)
    first_day = np.minimum.reduceat(cells.day, first)
    end_day = np.maximum.reduceat(cells.day, first)
    stored = await read_day_energies(connection, usage_point_id, first_day - HISTORY_DAYS, end_day, INTERVAL_IDS)
    return await asyncio.to_thread(compare, cells, counted, stored, limits)


async def _against_indexes(
    connection: Connection, rows: RowColumns, cells: Cells, days: LocalDays, limits: RuleLimits
) -> list[Findings]:
    index_id = _INDEX_OF[cells.register_id]
    cell = np.flatnonzero(index_id > 0)
    spans = Spans(cells.usage_point_id[cell], cells.bounds[cell, 2], cells.bounds[cell, 3])
    indexes = await read_indexes(connection, spans, index_id[cell], reach_s=REACH_S)
    with_index = cell[indexes["number"]]
    if not len(with_index):
        return []
    numbered = {**indexes, "number": with_index}
    sums = await asyncio.to_thread(check_sums, rows, cells, numbered, index_id, limits)
    told = PointDays.unique(cells.usage_point_id[with_index], cells.day[with_index])
    falling = await read_falling_indexes(connection, spans_to_read(told, days, REACH_S), INDEX_IDS)
    return [sums, _on(told, check_falling(falling, days, limits))]


def _on(pairs: PointDays, findings: Findings) -> Findings:
    """Return the findings of days that are being checked: an index may have fallen in the day before them."""
    base = int(max(pairs.day.max(), findings.day.max(initial=0))) + 1
    keep = np.isin(findings.usage_point_id * base + findings.day, pairs.usage_point_id * base + pairs.day)
    return findings.take(keep)


async def _store(
    connection: Connection,
    pairs: PointDays,
    cells: Cells,
    counted: Counted,
    findings: Findings,
    *,
    now: datetime,
    values: int,
) -> Checked:
    some = counted.expected > 0
    places = ("received", kernels.RECEIVED), ("bad", kernels.BAD), ("estimated", kernels.ESTIMATED)
    counts = {
        "usage_point_id": cells.usage_point_id[some],
        "register_id": cells.register_id[some],
        "day": cells.day[some],
        "step_s": counted.counts[some, kernels.STEP],
        **{name: counted.counts[some, place] for name, place in places},
        "missing": counted.counts[some, kernels.MISSING],
        "late": counted.counts[some, kernels.LATE],
        "energy": counted.energy[some],
    }
    await store_counts(connection, counts, now)
    found, cleared = await store_findings(connection, pairs.usage_point_id, pairs.day, findings.columns(), now)
    replaced = await note_replaced(connection, pairs.usage_point_id, pairs.day, now)
    return Checked(len(pairs), values, found, cleared, replaced)
