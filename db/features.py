"""Records of a dataset selected, counted and read in pages as GeoJSON.

What is asked for goes into the statement as literals that the driver quotes, so that the same selection serves a page,
a count and a ``COPY``, which takes no parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from psycopg import sql
from psycopg.rows import TupleRow, scalar_row

from core.conditions import Condition
from db.conditions import FALSE, TRUE, condition_sql, intersects, joined
from db.connection import Connection, translated_errors
from db.views import WGS84, Value, View, feature_id, feature_json, read_id

_SPLIT: Final = 32


@dataclass(frozen=True, slots=True)
class Box:
    """Hold a rectangle in coordinates of a reference system; `west` is more than `east` across the antimeridian."""

    west: float
    south: float
    east: float
    north: float
    srid: int = WGS84


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold a span of time with both of its ends in it; None is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Say which records are wanted; nothing said, all of them.

    Attributes
    ----------
    box : Box or None
        Their geometry has a point in it; records without one are not in any.
    interval : Interval or None
        Their time is in it; those of a dataset without times are in all of them.
    equals : mapping of str to value
        Fields that have these values.
    condition : Condition or None
        What is true of them.
    ids : sequence of str or None
        Their identifiers.
    """

    box: Box | None = None
    interval: Interval | None = None
    equals: Mapping[str, Value] = field(default_factory=dict)
    condition: Condition | None = None
    ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """Hold Features, each the text of one, and the identifier that the next page begins after; None on the last."""

    features: list[str]
    next: str | None


def where(view: View, selection: Selection) -> sql.Composable:
    """Return the condition of a selection, to stand behind ``WHERE``; it has literals and no parameters."""
    parts: list[sql.Composable] = []
    if selection.box is not None:
        parts.append(_in_box(selection.box) if view.geometry_type is not None else FALSE)
    if selection.interval is not None:
        parts.append(_in_interval(view, selection.interval))
    parts += [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in selection.equals.items()
    ]
    if selection.condition is not None:
        parts.append(condition_sql(selection.condition))
    if selection.ids is not None:
        rows = [_values(read_id(view, one)) for one in selection.ids]
        named = sql.SQL("{} IN ({})").format(_names(view.identity), sql.SQL(", ").join(rows)) if rows else FALSE
        parts.append(named)
    return joined(" AND ", parts, none=TRUE)


def _in_box(box: Box) -> sql.Composable:
    if box.west <= box.east or box.srid != WGS84:
        return intersects(_envelope(box))
    halves = [Box(box.west, box.south, 180.0, box.north), Box(-180.0, box.south, box.east, box.north)]
    return joined(" OR ", [intersects(_envelope(half)) for half in halves], none=FALSE)


def _envelope(box: Box) -> sql.Composable:
    """Return a rectangle in WGS 84; one of another system has its sides split, for they become curves."""
    corners = [sql.Literal(one) for one in (box.west, box.south, box.east, box.north, box.srid)]
    diagonal = sql.SQL("ST_MakeLine(ST_MakePoint({}, {}), ST_MakePoint({}, {}))")
    # a box without a width, or a height, is a line or a point: as a polygon it would have no points at all
    envelope = sql.SQL("ST_Envelope(ST_SetSRID({}, {}))").format(diagonal.format(*corners[:4]), corners[4])
    if box.srid == WGS84:
        return envelope
    longest = max(abs(box.east - box.west), abs(box.north - box.south)) / _SPLIT
    split = sql.SQL("ST_Segmentize({}, {})").format(envelope, sql.Literal(longest)) if longest else envelope
    return sql.SQL("ST_Transform({}, {})").format(split, sql.Literal(WGS84))


def _in_interval(view: View, interval: Interval) -> sql.Composable:
    if view.time is None:
        return TRUE
    time, parts = sql.Identifier(view.time), []
    if interval.start is not None:
        parts.append(sql.SQL("{} >= {}").format(time, sql.Literal(interval.start)))
    if interval.end is not None:
        parts.append(sql.SQL("{} <= {}").format(time, sql.Literal(interval.end)))
    return joined(" AND ", parts, none=TRUE)


async def page(
    connection: Connection,
    view: View,
    selection: Selection,
    *,
    limit: int,
    after: str | None = None,
    srid: int = WGS84,
    is_flipped: bool = False,
    only: Sequence[str] | None = None,
    has_geometry: bool = True,
    offset: int = 0,
    is_reversed: bool = False,
    latest: bool = False,
) -> FeaturePage:
    """Return Features in order: of time and key, or of the key where only the latest are wanted.

    Parameters
    ----------
    connection : Connection
        Acts for whoever asks.
    view : View
        View.
    selection : Selection
        Which are wanted.
    limit : int
        How many at most.
    after : str, optional
        Identifier that they come after; `FeaturePage.next` of the page before.
    srid, is_flipped, only, has_geometry
        As `db.views.feature_json` takes them.
    offset : int, default 0
        How many are passed over.
    is_reversed : bool, default False
        The other way round.
    latest : bool, default False
        Only the newest record of each key.

    Raises
    ------
    NotFoundError
        ``feature_unknown``: `after` is not an identifier of the view.
    """
    order = view.key if latest else view.order
    wanted = None if only is None else tuple(only)
    query = sql.SQL("{} WHERE {} AND {} {} LIMIT {} OFFSET {}").format(
        _select(view, srid, is_flipped, wanted, has_geometry, latest),
        where(view, selection),
        TRUE if after is None else _after(view, order, after, is_reversed=is_reversed),
        _order(view, is_reversed, latest),
        sql.Literal(limit + 1),
        sql.Literal(offset),
    )
    rows = await _rows(connection, query)
    shown = rows[:limit]
    return FeaturePage([row[0] for row in shown], shown[-1][1] if len(rows) > limit and shown else None)


@lru_cache(maxsize=1_000)
def _select(
    view: View, srid: int, is_flipped: bool, only: tuple[str, ...] | None, has_geometry: bool, latest: bool
) -> sql.SQL:
    """Return the part of a statement that is the same for all who ask for features in one way: its text is kept."""
    composed = sql.SQL("SELECT {}, {} FROM {}").format(
        feature_json(view, srid, is_flipped=is_flipped, only=only, has_geometry=has_geometry),
        feature_id(view),
        view.table(latest=latest),
    )
    return sql.SQL(composed.as_string())  # quoted by the driver; no caller's words are in it


@lru_cache(maxsize=1_000)
def _order(view: View, is_reversed: bool, latest: bool) -> sql.SQL:
    direction = sql.SQL("{} DESC") if is_reversed else sql.SQL("{}")
    names = view.key if latest else view.order
    parts = sql.SQL(", ").join(direction.format(sql.Identifier(name)) for name in names)
    return sql.SQL(sql.SQL("ORDER BY {}").format(parts).as_string())


def _after(view: View, order: Sequence[str], after: str, *, is_reversed: bool) -> sql.Composable:
    named = dict(zip(view.identity, read_id(view, after), strict=True))
    comparison = sql.SQL("{} < {}") if is_reversed else sql.SQL("{} > {}")
    return comparison.format(_names(order), _values([named[name] for name in order]))


async def count(
    connection: Connection, view: View, selection: Selection, *, latest: bool = False, most: int | None = None
) -> int:
    """Return how many records a selection has, or `most` where it has more; without `most` it reads all of them."""
    query = sql.SQL("SELECT count(*) FROM (SELECT FROM {} WHERE {} LIMIT {}) AS selected").format(
        view.table(latest=latest), where(view, selection), sql.Literal(most)
    )
    async with translated_errors(), connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(query)
        number: int = await cursor.fetchone() or 0
        return number


async def one(
    connection: Connection,
    view: View,
    name: str,
    *,
    srid: int = WGS84,
    is_flipped: bool = False,
    only: Sequence[str] | None = None,
    has_geometry: bool = True,
) -> str | None:
    """Return the Feature of an identifier, or None."""
    shown: dict[str, Any] = {"srid": srid, "is_flipped": is_flipped, "only": only, "has_geometry": has_geometry}
    found = await page(connection, view, Selection(ids=[name]), limit=1, **shown)
    return next(iter(found.features), None)


def _names(names: Sequence[str]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, names)))


def _values(values: Sequence[Value]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, values)))


async def _rows(connection: Connection, query: sql.Composed) -> list[TupleRow]:
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(query)
        rows: list[tuple[Any, ...]] = await cursor.fetchall()
        return rows
