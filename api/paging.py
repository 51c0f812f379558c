"""Pages by key: opaque cursors, and a next link exactly when there is more."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Query, Request

from api.models.page import Page
from core.errors import InputError

Row = TypeVar("Row")
Item = TypeVar("Item")

MOST: Final = 1_000
_MOST_CURSOR: Final = 1_000

Limit = Annotated[
    int, Query(ge=1, description=f"Items on a page; more than {MOST:,} are given as {MOST:,}", examples=[100])
]
Cursor = Annotated[
    str | None, Query(max_length=_MOST_CURSOR, description="From `next` of the page before; opaque", examples=[None])
]


def bounded(limit: int) -> int:
    """Return how many items a page may have, given how many were asked for."""
    return min(limit, MOST)


def page_of(
    request: Request,
    rows: Sequence[Row],
    limit: int,
    *,
    item: Callable[[Row], Item],
    key: Callable[[Row], Sequence[object]],
) -> Page[Item]:
    """Make a page of rows that were read with ``bounded(limit) + 1`` as their limit.

    Parameters
    ----------
    request : Request
        Its address becomes that of the next page.
    rows : sequence
        The page, and one row more if there is any.
    limit : int
        As asked for.
    item : callable
        Makes what is told of a row.
    key : callable
        Gives the parts of a row's key, in the order of the list; each is written with `str`.
    """
    most = bounded(limit)
    shown = rows[:most]
    more = None
    if len(rows) > most:
        address = request.url.include_query_params(cursor=write_cursor(key(shown[-1])))
        more = f"{address.path}?{address.query}"
    return Page(items=[item(row) for row in shown], next=more)


def write_cursor(parts: Sequence[object]) -> str:
    """Return a key as an opaque word."""
    text = json.dumps([str(part) for part in parts], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, count: int) -> list[str]:
    """Return the parts of a key.

    Raises
    ------
    InputError
        ``cursor_invalid`` when it is not a cursor of `count` parts.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise cursor_invalid() from error
    if not isinstance(parts, list) or len(parts) != count:
        raise cursor_invalid()
    if not all(isinstance(part, str) and part.isprintable() for part in parts):
        raise cursor_invalid()
    return parts


def read_key(cursor: str, parser: Callable[[str], Item]) -> Item:
    """Return the only part of a key, parsed.

    Raises
    ------
    InputError
        ``cursor_invalid``.
    """
    (part,) = read_cursor(cursor, 1)
    return parsed(part, parser)


def read_before(cursor: str | None, newest: int) -> int:
    """Return the number that rows of a page that begins with the newest come before: without a cursor, `newest`.

    Raises
    ------
    InputError
        ``cursor_invalid``.
    """
    before = newest if cursor is None else read_key(cursor, int)
    if not 0 <= before <= newest:
        raise cursor_invalid()
    return before


def parsed(part: str, parser: Callable[[str], Item]) -> Item:
    """Return one part of a key, parsed.

    Raises
    ------
    InputError
        ``cursor_invalid``.
    """
    try:
        return parser(part)
    except ValueError as error:
        raise cursor_invalid() from error


def cursor_invalid() -> InputError:
    """Return the error for a cursor that no page gave."""
    return InputError("cursor_invalid", "The cursor is not one that a page gave.", field="cursor")
