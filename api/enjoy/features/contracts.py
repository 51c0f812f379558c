"""Collections found by their name: contracts are kept while nothing changes, reach is asked of the database each time.

A collection is a version of a dataset, ``velo.v1``; under the bare name of the dataset its newest version answers.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from api.enjoy.features.kept import KeptPages
from core.errors import GoneError, NotFoundError
from db.connection import Connection
from db.dataset_rows import Published, Version
from db.datasets import find_published
from db.feature_states import State, state_of
from db.features import Selection, count
from db.views import View, view_of

_NAME: Final = re.compile(r"(?P<dataset>[a-z][a-z0-9-]{1,47})(?:\.v(?P<version>[1-9]\d{0,4}))?")
Key = TypeVar("Key")
Kept = TypeVar("Kept")

#: Datasets whose contracts are kept.
_MOST_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Collection:
    """Hold a version of a dataset as it is right now.

    Attributes
    ----------
    published : Published
        Dataset.
    version : Version
        Which shape.
    view : View
        Where its records are read.
    state : State
        What its answers depend on.
    """

    published: Published
    version: Version
    view: View
    state: State

    @property
    def id(self) -> str:
        """Return its permanent identifier."""
        return collection_id(self.published, self.version)

    @property
    def is_newest(self) -> bool:
        """Tell whether no newer shape is there."""
        return self.version.version == self.published.newest.version

    @property
    def is_open(self) -> bool:
        """Tell whether everybody may read it."""
        return self.published.dataset.openness == "open"


def collection_id(published: Published, version: Version) -> str:
    """Return the identifier of a version of a dataset."""
    return f"{published.dataset.name}.v{version.version}"


def is_alive(version: Version, now: datetime) -> bool:
    """Tell whether a shape still answers."""
    return version.sunset_at is None or now < version.sunset_at


class Contracts:
    """Find collections; keep what was read of a dataset until its state is another."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[State, Published]] = {}
        self._views: dict[tuple[int, int, datetime], View] = {}
        self.pages = KeptPages()
        self._counts: dict[tuple[int, int, str, bool], tuple[State, int]] = {}

    async def find(self, connection: Connection, name: str, now: datetime) -> Collection:
        """Return a collection that the transaction may read.

        Raises
        ------
        NotFoundError
            ``collection_unknown``: there is none, or it may not be read; which one is not told.
        GoneError
            ``version_gone``, with its successor.
        """
        match = _NAME.fullmatch(name)
        state = await state_of(connection, match["dataset"]) if match else None
        if match is None or state is None:
            raise _unknown(name)
        published = await self.published(connection, match["dataset"], state)
        if published is None:
            raise _unknown(name)
        version = published.newest if match["version"] is None else published.version(int(match["version"]))
        if version is None:
            raise _unknown(name)
        if not is_alive(version, now):
            successor = collection_id(published, published.newest)
            message = f"This shape had its sunset; the newest one is {successor}."
            raise GoneError("version_gone", message, successor=successor)
        return self.collection(published, version, state)

    async def published(self, connection: Connection, name: str, state: State) -> Published | None:
        """Return a dataset in a state that the transaction has just read."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] == state:
            return kept[1]
        published = await find_published(connection, name)
        if published is not None:
            _keep(self._kept, name, (state, published))
        return published

    def collection(self, published: Published, version: Version, state: State) -> Collection:
        """Return a version of a dataset as a collection."""
        key = (version.dataset_id, version.version, version.opened_at)
        if key not in self._views:
            _keep(self._views, key, view_of(published, version.version))
        return Collection(published, version, self._views[key], state)

    async def count(
        self, connection: Connection, collection: Collection, selection: Selection, *, latest: bool, most: int
    ) -> int:
        """Return how many records are selected, or `most` where there are more; of one state they are counted once."""
        key = (collection.view.dataset_id, collection.view.version, repr(selection), latest)
        kept = self._counts.get(key)
        if kept is not None and kept[0] == collection.state:
            return kept[1]
        counted = await count(connection, collection.view, selection, latest=latest, most=most)
        _keep(self._counts, key, (collection.state, counted))
        return counted


def _keep(kept: dict[Key, Kept], key: Key, value: Kept) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


def _unknown(name: str) -> NotFoundError:
    return NotFoundError("collection_unknown", f"There is no collection {name[:100]!r}.", collection=name[:100])
