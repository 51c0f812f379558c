"""Estimate the gaps of incomplete days: read around them, estimate each, store what there was no value for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from db.connection import Connection
from db.vee import read_indexes, read_rows
from db.vee_columns import RowColumns, Spans, series_of
from db.vee_estimates import Estimate, IncompleteDays, note_tried, store_estimates
from ingest.vee.cells import PointDays
from ingest.vee.checking import check_days
from ingest.vee.days import LocalDays
from ingest.vee.estimation import Grid, IndexPair, estimate, make_grid
from ingest.vee.profile import REACH_DAYS
from ingest.vee.rules import INDEX_OF, RuleLimits

Int = npt.NDArray[np.int64]

#: How far around an incomplete day a gap, and the indexes on both of its sides, are looked for. [days]
_AROUND_DAYS: Final = 7
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: the incomplete day that it reaches into, the slots around it, and which of them it is."""

    place: int
    grid: Grid
    slots: tuple[int, int]

    @property
    def span_s(self) -> tuple[int, int]:
        """Start and end of the whole gap. [s]."""
        first, end = self.slots
        return self.grid.origin_s + first * self.grid.step_s, self.grid.origin_s + end * self.grid.step_s


@dataclass(frozen=True, slots=True)
class Estimated:
    """What was done about gaps: days looked at, gaps estimated, values stored, gaps that could not be estimated."""

    days: int = 0
    gaps: int = 0
    values: int = 0
    left: int = 0


async def estimate_days(
    connection: Connection, incomplete: IncompleteDays, limits: RuleLimits, now: datetime
) -> Estimated:
    """Estimate the gaps of incomplete days, in the caller's transaction, and count those days anew."""
    if not len(incomplete):
        return Estimated()
    days = LocalDays(
        (int(incomplete.day.min()) - REACH_DAYS - 2) * _DAY_S, (int(incomplete.day.max()) + _AROUND_DAYS + 2) * _DAY_S
    )
    rows = await read_rows(connection, _spans(incomplete, days), np.unique(incomplete.register_id).tolist())
    gaps = [gap for place in range(len(incomplete)) for gap in _gaps_of(incomplete, place, rows, days)]
    indexes = await _indexes_of(connection, incomplete, gaps)
    estimates = [
        one for number, gap in enumerate(gaps) for one in _estimate(incomplete, gap, rows, indexes.get(number), days)
    ]
    stored = await store_estimates(connection, estimates, now)
    await check_days(connection, PointDays.unique(incomplete.usage_point_id, incomplete.day), limits, now)
    await note_tried(connection, incomplete, now)
    done = sum(one.method != "none" for one in estimates)
    return Estimated(len(incomplete), done, stored, len(estimates) - done)


def _spans(incomplete: IncompleteDays, days: LocalDays) -> Spans:
    """Return one span for each usage point; two incomplete days far apart have all between them read."""
    usage_point_id, place = np.unique(incomplete.usage_point_id, return_inverse=True)
    first, last = np.full(len(usage_point_id), np.iinfo(np.int64).max), np.zeros(len(usage_point_id), np.int64)
    np.minimum.at(first, place, incomplete.day)
    np.maximum.at(last, place, incomplete.day)
    return Spans(usage_point_id, days.start_s(first - REACH_DAYS), days.start_s(last + 1 + _AROUND_DAYS))


def _series_rows(incomplete: IncompleteDays, place: int, rows: RowColumns, first_s: int, end_s: int) -> slice:
    series = series_of(incomplete.usage_point_id[place], incomplete.register_id[place])
    first, end = np.searchsorted(rows.series, [series, series + 1])
    start_s = rows.facts[0, first:end]
    return slice(first + int(np.searchsorted(start_s, first_s)), first + int(np.searchsorted(start_s, end_s)))


def _gaps_of(incomplete: IncompleteDays, place: int, rows: RowColumns, days: LocalDays) -> list[Gap]:
    day, step_s = incomplete.day[place], int(incomplete.step_s[place])
    origin_s, end_s = (int(edge) for edge in days.start_s(np.array([day - _AROUND_DAYS, day + 1 + _AROUND_DAYS])))
    part = _series_rows(incomplete, place, rows, origin_s, end_s)
    grid = make_grid(rows.facts[:, part], rows.value[part], origin_s=origin_s, end_s=end_s, step_s=step_s)
    first, end = ((int(edge) - origin_s) // step_s for edge in days.start_s(np.array([day, day + 1])))
    gaps = [Gap(place, grid, slots) for slots in grid.gaps(first, end)]
    return [gap for gap in gaps if not grid.is_taken[max(gap.slots[0], first) : min(gap.slots[1], end)].all()]


async def _indexes_of(connection: Connection, incomplete: IncompleteDays, gaps: list[Gap]) -> dict[int, IndexPair]:
    numbers = [number for number, gap in enumerate(gaps) if int(incomplete.register_id[gap.place]) in INDEX_OF]
    if not numbers:
        return {}
    places = np.array([gaps[number].place for number in numbers])
    edges = np.array([gaps[number].span_s for number in numbers], np.int64)
    registers = np.array([INDEX_OF[int(incomplete.register_id[place])] for place in places], np.int64)
    spans = Spans(incomplete.usage_point_id[places], edges[:, 0], edges[:, 1])
    found = await read_indexes(connection, spans, registers, reach_s=_AROUND_DAYS * _DAY_S)
    return {
        numbers[number]: IndexPair(before_s, before, after_s, after)
        for number, before_s, before, after_s, after in zip(
            found["number"].tolist(),
            found["before_s"].tolist(),
            found["before_value"].tolist(),
            found["beyond_s"].tolist(),
            found["beyond_value"].tolist(),
            strict=True,
        )
        if before == before and after == after  # noqa: PLR0124 - neither is NaN
    }


def _estimate(
    incomplete: IncompleteDays, gap: Gap, rows: RowColumns, index: IndexPair | None, days: LocalDays
) -> list[Estimate]:
    """Return an estimate of each run of free slots that the gap has in the incomplete day."""
    place, grid = gap.place, gap.grid
    day = int(incomplete.day[place])
    day_s, end_s = (int(edge) for edge in days.start_s(np.array([day, day + 1])))
    first_s, last_s = (int(edge) for edge in days.start_s(np.array([day - REACH_DAYS, day + 1 + _AROUND_DAYS])))
    part = _series_rows(incomplete, place, rows, first_s, last_s)
    usual = (rows.facts[2, part] == 0) & (rows.facts[1, part] == grid.step_s)
    history = rows.facts[0, part][usual], rows.value[part][usual]
    guess = estimate(grid, gap.slots, history, index, days)
    inside = range(max(gap.slots[0], (day_s - grid.origin_s) // grid.step_s), gap.slots[1])
    slots = [slot for slot in inside if slot * grid.step_s + grid.origin_s < end_s and not grid.is_taken[slot]]
    breaks = [at for at in range(1, len(slots)) if slots[at] != slots[at - 1] + 1]
    runs = [slots[a:b] for a, b in zip([0, *breaks], [*breaks, len(slots)], strict=True)]
    return [
        Estimate(
            usage_point_id=int(incomplete.usage_point_id[place]),
            register_id=int(incomplete.register_id[place]),
            day=day,
            start_s=grid.origin_s + run[0] * grid.step_s,
            end_s=grid.origin_s + (run[-1] + 1) * grid.step_s,
            step_s=grid.step_s,
            method=guess.method,
            reason=guess.reason,
            is_scaled=guess.is_scaled,
            value=guess.value[run[0] - gap.slots[0] : run[-1] + 1 - gap.slots[0]],
        )
        for run in runs
    ]
