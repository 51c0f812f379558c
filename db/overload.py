"""How probable overload is, the rules that draft events for it, and the events drafted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row
from db.statements import statements

_SQL: Final = statements("overload")
#: Before every place, in the order of `places_at_risk`.
WORST: Final = (-2.0, 0)


@dataclass(frozen=True, slots=True)
class ProbabilityColumns:
    """Probabilities to be stored, one element for each place and slot. [W], [ratio]."""

    place_ids: list[int]
    valid_from: list[datetime]
    limits_w: list[float]
    probabilities: list[float]


@dataclass(frozen=True, slots=True)
class OverloadSlot:
    """How probable it is that a place exceeds its limit in a slot; the limit is None below 1 %. [W], [ratio]."""

    valid_from: datetime
    issued_at: datetime
    limit_w: float | None
    probability: float


@dataclass(frozen=True, slots=True)
class RiskySlot:
    """A slot in which a place may exceed its limit. [W], [ratio]."""

    place_id: int
    name: str
    valid_from: datetime
    limit_w: float
    probability: float


@dataclass(frozen=True, slots=True)
class PlaceAtRisk:
    """A place and the slot in which its overload is most probable. [W], [ratio]."""

    place_id: int
    level: str
    code: str
    name: str
    valid_from: datetime
    limit_w: float
    probability: float


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule to be stored, about one place or all of a level.

    Attributes
    ----------
    place_id, level
        One of them is None.
    probability_threshold : float
        Slots whose overload is at least so probable. [ratio]
    notice_s, min_duration_s : int
        Least time before an event's start; overloads that are over sooner are left alone. [s]
    """

    name: str
    place_id: int | None
    level: str | None
    probability_threshold: float
    notice_s: int
    min_duration_s: int
    is_enabled: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class OverloadRule:
    """A stored rule; `level` is that of its place where it has one. See `NewRule`."""

    overload_rule_id: int
    name: str
    place_id: int | None
    level: str
    code: str | None
    probability_threshold: float
    notice_s: int
    min_duration_s: int
    is_enabled: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class TakenSpan:
    """A place over ``[starts_at, ends_at)`` for which nothing more is to be proposed."""

    place_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class NewProposal:
    """Why an event was drafted.

    Attributes
    ----------
    probability : float
        Highest of its slots. [ratio]
    required_reduction_w : list of float
        By how much load must fall in each slot to be below the rule's threshold. [W]
    """

    event_id: UUID
    overload_rule_id: int
    forecast_run_id: int
    proposed_at: datetime
    probability: float
    required_reduction_w: list[float]


@dataclass(frozen=True, slots=True)
class EventProposal:
    """A stored proposal, with its rule's name while there is one; see `NewProposal`."""

    event_id: UUID
    overload_rule_id: int | None
    rule_name: str | None
    forecast_run_id: int | None
    proposed_at: datetime
    probability: float
    required_reduction_w: list[float]


async def is_judged(connection: Connection, forecast_run_id: int) -> bool:
    """Tell whether overload was reckoned from an issue."""
    return bool(await one_integer(connection, _SQL["is_judged"], {"forecast_run_id": forecast_run_id}))


async def store_probabilities(
    connection: Connection,
    forecast_run_id: int,
    parts: Sequence[ProbabilityColumns],
    *,
    place_count: int,
    now: datetime,
) -> bool:
    """Store what was reckoned from an issue; False when another process has done so already."""
    values = {"forecast_run_id": forecast_run_id, "now": now, "place_count": place_count}
    if await one_integer(connection, _SQL["insert_overload_run"], values) is None:
        return False
    async with translated_errors():
        for part in parts:
            await connection.execute(_SQL["insert_probabilities"], asdict(part) | {"forecast_run_id": forecast_run_id})
    return True


async def risky_slots(
    connection: Connection, forecast_run_id: int, rule: OverloadRule, *, start: datetime
) -> list[RiskySlot]:
    """Return the slots of an issue, from `start` on, that a rule is about, by place and slot."""
    values = {
        "forecast_run_id": forecast_run_id,
        "start": start,
        "threshold": rule.probability_threshold,
        "place_id": rule.place_id,
        "level": rule.level,
    }
    return await all_rows(connection, RiskySlot, _SQL["risky_slots"], values)


async def overload_of_place(
    connection: Connection, place_id: int, *, start: datetime, end: datetime, as_of: datetime
) -> list[OverloadSlot]:
    """Return what the newest issue known at `as_of` says of each slot in ``[start, end)``."""
    values = {"place_id": place_id, "start": start, "end": end, "as_of": as_of}
    return await all_rows(connection, OverloadSlot, _SQL["overload_of_place"], values)


async def places_at_risk(
    connection: Connection,
    forecast_run_id: int,
    *,
    start: datetime,
    limit: int,
    after: tuple[float, int] = WORST,
) -> list[PlaceAtRisk]:
    """Return the places that an issue finds at risk from `start` on, the most probable first.

    Parameters
    ----------
    connection : Connection
        Any role that reads.
    forecast_run_id : int
        Issue.
    start : datetime
        First slot looked at.
    limit : int
        Most rows.
    after : tuple
        Probability, negative, and key of the last place already seen.
    """
    values = {
        "forecast_run_id": forecast_run_id,
        "start": start,
        "limit": limit,
        "after_key": after[0],
        "after_id": after[1],
    }
    return await all_rows(connection, PlaceAtRisk, _SQL["places_at_risk"], values)


async def overload_rules(connection: Connection) -> list[OverloadRule]:
    """Return all rules, the oldest first."""
    return await all_rows(connection, OverloadRule, _SQL["overload_rules"], {"only_id": None})


async def find_rule(connection: Connection, overload_rule_id: int) -> OverloadRule | None:
    """Return a rule."""
    return await one_row(connection, OverloadRule, _SQL["overload_rules"], {"only_id": overload_rule_id})


async def insert_rule(connection: Connection, rule: NewRule) -> int:
    """Store a rule and return its key."""
    return await one_integer(connection, _SQL["insert_rule"], asdict(rule)) or 0


async def change_rule(connection: Connection, overload_rule_id: int, rule: NewRule) -> bool:
    """Store a rule instead of the one with this key; False when there is none."""
    values = asdict(rule) | {"overload_rule_id": overload_rule_id}
    return await one_integer(connection, _SQL["change_rule"], values) is not None


async def delete_rule(connection: Connection, overload_rule_id: int) -> bool:
    """Delete a rule, but not what it proposed; False when there is none."""
    return await one_integer(connection, _SQL["delete_rule"], {"overload_rule_id": overload_rule_id}) is not None


async def taken_spans(connection: Connection, *, now: datetime) -> list[TakenSpan]:
    """Return where and when nothing more is to be proposed."""
    return await all_rows(connection, TakenSpan, _SQL["taken_spans"], {"now": now})


async def insert_proposal(connection: Connection, proposal: NewProposal) -> None:
    """Store why an event was drafted."""
    async with translated_errors():
        await connection.execute(_SQL["insert_proposal"], asdict(proposal))


async def proposal_of_event(connection: Connection, event_id: UUID) -> EventProposal | None:
    """Return why an event was drafted, when a rule did it."""
    return await one_row(connection, EventProposal, _SQL["proposal_of_event"], {"event_id": event_id})
