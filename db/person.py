"""What is stored of a single usage point, table by table, and how it is erased; the list is in the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row
from db.statements import read_file, statements

_SQL: Final = statements("person")
_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "person.sql")}
_BY: Final = {"usage_point_id": "by_usage_point", "end_device_id": "by_end_device"}


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """Describe a table that holds something of a usage point; see the comments of ``personal_table``."""

    name: str
    reached_by: str
    time_column: str | None
    on_erasure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erased:
    """Count deleted rows by table."""

    deleted: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuditOf:
    """Tell an entry of the audit log that is about a usage point."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    content: str


async def personal_tables(connection: Connection) -> list[PersonalTable]:
    """Return the tables that hold something of a usage point, by name."""
    return await all_rows(connection, PersonalTable, _SQL["personal_tables"])


async def records_of(connection: Connection, table: PersonalTable, usage_point_id: int) -> AsyncIterator[str]:
    """Yield the rows of a usage point in a table as JSON objects, in the order of time where there is one."""
    schema, _, name = table.name.partition(".")
    order = sql.SQL("1") if table.time_column is None else sql.Identifier(table.time_column)
    query = sql.SQL(_TEMPLATES[_BY[table.reached_by]]).format(table=sql.Identifier(schema, name), order=order)
    async with translated_errors(), connection.cursor() as cursor:
        async for (record,) in cursor.stream(query, {"usage_point_id": usage_point_id}):
            yield record


async def audit_of(connection: Connection, usage_point_id: int, usage_point_key: str) -> list[AuditOf]:
    """Return what the audit log says of a usage point and of its resources."""
    asked = {"usage_point_id": usage_point_id, "usage_point_key": usage_point_key}
    return await all_rows(connection, AuditOf, _SQL["audit_of"], asked)


async def erase_usage_point(
    connection: Connection, usage_point_id: int, before_at: datetime, *, actor: str, now: datetime
) -> dict[str, int]:
    """Erase what is older than a time, end consent for publication, renew the pseudonym; return counts by table."""
    facts = {"usage_point_id": usage_point_id, "before_at": before_at, "actor": actor, "now": now}
    row = await one_row(connection, Erased, _SQL["erase_usage_point"], facts)
    return {} if row is None else {name: int(count) for name, count in row.deleted.items()}


async def erase_again(connection: Connection) -> int:
    """Erase what came again of what was erased; return how many rows."""
    return await one_integer(connection, _SQL["erase_again"], {}) or 0
