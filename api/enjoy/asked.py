"""Which records a request wants, in the words that items of a collection are asked for."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import Request

from api.enjoy.features.asking import parameters_of, selection_of
from db.features import Selection
from db.views import View

_WORDS: Final = ("bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs")


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": description}


#: Of the document; fields of the dataset are parameters too.
READ: Final = [
    _parameter("bbox", "West, south, east, north in degrees: records that have a point in it"),
    _parameter("datetime", "An instant, or two joined by a slash; .. is an open end"),
    _parameter("filter", "A condition in CQL2"),
    _parameter("filter-lang", "cql2-text or cql2-json"),
]


def selected(request: Request, view: View, *, own: Iterable[str]) -> Selection:
    """Return which records are wanted: by place, time, condition, and by fields that have a value.

    Parameters
    ----------
    request : Request
        Its parameters.
    view : View
        Whose records.
    own : iterable of str
        Parameters that say something else, of the route.

    Raises
    ------
    InputError
        Some parameter is not known, or has a value that is none for it.
    """
    other = frozenset(own)
    given = parameters_of(request, [*other, *_WORDS, *(field.name for field in view.fields)])
    return selection_of({name: value for name, value in given.items() if name not in other}, view)
