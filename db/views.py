"""Published views of datasets, and their records as GeoJSON made by the database.

A record becomes one text in PostgreSQL: no value is turned into an object of ours and back on the way to its reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg import sql

from core.datasets import Field, FieldType
from core.errors import NotFoundError
from db.dataset_rows import Published

Value = str | int | float | bool | date | datetime

WGS84: Final = 4326
GEOMETRY: Final = sql.Identifier("_geometry")
#: Digits after the point: a hundredth of a millimetre in degrees, a millimetre in metres.
_DEGREE_DIGITS: Final = 9
_METRE_DIGITS: Final = 3
#: Texts that are joined at once: each ``||`` copies what is before it.
_AT_ONCE: Final = 16
#: What identifiers of records are joined with, and how signs that mean something in them or in a path are written.
_JOINT: Final = ","
_ESCAPES: Final = (("~", "~0"), ("/", "~1"), (_JOINT, "~2"), ("?", "~6"), ("#", "~7"), ("%", "~8"))
_WHOLE_ESCAPES: Final = {"": "~3", ".": "~4", "..": "~5"}


@dataclass(frozen=True, slots=True)
class View:
    """Name the view that a version of a dataset is read by.

    Attributes
    ----------
    dataset_id, version : int
        Whose it is.
    fields : tuple of Field
        Its columns, in their order.
    key : tuple of str
        Fields that name what a record is about.
    time : str or None
        Field that says when; None where there is one record a key.
    geometry_type : str or None
        Of every record; None where there is none.
    """

    dataset_id: int
    version: int
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    time: str | None
    geometry_type: str | None

    def table(self, *, latest: bool = False) -> sql.Identifier:
        """Return its name, or that of the view of the newest record of each key, which are the same without a time."""
        of_latest = "_latest" if latest and self.time is not None else ""
        return sql.Identifier("enjoy", f"d{self.dataset_id}_v{self.version}{of_latest}")

    @property
    def identity(self) -> tuple[str, ...]:
        """Return the fields that name one record: the key, then the time."""
        return (*self.key, self.time) if self.time is not None else self.key

    @property
    def order(self) -> tuple[str, ...]:
        """Return the fields that records are ordered by, which is how their index has them: the time, then the key."""
        return (self.time, *self.key) if self.time is not None else self.key

    def field(self, name: str) -> Field | None:
        """Return a field by its name, or None."""
        return next((one for one in self.fields if one.name == name), None)

    def type_of(self, name: str) -> FieldType:
        """Return the type of a field that it has."""
        return next(one.type for one in self.fields if one.name == name)


def view_of(published: Published, version: int | None = None) -> View:
    """Return the view of a version of a dataset, the newest when left out."""
    number = published.newest.version if version is None else version
    contract = published.contract(number)
    geometry = contract.geometry_type
    return View(
        published.dataset.dataset_id,
        number,
        contract.fields,
        contract.key_fields,
        contract.time_field,
        None if geometry is None else str(geometry),
    )


def text_of(name: str, kind: FieldType) -> sql.Composable:
    """Return a field as a text that has nothing of the session's settings in it: times in UTC, decimal points."""
    column = sql.Identifier(name)
    if kind is FieldType.TIMESTAMP:
        return sql.SQL("(btrim(to_json({} AT TIME ZONE 'UTC')::text, '\"') || 'Z')").format(column)
    if kind is FieldType.DATE:
        return sql.SQL("btrim(to_json({})::text, '\"')").format(column)
    return sql.SQL("{}::text").format(column)


def json_of(name: str, kind: FieldType) -> sql.Composable:
    """Return a field as JSON, ``null`` where it has no value; numbers of records are finite."""
    column = sql.Identifier(name)
    if kind is FieldType.TIMESTAMP:
        written = sql.SQL("rtrim(to_json({} AT TIME ZONE 'UTC')::text, '\"') || 'Z\"'").format(column)
    elif kind in {FieldType.TEXT, FieldType.DATE}:
        written = sql.SQL("to_json({})::text").format(column)
    else:
        written = sql.SQL("{}::text").format(column)
    return sql.SQL("coalesce({}, 'null')").format(written)


def feature_id(view: View) -> sql.Composable:
    """Return what names a record, as a text without a ``/``: its key, then its time, joined by commas."""
    parts = [_escaped(name, view.type_of(name)) for name in view.identity]
    return sql.SQL("({})").format(sql.SQL(f" || '{_JOINT}' || ").join(parts))


def _escaped(name: str, kind: FieldType) -> sql.Composable:
    plain = text_of(name, kind)
    if kind is not FieldType.TEXT:
        return plain
    written: sql.Composable = plain
    for sign, escape in _ESCAPES:
        written = sql.SQL("replace({}, {}, {})").format(written, sql.Literal(sign), sql.Literal(escape))
    cases = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(whole), sql.Literal(escape))
        for whole, escape in _WHOLE_ESCAPES.items()
    )
    return sql.SQL("CASE {} {} ELSE {} END").format(plain, cases, written)


def read_id(view: View, given: str) -> tuple[Value, ...]:
    """Return the values of `View.identity` that an identifier names.

    Raises
    ------
    NotFoundError
        ``feature_unknown``: no record is ever called so.
    """
    found = find_id(view, given)
    if found is None:
        raise feature_unknown(given)
    return found


def find_id(view: View, given: str) -> tuple[Value, ...] | None:
    """Return the values of `View.identity` that an identifier names, or None where it names nothing."""
    parts = given.split(_JOINT)
    if len(parts) != len(view.identity) or "\0" in given:
        return None
    try:
        return tuple(
            read_value(view.type_of(name), _unescaped(part)) for name, part in zip(view.identity, parts, strict=True)
        )
    except ValueError:
        return None


def feature_unknown(given: str) -> NotFoundError:
    """Return the error for an identifier that no record has."""
    return NotFoundError("feature_unknown", "There is no such feature.", feature=given)


def _unescaped(part: str) -> str:
    for whole, escape in _WHOLE_ESCAPES.items():
        if part == escape:
            return whole
    for sign, escape in reversed(_ESCAPES):
        part = part.replace(escape, sign)
    return part


def read_value(kind: FieldType, text: str) -> Value:
    """Return the value that a text of `text_of` stands for.

    Raises
    ------
    ValueError
        It stands for none.
    """
    if kind is FieldType.TEXT:
        return text
    if kind is FieldType.BOOLEAN:
        return {"true": True, "false": False}[text] if text in {"true", "false"} else _no_value(text)
    if kind is FieldType.INTEGER:
        number = int(text)
        return number if -(2**63) <= number < 2**63 else _no_value(text)
    if kind is FieldType.NUMBER:
        return float(text)
    if kind is FieldType.DATE:
        return date.fromisoformat(text)
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is not None else _no_value(text)


def _no_value(text: str) -> Value:
    raise ValueError(text)


def geometry_json(view: View, srid: int = WGS84, *, is_flipped: bool = False) -> sql.Composable:
    """Return the geometry of a record as GeoJSON, ``null`` where there is none.

    Parameters
    ----------
    view : View
        View.
    srid : int, default 4326
        Of the coordinates.
    is_flipped : bool, default False
        Whether latitude comes before longitude, as EPSG has it.
    """
    if view.geometry_type is None:
        return sql.SQL("'null'")
    shape: sql.Composable = GEOMETRY
    if srid != WGS84:
        shape = sql.SQL("ST_Transform({}, {})").format(shape, sql.Literal(srid))
    if is_flipped:
        shape = sql.SQL("ST_FlipCoordinates({})").format(shape)
    digits = _DEGREE_DIGITS if srid == WGS84 else _METRE_DIGITS
    return sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(shape, sql.Literal(digits))


def feature_json(
    view: View,
    srid: int = WGS84,
    *,
    is_flipped: bool = False,
    only: Sequence[str] | None = None,
    has_geometry: bool = True,
) -> sql.Composable:
    """Return a record as a GeoJSON Feature, written as one text.

    Parameters
    ----------
    view : View
        View.
    srid, is_flipped
        As `geometry_json` takes them.
    only : sequence of str, optional
        Fields that are wanted; all of them when left out.
    has_geometry : bool, default True
        Whether the geometry is; where it is not, it is null.
    """
    parts: list[sql.Composable] = [
        sql.Literal('{"type":"Feature","id":'),
        sql.SQL("to_json({})::text").format(feature_id(view)),
        sql.Literal(',"geometry":'),
        geometry_json(view, srid, is_flipped=is_flipped) if has_geometry else sql.SQL("'null'"),
        sql.Literal(',"properties":'),
        properties_json(view, only=only),
        sql.Literal("}"),
    ]
    return concat(parts)


def properties_json(view: View, *, only: Sequence[str] | None = None) -> sql.Composable:
    """Return the values of a record as a JSON object, written as one text."""
    wanted = [one for one in view.fields if only is None or one.name in only]
    parts: list[sql.Composable] = []
    for place, field in enumerate(wanted):
        parts += [sql.Literal(f'{"," if place else "{"}"{field.name}":'), json_of(field.name, field.type)]
    return concat([*parts, sql.Literal("}" if wanted else "{}")])


def concat(parts: Sequence[sql.Composable]) -> sql.Composable:
    """Return texts one after another; none of them is null."""
    pieces = list(parts)
    while len(pieces) > _AT_ONCE:
        pieces = [_joined(pieces[at : at + _AT_ONCE]) for at in range(0, len(pieces), _AT_ONCE)]
    return _joined(pieces)


def _joined(parts: Sequence[sql.Composable]) -> sql.Composable:
    # ``concat`` looks up how each of its arguments is written, row by row: half as fast
    return sql.SQL("({})").format(sql.SQL(" || ").join(parts))
