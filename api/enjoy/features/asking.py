"""What a request for features asks for: its parameters read, every one of them known, every value good."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from fastapi import Request

from api.enjoy.features.crs import CRS84, Crs, crs_named, read_box
from api.enjoy.features.moments import read_interval
from api.paging import cursor_invalid, read_key, write_cursor
from core.conditions import Condition
from core.datasets import FieldType
from core.errors import InputError
from db.features import Box, Selection
from db.views import Value, View, find_id, read_value
from enjoy.cql import read_filter

Read = TypeVar("Read")

MOST: Final = 10_000
USUAL: Final = 100
#: Further on, pages are followed by their cursor.
MOST_OFFSET: Final = 100_000
_LONGEST_VALUE: Final = 20_000
#: What may be asked of items, beside fields of the collection.
OF_ITEMS: Final = frozenset(
    {
        "f",
        "limit",
        "offset",
        "cursor",
        "bbox",
        "bbox-crs",
        "crs",
        "datetime",
        "filter",
        "filter-lang",
        "filter-crs",
        "properties",
        "skipGeometry",
        "sortby",
    }
)
OF_ITEM: Final = frozenset({"f", "crs", "properties", "skipGeometry"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what is asked of the items of a collection.

    Attributes
    ----------
    selection : Selection
        Which.
    limit, offset : int
        How many of them, and how many are passed over.
    after : str or None
        Identifier that they come after.
    crs : Crs
        Of their geometries.
    only : tuple of str or None
        Fields that are wanted; None: all.
    has_geometry : bool
        Whether geometries are wanted.
    newest_first : bool
        Whether the order is the other way round.
    """

    selection: Selection
    limit: int = USUAL
    offset: int = 0
    after: str | None = None
    crs: Crs = CRS84
    only: tuple[str, ...] | None = None
    has_geometry: bool = True
    newest_first: bool = False


def parameters_of(request: Request, known: Iterable[str]) -> dict[str, str]:
    """Return the parameters of a request.

    Raises
    ------
    InputError
        ``parameter_unknown``, ``parameter_repeated`` or ``parameter_invalid``.
    """
    allowed = frozenset(known)
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise InputError("parameter_unknown", "There is no such parameter here.", field=name[:100])
        if name in found:
            raise InputError("parameter_repeated", "The parameter is there twice.", field=name)
        if len(value) > _LONGEST_VALUE or "\0" in value:
            raise InputError("parameter_invalid", "The value is too long, or has a zero byte.", field=name)
        found[name] = value
    return found


class Knows:
    """Refuse requests with parameters that a route has not, or has twice; a dependency of routes.

    Parameters
    ----------
    names : iterable of str
        Parameters that there are, beside ``f``.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names) | {"f"}

    async def __call__(self, request: Request) -> None:
        """Return when all is well; errors are those of `parameters_of`."""
        parameters_of(request, self._names)


def read_items(request: Request, view: View) -> Asked:
    """Return what a request asks of the items of a collection.

    Raises
    ------
    InputError
        Some parameter is not known, or has a value that is none for it.
    """
    names = [field.name for field in view.fields]
    given = parameters_of(request, [*OF_ITEMS, *names])
    crs, only, has_geometry = read_shown(given, view)
    return Asked(
        selection_of(given, view),
        limit=min(_number(given, "limit", least=1) or USUAL, MOST),
        offset=_number(given, "offset", most=MOST_OFFSET) or 0,
        after=_read(given, "cursor", lambda word: _identifier(view, word)),
        crs=crs,
        only=only,
        has_geometry=has_geometry,
        newest_first=_is_newest_first(given, view),
    )


def selection_of(given: Mapping[str, str], view: View) -> Selection:
    """Return which records are wanted: by place, time, condition, and by fields that have a value.

    Raises
    ------
    InputError
        Some parameter has a value that is none for it.
    """
    names = {field.name for field in view.fields} - OF_ITEMS
    return Selection(
        box=_box(given),
        interval=_read(given, "datetime", read_interval),
        equals={name: _value(view, name, text) for name, text in given.items() if name in names},
        condition=_condition(given, view),
    )


def read_shown(given: Mapping[str, str], view: View) -> tuple[Crs, tuple[str, ...] | None, bool]:
    """Return in which system, with which fields, and whether with geometries features are wanted."""
    crs = _read(given, "crs", lambda uri: crs_named(uri, "crs")) or CRS84
    return crs, _read(given, "properties", lambda text: _fields(view, text)), not _truth(given, "skipGeometry")


def cursor_after(name: str) -> str:
    """Return the cursor of a page that begins after a feature."""
    return write_cursor([name])


def _identifier(view: View, cursor: str) -> str:
    name = read_key(cursor, str)
    if find_id(view, name) is None:
        raise cursor_invalid()
    return name


def _read(given: Mapping[str, str], name: str, reader: Callable[[str], Read]) -> Read | None:
    return reader(given[name]) if name in given else None


def _number(given: Mapping[str, str], name: str, *, least: int = 0, most: int | None = None) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) < least or (most and int(text[:20]) > most):
        bounds = f"from {least} on" if most is None else f"from {least} to {most}"
        raise InputError("parameter_invalid", f"It is an integer {bounds}.", field=name)
    return int(text[:20])


def _truth(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false")
    if text not in {"true", "false"}:
        raise InputError("parameter_invalid", "It is true or false.", field=name)
    return text == "true"


def _box(given: Mapping[str, str]) -> Box | None:
    crs = _read(given, "bbox-crs", lambda uri: crs_named(uri, "bbox-crs")) or CRS84
    if "bbox" not in given:
        return None
    return read_box(given["bbox"], crs)


def _condition(given: Mapping[str, str], view: View) -> Condition | None:
    crs = _read(given, "filter-crs", lambda uri: crs_named(uri, "filter-crs")) or CRS84
    language = given.get("filter-lang", "cql2-text")
    if "filter" not in given:
        return None
    return read_filter(
        given["filter"],
        language,
        {field.name: field.type for field in view.fields},
        has_geometry=view.geometry_type is not None,
        srid=crs.srid,
        is_flipped=crs.is_flipped,
    )


def _value(view: View, name: str, text: str) -> Value:
    kind = view.type_of(name)
    try:
        value = read_value(kind, text)
    except ValueError:
        raise InputError("parameter_invalid", f"It is a value of the type {kind}.", field=name) from None
    if kind is FieldType.NUMBER and not abs(float(value)) < float("inf"):  # type: ignore[arg-type]  # it is a number
        raise InputError("parameter_invalid", "It is a finite number.", field=name)
    return value


def _fields(view: View, text: str) -> tuple[str, ...]:
    names = tuple(text.split(",")) if text else ()
    unknown = [name for name in names if view.field(name) is None]
    if unknown:
        raise InputError("parameter_invalid", f"There is no field {unknown[0][:100]!r}.", field="properties")
    return names


def _is_newest_first(given: Mapping[str, str], view: View) -> bool:
    """Tell whether the order is the other way round; by anything but what records are ordered by, none is made."""
    text = given.get("sortby")
    orders = {view.order[0]: False, f"+{view.order[0]}": False, f" {view.order[0]}": False, f"-{view.order[0]}": True}
    if text is None:
        return False
    if text not in orders:
        raise InputError("parameter_invalid", f"It is {view.order[0]} or -{view.order[0]}.", field="sortby")
    return orders[text]
