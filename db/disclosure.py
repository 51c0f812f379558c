"""What disclosure control knows: cohorts, who is in them, what they drew, and how far it is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Connection, translated_errors
from db.copy import Field, read_columns
from db.rows import all_rows, one_row
from db.statements import statements

_SQL: Final = statements("disclosure")
_LOCK: Final = 0x636F686F7274  # "cohort"
_CANDIDATE: Final = {
    "usage_point_id": Field.INT4,
    "small": Field.INT4,
    "large": Field.INT4,
    "subscribed_va": Field.INT4,
    "is_fresh": Field.INT4,
}
_MEMBER: Final = {"usage_point_id": Field.INT4, "cohort_id": Field.INT4, "place_id": Field.INT4}
#: What `energy_of_points` packs for each slot, big-endian as on the wire. [slots], [Wh]
_PACKED: Final = np.dtype([("slot", ">i4"), ("energy_wh", ">f8")])

#: Homes are published by commune, all others by feeder: no sum of the one can be subtracted from one of the other.
Population: TypeAlias = Literal["residential", "other"]


@dataclass(frozen=True, slots=True)
class Instant:
    """Hold one time, or None."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class LatticePlace:
    """Name a place that sums are published for, and the place of the lattice that it lies in."""

    place_id: int
    parent_place_id: int | None
    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """Hold who is in standing cohorts, by rising usage point, with the cohort and its place.

    Attributes
    ----------
    usage_point_id, cohort_id, place_id : ndarray, shape (point,), int32
        Keys.
    """

    usage_point_id: NDArray[np.int32]
    cohort_id: NDArray[np.int32]
    place_id: NDArray[np.int32]


async def lock_disclosure(connection: Connection) -> None:
    """Wait until nobody else forms cohorts; held to the end of the transaction."""
    async with translated_errors():
        await connection.execute(_SQL["lock_disclosure"], {"lock": _LOCK})


async def first_consent(connection: Connection) -> datetime | None:
    """Return when the first consent for publication was recorded."""
    return await _instant(connection, "first_consent")


async def first_load(connection: Connection) -> datetime | None:
    """Return the first slot that has a sum of load."""
    return await _instant(connection, "first_load")


async def formed_months(connection: Connection, population: Population) -> list[datetime]:
    """Return the months whose cohorts are formed."""
    rows = await all_rows(connection, Instant, _SQL["formed_months"], {"population": population})
    return [row.at for row in rows if row.at is not None]


async def insert_month(connection: Connection, population: Population, since: datetime, *, now: datetime) -> None:
    """Note that the cohorts of a month are formed.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    async with translated_errors():
        await connection.execute(_SQL["insert_month"], {"population": population, "since": since, "now": now})


async def dissolve_cohorts(connection: Connection, *, now: datetime) -> int:
    """Dissolve cohorts one of whose members withdrew, moved or became something else; return how many."""
    async with translated_errors():
        return (await connection.execute(_SQL["dissolve_cohorts"], {"now": now})).rowcount


async def candidates(connection: Connection, population: Population, since: datetime) -> dict[str, NDArray[np.generic]]:
    """Return who may be put into the cohorts of a month, as columns (`is_fresh` is 0 or 1)."""
    async with translated_errors():
        asked = {"population": population, "since": since}
        return dict(await read_columns(connection, _SQL["candidates"], asked, _CANDIDATE))


async def insert_cohort(
    connection: Connection,
    population: Population,
    since: datetime,
    place_id: int,
    usage_point_ids: Sequence[int],
    *,
    fresh_count: int,
    now: datetime,
) -> None:
    """Store a cohort."""
    facts = {
        "population": population,
        "since": since,
        "place_id": place_id,
        "usage_point_ids": list(usage_point_ids),
        "fresh_count": fresh_count,
        "now": now,
    }
    async with translated_errors():
        await connection.execute(_SQL["insert_cohort"], facts)


async def members(connection: Connection, population: Population, start: datetime) -> Members:
    """Return who is counted in what starts at a time."""
    async with translated_errors():
        asked = {"population": population, "start": start}
        columns = await read_columns(connection, _SQL["members"], asked, _MEMBER)
    return Members(columns["usage_point_id"], columns["cohort_id"], columns["place_id"])


async def lattice(connection: Connection, population: Population) -> list[LatticePlace]:
    """Return the places that sums of a population are published for, larger ones first."""
    name = "commune_lattice" if population == "residential" else "feeder_lattice"
    return await all_rows(connection, LatticePlace, _SQL[name])


async def energy_of_points(
    connection: Connection, usage_point_ids: NDArray[np.int32], start: datetime, end: datetime
) -> NDArray[np.float64]:
    """Return what usage points drew over consecutive slots.

    Parameters
    ----------
    connection : Connection
        A role that reads interval readings.
    usage_point_ids : ndarray, shape (point,), int32
        Rising.
    start, end : datetime
        Span, on slots' edges.

    Returns
    -------
    ndarray, shape (point, slot), float64
        Energy drawn; NaN where it is not known for the whole slot. [Wh]
    """
    asked = {"usage_point_ids": usage_point_ids.tolist(), "start": start, "end": end}
    async with translated_errors(), connection.cursor(binary=True) as cursor:
        await cursor.execute(_SQL["energy_of_points"], asked)
        rows = await cursor.fetchall()
    packed = np.frombuffer(b"".join(one for _, one in rows), dtype=_PACKED)
    of_point = np.repeat([point for point, _ in rows], [len(one) // _PACKED.itemsize for _, one in rows])
    slots = (end - start) // SLOT
    inside = (packed["slot"] >= 0) & (packed["slot"] < slots)
    energy_wh = np.full((len(usage_point_ids), slots), np.nan)
    row = np.searchsorted(usage_point_ids, of_point[inside])
    energy_wh[row, packed["slot"][inside]] = packed["energy_wh"][inside]
    return energy_wh


async def take_progress(connection: Connection, dataset_id: int, begin: datetime) -> datetime:
    """Return how far a dataset is published, `begin` the first time, and keep others from publishing it meanwhile."""
    async with translated_errors():
        await connection.execute(_SQL["begin_progress"], {"dataset_id": dataset_id, "until": begin})
    row = await one_row(connection, Instant, _SQL["take_progress"], {"dataset_id": dataset_id})
    return begin if row is None or row.at is None else row.at


async def move_progress(connection: Connection, dataset_id: int, until: datetime) -> None:
    """Note how far a dataset is published."""
    async with translated_errors():
        await connection.execute(_SQL["move_progress"], {"dataset_id": dataset_id, "until": until})


async def _instant(connection: Connection, name: str) -> datetime | None:
    row = await one_row(connection, Instant, _SQL[name])
    return None if row is None else row.at
