"""Whose turn it is: households that were called and curtailed least this season come first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID

from core.slots import LOCAL_ZONE, local_day
from db.calls import CallRecord, call_records
from db.connection import Connection

_SEASON_BEGINS: Final = (9, 1)


@dataclass(frozen=True, slots=True)
class Season:
    """Calls of one span are weighed against each other: ``[start, end)``, 1 September to 31 August local time."""

    start: datetime
    end: datetime


def season_of(instant: datetime) -> Season:
    """Return the season that holds `instant`.

    Examples
    --------
    >>> from datetime import UTC
    >>> season_of(datetime(2026, 1, 15, tzinfo=UTC)).start.isoformat()
    '2025-08-31T22:00:00+00:00'
    """
    local = instant.astimezone(LOCAL_ZONE)
    year = local.year if (local.month, local.day) >= _SEASON_BEGINS else local.year - 1
    return Season(*(local_day(date(one, *_SEASON_BEGINS))[0] for one in (year, year + 1)))


def fairest_first(records: Iterable[CallRecord], *, event_id: UUID) -> list[int]:
    """Order resources by whose turn it is.

    Parameters
    ----------
    records : iterable of CallRecord
        One for each resource, as `read_records` gives them.
    event_id : UUID
        Decides between equals, so that it is not always the same ones who come first.

    Returns
    -------
    list of int
        Keys of the resources: those of the household called least this season first, then of the one that least energy
        was kept from. A household with several resources comes up again behind all others with as few calls.

    Notes
    -----
    The order depends on nothing but the records and the event: it can be made again, and is the same in any order of
    the records. ``O(n log n)``.
    """
    households: dict[int, list[CallRecord]] = defaultdict(list)
    for record in records:
        households[record.usage_point_id].append(record)
    turns: list[tuple[tuple[int, float, int, bytes], int]] = []
    for usage_point_id, members in households.items():
        curtailed_wh = sum(member.curtailed_wh for member in members)
        calls = max(member.household_call_count for member in members)
        members.sort(key=lambda one: (one.call_count, one.curtailed_wh, _lot(event_id, one.end_device_id)))
        for turn, member in enumerate(members):
            key = (calls + turn, curtailed_wh, turn, _lot(event_id, usage_point_id))
            turns.append((key, member.end_device_id))
    return [end_device_id for _, end_device_id in sorted(turns)]


async def read_records(
    connection: Connection, end_device_ids: Sequence[int], *, event_id: UUID, now: datetime
) -> list[CallRecord]:
    """Return how often resources were called in the season of `now`, by other events than `event_id`."""
    season = season_of(now)
    return await call_records(connection, end_device_ids, start=season.start, end=season.end, except_event_id=event_id)


def spread(records: Iterable[CallRecord]) -> dict[int, int]:
    """Count households by their calls of the season: how even the burden is."""
    calls = {record.usage_point_id: record.household_call_count for record in records}
    return dict(sorted(Counter(calls.values()).items()))


def _lot(event_id: UUID, key: int) -> bytes:
    return blake2b(event_id.bytes + key.to_bytes(8, "big"), digest_size=8).digest()
