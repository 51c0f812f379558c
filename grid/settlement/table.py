"""A statement as a table, row by row: for CSV and Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from uuid import UUID

from core.slots import SLOTS_PER_HOUR
from db.settlement import SlotRow, StatementRow, UsagePointRow


@dataclass(frozen=True, slots=True)
class TableRow:
    """A half-hour of a usage point in a statement; None where a figure is not known."""

    event_id: UUID
    settlement_statement_id: int
    method: str
    as_of: datetime
    is_indicative: bool
    usage_point_key: UUID
    resources: str
    slot_start_at: datetime
    baseline_w: float | None
    adjusted_baseline_w: float | None
    measured_w: float | None
    reduction_wh: float | None


def table_rows(head: StatementRow, usage_points: Sequence[UsagePointRow], slots: Sequence[SlotRow]) -> list[TableRow]:
    """Return the rows of a statement; names of resources are joined by spaces."""
    members = {member.usage_point_id: member for member in usage_points}
    return [
        TableRow(
            head.event_id,
            head.settlement_statement_id,
            head.method,
            head.as_of,
            is_indicative=True,
            usage_point_key=members[slot.usage_point_id].usage_point_key,
            resources=" ".join(members[slot.usage_point_id].resources),
            slot_start_at=slot.slot_start_at,
            baseline_w=known(slot.baseline_w),
            adjusted_baseline_w=known(slot.adjusted_baseline_w),
            measured_w=known(slot.measured_w),
            reduction_wh=known((slot.baseline_w - slot.measured_w) / SLOTS_PER_HOUR),
        )
        for slot in slots
    ]


def known(value: float) -> float | None:
    """Return a figure, or None for NaN."""
    return None if isnan(value) else value
