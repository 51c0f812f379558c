"""Stamps as text become instants: read field by field, whatever the order of day and month, then placed in a zone."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest.files.wishes import DateOrder

Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

_DAY_S: Final = 86_400
_MOST_HOURS: Final = 24  # 24:00 is the end of a day
_MONTHS: Final = 12
_STAMP: Final = (
    r"^\s*(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4})"
    r"(?:[T ]\s*(?P<h>\d{1,2})[:hH](?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,]0*)?)?)?"
    r"\s*(?:(?P<z>[Zz])|(?P<g>[+-])(?P<i>\d{2}):?(?P<j>\d{2})?)?\s*$"
)


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Stamps taken apart; what is not readable has zeros.

    Attributes
    ----------
    first, second, third : ndarray, shape (row,), int64
        The three numbers of the day, in the order written.
    second_of_day : ndarray, shape (row,), int64
        Time of day, 0 where there is none. [s]
    offset_s : ndarray, shape (row,), int64
        Zone that the stamp carries, east of UTC. [s]
    has_offset, readable : ndarray, shape (row,), bool
        Whether it carries one; whether the text is a stamp at all.
    """

    first: Int
    second: Int
    third: Int
    second_of_day: Int
    offset_s: Int
    has_offset: Bool
    readable: Bool

    @property
    def year_first(self) -> Bool:
        """Where the year comes first."""
        return self.first > 31  # noqa: PLR2004 - no day and no month


def read_fields(time: Any) -> Fields:
    """Take stamps apart; a Parquet time counts as written year, month, day.

    Parameters
    ----------
    time : pyarrow.Array, shape (row,)
        Text, or times with or without a zone.

    Notes
    -----
    About a microsecond a row.
    """
    if not (pa.types.is_string(time.type) or pa.types.is_large_string(time.type)):
        return _typed_fields(time)
    found = pc.extract_regex(time, _STAMP)
    readable = found.is_valid().to_numpy(zero_copy_only=False)
    part = {name: _number(found.field(name)) for name in "abchmsij"}
    sign = np.where(_is(found.field("g"), "-"), -1, 1)
    clock = part["h"] * 3_600 + part["m"] * 60 + part["s"]
    fits = (part["h"] <= _MOST_HOURS) & (part["m"] < 60) & (part["s"] < 60) & (clock <= _DAY_S)  # noqa: PLR2004
    has_offset = _is(found.field("z"), "Z", "z") | _is(found.field("g"), "-", "+")
    offset_s = sign * (part["i"] * 3_600 + part["j"] * 60)
    return Fields(part["a"], part["b"], part["c"], clock, offset_s, has_offset, readable & fits)


def wall_seconds(fields: Fields, order: DateOrder) -> tuple[Int, Bool]:
    """Return the stamps as seconds after 1970 on the clock that wrote them, and which of them are days that exist."""
    numbers = dict(zip(order.value, (fields.first, fields.second, fields.third), strict=True))
    year, month, day = numbers["y"], numbers["m"], numbers["d"]
    fits = fields.readable & (year >= 1_900) & (year < 2_200) & (month >= 1) & (month <= _MONTHS)  # noqa: PLR2004
    months = np.where(fits, (year - 1_970) * 12 + month - 1, 0).astype("datetime64[M]")
    start = months.astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[D]").astype(np.int64) - start
    fits &= (day >= 1) & (day <= length)
    return np.where(fits, (start + day - 1) * _DAY_S + fields.second_of_day, 0), fits


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Wall times placed in a zone.

    Attributes
    ----------
    earlier_s, later_s : ndarray, shape (row,), int64
        The two instants that a wall time can mean, equal but in the hour that autumn has twice; UTC epoch. [s]
    exists : ndarray, shape (row,), bool
        False in the hour that spring leaves out; at its very beginning a stamp of an end exists.
    """

    earlier_s: Int
    later_s: Int
    exists: Bool


def place(wall_s: Int, zone: ZoneInfo, *, is_end: bool) -> Placed:
    """Return the instants that wall times in a zone can mean."""
    wall = pd.DatetimeIndex(wall_s.astype("datetime64[s]"))
    summer = wall.tz_localize(zone, ambiguous=np.ones(len(wall), np.bool_), nonexistent="shift_forward")
    winter = wall.tz_localize(zone, ambiguous=np.zeros(len(wall), np.bool_), nonexistent="shift_forward")
    known = wall.tz_localize(zone, ambiguous=np.ones(len(wall), np.bool_), nonexistent="NaT")
    earlier_s, later_s = _epoch(summer), _epoch(winter)
    exists = np.asarray(known.notna())
    if is_end and not exists.all():
        before = pd.DatetimeIndex((wall_s - 1).astype("datetime64[s]"))
        ended = before.tz_localize(zone, ambiguous=np.ones(len(wall), np.bool_), nonexistent="NaT")
        exists |= np.asarray(ended.notna())
    return Placed(earlier_s, later_s, exists)


def _epoch(index: pd.DatetimeIndex) -> Int:
    return np.asarray(index.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[s]")).astype(np.int64)


def _typed_fields(time: Any) -> Fields:
    aware = getattr(time.type, "tz", None) is not None
    is_time = pa.types.is_timestamp(time.type) or pa.types.is_date(time.type)
    readable = time.is_valid().to_numpy(zero_copy_only=False) if is_time else np.zeros(len(time), np.bool_)
    plain = time.cast(pa.timestamp("us"), safe=False) if is_time else pa.nulls(len(time), pa.timestamp("us"))
    stamps = plain.fill_null(0).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    days = stamps.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    number = months.astype(np.int64)
    micros = (stamps - days).astype(np.int64)
    return Fields(
        first=1_970 + number // 12,
        second=number % 12 + 1,
        third=(days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        second_of_day=micros // 1_000_000,
        offset_s=np.zeros(len(time), np.int64),
        has_offset=np.full(len(time), aware),
        readable=readable & (micros % 1_000_000 == 0),
    )


def _number(text: Any) -> Int:
    filled = pc.fill_null(text, "0")
    numbers = pc.if_else(pc.equal(filled, ""), "0", filled).cast(pa.int64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False))


def _is(text: Any, *wanted: str) -> Bool:
    found = pc.is_in(text, value_set=pa.array(wanted))
    return np.asarray(found.to_numpy(zero_copy_only=False))
