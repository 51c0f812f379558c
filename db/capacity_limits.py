"""Most power that may flow into places: set by operators, by ratings of lines, by OpenADR."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.rows import all_rows, one_integer
from db.statements import statements

_SQL: Final = statements("capacity_limits")
#: Above every key, in the order of `list_capacity_limits`.
NEWEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NewCapacityLimit:
    """A limit to be stored: no more than `limit_w` over ``[valid_from, valid_until)``, or on and on. [W].

    Attributes
    ----------
    source : str
        rating, operator or openadr.
    created_by : str
        Account, or client of the VTN.
    openadr_event_id : str, optional
        OpenADR event that it follows.
    """

    place_id: int
    limit_w: float
    valid_from: datetime
    valid_until: datetime | None
    source: str
    reason: str | None
    created_at: datetime
    created_by: str
    openadr_event_id: str | None = None


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """A stored limit, with its place; see `NewCapacityLimit`."""

    capacity_limit_id: int
    level: str
    code: str
    name: str
    limit_w: float
    valid_from: datetime
    valid_until: datetime | None
    source: str
    reason: str | None
    created_at: datetime
    created_by: str
    withdrawn_at: datetime | None
    openadr_event_id: str | None


@dataclass(frozen=True, slots=True)
class LimitSpan:
    """What holds for a place over ``[valid_from, valid_until)``. [W]."""

    place_id: int
    limit_w: float
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class LimitedPlace:
    """A place that has a limit; `rated_va` is None for all but transformers. [VA]."""

    place_id: int
    level: str
    code: str
    name: str
    rated_va: int | None


async def insert_capacity_limit(connection: Connection, limit: NewCapacityLimit) -> int:
    """Store a limit and return its key."""
    return await one_integer(connection, _SQL["insert_capacity_limit"], asdict(limit)) or 0


async def list_capacity_limits(
    connection: Connection,
    *,
    limit: int,
    place_id: int | None = None,
    before: int = NEWEST,
    withdrawn: bool = False,
) -> list[CapacityLimit]:
    """Return up to `limit` limits with keys below `before`, the newest first; of one place or of all."""
    return await all_rows(
        connection, CapacityLimit, _SQL["list_capacity_limits"], _wanted(limit, place_id, before, None, withdrawn)
    )


async def find_capacity_limit(connection: Connection, capacity_limit_id: int) -> CapacityLimit | None:
    """Return a limit, taken back or not."""
    rows = await all_rows(
        connection, CapacityLimit, _SQL["list_capacity_limits"], _wanted(1, None, NEWEST, capacity_limit_id, True)
    )
    return rows[0] if rows else None


async def withdraw_capacity_limit(connection: Connection, capacity_limit_id: int, *, now: datetime) -> bool:
    """Take a limit back; False when there is none that still counts."""
    values = {"capacity_limit_id": capacity_limit_id, "now": now}
    return await one_integer(connection, _SQL["withdraw_capacity_limit"], values) is not None


async def limit_spans(
    connection: Connection, place_ids: Sequence[int], *, start: datetime, end: datetime
) -> list[LimitSpan]:
    """Return the limits of places that hold at any time in ``[start, end)``."""
    values = {"place_ids": list(place_ids), "start": start, "end": end}
    return await all_rows(connection, LimitSpan, _SQL["limit_spans"], values)


async def limited_places(connection: Connection, *, start: datetime, end: datetime) -> list[LimitedPlace]:
    """Return the places that have a rating, or a limit in ``[start, end)``, by rising key."""
    return await all_rows(connection, LimitedPlace, _SQL["limited_places"], {"start": start, "end": end})


def _wanted(limit: int, place_id: int | None, before: int, only_id: int | None, withdrawn: bool) -> dict[str, object]:
    return {"limit": limit, "place_id": place_id, "before": before, "only_id": only_id, "withdrawn": withdrawn}
