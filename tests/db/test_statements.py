"""Every named statement is one that a migrated database understands, and gives the rows it says it gives."""

import importlib
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.pq import ExecStatus

from core.errors import InvariantError
from db import statements as module
from db.statements import Statement, nouns, read_statements, statements

_PARAMETER = re.compile(r"%\((\w+)\)[st]")
#: What the driver returns for a type, by OID.
_PYTHON = {
    16: bool, 17: bytes, 19: str, 20: int, 21: int, 23: int, 25: str, 26: int, 700: float, 701: float, 1082: date,
    1083: time, 1114: datetime, 1184: datetime, 2950: UUID, 1000: list, 1009: list, 1005: list, 1007: list, 1016: list,
    1021: list, 1022: list, 1115: list, 1182: list, 1185: list, 114: object, 3802: object, 1700: object,
}  # fmt: skip


def _all() -> Iterator[tuple[str, Statement]]:
    for noun in nouns():
        for statement in read_statements(noun):
            yield noun, statement


@pytest.fixture
def server(shared_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(shared_url, autocommit=True, options="-c search_path=somel,public") as connection:
        for _, statement in _all():
            if statement.sql.startswith("CREATE TEMP TABLE"):
                connection.execute(statement.sql)
        yield connection


def _described(server: psycopg.Connection[tuple[object, ...]], statement: Statement) -> list[tuple[str, int]]:
    """Prepare a statement and return name and type of its columns."""
    names = list(dict.fromkeys(_PARAMETER.findall(statement.sql)))
    sql = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", statement.sql)
    sql = sql.replace("%%", "%") if names else sql
    prepared = server.pgconn.prepare(b"", sql.encode())
    assert prepared.status == ExecStatus.COMMAND_OK, f"{statement.name}: {prepared.error_message.decode()}"
    described = server.pgconn.describe_prepared(b"")
    return [((described.fname(i) or b"").decode(), described.ftype(i)) for i in range(described.nfields)]


def _takes(annotation: object, python: type) -> bool:
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return any(_takes(option, python) for option in typing.get_args(annotation))
    plain = typing.get_origin(annotation) or annotation
    if plain is typing.Literal:
        return python is str
    return python is object or plain is typing.Any or (isinstance(plain, type) and issubclass(plain, python))


def test_every_statement_is_understood_and_gives_its_dataclass(
    server: psycopg.Connection[tuple[object, ...]],
) -> None:
    checked = 0
    for noun, statement in _all():
        columns = _described(server, statement)
        if statement.row is None:
            continue
        path, _, name = statement.row.rpartition(".")
        row = getattr(importlib.import_module(path), name)
        assert is_dataclass(row), statement.row
        hints = typing.get_type_hints(row)
        assert [column for column, _ in columns] == [field.name for field in fields(row)], f"{noun}: {statement.name}"
        for column, oid in columns:
            assert oid in _PYTHON, f"{noun}: {statement.name}: {column} is of the type {oid}, unknown to this test"
            assert _takes(hints[column], _PYTHON[oid]), f"{noun}: {statement.name}: {column} is a {hints[column]}"
        checked += 1
    assert checked > 0


def test_blocks_are_read_with_their_names_and_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUERIES", tmp_path)
    text = "-- About all of it.\n\n-- name: first\n-- row: db.x.Y\nSELECT 1;\n\n-- name: second\n-- a note\nSELECT 2\n"
    (tmp_path / "read_well.sql").write_text(text)
    assert read_statements("read_well") == (
        Statement("first", "db.x.Y", "SELECT 1"),
        Statement("second", None, "-- a note\nSELECT 2"),
    )
    assert dict(statements("read_well")) == {"first": "SELECT 1", "second": "-- a note\nSELECT 2"}
    (tmp_path / "read_badly.sql").write_text("-- name: same\nSELECT 1;\n-- name: same\nSELECT 2;\n")
    with pytest.raises(InvariantError, match="statement_repeated"):
        read_statements("read_badly")


def test_statements_are_read_from_their_file_only_once() -> None:
    assert statements("writing") is statements("writing")
    with pytest.raises(TypeError):
        statements("writing")["copy_intervals"] = ""  # type: ignore[index]
