"""What the operator states about a file, and what the flows of the French grid operator mean by a stamp."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from core.registers import IMPORT_WH, REGISTER_BY_NAME, Register


class StampMeaning(StrEnum):
    """Which instant of its interval a stamp names."""

    START = "start"
    END = "end"
    DAY_END = "day-end"


class DateOrder(StrEnum):
    """In which order year, month and day are written."""

    YMD = "ymd"
    YDM = "ydm"
    DMY = "dmy"
    MDY = "mdy"

    @property
    def swapped(self) -> "DateOrder":
        """The order with day and month exchanged."""
        return _SWAPPED[self]


_SWAPPED: Final = {
    DateOrder.YMD: DateOrder.YDM,
    DateOrder.YDM: DateOrder.YMD,
    DateOrder.DMY: DateOrder.MDY,
    DateOrder.MDY: DateOrder.DMY,
}


class Unit(StrEnum):
    """Unit of the values: mean power over the interval, or its energy."""

    W = "w"
    KW = "kw"
    WH = "wh"
    KWH = "kwh"


@dataclass(frozen=True, slots=True)
class Flow:
    """What one of Enedis' flows means: its stamps, its unit where it is always the same, and its register."""

    stamps: StampMeaning
    unit: Unit | None
    register: Register


#: R50 stamps the end of the interval, R4x and R63 its start, R151 the day at whose end the index was read.
FLOWS: Final[dict[str, Flow]] = {
    "r50": Flow(StampMeaning.END, Unit.W, IMPORT_WH),
    "r4x": Flow(StampMeaning.START, None, IMPORT_WH),
    "r63": Flow(StampMeaning.START, None, IMPORT_WH),
    "r151": Flow(StampMeaning.DAY_END, Unit.WH, REGISTER_BY_NAME["import_index_wh"]),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that can be stated; None is what the file has to say itself.

    Attributes
    ----------
    zone : ZoneInfo or None
        Zone of stamps that carry none.
    unit, stamps, flow, register
        What values and stamps mean.
    meter : str or None
        One meter, or point of delivery, for the whole file.
    step_s : int or None
        Step of every value. [s]
    date_order, decimal, delimiter
        How it is written.
    time_column, value_column, meter_column : str or None
        Columns by their name, or by their number from 1 on; the time may be two, joined by a comma: day and hour.
    has_header : bool
        Whether the first line names the columns.
    since : datetime or None
        Accept values from here on; None: as far back as messages may reach.
    """

    zone: ZoneInfo | None = None
    unit: Unit | None = None
    stamps: StampMeaning | None = None
    flow: str | None = None
    register: Register | None = None
    meter: str | None = None
    step_s: int | None = None
    date_order: DateOrder | None = None
    decimal: str | None = None
    delimiter: str | None = None
    time_column: str | None = None
    value_column: str | None = None
    meter_column: str | None = None
    has_header: bool = True
    since: datetime | None = None
