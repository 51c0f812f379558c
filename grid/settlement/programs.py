"""What a program saved: the latest statement of each of its events, added up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import hypot, isnan

from db.settlement import StatementRow


@dataclass(frozen=True, slots=True)
class ProgramTotal:
    """What the events of a program saved together by one method; NaN where not known. [Wh].

    Attributes
    ----------
    method : str
        Baseline method.
    statements : list of StatementRow
        The latest of each event.
    reduction_wh, adjusted_reduction_wh : float
        Sums, without and with same-day adjustment.
    lower_wh, upper_wh : float
        Between which the true sum lies as often as the statements say, if events are wrong independently of each other;
        NaN when one of them has no interval.
    error_mean_wh : float
        Sum of the mean errors of the baselines, which do not cancel out.
    """

    method: str
    statements: list[StatementRow]
    reduction_wh: float
    adjusted_reduction_wh: float
    lower_wh: float
    upper_wh: float
    error_mean_wh: float


def program_totals(statements: Sequence[StatementRow]) -> list[ProgramTotal]:
    """Add up statements of one program by method: of each event the one as known latest.

    Notes
    -----
    The middle of the sum is the sum of the reductions less the mean errors; distances of the limits from it add up as
    roots of sums of squares.
    """
    totals = []
    for method in sorted({statement.method for statement in statements}):
        latest = {one.event_id: one for one in sorted(statements, key=_moment) if one.method == method}
        totals.append(_total(method, list(latest.values())))
    return totals


def _total(method: str, statements: list[StatementRow]) -> ProgramTotal:
    middles = [one.reduction_wh - one.error_mean_wh for one in statements]
    below = hypot(*(middle - one.lower_wh for middle, one in zip(middles, statements, strict=True)))
    above = hypot(*(one.upper_wh - middle for middle, one in zip(middles, statements, strict=True)))
    adjusted = [one.adjusted_reduction_wh for one in statements]
    return ProgramTotal(
        method,
        statements,
        _sum(one.reduction_wh for one in statements),
        _sum(adjusted),
        sum(middles) - below,
        sum(middles) + above,
        sum(one.error_mean_wh for one in statements),
    )


def _sum(values: Iterable[float]) -> float:
    """Add up what is known; an event of which nothing was measured adds nothing."""
    known = [value for value in values if not isnan(value)]
    return sum(known) if known else float("nan")


def _moment(statement: StatementRow) -> tuple[datetime, int]:
    return statement.as_of, statement.settlement_statement_id
