"""The first reading of a file: what has to be known of the whole before a single value is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.errors import ConfigurationError, InputError
from core.registers import RegisterKind
from ingest.files.numbers import marks
from ingest.files.order import OrderEvidence
from ingest.files.rows import Chunk, Source
from ingest.files.stamps import wall_seconds
from ingest.files.steps import Steps
from ingest.files.wishes import DateOrder, StampMeaning, Wishes

#: Stands for a row that says not whose it is.
NOBODY = ""


@dataclass(slots=True)
class Names:
    """Number the meters of a file in the order in which they come."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, chunk: Chunk, meter: str | None) -> npt.NDArray[np.int32]:
        """Return the number of each row's meter; `meter` is whose all rows are, if the layout says so."""
        if chunk.meter is None:
            return np.full(len(chunk.line), self._number(meter or NOBODY), np.int32)
        coded = chunk.meter.dictionary_encode()
        numbers = np.array([self._number((name or NOBODY).strip()) for name in coded.dictionary.to_pylist()], np.int32)
        at = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        nobody = np.int32(self._number(NOBODY) if (at < 0).any() else 0)
        return np.asarray(np.append(numbers, nobody)[at], np.int32)

    def _number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first reading found.

    Attributes
    ----------
    order : DateOrder
        Order of year, month and day.
    decimal : str
        Decimal mark.
    steps : Steps
        Step of every row.
    names : Names
        Meters of the file.
    row_count : int
        Rows that can be read as lines.
    needs_zone : bool
        Whether stamps carry no zone.
    """

    order: DateOrder
    decimal: str
    steps: Steps
    names: Names
    row_count: int
    needs_zone: bool


def survey(source: Source, wishes: Wishes, *, now_s: int, progress: Callable[[int], None]) -> Survey:
    """Read a file once.

    Raises
    ------
    InputError
        ``date_order_doubtful``, ``decimal_mark_doubtful`` or ``file_empty``.
    ConfigurationError
        ``zone_not_stated`` or ``step_not_stated``.
    """
    names, evidence = Names(), OrderEvidence(wishes.date_order, now_s)
    steps = Steps(wishes.step_s, is_end=source.layout.stamps is StampMeaning.END)
    points = commas = row_count = 0
    needs_zone, order = False, DateOrder.YMD
    for chunk in source.chunks(progress):
        row_count += len(chunk.line)
        meter, fields = names.number(chunk, source.layout.meter), chunk.fields
        order = evidence.look(fields, meter)
        wall_s, fits = wall_seconds(fields, order)
        steps.learn(meter[fits], (wall_s - fields.offset_s)[fits])
        needs_zone |= bool((fits & ~fields.has_offset).any())
        with_point, with_comma = marks(chunk.value)
        points, commas = points + with_point, commas + with_comma
    evidence.judge()
    if not row_count:
        raise InputError("file_empty", "The file holds no row of values.")
    if needs_zone and wishes.zone is None:
        raise ConfigurationError("zone_not_stated", "Stamps carry no time zone: state --zone, such as Europe/Paris.")
    if steps.common() is None and source.layout.register.kind is RegisterKind.INTERVAL:
        raise ConfigurationError("step_not_stated", "The stamps do not tell the step of the values: state --step.")
    return Survey(order, wishes.decimal or _decimal(points, commas), steps, names, row_count, needs_zone)


def _decimal(points: int, commas: int) -> str:
    if points and points == commas:
        message = "As many numbers are written with a point as with a comma: state --decimal."
        raise InputError("decimal_mark_doubtful", message)
    return "," if commas > points else "."
