"""From a chunk of rows to columns that can be written, and to a code for every row that cannot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from core.registers import RegisterKind
from db.columns import IntervalColumns, ReadingColumns
from db.registry import DeviceEntry, Registry
from ingest.decode import DecodedIntervals, DecodedReadings
from ingest.files.codes import NUMBER
from ingest.files.instants import Instants
from ingest.files.layout import Layout
from ingest.files.numbers import Numbers, read_numbers
from ingest.files.rows import Chunk
from ingest.files.seen import Seen
from ingest.files.survey import Survey
from ingest.files.wishes import StampMeaning, Unit, Wishes
from ingest.plausibility import REACH_BACK_DAYS, judge_intervals, judge_readings

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
Faults = npt.NDArray[np.int8]
Judged = IntervalColumns | ReadingColumns

#: Slot in which indexes are remembered: they are read at full quarter-hours, or compared within a chunk only. [s]
_INDEX_SLOT_S: Final = 900
_PER_UNIT: Final = {Unit.W: 1.0, Unit.KW: 1_000.0, Unit.WH: 1.0, Unit.KWH: 1_000.0}
#: The file's meters speak for themselves: one gateway that is every meter's own.
_NO_GATEWAY: Final = 0


@dataclass(frozen=True, slots=True)
class Converted:
    """What a chunk becomes.

    Attributes
    ----------
    intervals, readings : IntervalColumns, ReadingColumns
        What can be written; one of them is empty.
    line, code : ndarray, shape (remark,), int64 and int8
        Lines with something to say about, and the numbers of their codes.
    first_s, last_s : int or None
        Earliest and latest instant among what can be written, UTC epoch. [s]
    """

    intervals: IntervalColumns
    readings: ReadingColumns
    line: Int
    code: Faults
    first_s: int | None
    last_s: int | None


@dataclass(slots=True)
class Converter:
    """Convert the chunks of one file, one after the other.

    Parameters
    ----------
    layout, survey, wishes
        What the file is.
    registry : Registry
        Who is known; its devices are replaced by the file's own.
    devices : mapping of str to DeviceEntry
        The meters of the file that are known, by the names the file has for them.
    now : datetime
        Time to judge past and future by.
    """

    layout: Layout
    survey: Survey
    wishes: Wishes
    registry: Registry
    devices: Mapping[str, DeviceEntry]
    now: datetime
    seen: Seen = field(default_factory=Seen)
    instants: Instants = field(init=False)
    _names: list[str] = field(init=False)
    _known: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        """Make each of the file's meters a device of its own."""
        self._names = list(self.survey.names.numbers)
        self._known = np.array([name in self.devices for name in self._names], np.bool_)
        devices = {name: replace(entry, gateway_id=_NO_GATEWAY) for name, entry in self.devices.items()}
        self.registry = replace(self.registry, devices=devices)
        self.instants = Instants(self.survey, self.wishes, self.layout.stamps)

    def convert(self, chunk: Chunk) -> Converted:
        """Convert one chunk."""
        meter = self.survey.names.number(chunk, self.layout.meter)
        numbers = read_numbers(chunk.value, self.survey.decimal)
        utc_s, readable, exists = self.instants.at(chunk.fields, meter)
        step_s = self._steps(meter, utc_s)
        start_s = utc_s - step_s if self.layout.stamps is StampMeaning.END else utc_s
        off_grid = start_s % np.maximum(step_s, 1) != 0 if self._is_interval else np.zeros(len(meter), np.bool_)
        faults = self._faults(chunk, meter, numbers, (readable, exists), off_grid)
        rows = np.flatnonzero(faults == 0)
        judged = self._judge(rows, meter, start_s, step_s, numbers.value, faults)
        kept = rows[faults[rows] == 0]
        repeated, contradicts = self.seen.look(meter[kept], self._slots(meter[kept], start_s[kept]), _values(judged))
        faults[kept[repeated]] = NUMBER["value_repeated"]
        faults[kept[contradicts]] = NUMBER["value_contradicts"]
        judged = judged.take(~contradicts)
        told = np.flatnonzero(faults)
        line = np.concatenate([chunk.line[told], np.asarray(chunk.malformed, np.int64)])
        code = np.append(faults[told], np.full(len(chunk.malformed), NUMBER["line_malformed"], np.int8))
        times = start_s[kept]
        return Converted(
            intervals=judged if isinstance(judged, IntervalColumns) else IntervalColumns.empty(),
            readings=judged if isinstance(judged, ReadingColumns) else ReadingColumns.empty(),
            line=line,
            code=code.astype(np.int8),
            first_s=int(times.min()) if len(times) else None,
            last_s=int(times.max()) if len(times) else None,
        )

    def gaps(self) -> Iterator[tuple[str, int, int]]:
        """Yield meter, start (UTC epoch [s]) and number of missing intervals of each gap between values stored."""
        if not self._is_interval:
            return
        for meter, slots in self.seen.slots():
            unit_s = self.survey.steps.finest(meter)
            starts = slots * unit_s
            steps = self._steps(np.full(len(starts), meter, np.int32), starts)
            missing = np.diff(starts) // steps[:-1] - 1
            for at in np.flatnonzero(missing > 0):
                yield self._names[meter], int(starts[at] + steps[at]), int(missing[at])

    @property
    def _is_interval(self) -> bool:
        return self.layout.register.kind is RegisterKind.INTERVAL

    def _steps(self, meter: npt.NDArray[np.int32], stamp_s: Int) -> Int:
        return self.survey.steps.at(meter, stamp_s) if self._is_interval else np.full(len(meter), _INDEX_SLOT_S)

    def _slots(self, meter: npt.NDArray[np.int32], start_s: Int) -> Int:
        unit_s = np.full(len(meter), _INDEX_SLOT_S, np.int64)
        if self._is_interval:
            for one in np.unique(meter):
                unit_s[meter == one] = self.survey.steps.finest(int(one))
        return start_s // unit_s

    def _faults(
        self, chunk: Chunk, meter: npt.NDArray[np.int32], numbers: Numbers, time: tuple[Bool, Bool], off_grid: Bool
    ) -> Faults:
        """Return the first code of each row that applies before plausibility; from the last rule to the first."""
        readable, exists = time
        faults: Faults = np.zeros(len(meter), np.int8)
        for code, applies in (
            ("value_unreadable", numbers.unreadable),
            ("decimal_mark_mixed", numbers.other_mark),
            ("value_missing", numbers.missing),
            ("start_off_grid", off_grid),
            ("device_unknown", ~self._known[meter]),
            ("time_nonexistent", ~exists),
            ("time_unreadable", ~readable),
            ("quantity_other", ~chunk.alike),
        ):
            faults[applies] = NUMBER[code]
        return faults

    def _judge(
        self, rows: Int, meter: npt.NDArray[np.int32], start_s: Int, step_s: Int, value: Float, faults: Faults
    ) -> Judged:
        """Return what can be believed; the other rows get their code."""
        scaled = value[rows] * _PER_UNIT[self.layout.unit]
        names, count = self._names, len(rows)
        row, gateway = np.arange(count, dtype=np.int32), np.zeros(count, np.int32)
        register, quality = np.full(count, self.layout.register.register_id, np.int16), np.zeros(count, np.int16)
        days = self._reach_back_days
        judged: Judged
        if self._is_interval:
            steps = step_s[rows].astype(np.int32)
            energy = scaled * (steps / 3_600.0 if self.layout.unit in {Unit.W, Unit.KW} else 1.0)
            spans = DecodedIntervals(names, row, meter[rows], register, quality, steps, start_s[rows], energy)
            judged, refusals = judge_intervals(spans, gateway, self.registry, self.now, reach_back_days=days)
        else:
            instants = DecodedReadings(names, row, meter[rows], register, quality, start_s[rows], scaled)
            judged, refusals = judge_readings(instants, gateway, self.registry, self.now, reach_back_days=days)
        for refusal in refusals:  # each row is a message of its own
            faults[rows[refusal.message]] = NUMBER[refusal.code]
        return judged

    @property
    def _reach_back_days(self) -> int:
        since = self.wishes.since
        return REACH_BACK_DAYS if since is None else max(REACH_BACK_DAYS, (self.now - since).days + 1)


def _values(judged: Judged) -> npt.NDArray[np.float32]:
    return judged.value.astype(np.float32)
