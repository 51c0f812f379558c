"""Readings as columns: what `ingest` gathers and what one batch writes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from core.errors import InvariantError
from db.copy import CopyColumn, Field

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Columns(ABC):
    """Hold 1-D arrays of equal length; a row is what stands at one index.

    Attributes
    ----------
    usage_point_id : ndarray, shape (row,), int32
        Key of the usage point.
    register_id : ndarray, shape (row,), int16
        Register.
    quality : ndarray, shape (row,), int16
        `core.quality.Quality`.
    """

    #: Last word of the names of the statements that write such rows.
    noun: ClassVar[str]
    #: Types of the columns in their order.
    types: ClassVar[tuple[type[np.generic], ...]]
    #: Length of the chunks of their hypertable, counted from 1970-01-01 UTC. [µs]
    chunk_us: ClassVar[int]

    usage_point_id: npt.NDArray[np.int32]
    register_id: npt.NDArray[np.int16]
    quality: npt.NDArray[np.int16]

    def __post_init__(self) -> None:
        """Refuse columns that do not form rows, or would be cut off on their way into the database."""
        found = {
            field.name: (getattr(self, field.name).shape, getattr(self, field.name).dtype) for field in fields(self)
        }
        wanted = [((len(self),), np.dtype(column_type)) for column_type in self.types]
        if list(found.values()) != wanted:
            message = "Columns have to be 1-D, equally long and of the types of their table."
            raise InvariantError("columns_unfit", message, found={name: str(shape) for name, shape in found.items()})

    def __len__(self) -> int:
        return int(self.usage_point_id.size)

    @property
    @abstractmethod
    def time_us(self) -> npt.NDArray[np.int64]:
        """Times that, with usage point and register, make the keys of the rows. [µs after 1970-01-01 UTC]."""

    @classmethod
    @abstractmethod
    def from_copied(cls, copied: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the rows that a query of the stored ones copied."""

    @abstractmethod
    def key_and_content(self) -> list[CopyColumn]:
        """Return the columns as the tables have them, less the value."""

    @property
    @abstractmethod
    def value_column(self) -> CopyColumn:
        """The values as the tables have them."""

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Return the columns in their order."""
        return [getattr(self, field.name) for field in fields(self)]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Self:
        """Return the rows at some indexes, or where a mask is true."""
        return type(self)(*(column[rows] for column in self.arrays()))

    @classmethod
    def empty(cls) -> Self:
        """Return no rows."""
        return cls(*(np.empty(0, column_type) for column_type in cls.types))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of one or more parts, one after the other."""
        columns = zip(*(part.arrays() for part in parts), strict=True)
        return parts[0] if len(parts) == 1 else cls(*map(np.concatenate, columns))


@dataclass(frozen=True, slots=True, eq=False)
class IntervalColumns(Columns):
    """Values of registers of kind interval over ``[start_s, start_s + step_s)``.

    Attributes
    ----------
    step_s : ndarray, shape (row,), int32
        Length of the interval, one of `core.slots.INTERVAL_STEPS_S`. [s]
    start_s : ndarray, shape (row,), int64
        Start of the interval, UTC epoch. [s]
    value : ndarray, shape (row,), float32
        Value in the register's unit.
    """

    noun: ClassVar[str] = "intervals"
    types: ClassVar[tuple[type[np.generic], ...]] = (np.int32, np.int16, np.int16, np.int32, np.int64, np.float32)
    chunk_us: ClassVar[int] = 7 * _DAY_US

    step_s: npt.NDArray[np.int32]
    start_s: npt.NDArray[np.int64]
    value: npt.NDArray[np.float32]

    @property
    def time_us(self) -> npt.NDArray[np.int64]:
        """Starts of the intervals. [µs after 1970-01-01 UTC]."""
        return self.start_s * 1_000_000

    @classmethod
    def from_copied(cls, copied: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the rows that ``stored_intervals`` copied."""
        usage_point_id, register_id, quality, step_s, time_us, value = copied.values()
        return cls(usage_point_id, register_id, quality, step_s, time_us // 1_000_000, value)

    def key_and_content(self) -> list[CopyColumn]:
        """Return the columns as ``interval_reading`` has them, less the value."""
        return [
            CopyColumn(Field.INT4, self.usage_point_id),
            CopyColumn(Field.INT2, self.register_id),
            CopyColumn(Field.INT2, self.quality),
            CopyColumn(Field.INT4, self.step_s),
            CopyColumn(Field.TIMESTAMPTZ, self.time_us),
        ]

    @property
    def value_column(self) -> CopyColumn:
        """The values as ``interval_reading`` has them."""
        return CopyColumn(Field.FLOAT4, self.value)


@dataclass(frozen=True, slots=True, eq=False)
class ReadingColumns(Columns):
    """Values of registers of kind index or instant, at one instant each.

    Attributes
    ----------
    read_us : ndarray, shape (row,), int64
        Instant of the measurement, UTC epoch. [µs]
    value : ndarray, shape (row,), float64
        Value in the register's unit.
    """

    noun: ClassVar[str] = "readings"
    types: ClassVar[tuple[type[np.generic], ...]] = (np.int32, np.int16, np.int16, np.int64, np.float64)
    chunk_us: ClassVar[int] = _DAY_US

    read_us: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]

    @property
    def time_us(self) -> npt.NDArray[np.int64]:
        """Instants of the measurements. [µs after 1970-01-01 UTC]."""
        return self.read_us

    @classmethod
    def from_copied(cls, copied: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the rows that ``stored_readings`` copied."""
        return cls(*copied.values())

    def key_and_content(self) -> list[CopyColumn]:
        """Return the columns as ``reading`` has them, less the value."""
        return [
            CopyColumn(Field.INT4, self.usage_point_id),
            CopyColumn(Field.INT2, self.register_id),
            CopyColumn(Field.INT2, self.quality),
            CopyColumn(Field.TIMESTAMPTZ, self.time_us),
        ]

    @property
    def value_column(self) -> CopyColumn:
        """The values as ``reading`` has them."""
        return CopyColumn(Field.FLOAT8, self.value)
