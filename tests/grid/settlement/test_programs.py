"""Programs add up the latest statement of each event, and errors that are independent as squares."""

from datetime import UTC, datetime, timedelta
from math import isnan, nan
from uuid import UUID

from db.settlement import StatementRow
from grid.settlement.programs import program_totals

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def row(
    key: int, event: int, reduction: float, *, error: float = 0.0, half: float = 0.0, days: int = 0
) -> StatementRow:
    at = NOW + timedelta(days=days)
    middle = reduction - error
    return StatementRow(
        UUID(int=event), "P", "high_5_of_10", 1, at, at, "operator", 1, 2, 2, reduction, nan, middle - half,
        middle + half, 0.9, 10, error, 1.0, bytes(32), key,
    )  # fmt: skip


def test_of_each_event_the_latest_statement_counts():
    rows = [row(1, 1, 100.0), row(2, 1, 160.0, error=10.0, half=30.0, days=1), row(3, 2, 250.0, error=20.0, half=40.0)]
    (total,) = program_totals(rows)
    assert [one.settlement_statement_id for one in total.statements] == [2, 3]
    assert (total.reduction_wh, total.error_mean_wh) == (410.0, 30.0)
    assert (total.lower_wh, total.upper_wh) == (330.0, 430.0)  # 380 and the root of 30² + 40²
    assert isnan(total.adjusted_reduction_wh)


def test_an_event_without_figures_leaves_the_sum_without_an_interval():
    (total,) = program_totals([row(1, 1, 100.0, half=5.0), row(2, 2, nan)])
    assert (total.reduction_wh, isnan(total.lower_wh)) == (100.0, True)
    assert program_totals([]) == []
