"""PostgreSQL's binary COPY format, written and read by NumPy.

Every row is one record: the number of fields, then for each field its length and its big-endian bytes. With columns of
fixed width that may not be null, all rows are equally long, so a whole table is one structured array.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import InvariantError
from db.connection import Connection

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # signature, no flags, no header extension
_TRAILER: Final = b"\xff\xff"
#: PostgreSQL counts time from 2000-01-01. [µs after 1970-01-01]
_EPOCH_US: Final = 946_684_800_000_000


class Field(Enum):
    """The types of fixed width that are copied, by their NumPy code."""

    INT2 = "i2"
    INT4 = "i4"
    INT8 = "i8"
    FLOAT4 = "f4"
    FLOAT8 = "f8"
    TIMESTAMPTZ = "M"  # int64 microseconds after 1970-01-01 UTC on our side

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's type, in the machine's byte order."""
        return np.dtype(np.int64 if self is Field.TIMESTAMPTZ else self.value)


@dataclass(frozen=True, slots=True)
class CopyColumn:
    """One column to write.

    Attributes
    ----------
    field : Field
        Its type in the database.
    values : ndarray, shape (row,), or a number
        Its values; a single number stands in every row. Times in microseconds after 1970-01-01 UTC.
    """

    field: Field
    values: npt.NDArray[np.generic] | int | float


def encode(columns: Sequence[CopyColumn], row_count: int) -> bytes:
    """Return rows in the binary COPY format.

    Parameters
    ----------
    columns : sequence of CopyColumn
        Columns in the order of the COPY statement.
    row_count : int
        Number of rows.

    Notes
    -----
    O(rows · columns) array stores and one copy; about 20 ns per row of seven columns.
    """
    layout = _layout([column.field for column in columns])
    rows = np.empty(row_count, layout)
    rows["fields"] = len(columns)
    for index, column in enumerate(columns):
        rows[f"length_{index}"] = layout[f"value_{index}"].itemsize
        rows[f"value_{index}"] = column.values
        if column.field is Field.TIMESTAMPTZ:
            rows[f"value_{index}"] -= _EPOCH_US
    return b"".join((_HEADER, rows.data, _TRAILER))


def decode(data: bytes, fields: Sequence[Field]) -> list[npt.NDArray[Any]]:
    """Return the columns of rows in the binary COPY format, in the machine's byte order.

    Raises
    ------
    InvariantError
        ``copy_not_decodable`` when a value is null or of another type than stated.
    """
    layout = _layout(fields)
    body = memoryview(data)[len(_HEADER) : -len(_TRAILER)]
    if data[: len(_HEADER)] != _HEADER or data[-len(_TRAILER) :] != _TRAILER or len(body) % layout.itemsize:
        raise InvariantError("copy_not_decodable", "Copied rows are not of the stated types, or hold a null.")
    rows = np.frombuffer(body, layout)
    columns = []
    for index, field in enumerate(fields):
        if (rows[f"length_{index}"] != layout[f"value_{index}"].itemsize).any():
            raise InvariantError("copy_not_decodable", "A copied column is not of the stated type, or holds a null.")
        column = rows[f"value_{index}"].astype(field.dtype)
        columns.append(column + _EPOCH_US if field is Field.TIMESTAMPTZ else column)
    return columns


async def read_columns(
    connection: Connection, query: str, parameters: Mapping[str, object], fields: Mapping[str, Field]
) -> dict[str, npt.NDArray[Any]]:
    """Run a query and return its result as NumPy columns.

    Parameters
    ----------
    connection : Connection
        Connection to use; errors are the caller's to translate.
    query : str
        A ``SELECT`` with ``%(name)s`` parameters, whose columns are of fixed width and never null.
    parameters : mapping of str to object
        Its parameters.
    fields : mapping of str to Field
        Its columns by the name they shall have, in the order of the query.

    Returns
    -------
    dict of str to ndarray, shape (row,)
        Times are int64 microseconds after 1970-01-01 UTC.
    """
    async with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT binary)", parameters) as copy:
        data = b"".join([bytes(block) async for block in copy])
    return dict(zip(fields, decode(data, list(fields.values())), strict=True))


async def write_columns(connection: Connection, statement: str, columns: Sequence[CopyColumn], row_count: int) -> None:
    """Send rows to a ``COPY ... FROM STDIN (FORMAT binary)`` statement; errors are the caller's to translate."""
    await write_encoded(connection, statement, encode(columns, row_count))


async def write_encoded(connection: Connection, statement: str, data: bytes) -> None:
    """Send what `encode` has made to a ``COPY ... FROM STDIN (FORMAT binary)`` statement."""
    async with connection.cursor().copy(statement) as copy:
        await copy.write(data)


def _layout(fields: Sequence[Field]) -> np.dtype[Any]:
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for index, field in enumerate(fields):
        parts += [(f"length_{index}", ">i4"), (f"value_{index}", field.dtype.newbyteorder(">").str)]
    return np.dtype(parts)
