"""What is known of those who are shown, brought up to date while several of their presentations are judged in turn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from db import validations as store
from db.connection import Connection
from db.pass_readers import Door
from db.validations import Key, LastAdmission, ShownRow
from enjoy.passes.doors import Judging
from enjoy.reader.reasons import Proof
from enjoy.reader.rules import Per, Tally, Used, tallies

#: One card at two doors: faster than this it was two cards.
_FASTEST_M_S: Final = 20.0
_LEAST_S: Final = 60.0
_EARTH_M: Final = 6_371_000.0


@dataclass(slots=True)
class _Uses:
    counts: dict[Tally, int]
    last_at: dict[int, datetime]
    first_at: datetime | None


@dataclass(slots=True)
class Knowledge:
    """Hold what is known.

    Attributes
    ----------
    shown : list of ShownRow
        In the order of asking.
    taken : set
        Tokens and half minutes that were admitted just now.
    """

    shown: list[ShownRow]
    taken: set[tuple[UUID | None, int | None]] = field(default_factory=set)
    _uses: dict[UUID, _Uses] = field(default_factory=dict)
    _lasts: list[LastAdmission] = field(default_factory=list)

    def used(self, subject_id: UUID) -> Used:
        """Return what somebody used before."""
        uses = self._uses[subject_id]
        return Used(uses.counts, uses.last_at, uses.first_at)

    def add(self, subject_id: UUID, judging: Judging, rule_id: int, key: Key, proof: Proof) -> None:
        """Note an admission."""
        uses, door = self._uses[subject_id], judging.door
        rule = next((one for one in judging.rules if one.rule_id == rule_id), None)
        for tally in tallies(rule, door.venue, key.at) if rule is not None else ():
            uses.counts[tally] = uses.counts.get(tally, 0) + 1
        uses.last_at[rule_id] = max(key.at, uses.last_at.get(rule_id, key.at))
        uses.first_at = min(key.at, uses.first_at or key.at)
        if key.step is not None:
            self.taken.add((key.token_id, key.step))
        self._lasts.append(LastAdmission(subject_id, rule_id, door.venue_id, key.at, proof, door.lon, door.lat))

    def is_too_fast(self, subject_id: UUID, door: Door, at: datetime) -> bool:
        """Tell whether a card was admitted elsewhere sooner before than one can go from there.

        Notes
        -----
        Where a venue does not say where it is, a minute is what one needs.
        """
        return any(
            abs((at - one.at).total_seconds()) < _needs_s(one, door)
            for one in self._lasts
            if one.subject_id == subject_id and one.proof == Proof.SERIAL and one.venue_id != door.venue_id
        )


async def know(connection: Connection, keys: Sequence[Key]) -> Knowledge:
    """Return what is known of what was shown; who is held by the caller does not change meanwhile."""
    shown = await store.shown(connection, keys)
    knowledge = Knowledge(shown)
    subjects = {row.subject_id: row for row in shown if row.subject_id is not None}
    for subject_id, row in subjects.items():
        counts = {
            Tally(rule_id, Per(per), date.fromisoformat(start), venue): count
            for rule_id, per, start, venue, count in row.uses or ()
        }
        knowledge._uses[subject_id] = _Uses(counts, {}, row.first_at)  # noqa: SLF001 - of this module
    if subjects:
        latest = max(key.at for key in keys)
        for one in await store.last_admissions(connection, list(subjects), latest):
            _add_last(knowledge, one)
    return knowledge


def _add_last(knowledge: Knowledge, one: LastAdmission) -> None:
    last_at = knowledge._uses[one.subject_id].last_at  # noqa: SLF001 - of this module
    if one.rule_id is not None:
        last_at[one.rule_id] = max(one.at, last_at.get(one.rule_id, one.at))
    knowledge._lasts.append(one)  # noqa: SLF001 - of this module


def _needs_s(there: LastAdmission, here: Door) -> float:
    """Return how long one needs at least between two venues. [s]."""
    if there.lon is None or there.lat is None or here.lon is None or here.lat is None:
        return _LEAST_S
    return max(_LEAST_S, _metres((there.lon, there.lat), (here.lon, here.lat)) / _FASTEST_M_S)


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two places, in degrees of longitude and latitude, on a sphere. [m]."""
    lon, lat, to_lon, to_lat = (math.radians(degrees) for degrees in (*one, *other))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(half))
