"""Publish energy: day by day, each day once, through disclosure control.

What is read is read in the role that computes, what is published is written in the role that publishes; neither is the
role that serves.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import structlog

from core.clock import Clock
from core.slots import LOCAL_ZONE, local_day, slot_starts
from db import disclosure as store
from db.connection import Connection, Role
from db.dataset_rows import Organisation, Published
from db.datasets import act_for, find_organisation, find_published
from db.disclosure import LatticePlace, Population
from enjoy.acting import Connect
from enjoy.disclosure.cells import Cells, Lattice, counted, half_hours, whole_day
from enjoy.disclosure.membership import POPULATIONS, keep_membership
from enjoy.disclosure.rules import Rules
from enjoy.energy_datasets import DATASETS, PUBLISHER, EnergyDataset
from enjoy.publishing import declare, receive

_log = structlog.get_logger()

_ACTOR: Final = "process/enjoy"
#: Days are published together until there are so many records.
_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Day:
    """Hold what is published of a day: places, half-hours, and the day itself."""

    places: list[LatticePlace]
    halves: Cells
    whole: Cells
    starts: list[datetime]


async def publish_energy(open_connection: Connect, clock: Clock, *, rules: Rules | None = None) -> int:
    """Publish every day that is old enough and not published yet; return how many, of all populations.

    Parameters
    ----------
    open_connection : callable
        Opens a connection in a role.
    clock : Clock
        Time.
    rules : Rules, optional
        What a published sum has to keep.

    Notes
    -----
    Days are published in transactions of one or more, each with a note of how far it got: killed at any moment, the
    next run goes on after the last whole day. Nothing that was published is computed again, for its cohorts may be
    others by now. Two runs at a time wait for each other.
    """
    rules, now = rules or Rules(), clock.now()
    async with open_connection(Role.ENJOY_WRITE) as publishing, open_connection(Role.COMPUTE) as reading:
        publisher = await find_organisation(publishing, PUBLISHER)
        if publisher is None:
            _log.info("energy_not_published", reason=f"there is no organisation {PUBLISHER}")
            return 0
        published = await _declared(publishing, publisher, now)
        await keep_membership(reading, rules, now=now)
        begin = await _first_day(reading)
        await reading.commit()
        if begin is None:
            return 0
        days = 0
        for population in POPULATIONS:
            wanted = [(dataset, published[dataset.name]) for dataset in DATASETS if dataset.population == population]
            while count := await _publish_next(reading, publishing, publisher, wanted, begin, rules, now):
                days += count
        return days


async def _declared(connection: Connection, publisher: Organisation, now: datetime) -> dict[str, Published]:
    """Return the datasets by name, declared where they are not there yet; commit."""
    await act_for(connection, [publisher.organisation_id])
    found = {}
    for one in DATASETS:
        found[one.name] = await find_published(connection, one.name) or await declare(
            connection, publisher.organisation_id, one.name, one.described, one.contract, actor=_ACTOR, now=now
        )
    await connection.commit()
    return found


async def _first_day(connection: Connection) -> datetime | None:
    """Return the start of the first local day on which there is load and somebody could be counted."""
    load, consent = await store.first_load(connection), await store.first_consent(connection)
    if load is None or consent is None:
        return None
    return local_day(max(load, consent).astimezone(LOCAL_ZONE).date())[0]


async def _publish_next(
    reading: Connection,
    publishing: Connection,
    publisher: Organisation,
    wanted: list[tuple[EnergyDataset, Published]],
    begin: datetime,
    rules: Rules,
    now: datetime,
) -> int:
    """Publish the next days of a population, and commit them; return how many, 0 where the next is not old enough."""
    await act_for(publishing, [publisher.organisation_id])
    progress_of = wanted[0][1].dataset.dataset_id
    start = await store.take_progress(publishing, progress_of, begin)
    records: dict[str, list[dict[str, object]]] = {dataset.name: [] for dataset, _ in wanted}
    days = 0
    while _next_day(start) + rules.delay <= now and sum(map(len, records.values())) < _AT_ONCE:
        day = await _day(reading, wanted[0][0].population, start, _next_day(start), rules)
        for dataset, _ in wanted:
            cells, starts = (day.whole, day.starts[:1]) if dataset.is_daily else (day.halves, day.starts)
            records[dataset.name] += dataset.records(day.places, cells, starts)
        start, days = _next_day(start), days + 1
    for dataset, published in wanted:
        await receive(publishing, published, records[dataset.name], source="energy", now=now)
    await store.move_progress(publishing, progress_of, start)
    await publishing.commit()
    return days


def _next_day(start: datetime) -> datetime:
    day: date = start.astimezone(LOCAL_ZONE).date()
    return local_day(day + timedelta(days=1))[0]


async def _day(reading: Connection, population: Population, start: datetime, end: datetime, rules: Rules) -> _Day:
    """Return the cells of a day, from what is known now and from the cohorts that stand now."""
    places = await store.lattice(reading, population)
    members = await store.members(reading, population, start)
    energy_wh = await store.energy_of_points(reading, members.usage_point_id, start, end)
    await reading.commit()
    lattice = _lattice(places, members.place_id)
    inside = counted(energy_wh, members.cohort_id)
    halves = half_hours(energy_wh, inside, lattice, rules)
    whole = whole_day(energy_wh, inside, halves, lattice, rules)
    return _Day(places, halves, whole, slot_starts(start, end))


def _lattice(places: list[LatticePlace], place_of_point: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> Lattice:
    position = {one.place_id: place for place, one in enumerate(places)}
    parent = tuple(-1 if one.parent_place_id is None else position[one.parent_place_id] for one in places)
    own = [np.flatnonzero(place_of_point == one.place_id) for one in places]
    points = []
    for place in range(len(places)):
        parts = [own[part] for part, above in enumerate(parent) if above == place]
        points.append(np.sort(np.concatenate([own[place], *parts])))
    return Lattice(tuple(points), parent)
