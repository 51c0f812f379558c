"""Columns go through the server's binary COPY and come back the same."""

from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import InvariantError
from db.connection import Role, connect
from db.copy import CopyColumn, Field, decode, encode, read_columns, write_columns

ALL = (Field.INT2, Field.INT4, Field.INT8, Field.FLOAT4, Field.FLOAT8, Field.TIMESTAMPTZ)
_TABLE = """CREATE TEMP TABLE IF NOT EXISTS every_type
(a int2, b int4, c int8, d float4, e float8, f timestamptz, position serial)"""
_NAMES = "abcdef"
#: What PostgreSQL's timestamptz holds: 4713 BC to 294276. [µs]
_TIMES = st.integers(-210_866_803_200_000_000, 9_224_318_015_999_999_999 - 946_684_800_000_000)


@st.composite
def tables(draw: st.DrawFn) -> list[npt.NDArray[Any]]:
    count = draw(st.integers(0, 30))
    columns: list[npt.NDArray[Any]] = [draw(arrays(field.dtype, count)) for field in ALL[:-1]]
    return [*columns, draw(arrays(np.int64, count, elements=_TIMES))]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
async def test_every_type_comes_back_as_it_went(shared_url: str, table: list[npt.NDArray[Any]]) -> None:
    async with await connect(shared_url, Role.INGEST) as connection:
        await connection.execute(_TABLE)
        columns = [CopyColumn(field, column) for field, column in zip(ALL, table, strict=True)]
        statement = "COPY every_type (a, b, c, d, e, f) FROM STDIN (FORMAT binary)"
        await write_columns(connection, statement, columns, len(table[0]))
        query = "SELECT a, b, c, d, e, f FROM every_type WHERE position > %(least)s ORDER BY position"
        copied = await read_columns(connection, query, {"least": 0}, dict(zip(_NAMES, ALL, strict=True)))
        for field, name, column in zip(ALL, _NAMES, table, strict=True):
            assert copied[name].dtype == field.dtype
            np.testing.assert_array_equal(copied[name], column)
        await connection.rollback()


async def test_the_server_reads_times_and_numbers_as_meant(shared_url: str) -> None:
    async with await connect(shared_url, Role.INGEST) as connection:
        await connection.execute(_TABLE)
        row = [7, -8, 9, 1.5, -2.25, 1_768_435_200_000_001]
        columns = [CopyColumn(field, value) for field, value in zip(ALL, row, strict=True)]
        await write_columns(connection, "COPY every_type (a, b, c, d, e, f) FROM STDIN (FORMAT binary)", columns, 2)
        cursor = await connection.execute("SELECT a, b, c, d, e, f::text FROM every_type")
        assert await cursor.fetchall() == [(7, -8, 9, 1.5, -2.25, "2026-01-15 00:00:00.000001+00")] * 2


@pytest.mark.parametrize(
    "query", ["SELECT NULL::int4, 1::int4", "SELECT 1::int8, 1::int4", "SELECT 1::int4", "SELECT NULL::int4, 1::int8"]
)
async def test_a_null_or_another_type_is_noticed(shared_url: str, query: str) -> None:
    async with await connect(shared_url, Role.READ) as connection:
        with pytest.raises(InvariantError, match="copy_not_decodable"):
            await read_columns(connection, query, {}, {"a": Field.INT4, "b": Field.INT4})


def test_no_rows_are_a_header_and_a_trailer() -> None:
    data = encode([CopyColumn(Field.INT4, np.empty(0, np.int32))], 0)
    assert data == b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"
    assert decode(data, [Field.INT4])[0].tolist() == []


def test_what_is_cut_short_is_not_decoded() -> None:
    data = encode([CopyColumn(Field.INT4, np.arange(3))], 3)
    for cut in (data[:-1], data[:-2], data[:-12] + data[-2:], b"", data[5:]):
        with pytest.raises(InvariantError, match="copy_not_decodable"):
            decode(cut + b"" if cut else b"", [Field.INT8])


async def test_a_row_that_the_table_refuses_is_refused_in_copy_too(shared_url: str) -> None:
    async with await connect(shared_url, Role.OWNER) as connection:
        await connection.execute("CREATE TEMP TABLE small (a int2 CHECK (a < 10))")
        with pytest.raises(psycopg.errors.CheckViolation):
            await write_columns(connection, "COPY small FROM STDIN (FORMAT binary)", [CopyColumn(Field.INT2, 11)], 1)
