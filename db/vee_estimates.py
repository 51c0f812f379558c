"""Gaps that wait to be estimated, and what was done about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from db.connection import Connection
from db.copy import Field, read_columns
from db.statements import statements
from db.vee_reports import Wanted

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

_SQL: Final = statements("vee")
_GAPS: Final = {
    "usage_point_id": Field.INT4,
    "register_id": Field.INT2,
    "day": Field.INT4,
    "step_s": Field.INT4,
}


@dataclass(frozen=True, slots=True, eq=False)
class IncompleteDays:
    """Days of series that have slots without a value: int64 of shape (day,); `day` in days after 1970-01-01."""

    usage_point_id: Int
    register_id: Int
    day: Int
    step_s: Int

    def __len__(self) -> int:
        return int(self.day.size)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was done about one gap, or the part of it in one day.

    Attributes
    ----------
    usage_point_id, register_id : int
        Series.
    day : int
        Local day, in days after 1970-01-01.
    start_s, end_s, step_s : int
        Span and step of its slots. [s]
    method : str
        linear, like_days or none.
    reason : str
        Why so.
    is_scaled : bool
        Whether it meets an index difference.
    value : ndarray, shape (slot,), float64
        One value for each slot; empty for none. [unit]
    """

    usage_point_id: int
    register_id: int
    day: int
    start_s: int
    end_s: int
    step_s: int
    method: str
    reason: str
    is_scaled: bool
    value: Float


async def untried_gaps(connection: Connection, *, last_day: int, rest_s: float, limit: int) -> IncompleteDays:
    """Return incomplete days up to `last_day` that were not tried since they changed, `rest_s` ago or more."""
    parameters = {"last_day": last_day, "rest_s": rest_s, "limit": limit}
    return await _gaps(connection, "untried_gaps", parameters)


async def chosen_gaps(connection: Connection, wanted: Wanted, *, before: datetime, limit: int) -> IncompleteDays:
    """Return incomplete days that an operator means and that were not tried since `before`."""
    return await _gaps(connection, "chosen_gaps", {**wanted.parameters(), "before": before, "limit": limit})


async def _gaps(connection: Connection, name: str, parameters: Mapping[str, object]) -> IncompleteDays:
    columns = await read_columns(connection, _SQL[name], parameters, _GAPS)
    return IncompleteDays(**{key: column.astype(np.int64) for key, column in columns.items()})


async def note_tried(connection: Connection, days: IncompleteDays, now: datetime) -> None:
    """Note that the gaps of days were tried to be estimated."""
    keys = {name: getattr(days, name).tolist() for name in ("usage_point_id", "register_id", "day")}
    await connection.execute(_SQL["note_tried"], {**keys, "now": now})


async def store_estimates(connection: Connection, estimates: list[Estimate], now: datetime) -> int:
    """Store estimated values where there is none, say so, and have the sums made again.

    Returns
    -------
    int
        Values stored; a value that came in between stays.
    """
    stored = await _store_values(connection, [one for one in estimates if one.value.size], now)
    rows = [_row(one, stored) for one in estimates]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    if rows:
        await connection.execute(_SQL["store_estimates"], {**columns, "now": now})
    return len(stored)


async def _store_values(
    connection: Connection, estimates: list[Estimate], now: datetime
) -> dict[tuple[int, ...], float]:
    values = {
        (one.usage_point_id, one.register_id, start_s): (one.step_s, float(value))
        for one in estimates
        for start_s, value in zip(range(one.start_s, one.end_s, one.step_s), one.value, strict=True)
    }
    if not values:
        return {}
    parameters = {
        "usage_point_id": [key[0] for key in values],
        "register_id": [key[1] for key in values],
        "start_s": [key[2] for key in values],
        "step_s": [step_s for step_s, _ in values.values()],
        "value": [value for _, value in values.values()],
    }
    cursor = await connection.execute(_SQL["store_estimated"], {**parameters, "now": now})
    stored = [tuple(row) for row in await cursor.fetchall()]
    marks = {
        "usage_point_id": [key[0] for key in stored],
        "start_s": [key[2] for key in stored],
        "end_s": [key[2] + values[key][0] for key in stored],
    }
    await connection.execute(_SQL["mark_estimated"], marks)
    return {key: values[key][1] for key in stored}


def _row(one: Estimate, stored: dict[tuple[int, ...], float]) -> dict[str, object]:
    starts = range(one.start_s, one.end_s, one.step_s)
    kept = [stored[key] for start in starts if (key := (one.usage_point_id, one.register_id, start)) in stored]
    names = ("usage_point_id", "register_id", "day", "start_s", "end_s", "step_s", "method", "reason", "is_scaled")
    return {**{name: getattr(one, name) for name in names}, "slot_count": len(kept), "energy": float(sum(kept))}
