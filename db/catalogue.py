"""The catalogue as it is searched and summed up, as far as the transaction may read it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.dataset_rows import Published
from db.datasets import list_published
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("catalogue")
#: Subjects are counted so far.
MOST_COUNTED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Name:
    """Name a dataset."""

    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """Name a dataset that was searched for, and tell how many were found in all."""

    name: str
    total: int


@dataclass(frozen=True, slots=True)
class Facet:
    """Count the datasets that have something in common.

    Attributes
    ----------
    facet : str
        What: ``organisation``, ``theme`` or ``keyword``.
    value, title : str
        Which one, for programs and for people.
    total : int
        How many.
    """

    facet: str
    value: str
    title: str
    total: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Sum up the records of a dataset; see the comments of ``catalogue.dataset_summary``."""

    dataset_id: int
    subject_count: int
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    first_at: datetime | None
    last_at: datetime | None
    in_time_ratio: float | None

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Return west, south, east and north [degrees], or None where there are no geometries."""
        box = (self.west, self.south, self.east, self.north)
        return None if any(one is None for one in box) else box  # type: ignore[return-value]

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Return the times of the oldest and the newest record, or None where they have none."""
        return None if self.first_at is None or self.last_at is None else (self.first_at, self.last_at)


@dataclass(frozen=True, slots=True)
class Outline:
    """Draw a commune, as GeoJSON."""

    insee_code: str
    name: str
    geometry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Say what is searched for; what is left out does not matter.

    Attributes
    ----------
    words : sequence of str
        All of them have to be there.
    phrases : sequence of str
        One of them has to be there.
    organisation, theme, keyword : str, optional
        Publisher, key of `core.datasets.THEMES`, one of the keywords.
    names : list of str, optional
        Only these datasets.
    west, south, east, north : float, optional
        Box that the records' box meets, where they have one; across the antimeridian west is the greater [degrees].
    since, until : datetime, optional
        Span that the records' span meets, where they have one.
    """

    words: Sequence[str] = field(default_factory=list)
    phrases: Sequence[str] = field(default_factory=list)
    organisation: str | None = None
    theme: str | None = None
    keyword: str | None = None
    names: list[str] | None = None
    west: float | None = None
    south: float | None = None
    east: float | None = None
    north: float | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Hold a page of what was found, and how many there are in all."""

    datasets: list[Published]
    total: int


async def names(connection: Connection, *, organisation: str | None = None) -> list[str]:
    """Return the names of all datasets, perhaps of one organisation, in their order."""
    return [row.name for row in await all_rows(connection, Name, _SQL["names"], {"organisation": organisation})]


async def summaries(connection: Connection, datasets: Sequence[Published]) -> dict[int, Summary]:
    """Return what the records of datasets are, by the datasets' keys."""
    asked = {"dataset_ids": [one.dataset.dataset_id for one in datasets]}
    return {row.dataset_id: row for row in await all_rows(connection, Summary, _SQL["summaries"], asked)}


async def search(connection: Connection, wanted: Search, *, after: str = "", skip: int = 0, limit: int) -> Hits:
    """Return datasets that were searched for, by name; where words were given, those with all in the title first.

    Notes
    -----
    `after` is a name, and of use where the order is by name; what is before it counts among all the same.
    """
    words = {"words": list(wanted.words), "phrases": list(wanted.phrases)}
    asked = asdict(wanted) | words | {"after": after, "skip": skip, "limit": limit}
    rows = await all_rows(connection, Found, _SQL["search"], asked)
    found = await list_published(connection, limit=limit, among=[row.name for row in rows])
    by_name = {one.dataset.name: one for one in found}
    return Hits([by_name[row.name] for row in rows], rows[0].total if rows else 0)


async def facets(connection: Connection) -> list[Facet]:
    """Return by what the catalogue can be narrowed down, what is most common first."""
    return await all_rows(connection, Facet, _SQL["facets"], {})


async def communes(connection: Connection) -> list[Outline]:
    """Return the outlines of the communes, for maps."""
    return await all_rows(connection, Outline, _SQL["communes"], {})
