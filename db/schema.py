"""Describe a migrated database as text: ``db/schema.sql``, for people to read and for a test to compare."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements

SCHEMA: Final = Path(__file__).parent / "schema.sql"

_SQL: Final = statements("schema")
_HEAD: Final = "-- Generated from a migrated database by `UPDATE_SCHEMA=1 pytest tests/db/test_schema.py`; do not edit."


@dataclass(frozen=True, slots=True)
class Relation:
    """A table (kind r) or a view (kind v) with its defining query."""

    oid: int
    schema: str
    name: str
    kind: str
    comment: str
    definition: str


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A column of the relation `oid`."""

    oid: int
    name: str
    type: str
    is_required: bool
    is_identity: bool
    preset: str
    comment: str

    @property
    def line(self) -> str:
        """The column as ``CREATE TABLE`` has it."""
        parts = [self.name, self.type]
        parts += ["GENERATED ALWAYS AS IDENTITY"] if self.is_identity else ["NOT NULL"] if self.is_required else []
        parts += [f"DEFAULT {self.preset}"] if self.preset else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class LineOf:
    """A line of SQL about the object `oid`."""

    oid: int
    line: str


async def describe_schema(connection: Connection) -> str:
    """Return schemas, tables, views, functions, rights and comments of a database as SQL that people can read."""
    schemas = await all_rows(connection, LineOf, _SQL["schemas"])
    relations = await all_rows(connection, Relation, _SQL["relations"])
    columns = await all_rows(connection, ColumnOf, _SQL["columns"])
    constraints = _by_oid(await all_rows(connection, LineOf, _SQL["constraints"]))
    after = _by_oid(await all_rows(connection, LineOf, _SQL["lines_after"]))
    functions = await all_rows(connection, LineOf, _SQL["functions"])
    blocks = [_HEAD, "\n".join(schema.line for schema in schemas)]
    for relation in relations:
        own = [column for column in columns if column.oid == relation.oid]
        text = _view(relation) if relation.kind == "v" else _table(relation, own, constraints[relation.oid])
        blocks.append("\n".join([text, *(_closed(line) for line in after[relation.oid])]))
    blocks += [function.line.rstrip() + ";" for function in functions]
    return "\n\n".join(blocks) + "\n"


def _table(relation: Relation, columns: Sequence[ColumnOf], constraints: Sequence[str]) -> str:
    entries = [(column.line, column.comment) for column in columns] + [(line, "") for line in constraints]
    lines = []
    for position, (line, comment) in enumerate(entries, start=1):
        comma = "," if position < len(entries) else ""
        lines.append(f"    {line}{comma}" + (f" -- {comment}" if comment else ""))
    body = "\n".join(lines)
    return f"-- {relation.comment}\nCREATE TABLE {relation.schema}.{relation.name} (\n{body}\n);"


def _view(relation: Relation) -> str:
    return f"-- {relation.comment}\nCREATE VIEW {relation.schema}.{relation.name} AS\n{relation.definition}"


def _closed(line: str) -> str:
    return line if line.startswith("--") else f"{line};"


def _by_oid(lines: Iterable[LineOf]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for entry in lines:
        found[entry.oid].append(entry.line)
    return found
