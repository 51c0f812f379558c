"""Rows leave as CSV or Parquet, in pieces, and come back as they were."""

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pandas as pd
import pytest
from fastapi.responses import StreamingResponse

from api.tables import TableFormat, at_once, table_of
from core.errors import InvariantError

START = datetime(2026, 1, 15, 17, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    key: UUID
    start_at: datetime
    load_w: float | None
    name: str
    is_late: bool
    count: int


ROWS = [
    Row(
        UUID(int=number),
        START + number * timedelta(minutes=30),
        None if number == 1 else number / 8,
        f'a "{number}"',
        number > 1,
        number,
    )
    for number in range(5)
]


async def pieces() -> AsyncIterator[Sequence[Row]]:
    yield ROWS[:2]
    yield []
    yield ROWS[2:]


async def whole(answer: StreamingResponse) -> bytes:
    return b"".join([bytes(piece) async for piece in answer.body_iterator])  # type: ignore[arg-type]  # bytes by ours


async def test_csv_has_a_header_times_with_z_and_empty_cells_for_nothing():
    answer = await table_of(Row, pieces(), form=TableFormat.CSV, name="rows")
    lines = (await whole(answer)).decode().split("\r\n")
    assert lines[0] == "key,start_at,load_w,name,is_late,count"
    assert lines[2] == '00000000-0000-0000-0000-000000000001,2026-01-15T17:30:00Z,,"a ""1""",false,1'
    assert len(lines) == 7
    assert answer.headers["content-disposition"] == 'attachment; filename="rows.csv"'


async def test_parquet_is_read_back_with_its_types():
    answer = await table_of(Row, pieces(), form=TableFormat.PARQUET, name="rows")
    table = pd.read_parquet(io.BytesIO(await whole(answer)))
    assert list(table.columns) == ["key", "start_at", "load_w", "name", "is_late", "count"]
    assert list(table["start_at"]) == [row.start_at for row in ROWS]
    assert list(table["load_w"].dropna()) == [0.0, 0.25, 0.375, 0.5]
    assert list(table["key"]) == [str(row.key) for row in ROWS]


@pytest.mark.parametrize("form", list(TableFormat))
async def test_no_rows_are_a_table_with_columns(form: TableFormat):
    content = await whole(await table_of(Row, at_once([]), form=form, name="rows"))
    read = pd.read_csv if form is TableFormat.CSV else pd.read_parquet
    table = read(io.BytesIO(content))
    assert (len(table), len(table.columns)) == (0, 6)


async def test_local_times_are_written_in_utc():
    row = Row(UUID(int=0), START.astimezone(timezone(timedelta(hours=2))), 1.0, "", is_late=False, count=0)
    content = await whole(await table_of(Row, at_once([row]), form=TableFormat.CSV, name="rows"))
    assert b"2026-01-15T17:00:00Z" in content


async def test_what_does_not_fit_into_a_cell_is_an_error_of_ours():
    @dataclass(frozen=True)
    class Wrong:
        values: list[float]

    with pytest.raises(InvariantError, match="column_untabular"):
        await table_of(Wrong, at_once([]), form=TableFormat.PARQUET, name="wrong")
