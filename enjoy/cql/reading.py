"""A filter of either writing read into a condition."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from core.conditions import Condition
from core.datasets import FieldType
from core.errors import InputError
from enjoy.cql.building import Builder, filter_invalid
from enjoy.cql.objects import read_object
from enjoy.cql.text import read_text


def read_filter(
    given: str,
    language: str,
    types: Mapping[str, FieldType],
    *,
    has_geometry: bool,
    srid: int = 4326,
    is_flipped: bool = False,
) -> Condition:
    """Return the condition that a filter says.

    Parameters
    ----------
    given : str
        Filter.
    language : str
        One of `LANGUAGES`.
    types : mapping of str to FieldType
        Fields that it may name.
    has_geometry : bool
        Whether it may name ``geometry``.
    srid, is_flipped
        System of geometries in it, and whether latitude comes first.

    Raises
    ------
    InputError
        ``filter_invalid``, with what is wrong and where, or a code of a geometry.
    """
    reader = LANGUAGES.get(language)
    if reader is None:
        raise InputError("filter_language", f"Languages are {', '.join(LANGUAGES)}.", field="filter-lang")
    return reader(given, Builder(types, has_geometry, srid, is_flipped))


def _read_json(given: str, builder: Builder) -> Condition:
    try:
        content: Any = json.loads(given)
        content = json.loads(json.dumps(content, ensure_ascii=False).encode())  # what is no Unicode is not let in
    except (ValueError, RecursionError):
        raise filter_invalid("It is not JSON.") from None
    return read_object(content, builder)


LANGUAGES: Final[Mapping[str, Callable[[str, Builder], Condition]]] = MappingProxyType(
    {"cql2-text": read_text, "cql2-json": _read_json}
)
