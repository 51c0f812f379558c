"""Figures of use of passes, flags, and what is forgotten of validations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from db.connection import Connection
from db.rows import all_rows, one_integer, run
from db.statements import statements

_SQL: Final = statements("pass_figures")


@dataclass(frozen=True, slots=True)
class RecentFlag:
    """Tell of an admission that looks wrong; see the comments of ``pass.double_use``."""

    kind: str
    venue: str
    at: datetime
    subject: UUID


@dataclass(frozen=True, slots=True)
class FlagCountRow:
    """Count them by day."""

    kind: str
    venue: str
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """Hold a published figure; see the comments of ``pass.statistic``."""

    venue: str
    day: date
    price_class: str
    admission_count: int | None
    hidden: str | None


@dataclass(frozen=True, slots=True)
class DayRow:
    """Name a day."""

    day: date


@dataclass(frozen=True, slots=True)
class CellRow:
    """Hold a figure before it is published, and of how many holders it is."""

    venue_id: int
    price_class: str
    is_total: bool
    admission_count: int
    holder_count: int


@dataclass(frozen=True, slots=True)
class NewStatistic:
    """Hold a figure that is published, or why it is not."""

    venue_id: int
    price_class: str
    admission_count: int | None
    hidden: str | None


async def own_service(connection: Connection, organisation_id: int, service: str) -> int | None:
    """Return the key of a service that an organisation runs."""
    facts = {"organisation_id": organisation_id, "service": service}
    return await one_integer(connection, _SQL["own_service"], facts)


async def recent_flags(connection: Connection, service_id: int, *, since: datetime, limit: int) -> list[RecentFlag]:
    """Return what looks wrong since a time, the newest first."""
    facts = {"service_id": service_id, "since": since, "limit": limit}
    return await all_rows(connection, RecentFlag, _SQL["recent_flags"], facts)


async def flag_counts(connection: Connection, service_id: int, *, limit: int) -> list[FlagCountRow]:
    """Return how much looked wrong, by day, the newest first."""
    return await all_rows(connection, FlagCountRow, _SQL["flag_counts"], {"service_id": service_id, "limit": limit})


async def statistics(
    connection: Connection, service_id: int, *, since: date, until: date, limit: int
) -> list[StatisticRow]:
    """Return the published figures of a service."""
    facts = {"service_id": service_id, "since": since, "until": until, "limit": limit}
    return await all_rows(connection, StatisticRow, _SQL["statistics"], facts)


async def uncounted_days(connection: Connection, *, before: datetime) -> list[date]:
    """Return the days that have admissions before a time and no figures."""
    return [row.day for row in await all_rows(connection, DayRow, _SQL["uncounted_days"], {"before": before})]


async def day_cells(connection: Connection, *, since: datetime, until: datetime) -> list[CellRow]:
    """Return what was admitted within a span, by venue and price class, and by venue."""
    return await all_rows(connection, CellRow, _SQL["day_cells"], {"since": since, "until": until})


async def insert_statistics(connection: Connection, day: date, new: Sequence[NewStatistic]) -> bool:
    """Publish the figures of a day, once; tell whether it was not done before."""
    if await one_integer(connection, _SQL["insert_day"], {"day": day}) is None:
        return False
    await run(
        connection,
        _SQL["insert_statistics"],
        day=day,
        venue_ids=[one.venue_id for one in new],
        price_classes=[one.price_class for one in new],
        counts=[one.admission_count for one in new],
        hidden=[one.hidden for one in new],
    )
    return True


async def forget(connection: Connection, *, before: datetime, today: date, now: datetime) -> None:
    """Forget whose the validations before a time are, and what is counted in periods that are over."""
    await run(connection, _SQL["forget_holders"], before=before)
    await run(connection, _SQL["forget_flagged"], before=before)
    await run(connection, _SQL["forget_uses"], today=today)
    await run(connection, _SQL["round_first_uses"], before=before, now=now)
