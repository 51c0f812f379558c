"""Weather from a file: CSV or Parquet, hours in rows, with times, units and points stated and never guessed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from db.weather import QUANTITIES, WeatherColumns, WeatherPoint
from grid.weather.quantities import HOUR_S, NAMED_BY_END, QUANTITY_BY_TITLE, by_start, in_our_unit, is_possible
from grid.weather.rows import gathered
from grid.weather.table import StatedColumn, column_of, numbers, read_table, stated_columns

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: Why a row is not taken.
CODES: Final[Mapping[str, str]] = {
    "time_unreadable": "The time cannot be read.",
    "time_not_told_apart": "The zone's clocks show this time twice or never; state times in UTC, or with their offset.",
    "time_off_hour": "The time is no full hour.",
    "point_unknown": "No weather point of this name is known.",
    "value_unreadable": "A value is not a number.",
    "value_out_of_range": "A value is beyond what weather on Earth can be.",
    "known_in_future": "It would have become known later than now.",
    "row_repeated": "An earlier row is about the same point and hour.",
}


@dataclass(frozen=True, slots=True)
class FileTerms:
    """Say what a file does not say itself.

    Attributes
    ----------
    known : datetime or timedelta
        When all of it became known, or how long before its hour each row did; negative for what was measured.
    time_column : str
        Title of the times.
    point_column : str or None
        Title of the names of points; None: all rows are about the one point asked for.
    zone : ZoneInfo or None
        Of times that carry none.
    units : mapping of str to str
        By title, for those that do not state theirs.
    """

    known: datetime | timedelta
    time_column: str = "time"
    point_column: str | None = None
    zone: ZoneInfo | None = None
    units: Mapping[str, str] = field(default_factory=dict)


class WeatherFile:
    """Read the weather of points from one file.

    Parameters
    ----------
    path : Path
        ``.parquet``, or CSV with a first line of titles, plain or ``.gz``.
    terms : FileTerms
        What it means.
    now : datetime
        Rows known later are refused.

    Attributes
    ----------
    row_count, empty : int
        Rows read; those taken that say nothing.
    refused : dict of str to int
        Rows not taken, by a key of `CODES`.
    """

    def __init__(self, path: Path, terms: FileTerms, *, now: datetime) -> None:
        self._path, self._terms, self._now_s = path, terms, now.timestamp()
        self._good: Bool = np.zeros(0, dtype=np.bool_)
        self.row_count, self.empty = 0, 0
        self.refused: dict[str, int] = {}

    @property
    def source(self) -> str:
        """Return the name of the file."""
        return self._path.name

    async def weather(self, points: Sequence[WeatherPoint], *, start: datetime, end: datetime) -> WeatherColumns:
        """Return what the file says of points over the hours in ``[start, end)``.

        Raises
        ------
        InputError
            ``weather_file_unreadable``, ``weather_column_missing``, ``weather_column_repeated``,
            ``weather_unit_unknown`` or ``zone_missing``: it is not taken at all.
        """
        columns = await asyncio.to_thread(self._read, points)
        return columns.of((columns.valid_s >= start.timestamp()) & (columns.valid_s < end.timestamp()))

    def _read(self, points: Sequence[WeatherPoint]) -> WeatherColumns:
        table = read_table(self._path)
        columns = stated_columns(table, self._terms.units)
        self.row_count, self.refused = len(table), {}
        self._good = np.ones(len(table), dtype=np.bool_)
        valid_s, point_id = self._times(table), self._points(table, points)
        values = np.stack([self._values(table, column) for column in columns], axis=1)
        known_s = self._known_s(valid_s, columns)
        self._refuse("known_in_future", known_s > self._now_s)
        order = np.lexsort((np.arange(len(table)), valid_s, point_id))
        order = order[self._good[order]]
        again = (np.diff(valid_s[order], prepend=-1) == 0) & (np.diff(point_id[order], prepend=-1) == 0)
        self._refuse("row_repeated", np.isin(np.arange(len(table)), order[again]))
        order = order[~again]
        if not order.size:
            return _told(order, order, order, columns, np.zeros((0, len(columns))))
        of_one = np.split(order, np.flatnonzero(np.diff(point_id[order])) + 1)
        found = gathered([_told(point_id[one], valid_s[one], known_s[one], columns, values[one]) for one in of_one])
        self.empty = order.size - len(found)
        return found

    def _refuse(self, code: str, wrong: Bool) -> None:
        """Count rows that were good so far, and take them no longer."""
        count = int((wrong & self._good).sum())
        if count:
            self.refused[code] = self.refused.get(code, 0) + count
        self._good &= ~wrong

    def _times(self, table: pd.DataFrame) -> Int:
        """Return the starts of hours. [s since 1970-01-01 UTC]."""
        when = self._parsed(column_of(table, self._terms.time_column))
        missing = when.isna().to_numpy(dtype=np.bool_)
        self._refuse("time_not_told_apart", missing)
        seconds: Int = when.dt.tz_localize(None).to_numpy(dtype="datetime64[s]").astype(np.int64)
        self._refuse("time_off_hour", seconds % HOUR_S != 0)
        return np.where(missing, 0, seconds)

    def _parsed(self, cells: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
        """Return times in UTC, NaT where there is none; where they carry no zone, the stated one counts."""
        has_zone = cells.astype(str).str.strip().str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True)
        aware = pd.to_datetime(cells.where(has_zone), utc=True, errors="coerce", format="ISO8601")
        naive = pd.to_datetime(cells.where(~has_zone), errors="coerce", format="ISO8601")
        self._refuse("time_unreadable", (aware.isna() & naive.isna()).to_numpy(dtype=np.bool_))
        if self._terms.zone is None:
            if naive.notna().any():
                raise InputError("zone_missing", "Times carry no zone; say which one they are of, such as UTC.")
            return aware
        local = naive.dt.tz_localize(self._terms.zone, ambiguous="NaT", nonexistent="NaT")
        return aware.fillna(local.dt.tz_convert("UTC"))

    def _points(self, table: pd.DataFrame, points: Sequence[WeatherPoint]) -> Int:
        """Return the key of each row's point, 0 where it is unknown."""
        if self._terms.point_column is None:
            return np.full(len(table), points[0].weather_point_id, dtype=np.int64)
        names = column_of(table, self._terms.point_column).map({point.name: point.weather_point_id for point in points})
        point_id = np.asarray(names.fillna(0), dtype=np.int64)
        self._refuse("point_unknown", point_id == 0)
        return point_id

    def _values(self, table: pd.DataFrame, column: StatedColumn) -> Float:
        said, is_no_number = numbers(table[column.heading])
        values = in_our_unit(column.title, column.unit, said)
        self._refuse("value_unreadable", is_no_number)
        self._refuse("value_out_of_range", ~is_possible(column.title, values))
        return values

    def _known_s(self, valid_s: Int, columns: Sequence[StatedColumn]) -> Int:
        """Return when each row became known; a mean named by the end of its hour stands in the row after it."""
        known = self._terms.known
        if isinstance(known, datetime):
            return np.full(valid_s.size, round(known.timestamp()), dtype=np.int64)
        later = HOUR_S if any(column.title in NAMED_BY_END for column in columns) else 0
        return valid_s - round(known.total_seconds()) + later


def _told(point_id: Int, valid_s: Int, known_s: Int, columns: Sequence[StatedColumn], values: Float) -> WeatherColumns:
    """Return rows of one point, by rising hour."""
    told = dict.fromkeys(QUANTITIES, np.full(valid_s.size, np.nan))
    for place, column in enumerate(columns):
        told[QUANTITY_BY_TITLE[column.title].name] = by_start(column.title, valid_s, values[:, place])
    return WeatherColumns(point_id, valid_s, known_s, **told)
