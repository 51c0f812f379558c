"""How much Enjoy is used: what is left of keys' quotas, and counts of requests by the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("usage")
#: Settlements of several processes stand in a line, so that none stands in another's way.
_LOCK: Final = 0x736F6D_71756F74


@dataclass(frozen=True, slots=True)
class Taken:
    """Say how many requests a process has allowed a key since it last said so.

    Attributes
    ----------
    api_key_id : int
        Key.
    taken : float
        Requests.
    capacity : float
        Most that is left to the key at any time.
    per_s : float
        What it regains. [1/s]
    """

    api_key_id: int
    taken: float
    capacity: float
    per_s: float


@dataclass(frozen=True, slots=True)
class Left:
    """Say what is left to a key, as all processes have counted."""

    api_key_id: int
    remaining: float


@dataclass(frozen=True, slots=True)
class Used:
    """Requests of one hour that were the same; see the comments of ``catalogue.usage``."""

    hour: datetime
    api_key_id: int
    dataset: str
    route: str
    status: int
    request_count: int
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """What one key was used for in an hour."""

    hour: datetime
    api_key_id: int
    key_name: str
    dataset: str
    route: str
    status: int
    request_count: int
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class DatasetUsage:
    """How much a dataset was read in a day, and by how many; never by whom."""

    day: datetime
    dataset: str
    request_count: int
    stranger_count: int
    organisation_count: int
    sent_bytes: int


async def settle(connection: Connection, taken: Sequence[Taken]) -> dict[int, float]:
    """Take what a process has allowed from what is left to keys, and return what is left then, by key."""
    wanted = {
        "keys": [one.api_key_id for one in taken],
        "taken": [one.taken for one in taken],
        "capacities": [one.capacity for one in taken],
        "per_s": [one.per_s for one in taken],
    }
    async with translated_errors(), connection.transaction():
        await connection.execute(_SQL["hold_quotas"], {"lock": _LOCK})
        await connection.execute(_SQL["begin_quotas"], wanted)
        left = await all_rows(connection, Left, _SQL["take"], wanted)
    return {one.api_key_id: one.remaining for one in left}


async def add_usage(connection: Connection, used: Sequence[Used]) -> None:
    """Add counts to those that are stored."""
    names = Used.__dataclass_fields__
    columns: Mapping[str, list[object]] = {name: [getattr(one, name) for one in used] for name in names}
    async with translated_errors():
        await connection.execute(_SQL["add_usage"], columns)


async def usage_of_organisation(
    connection: Connection, organisation_id: int, *, since: datetime, until: datetime, limit: int
) -> list[KeyUsage]:
    """Return what the keys of an organisation were used for in a span ``[since, until)``, the newest first."""
    wanted = {"organisation_id": organisation_id, "since": since, "until": until, "limit": limit}
    return await all_rows(connection, KeyUsage, _SQL["usage_of_organisation"], wanted)


async def usage_of_datasets(
    connection: Connection, organisation_id: int, *, since: datetime, until: datetime, limit: int
) -> list[DatasetUsage]:
    """Return how much the datasets of a publisher were read in a span ``[since, until)``, by day, the newest first."""
    wanted = {"organisation_id": organisation_id, "since": since, "until": until, "limit": limit}
    return await all_rows(connection, DatasetUsage, _SQL["usage_of_datasets"], wanted)


async def forget_usage(connection: Connection, *, days: int) -> None:
    """Forget counts older than so many days. [days]."""
    async with translated_errors():
        await connection.execute(_SQL["forget_usage"], {"days": days})
