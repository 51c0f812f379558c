"""What validation has to tell operators: findings, how complete days are, and how far it has come."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_row
from db.statements import statements

_SQL: Final = statements("vee_reports")

#: Above every vee_finding_id.
NEWEST: Final = 2**63 - 1
_LAST_KEY: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding, with who and what it is about; `figure` and `bound` are in the unit of the rule."""

    vee_finding_id: int
    usage_point_key: UUID
    commune: str
    register_name: str
    rule: str
    severity: str
    day: date
    start_at: datetime
    end_at: datetime
    figure: float
    bound: float
    found_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayRow:
    """How complete a local day of a register is, and what was done about its gaps (empty: nothing yet)."""

    usage_point_key: UUID
    commune: str
    register_name: str
    day: date
    step_s: int
    expected: int
    received: int
    bad: int
    estimated: int
    missing: int
    late: int
    energy: float
    checked_at: datetime
    estimation: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How far validation has come, and what stands."""

    pending_spans: int
    closed_day: date | None
    settled_day: date | None
    incomplete_days: int
    standing_findings: int
    standing_estimates: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which usage points and days are asked about; None for all.

    Attributes
    ----------
    usage_point_key : UUID or None
        Pseudonym.
    commune : str or None
        INSEE code.
    day : date or None
        Local day.
    """

    usage_point_key: UUID | None = None
    commune: str | None = None
    day: date | None = None

    def parameters(self) -> dict[str, object]:
        """Return them as parameters of a statement."""
        return {"usage_point_key": self.usage_point_key, "commune": self.commune, "day": self.day}


@dataclass(frozen=True, slots=True)
class DayKey:
    """Where a list of days goes on: they come latest first."""

    day: date = date(9999, 12, 31)
    usage_point_key: UUID = _LAST_KEY
    register_name: str = "~"


async def read_findings(
    connection: Connection,
    wanted: Wanted,
    *,
    limit: int,
    rule: str | None = None,
    cleared: bool = False,
    before: int = NEWEST,
) -> list[FindingRow]:
    """Return up to `limit` findings before a key, newest first; with `cleared` also those that later data healed."""
    parameters = {**wanted.parameters(), "rule": rule, "cleared": cleared, "before": before, "limit": limit}
    return await all_rows(connection, FindingRow, _SQL["standing_findings"], parameters)


async def read_days(
    connection: Connection, wanted: Wanted, *, limit: int, incomplete: bool = False, before: DayKey | None = None
) -> list[DayRow]:
    """Return up to `limit` days before a key, latest first; with `incomplete` only those with a slot not measured."""
    key = before or DayKey()
    parameters = {
        **wanted.parameters(),
        "incomplete": incomplete,
        "before_day": key.day,
        "before_key": key.usage_point_key,
        "before_register": key.register_name,
        "limit": limit,
    }
    return await all_rows(connection, DayRow, _SQL["day_counts"], parameters)


async def read_summary(connection: Connection) -> Summary:
    """Return how far validation has come."""
    return await one_row(connection, Summary, _SQL["summary"]) or Summary(0, None, None, 0, 0, 0)
