"""What a batch of rows becomes in its hypertable: copied straight in, or merged with what is stored."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from db.columns import Columns
from db.connection import Connection
from db.copy import CopyColumn, Field, encode, read_columns, write_columns, write_encoded
from db.statements import statements

_SQL: Final = statements("writing")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_GAP_US: Final = 86_400_000_000
#: From so many rows in a run on, runs are sorted rather than rows.
_ROWS_IN_A_RUN: Final = 4


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows: stored for the first time, already there with the same content, or replacing another."""

    stored: int = 0
    duplicate: int = 0
    revised: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.stored + other.stored, self.duplicate + other.duplicate, self.revised + other.revised)


@dataclass(frozen=True, slots=True, eq=False)
class SortedRows:
    """Rows of one batch by key, each key's occurrences in the order they came.

    Attributes
    ----------
    columns : Columns
        The rows, each saying something else than the one before it of the same key.
    occurrence : ndarray, shape (row,), int32
        0 for the first row of a key, 1 for the next, and so on.
    repeated : int
        Rows left out, because they say the same as the one before them.
    """

    columns: Columns
    occurrence: npt.NDArray[np.int32]
    repeated: int

    @property
    def keys_are_unique(self) -> bool:
        """Whether no key came twice."""
        return self.repeated == 0 and not self.occurrence.any()


def sort_rows(columns: Columns) -> SortedRows:
    """Order rows by key, and number the occurrences of each.

    Notes
    -----
    O(n log n), 5 million rows a second. In the order of the index, a batch that spreads over many usage points is
    copied nearly twice as fast, and two workers with the same keys wait for each other instead of deadlocking.
    """
    rows = columns.take(_key_order(columns))
    same_key = _same_as_before(rows.usage_point_id, rows.register_id, rows.time_us)
    if not same_key.any():
        return SortedRows(rows, np.zeros(len(rows), np.int32), 0)
    repeated = _same_as_before(*rows.arrays())
    rows, same_key = rows.take(~repeated), same_key[~repeated]
    index = np.arange(len(rows))
    occurrence = index - np.maximum.accumulate(np.where(same_key, 0, index))
    return SortedRows(rows, occurrence.astype(np.int32), int(np.count_nonzero(repeated)))


def encode_rows(rows: SortedRows, known_at: datetime) -> bytes:
    """Return rows as bytes for `copy_rows`; none for none."""
    columns = rows.columns
    if len(columns) == 0:
        return b""
    stamp = CopyColumn(Field.TIMESTAMPTZ, (known_at - _EPOCH) // timedelta(microseconds=1))
    return encode([*columns.key_and_content(), stamp, columns.value_column], len(columns))


async def copy_rows(connection: Connection, rows: SortedRows, encoded: bytes) -> Counts:
    """Store rows that are all new; the driver's unique violation says that one was not."""
    if encoded:
        await write_encoded(connection, _SQL[f"copy_{rows.columns.noun}"], encoded)
    return Counts(stored=len(rows.columns))


async def merge_rows(connection: Connection, rows: SortedRows, known_at: datetime) -> Counts:
    """Store what is new, replace what differs and keep the old as a revision, count what is there already.

    Notes
    -----
    What is there already is found by reading the stored rows of the same spans and comparing columns, at more than
    500,000 rows a second; only the rest, usually little, goes through the staging table.
    """
    if len(rows.columns) == 0:
        return Counts()
    known = await _already_stored(connection, rows.columns) & (rows.occurrence == 0)
    counts = Counts(duplicate=rows.repeated + int(np.count_nonzero(known)))
    columns, occurrence = rows.columns.take(~known), rows.occurrence[~known]
    if len(columns) == 0:
        return counts
    await connection.execute(_SQL[f"make_staged_{columns.noun}"])
    layout = [*columns.key_and_content(), columns.value_column, CopyColumn(Field.INT4, occurrence)]
    await write_columns(connection, _SQL[f"stage_{columns.noun}"], layout, len(columns))
    return counts + await _merge_staged(connection, columns, occurrence, known_at)


async def _merge_staged(
    connection: Connection, columns: Columns, occurrence: npt.NDArray[np.int32], known_at: datetime
) -> Counts:
    later = int(np.count_nonzero(occurrence))
    first = len(columns) - later
    stored = (await connection.execute(_SQL[f"store_{columns.noun}"], {"known_at": known_at})).rowcount
    revised = 0
    for span in _chunk_spans(columns.time_us, columns.chunk_us) if stored < first else []:
        cursor = await connection.execute(_SQL[f"revise_{columns.noun}"], {"known_at": known_at, **span})
        revised += cursor.rowcount
    if later:
        await connection.execute(_SQL[f"replay_{columns.noun}"], {"known_at": known_at, **_span(columns.time_us)})
    return Counts(stored, first - stored - revised, revised + later)


async def _already_stored(connection: Connection, columns: Columns) -> npt.NDArray[np.bool_]:
    copied = await read_columns(connection, _SQL[f"stored_{columns.noun}"], _runs(columns), _fields(columns))
    stored = type(columns).from_copied(copied)
    order = _key_order(both := type(columns).join([stored, columns]))
    same = order[_same_as_before(*both.take(order).arrays())] - len(stored)
    known = np.zeros(len(columns), np.bool_)
    known[same] = True  # a row that says the same as the one before it: that one is stored, for no batch repeats itself
    return known


def _runs(columns: Columns) -> dict[str, Any]:
    """Return the spans that sorted rows lie in, split where more than a day is free."""
    time_us = columns.time_us
    starts = ~_same_as_before(columns.usage_point_id, columns.register_id)
    starts[1:] |= np.diff(time_us) > _LONGEST_GAP_US
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(columns)) - 1
    return {
        "usage_point_id": columns.usage_point_id[first].tolist(),
        "register_id": columns.register_id[first].tolist(),
        "first_s": (time_us[first] // 1_000_000).tolist(),
        "end_s": (time_us[last] // 1_000_000 + 1).tolist(),
        **_span(time_us),
    }


def _chunk_spans(time_us: npt.NDArray[np.int64], chunk_us: int) -> list[dict[str, datetime]]:
    """Return one span per chunk: a join over several looks into each of them for every row."""
    return [_span(time_us[time_us // chunk_us == chunk]) for chunk in np.unique(time_us // chunk_us)]


def _span(time_us: npt.NDArray[np.int64]) -> dict[str, datetime]:
    first, last = int(time_us.min()), int(time_us.max())
    return {"first_at": _EPOCH + timedelta(microseconds=first), "last_at": _EPOCH + timedelta(microseconds=last)}


def _fields(columns: Columns) -> dict[str, Field]:
    written = [*columns.key_and_content(), columns.value_column]
    return {f"column_{index}": column.field for index, column in enumerate(written)}


def _key_order(columns: Columns) -> npt.NDArray[np.intp]:
    order = _order_of_runs(columns)
    # lexsort is stable: what came later stays later.
    return np.lexsort((columns.time_us, columns.register_id, columns.usage_point_id)) if order is None else order


def _order_of_runs(columns: Columns) -> npt.NDArray[np.intp] | None:
    """Return the order by key where rows come in runs, as blocks have them; None where they do not, or runs overlap."""
    point, register, time_us = columns.usage_point_id, columns.register_id, columns.time_us
    goes_on = _same_as_before(point, register)
    goes_on[1:] &= time_us[1:] > time_us[:-1]
    first = np.flatnonzero(~goes_on)
    if len(first) * _ROWS_IN_A_RUN > len(time_us):
        return None
    length = np.diff(first, append=len(time_us))
    runs = np.lexsort((time_us[first], register[first], point[first]))
    first, length = first[runs], length[runs]
    last = first + length - 1
    same_key = _same_as_before(point[first], register[first])
    if (same_key[1:] & (time_us[last[:-1]] >= time_us[first[1:]])).any():
        return None
    return np.repeat(first - (np.cumsum(length) - length), length) + np.arange(len(time_us))


def _same_as_before(*columns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    same = np.zeros(columns[0].shape, np.bool_)
    same[1:] = True
    for column in columns:
        equal = column[1:] == column[:-1]
        if column.dtype.kind == "f":
            equal |= np.isnan(column[1:]) & np.isnan(column[:-1])  # as PostgreSQL has it
        same[1:] &= equal
    return same
