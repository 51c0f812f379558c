"""The load of places as it was known at one origin after the other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, slot_floor
from db.connection import Connection
from db.hindcast import LoadChanges, load_changes
from grid.hindcast.plan import Plan
from grid.history import only_complete

Float = NDArray[np.float64]

#: Sums are made of values that come and go; below this nothing but rounding is left of what went. [W]
_DECIMALS = 6


class Sums:
    """Hold sums by place and slot, and take in what changes them.

    Parameters
    ----------
    place_ids : sequence of int
        Places, in the order of the rows.
    slots : int
        Length. [slots]
    """

    def __init__(self, place_ids: list[int], slots: int) -> None:
        self._place_ids = np.array(place_ids, dtype=np.int64)
        self._order = np.argsort(self._place_ids)
        self._load_w = np.zeros((len(place_ids), slots))
        self._count = np.zeros((len(place_ids), slots))

    def take(self, changes: LoadChanges, origin: int) -> None:
        """Take in what becomes known at an origin."""
        now = changes.origin == origin
        row = self._order[np.searchsorted(self._place_ids, changes.place_id[now], sorter=self._order)]
        np.add.at(self._load_w, (row, changes.slot[now]), changes.load_w[now])
        np.add.at(self._count, (row, changes.slot[now]), changes.usage_point_count[now])

    def between(self, first: int, end: int) -> Float:
        """Return the load over some slots, shape (place, slot); NaN where it is not complete. [W]."""
        count = self._count[:, first:end]
        load_w = np.round(self._load_w[:, first:end], _DECIMALS)
        return only_complete(load_w, np.where(count > 0, count, np.nan))


async def measured(connection: Connection, plan: Plan, place_ids: list[int]) -> Float:
    """Return the newest load from the plan's start to its end, shape (place, slot); NaN where it is not known. [W]."""
    end = min(plan.until, slot_floor(plan.now))
    sums = Sums(place_ids, (plan.until - plan.start) // SLOT)
    if end > plan.start:
        sums.take(await load_changes(connection, place_ids=place_ids, start=plan.start, end=end), 0)
    return sums.between(0, (plan.until - plan.start) // SLOT)


async def known(connection: Connection, plan: Plan, place_ids: list[int]) -> Iterator[Float]:
    """Return an iterator over the plan's origins of what each may know.

    Parameters
    ----------
    connection : Connection
        A role that reads load.
    plan : Plan
        Its ``known`` says what an origin may know: nothing of slots that had not ended in any case.
    place_ids : list of int
        Places.

    Returns
    -------
    iterator of ndarray, shape (place, slot)
        The history before each origin; NaN marks what is not known or not complete. [W]
    """
    origins = plan.origins if plan.known == "then" else None
    end = slot_floor(plan.origins[-1])
    changes = await load_changes(connection, place_ids=place_ids, start=plan.start, end=end, origins=origins)
    return _at_each(plan, changes, Sums(place_ids, (end - plan.start) // SLOT))


def _at_each(plan: Plan, changes: LoadChanges, sums: Sums) -> Iterator[Float]:
    for number, origin in enumerate(plan.origins):
        sums.take(changes, number)
        slot = plan.slot_of(origin)
        yield sums.between(slot - plan.history, slot)
