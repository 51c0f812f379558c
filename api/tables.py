"""Tables to take away: rows as CSV or Parquet, written while they are read, in bounded memory."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Protocol, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Query
from fastapi.responses import StreamingResponse

from core.errors import InvariantError
from core.instants import instant_text

_TYPES: Final[dict[object, pa.DataType]] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
    date: pa.date32(),
    datetime: pa.timestamp("us", "UTC"),
    UUID: pa.string(),
}


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"


Format = Annotated[TableFormat, Query(description="csv (RFC 4180, UTF-8, with a header) or parquet")]
_MEDIA: Final = {TableFormat.CSV: "text/csv; charset=utf-8", TableFormat.PARQUET: "application/vnd.apache.parquet"}


class _Writer(Protocol):
    def write(self, rows: Sequence[Any]) -> bytes: ...

    def close(self) -> bytes: ...


async def table_of(
    kind: type, batches: AsyncIterator[Sequence[Any]], *, form: TableFormat, name: str
) -> StreamingResponse:
    """Answer with a table of rows.

    Parameters
    ----------
    kind : type
        Frozen dataclass of the rows; its fields are the columns, in their order. A field is an int, float, bool, str,
        date, aware datetime or UUID, or one of these or None.
    batches : async iterator of sequences
        The rows. The first is awaited here, so that an error in it is still told as a problem document.
    form : TableFormat
        CSV or Parquet.
    name : str
        Of the file, without its ending.
    """
    writer: _Writer = _Csv(kind) if form is TableFormat.CSV else _Parquet(kind)
    first = await anext(batches, ())

    async def written() -> AsyncIterator[bytes]:
        yield writer.write(first)
        async for rows in batches:
            yield writer.write(rows)
        yield writer.close()

    disposition = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(written(), media_type=_MEDIA[form], headers=disposition)


async def at_once(rows: Sequence[Any]) -> AsyncIterator[Sequence[Any]]:
    """Give rows that are all there as one batch."""
    yield rows


class _Csv:
    def __init__(self, kind: type) -> None:
        self._names = [field.name for field in fields(kind)]
        self._heading: list[list[str]] = [self._names]

    def write(self, rows: Sequence[Any]) -> bytes:
        text = io.StringIO(newline="")
        out = csv.writer(text)
        out.writerows(self._heading)
        self._heading = []
        out.writerows([_cell(getattr(row, name)) for name in self._names] for row in rows)
        return text.getvalue().encode()

    def close(self) -> bytes:
        return b""


def _cell(value: object) -> object:
    """Write a time as RFC 3339 has it and a truth as JSON has it; None is an empty cell."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: pa.DataType
    convert: Callable[[Any], Any]


class _Parquet:
    def __init__(self, kind: type) -> None:
        hints = get_type_hints(kind)
        self._columns = [_column(field.name, hints[field.name]) for field in fields(kind)]
        self._schema = pa.schema([(column.name, column.type) for column in self._columns])
        self._sink = Sink()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

    def write(self, rows: Sequence[Any]) -> bytes:
        if rows:
            arrays = [
                pa.array([column.convert(getattr(row, column.name)) for row in rows], column.type)
                for column in self._columns
            ]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        return self._sink.taken()

    def close(self) -> bytes:
        self._writer.close()
        return self._sink.taken()


class Sink(io.RawIOBase):
    """Hold what was written until it is taken; its position goes on, for the file's own index counts from it."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._at = 0

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, content: Any) -> int:
        """Hold what is written; return its length."""
        self._held += content
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        """Return how much was written from the beginning."""
        return self._at

    def taken(self) -> bytes:
        """Return what is held, and hold it no longer."""
        content = bytes(self._held)
        self._held.clear()
        return content


def _column(name: str, hint: object) -> _Column:
    either = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    held = [one for one in either if one is not type(None)]
    if len(held) != 1 or held[0] not in _TYPES:
        raise InvariantError("column_untabular", f"A table has no column of the kind {hint}.", column=name)
    convert = _text_or_none if held[0] is UUID else _same
    return _Column(name, _TYPES[held[0]], convert)


def _same(value: object) -> object:
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
