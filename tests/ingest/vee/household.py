"""A usage point with readings, written the way ingest writes them, and validation run until there is nothing to do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from core.slots import LOCAL_ZONE
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection
from db.rollup import roll_up_pending
from db.writing import BatchCounts, write_batch
from ingest.vee.steps import Step, take_step
from tests.db.village import ask

#: Thursday 2026-01-15, midnight in Lille. [s]
MIDNIGHT_S = int(datetime(2026, 1, 15, tzinfo=LOCAL_ZONE).timestamp())
DAY_S = 86_400
#: When everything of that week has settled.
LATER = datetime(2026, 2, 1, 6, tzinfo=UTC)
FINDINGS = (
    "SELECT rule, extract(epoch FROM start_at)::bigint - %s, extract(epoch FROM end_at)::bigint - %s, "
    "figure, bound FROM vee_finding WHERE cleared_at IS NULL AND usage_point_id = %s AND day <= '2026-01-15' "
    "ORDER BY start_at, rule"
)
COUNTS = (
    "SELECT to_char(day, 'MM-DD'), expected, received, bad, estimated, missing, late FROM completeness "
    "WHERE usage_point_id = %s AND register_id = 1 ORDER BY day"
)


def curve(
    usage_point_id: int,
    start_s: int,
    values: Sequence[float] | npt.NDArray[Any],
    *,
    step_s: int = 1_800,
    register_id: int = 1,
    quality: int = 0,
) -> IntervalColumns:
    """Return consecutive values of one register; NaN stands for none."""
    value = np.asarray(values, np.float32)
    told = ~np.isnan(value)
    count = int(told.sum())
    return IntervalColumns(
        np.full(count, usage_point_id, np.int32),
        np.full(count, register_id, np.int16),
        np.full(count, quality, np.int16),
        np.full(count, step_s, np.int32),
        (start_s + step_s * np.arange(value.size, dtype=np.int64))[told],
        value[told],
    )


def indexes(usage_point_id: int, *readings: tuple[float, float], register_id: int = 11) -> ReadingColumns:
    """Return (time [s], index) pairs as columns."""
    return ReadingColumns(
        np.full(len(readings), usage_point_id, np.int32),
        np.full(len(readings), register_id, np.int16),
        np.zeros(len(readings), np.int16),
        np.array([round(at_s * 1e6) for at_s, _ in readings], np.int64),
        np.array([value for _, value in readings], np.float64),
    )


async def write(
    connection: Connection,
    *parts: IntervalColumns,
    index: ReadingColumns | None = None,
    known_at: datetime | None = None,
) -> BatchCounts:
    """Store readings; unless said otherwise known a second after the last of them."""
    columns = IntervalColumns.join(parts) if parts else IntervalColumns.empty()
    end_s = int((columns.start_s + columns.step_s).max(initial=MIDNIGHT_S))
    return await write_batch(
        connection,
        worker="w",
        message_count=1,
        intervals=columns,
        readings=index if index is not None else ReadingColumns.empty(),
        refusals=[],
        known_at=known_at or datetime.fromtimestamp(end_s + 1, UTC),
    )


async def validate(connection: Connection, now: datetime = LATER, *, rest_s: float = 0.0) -> list[Step]:
    """Take steps until there is nothing left, then make the sums; return what each did."""
    steps = []
    while not (step := await take_step(connection, now, rest_s=rest_s)).is_idle:
        steps.append(step)
    await roll_up_pending(connection, now)
    return steps


def findings(url: str, usage_point_id: int = 1) -> list[tuple[Any, ...]]:
    """Return the standing findings up to that day: rule, start and end in seconds after the midnight, figure, bound."""
    return ask(url, FINDINGS, MIDNIGHT_S, MIDNIGHT_S, usage_point_id)


def counts(url: str, usage_point_id: int = 1) -> list[tuple[Any, ...]]:
    """Return day, expected, received, bad, estimated, missing and late of the import."""
    return ask(url, COUNTS, usage_point_id)
