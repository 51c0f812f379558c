"""A file as a stream of chunks of rows, CSV or Parquet, with the number of every line; never held whole."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from core.errors import InputError
from ingest.files.head import Head, read_head, unpacked
from ingest.files.layout import Layout, of_head, settle
from ingest.files.stamps import Fields, read_fields
from ingest.files.wishes import Wishes

_BLOCK_BYTES: Final = 4 << 20
_CHUNK_ROWS: Final = 100_000
_PARQUET: Final = b"PAR1"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file, as they stand there.

    Attributes
    ----------
    line : ndarray, shape (row,), int64
        Number of the line, from 1 on; of Parquet, of the row.
    time, value : pyarrow.Array, shape (row,)
        Text; from Parquet also times and numbers.
    meter : pyarrow.Array or None, shape (row,)
        Text; None where the layout says whose all are.
    malformed : sequence of int
        Numbers of lines before the next chunk that have too few or too many cells.
    alike : ndarray, shape (row,), bool
        Whether the row is about the file's quantity.
    """

    line: npt.NDArray[np.int64]
    time: Any
    value: Any
    meter: Any
    malformed: Sequence[int]
    alike: npt.NDArray[np.bool_]

    @property
    def fields(self) -> Fields:
        """The stamps, taken apart."""
        return read_fields(self.time)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file whose layout is settled; it can be read as often as one likes.

    Attributes
    ----------
    path : Path
        Where it is.
    layout : Layout
        What its columns mean.
    head : Head or None
        How its text is written; None for Parquet.
    """

    path: Path
    layout: Layout
    head: Head | None

    def chunks(self, progress: Progress) -> Iterator[Chunk]:
        """Yield the rows in their order; `progress` is told the bytes read so far.

        Raises
        ------
        InputError
            ``file_unreadable``.
        """
        try:
            yield from _text_chunks(self, self.head, progress) if self.head else _parquet_chunks(self, progress)
        except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
            raise InputError("file_unreadable", f"{self.path.name} cannot be read further: {error}.") from error


def open_source(path: Path, wishes: Wishes) -> Source:
    """Look at a file and settle its layout.

    Raises
    ------
    ConfigurationError
        An option is needed that was not stated.
    InputError
        ``file_unreadable``, ``file_empty`` or ``layout_unsupported``.
    """
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(4) == _PARQUET
        if is_parquet:
            names = pq.read_schema(path).names
            return Source(path, settle(names, {}, wishes), None)
    except (OSError, pa.ArrowException) as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error}.") from error
    head = read_head(path, delimiter=wishes.delimiter, has_header=wishes.has_header)
    return Source(path, of_head(head, wishes), head)


@dataclass(slots=True)
class _Lines:
    """Number the lines: those that the reader leaves out are told to it, in order."""

    next_line: int
    skipped: list[int] = field(default_factory=list)

    def leave_out(self, row: Any) -> str:
        """Note a line that has not as many cells as the header (pyarrow calls this)."""
        self.skipped.append(row.number)
        return "skip"

    def number(self, count: int) -> tuple[npt.NDArray[np.int64], list[int]]:
        """Return the numbers of the next `count` rows, and of the lines left out so far."""
        out = np.array(self.skipped, np.int64)
        line = np.arange(self.next_line, self.next_line + count, dtype=np.int64)
        for number in out:  # in order: each moves what comes after it
            line[np.searchsorted(line, number) :] += 1
        self.next_line = int(line[-1]) + 1 if count else self.next_line
        passed = [int(number) for number in out if number < self.next_line]
        self.skipped = [int(number) for number in out if number >= self.next_line]
        return line, passed


def _text_chunks(source: Source, head: Head, progress: Progress) -> Iterator[Chunk]:
    has_header = head.names[0] != "1" or bool(head.skipped)
    lines = _Lines(head.skipped + 1 + has_header)
    names = [f"c{index}" for index in range(len(head.names))]
    with ExitStack() as stack:
        raw = stack.enter_context(source.path.open("rb"))
        reader = stack.enter_context(
            pacsv.open_csv(
                unpacked(raw),
                read_options=pacsv.ReadOptions(
                    use_threads=False,
                    block_size=_BLOCK_BYTES,
                    skip_rows=head.skipped + has_header,
                    column_names=names,
                    encoding=head.encoding,
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=head.delimiter, ignore_empty_lines=False, invalid_row_handler=lines.leave_out
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
        )
        first: list[Any] | None = None
        for batch in reader:
            line, malformed = lines.number(batch.num_rows)
            if first is None and batch.num_rows:
                first = [batch.column(index)[0] for index in source.layout.columns.alike]
            yield _without_blanks(_chunk(source.layout, batch, line, malformed, first or []))
            progress(raw.tell())
        if lines.skipped:
            yield _chunk(source.layout, batch.slice(0, 0), line[:0], lines.skipped, [])


def _parquet_chunks(source: Source, progress: Progress) -> Iterator[Chunk]:
    line, size = 1, source.path.stat().st_size
    with pq.ParquetFile(source.path) as file:
        for batch in file.iter_batches(_CHUNK_ROWS):
            numbers = np.arange(line, line + batch.num_rows, dtype=np.int64)
            line += batch.num_rows
            yield _chunk(source.layout, batch, numbers, [], [])
            progress(size * (line - 1) // max(file.metadata.num_rows, 1))


def _chunk(layout: Layout, batch: Any, line: npt.NDArray[np.int64], malformed: list[int], first: list[Any]) -> Chunk:
    columns = layout.columns
    time = batch.column(columns.time)
    if columns.hour is not None:
        time = pc.binary_join_element_wise(time.cast(pa.string()), batch.column(columns.hour).cast(pa.string()), " ")
    alike = np.ones(batch.num_rows, np.bool_)
    for index, said in zip(columns.alike, first, strict=False):
        alike &= pc.equal(batch.column(index), said).to_numpy(zero_copy_only=False)
    meter = None if columns.meter is None else batch.column(columns.meter).cast(pa.string())
    return Chunk(line, time, batch.column(columns.value), meter, malformed, alike)


def _without_blanks(chunk: Chunk) -> Chunk:
    blank = pc.and_(pc.equal(pc.binary_length(chunk.time), 0), pc.equal(pc.binary_length(chunk.value), 0))
    keep = ~blank.to_numpy(zero_copy_only=False)
    if keep.all():
        return chunk
    meter = None if chunk.meter is None else chunk.meter.filter(keep)
    return Chunk(
        chunk.line[keep], chunk.time.filter(keep), chunk.value.filter(keep), meter, chunk.malformed, chunk.alike[keep]
    )
