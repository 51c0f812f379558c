"""History of a dataset: its records gathered in buckets of time by the database, for each key or over several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from core.buckets import Aggregate, Every
from core.datasets import FieldType
from db.conditions import TRUE
from db.connection import Connection, translated_errors
from db.features import Selection, where
from db.statements import read_file
from db.views import Value, View

_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "history.sql")}
#: Days and months begin when they begin in Lille.
ZONE: Final = "Europe/Paris"
#: Nobody waits longer for a page; who asks for too much is told so. [ms]
_PATIENCE_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Gathering:
    """Say what is gathered.

    Attributes
    ----------
    every : Every
        How long a bucket is.
    since, until : datetime
        Span; its end is not in it.
    by : tuple of str
        Fields of the key that have rows of their own.
    aggregates : tuple of (str, Aggregate)
        What is made of which field.
    selection : Selection
        Of which records.
    """

    every: Every
    since: datetime
    until: datetime
    by: tuple[str, ...]
    aggregates: tuple[tuple[str, Aggregate], ...]
    selection: Selection


@dataclass(frozen=True, slots=True)
class Bucket:
    """Hold what was gathered: start, the key's fields that were asked for, how many records, and the aggregates."""

    start_at: datetime
    key: tuple[Value, ...]
    record_count: int
    values: tuple[Any, ...]


async def buckets(
    connection: Connection,
    view: View,
    wanted: Gathering,
    *,
    limit: int,
    after: tuple[datetime, tuple[Value, ...]] | None = None,
) -> list[Bucket]:
    """Return buckets that hold records, by start and key, after one.

    Raises
    ------
    RetryableError
        ``database_timeout``: it takes too long.
    """
    time = sql.Identifier(view.time or "")
    start = _start(wanted.every, time)
    keys = [sql.Identifier(name) for name in wanted.by]
    groups = sql.SQL(", ").join([start, *keys])
    made = [_aggregate(view, field, kind, time) for field, kind in wanted.aggregates]
    statement = sql.SQL(_TEMPLATES["buckets"]).format(  # a file of ours, no caller's words
        columns=sql.SQL(", ").join([start, *keys, sql.SQL("count(*)"), *made]),
        view=view.table(),
        time=time,
        since=sql.Literal(wanted.since if after is None else max(wanted.since, after[0])),
        until=sql.Literal(wanted.until),
        condition=where(view, wanted.selection),
        groups=groups,
        having=sql.SQL("HAVING {}").format(TRUE if after is None else _after(groups, after)),
        limit=sql.Literal(limit),
    )
    patience = sql.SQL(_TEMPLATES["patience"]).format(patience=sql.Literal(str(_PATIENCE_MS)))
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(patience)
        await cursor.execute(statement)
        rows = await cursor.fetchall()
    place = len(keys) + 1
    return [Bucket(row[0], tuple(row[1:place]), row[place], tuple(map(_plain, row[place + 1 :]))) for row in rows]


def _start(every: Every, time: sql.Composable) -> sql.Composable:
    width = sql.SQL("make_interval(months => {}, days => {}, secs => {})").format(
        sql.Literal(every.months), sql.Literal(every.days), sql.Literal(every.seconds)
    )
    if not every.is_of_calendar:
        return sql.SQL("time_bucket({}, {})").format(width, time)
    return sql.SQL("time_bucket({}, {}, {})").format(width, time, sql.Literal(ZONE))


def _aggregate(view: View, name: str, kind: Aggregate, time: sql.Composable) -> sql.Composable:
    field = sql.Identifier(name)
    if kind in {Aggregate.FIRST, Aggregate.LAST}:
        return sql.SQL("{}({}, {}) FILTER (WHERE {} IS NOT NULL)").format(sql.SQL(kind), field, time, field)
    if kind is Aggregate.AVG and view.type_of(name) is FieldType.INTEGER:
        return sql.SQL("avg({})::double precision").format(field)
    return sql.SQL("{}({})").format(sql.SQL(kind), field)


def _after(groups: sql.Composable, after: tuple[datetime, Sequence[Value]]) -> sql.Composable:
    values = sql.SQL(", ").join([sql.Literal(one) for one in (after[0], *after[1])])
    return sql.SQL("({}) > ({})").format(groups, values)


def _plain(value: object) -> object:
    """Return a sum of integers as one: it may have more than 64 bits."""
    return int(value) if isinstance(value, Decimal) else value
