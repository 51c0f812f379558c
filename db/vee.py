"""What validation reads and writes: marks, rows in columns, counts of days, findings and estimates."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.registers import IMPORT_WH
from db.connection import Connection
from db.copy import Field, read_columns
from db.rows import one_integer, one_row
from db.statements import statements
from db.vee_columns import PointColumns, RowColumns, Spans, Sweep, series_of
from db.vee_reports import Wanted

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

_SQL: Final = statements("vee")
_LOCK: Final = 0x766565  # "vee"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S: Final = 86_400
_SPANS: Final = {"usage_point_id": Field.INT4, "start_s": Field.INT8, "end_s": Field.INT8}
_POINTS: Final = {
    "usage_point_id": Field.INT4,
    "step_s": Field.INT4,
    "subscribed_va": Field.INT4,
    "registered_s": Field.INT8,
    "first_day": Field.INT4,
}
_ROWS: Final = {
    "usage_point_id": Field.INT4,
    "register_id": Field.INT2,
    "quality": Field.INT2,
    "step_s": Field.INT4,
    "start_us": Field.TIMESTAMPTZ,
    "known_us": Field.TIMESTAMPTZ,
    "value": Field.FLOAT4,
}
_ENERGIES: Final = {
    "usage_point_id": Field.INT4,
    "register_id": Field.INT2,
    "day": Field.INT4,
    "energy": Field.FLOAT8,
}
_AROUND: Final = {
    "number": Field.INT4,
    **{f"{place}_{what}": Field.FLOAT8 for place in ("before", "inside", "beyond") for what in ("s", "value")},
}
_FALLING: Final = {
    "usage_point_id": Field.INT4,
    "register_id": Field.INT2,
    "previous_us": Field.TIMESTAMPTZ,
    "read_us": Field.TIMESTAMPTZ,
    "previous_value": Field.FLOAT8,
    "value": Field.FLOAT8,
}


async def take_turn(connection: Connection) -> bool:
    """Become the only one of the installation who validates, until the end of the transaction; False if another is."""
    row = await (await connection.execute(_SQL["take_turn"], {"lock": _LOCK})).fetchone()
    await connection.execute(_SQL["allow_memory"])
    return row is not None and bool(row[0])


async def take_marks(connection: Connection, limit: int) -> Spans:
    """Take away about `limit` spans that changed since they were validated; a batch's are not divided."""
    rows = await (await connection.execute(_SQL["take_marks"], {"limit": limit})).fetchall()
    found = np.array(rows, np.int64).reshape(-1, 3)
    return Spans(found[:, 0], found[:, 1], found[:, 2])


async def put_back(connection: Connection, spans: Spans) -> None:
    """Leave spans to be validated another time."""
    if len(spans):
        await connection.execute(_SQL["put_back_marks"], spans.lists())


async def pending_spans(connection: Connection) -> int:
    """Return how many spans wait to be validated."""
    return await one_integer(connection, _SQL["pending_spans"], {}) or 0


async def last_sweep(connection: Connection, stage: str) -> Sweep | None:
    """Return the newest sweep of a stage, or None before the first."""
    return await one_row(connection, Sweep, _SQL["last_sweep"], {"stage": stage})


async def note_sweep(connection: Connection, sweep: Sweep, stage: str, now: datetime) -> None:
    """Write down how far a sweep has come."""
    facts = {"day": sweep.day, "done_to": sweep.done_to, "is_finished": sweep.is_finished}
    await connection.execute(_SQL["note_sweep"], {**facts, "stage": stage, "now": now})


async def next_usage_points(connection: Connection, after: int, limit: int) -> list[int]:
    """Return the next usage points by key."""
    rows = await (await connection.execute(_SQL["next_usage_points"], {"after": after, "limit": limit})).fetchall()
    return [row[0] for row in rows]


async def chosen_usage_points(connection: Connection, wanted: Wanted, after: int, limit: int) -> list[int]:
    """Return the next usage points by key that an operator means."""
    parameters = {**wanted.parameters(), "after": after, "limit": limit}
    rows = await (await connection.execute(_SQL["chosen_usage_points"], parameters)).fetchall()
    return [row[0] for row in rows]


async def read_points(connection: Connection, usage_point_id: Int) -> PointColumns:
    """Return facts about usage points; those that do not exist are left out."""
    parameters = {"usage_point_id": np.unique(usage_point_id).tolist(), "register_id": IMPORT_WH.register_id}
    columns = await read_columns(connection, _SQL["points"], parameters, _POINTS)
    return PointColumns(**{name: column.astype(np.int64) for name, column in columns.items()})


async def counted_around(connection: Connection, usage_point_id: Int, first_day: Int, last_day: Int) -> tuple[Int, Int]:
    """Return the last day counted before runs of days of usage points and the first one after; else their own edges."""
    parameters = {
        "usage_point_id": usage_point_id.tolist(),
        "first_day": first_day.tolist(),
        "last_day": last_day.tolist(),
        "register_id": IMPORT_WH.register_id,
    }
    fields_of = {"number": Field.INT4, "before_day": Field.INT4, "after_day": Field.INT4}
    columns = await read_columns(connection, _SQL["counted_around"], parameters, fields_of)
    return columns["before_day"].astype(np.int64), columns["after_day"].astype(np.int64)


async def read_rows(connection: Connection, spans: Spans, registers: Sequence[int]) -> RowColumns:
    """Return the interval readings that begin in spans, one span for a usage point, about 1 million a second."""
    parameters = {**spans.lists(), "register_id": list(registers), **_outer(spans)}
    columns = await read_columns(connection, _SQL["interval_rows"], parameters, _ROWS)
    usage_point_id = columns["usage_point_id"].astype(np.int64)
    register_id = columns["register_id"].astype(np.int64)
    order = np.lexsort((columns["start_us"], series_of(usage_point_id, register_id)))
    facts = np.stack(
        [
            columns["start_us"][order] // 1_000_000,
            columns["step_s"][order].astype(np.int64),
            columns["quality"][order].astype(np.int64),
            columns["known_us"][order] // 1_000_000,
        ]
    )
    return RowColumns(usage_point_id[order], register_id[order], facts, columns["value"][order].astype(np.float64))


async def read_day_energies(
    connection: Connection, usage_point_id: Int, first_day: Int, end_day: Int, registers: Sequence[int]
) -> tuple[Int, Int, Float]:
    """Return series, day and energy of the complete days of usage points, in no order."""
    parameters = {
        "usage_point_id": usage_point_id.tolist(),
        "first_day": first_day.tolist(),
        "end_day": end_day.tolist(),
        "register_id": list(registers),
    }
    columns = await read_columns(connection, _SQL["day_energies"], parameters, _ENERGIES)
    series = series_of(columns["usage_point_id"].astype(np.int64), columns["register_id"].astype(np.int64))
    return series, columns["day"].astype(np.int64), columns["energy"]


async def read_indexes(
    connection: Connection, spans: Spans, registers: Int, *, reach_s: int
) -> dict[str, npt.NDArray[Any]]:
    """Return the indexes next to spans.

    Returns
    -------
    dict of str to ndarray, shape (found,)
        ``number``, from 0: the span; ``before_s`` and ``before_value``: the last index at or before its start, at most
        `reach_s` before; ``inside_...``: the last one after its start and at or before its end; ``beyond_...``: the
        first one at or after its end. A value is NaN where there is none.
    """
    parameters = {**spans.lists(), "register_id": registers.tolist(), "reach_s": reach_s, **_outer(spans, reach_s)}
    columns = await read_columns(connection, _SQL["indexes_around"], parameters, _AROUND)
    return {**columns, "number": columns["number"].astype(np.int64) - 1}


async def read_falling_indexes(
    connection: Connection, spans: Spans, registers: Sequence[int]
) -> dict[str, npt.NDArray[Any]]:
    """Return each index in spans that is lower than the one before it, with that one; times in microseconds."""
    parameters = {**spans.lists(), "register_id": list(registers), **_outer(spans)}
    return await read_columns(connection, _SQL["indexes_falling"], parameters, _FALLING)


def _outer(spans: Spans, reach_s: int = 0) -> dict[str, datetime]:
    """Return the span around all, so that the database looks into its chunks only."""
    first_s, last_s = int(spans.start_s.min()) - reach_s, int(spans.end_s.max()) + reach_s
    return {"first_at": _EPOCH + timedelta(seconds=first_s), "last_at": _EPOCH + timedelta(seconds=last_s)}


async def store_counts(connection: Connection, counts: Mapping[str, npt.NDArray[Any]], now: datetime) -> None:
    """Store how complete days are: columns of ``completeness``, `day` in days after 1970-01-01."""
    await connection.execute(_SQL["store_completeness"], {**_lists(counts), "now": now})


async def store_findings(
    connection: Connection,
    usage_point_id: Int,
    day: Int,
    found: Mapping[str, npt.NDArray[Any]],
    now: datetime,
) -> tuple[int, int]:
    """Store what was found on days of usage points that were checked wholly, and clear what was found there before.

    Returns
    -------
    tuple of int
        Findings that are new or have changed, and findings cleared.
    """
    columns = _lists(found)
    checked = {"usage_point_id": usage_point_id.tolist(), "day": day.tolist(), "now": now}
    keys = ("usage_point_id", "register_id", "day", "rule", "start_s")
    standing = {f"found_{name}": columns[name] for name in keys}
    cleared = await connection.execute(_SQL["clear_findings"], {**checked, **standing})
    stored = await connection.execute(_SQL["store_findings"], {**columns, "now": now})
    return stored.rowcount, cleared.rowcount


async def note_replaced(connection: Connection, usage_point_id: Int, day: Int, now: datetime) -> int:
    """Note on estimates how many of their values measured ones have replaced; return how many estimates changed."""
    parameters = {"usage_point_id": usage_point_id.tolist(), "day": day.tolist(), "now": now}
    return (await connection.execute(_SQL["note_replaced"], parameters)).rowcount


def _lists(columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, list[Any]]:
    return {name: column.tolist() for name, column in columns.items()}
