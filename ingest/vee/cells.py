"""The cells that are validated: one register of one usage point on one local day, with its rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.registers import IMPORT_WH
from db.vee_columns import PointColumns, RowColumns, Spans, series_of
from ingest.vee.days import LocalDays, midnight_s

Int = npt.NDArray[np.int64]

#: Seconds after 1970 take less than this, so that series and time make one rising number.
_TIME_BITS = 34


@dataclass(frozen=True, slots=True, eq=False)
class PointDays:
    """Local days of usage points to validate: arrays of shape (day,), by usage point and day, none twice.

    Attributes
    ----------
    usage_point_id : ndarray of int64
        Usage point.
    day : ndarray of int64
        Days after 1970-01-01.
    """

    usage_point_id: Int
    day: Int

    def __len__(self) -> int:
        return int(self.day.size)

    def take(self, rows: Int | npt.NDArray[np.bool_]) -> "PointDays":
        """Return some of them."""
        return PointDays(self.usage_point_id[rows], self.day[rows])

    def spans(self) -> Spans:
        """Return the days as spans of time."""
        first = np.array([midnight_s(int(day)) for day in self.day], np.int64)
        end = np.array([midnight_s(int(day) + 1) for day in self.day], np.int64)
        return Spans(self.usage_point_id, first, end)

    @classmethod
    def unique(cls, usage_point_id: Int, day: Int) -> "PointDays":
        """Return days in order, each once."""
        found = np.unique(np.stack([usage_point_id, day], axis=1).reshape(-1, 2), axis=0)
        return cls(found[:, 0], found[:, 1])


def runs_of(pairs: PointDays) -> tuple[Int, Int, Int]:
    """Return usage point, first and last day of each run of consecutive days."""
    is_first = np.ones(len(pairs), np.bool_)
    is_first[1:] = (np.diff(pairs.usage_point_id) != 0) | (np.diff(pairs.day) != 1)
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(pairs)) - 1
    return pairs.usage_point_id[first], pairs.day[first], pairs.day[last]


def every_day(usage_point_id: Int, first_day: Int, last_day: Int) -> PointDays:
    """Return each day of runs of days, both ends included."""
    lengths = last_day - first_day + 1
    offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return PointDays.unique(np.repeat(usage_point_id, lengths), np.repeat(first_day, lengths) + offset)


def days_touched(spans: Spans) -> PointDays:
    """Return the local days that spans touch."""
    days = LocalDays(int(spans.start_s.min()), int(spans.end_s.max()))
    return every_day(spans.usage_point_id, days.day_of(spans.start_s), days.day_of(spans.end_s - 1))


def spans_to_read(pairs: PointDays, days: LocalDays, before_s: int) -> Spans:
    """Return spans of usage points that hold their days and `before_s` before each, none overlapping another."""
    start_s, end_s = days.start_s(pairs.day) - before_s, days.start_s(pairs.day + 1)
    is_first = np.ones(len(pairs), np.bool_)
    is_first[1:] = (np.diff(pairs.usage_point_id) != 0) | (start_s[1:] > end_s[:-1])
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(pairs)) - 1
    return Spans(pairs.usage_point_id[first], start_s[first], end_s[last])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells, by usage point, register and day: arrays of shape (cell,) of int64.

    Attributes
    ----------
    usage_point_id, register_id, day : ndarray
        What each cell is about; `day` in days after 1970-01-01.
    subscribed_va : ndarray
        Subscribed power. [VA]
    bounds : ndarray, shape (cell, 6)
        As `kernels.check_cells` takes them.
    """

    usage_point_id: Int
    register_id: Int
    day: Int
    subscribed_va: Int
    bounds: Int

    def __len__(self) -> int:
        return int(self.day.size)

    @property
    def series(self) -> Int:
        """Usage point and register as one number."""
        return series_of(self.usage_point_id, self.register_id)


def make_cells(pairs: PointDays, points: PointColumns, rows: RowColumns, days: LocalDays, before_s: int) -> Cells:
    """Return the cells of days: of the import, which every usage point has, and of what else was told on them."""
    keys = _keys(pairs, rows, days)
    usage_point_id, register_id, day = keys[:, 0], keys[:, 1], keys[:, 2]
    point = np.searchsorted(points.usage_point_id, usage_point_id)
    start_s, end_s = days.start_s(day), days.start_s(day + 1)
    series = series_of(usage_point_id, register_id)
    bounds = np.stack(
        [
            _position(rows, series, start_s - before_s),
            _position(rows, series, end_s),
            start_s,
            end_s,
            _expected_from(points, rows, point, day),
            points.step_s[point],
        ],
        axis=1,
    )
    return Cells(usage_point_id, register_id, day, points.subscribed_va[point], bounds)


def _keys(pairs: PointDays, rows: RowColumns, days: LocalDays) -> Int:
    imports = np.full(len(pairs), IMPORT_WH.register_id, np.int64)
    wanted = np.stack([pairs.usage_point_id, imports, pairs.day], axis=1)
    other = rows.register_id != IMPORT_WH.register_id
    told = np.stack([rows.usage_point_id[other], rows.register_id[other], days.day_of(rows.facts[0, other])], axis=1)
    told = np.unique(told, axis=0) if len(told) else told
    base = int(max(pairs.day.max(), told[:, 2].max(initial=0))) + 1
    inside = np.isin(told[:, 0] * base + told[:, 2], pairs.usage_point_id * base + pairs.day)
    keys = np.concatenate([wanted, told[inside]])
    return np.asarray(keys[np.lexsort((keys[:, 2], keys[:, 1], keys[:, 0]))])


def _position(rows: RowColumns, series: Int, time_s: Int) -> Int:
    """Return the place of the first row of each series at or after a time; of a silent series, an empty one."""
    known, rank_of_row = np.unique(rows.series, return_inverse=True)
    order = (rank_of_row.astype(np.int64) << _TIME_BITS) + rows.facts[0]
    rank = np.searchsorted(known, series)
    found = np.searchsorted(order, (rank << _TIME_BITS) + np.maximum(time_s, 0)).astype(np.int64)
    silent = np.append(known, -1)[rank] != series
    return np.where(silent, 0, found)


def _expected_from(points: PointColumns, rows: RowColumns, point: Int, day: Int) -> Int:
    """Return the time from which on values are expected: the registration, or the first value if that is earlier."""
    first_s = points.registered_s.copy()
    place = np.searchsorted(points.usage_point_id, rows.usage_point_id)
    np.minimum.at(first_s, place, rows.facts[0])
    return np.where(points.first_day[point] < day, 0, first_s[point])
