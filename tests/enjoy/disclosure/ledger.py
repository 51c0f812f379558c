"""Months of consents, withdrawals and missing values on a small lattice, and the sums that are published of them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from enjoy.disclosure.cells import Lattice, counted, half_hours, whole_day
from enjoy.disclosure.cohorts import Candidates, form_cohorts
from enjoy.disclosure.rules import Hidden, Rules

#: Dominance is left out: what is tested is what sums say, not how much of them is whose.
LOOSE = Rules(least_points=3, largest_share=1.0, closeness=0.0)


@dataclass
class Ledger:
    """Keep consents and cohorts as the database does; a feeder (place 0) with transformers 1 to `parts`."""

    points: int
    parts: int
    rules: Rules = LOOSE
    agreed: set[int] = field(default_factory=set)
    cohorts: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    ever: set[int] = field(default_factory=set)
    formed: int = 0

    def place_of(self, point: int) -> int:
        return 1 + point % self.parts

    def withdraw(self, point: int) -> None:
        self.agreed.discard(point)
        self.cohorts = {key: known for key, known in self.cohorts.items() if point not in known[1]}

    def begin_month(self) -> None:
        standing = {point for _, members in self.cohorts.values() for point in members}
        waiting = np.array(sorted(self.agreed - standing), dtype=np.int64)
        small = np.array([self.place_of(int(point)) for point in waiting], dtype=np.int64)
        candidates = Candidates(
            waiting,
            np.stack([small, np.zeros_like(small)]),
            np.full(len(waiting), 6_000),
            np.array([int(point) not in self.ever for point in waiting], dtype=bool),
        )
        for one in form_cohorts(candidates, self.rules):
            self.formed += 1
            self.cohorts[self.formed] = (one.place_id, one.usage_point_ids)
            self.ever |= set(one.usage_point_ids)

    def published(self, missing: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return which points are in each sum that is shown of a day; `missing` is (point, slot)."""
        rows = [(point, key, place) for key, (place, members) in self.cohorts.items() for point in members]
        point, cohort, place = (np.array([row[axis] for row in rows], dtype=np.int64) for axis in range(3))
        energy_wh = np.where(missing[point], np.nan, 100.0)
        own = [np.flatnonzero(place == one) for one in range(self.parts + 1)]
        lattice = Lattice((np.arange(len(rows)), *own[1:]), (-1, *([0] * self.parts)))
        inside = counted(energy_wh, cohort)
        halves = half_hours(energy_wh, inside, lattice, self.rules)
        day = whole_day(energy_wh, inside, halves, lattice, self.rules)
        found = []
        all_day: NDArray[np.bool_] = np.asarray(inside.all(axis=1, keepdims=True))
        for cells, counts in ((halves, inside), (day, all_day)):
            for number, members in enumerate(lattice.points):
                for slot in np.flatnonzero(cells.hidden[number] == Hidden.NOT):
                    row = np.zeros(self.points, dtype=np.int64)
                    row[point[members[counts[members, slot]]]] = 1
                    found.append(row)
        return np.array(found, dtype=np.int64).reshape(-1, self.points)
