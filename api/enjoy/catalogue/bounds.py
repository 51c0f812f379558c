"""What requests to OGC API Records ask for: parameters that are known, boxes and spans that are ones."""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Final

from fastapi import Request

from core.errors import InputError

_OPEN: Final = frozenset({"", ".."})
_DAY: Final = len("2026-01-01")
#: Numbers of a box, flat and with heights.
_FLAT, _SOLID = 4, 6
_WEST, _SOUTH, _EAST, _NORTH = -180.0, -90.0, 180.0, 90.0


class Known:
    """Refuse requests with parameters that a route has not, or has twice; a dependency of routes.

    Parameters
    ----------
    names : iterable of str
        Parameters that there are, beside ``f``.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names) | {"f"}

    async def __call__(self, request: Request) -> None:
        """Return when all is well.

        Raises
        ------
        InputError
            ``parameter_unknown``, ``parameter_repeated`` or ``parameter_invalid``.
        """
        seen: set[str] = set()
        for name, value in request.query_params.multi_items():
            if name not in self._names:
                raise InputError("parameter_unknown", "There is no such parameter here.", field=name[:100])
            if name in seen:
                raise InputError("parameter_repeated", "The parameter is there twice.", field=name)
            if "\0" in value:
                raise InputError("parameter_invalid", "The value has a zero byte.", field=name)
            seen.add(name)


def read_box(text: str) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a box in WGS 84 [degrees]; heights do not matter.

    Raises
    ------
    InputError
        ``bbox_invalid``.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise _wrong_box("A bbox is four or six numbers, joined by commas.") from None
    if len(numbers) not in {_FLAT, _SOLID} or not all(map(math.isfinite, numbers)):
        raise _wrong_box("A bbox is four or six numbers, joined by commas.")
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    if not (_WEST <= west <= _EAST and _WEST <= east <= _EAST and _SOUTH <= south <= north <= _NORTH):
        raise _wrong_box("A bbox is longitudes and latitudes in degrees: west, south, east, north.")
    return west, south, east, north


def read_span(text: str) -> tuple[datetime | None, datetime | None]:
    """Return both ends of a span, or None where one is open; an instant is a span of no length, a day all of it.

    Raises
    ------
    InputError
        ``datetime_invalid``.
    """
    first, slash, last = text.partition("/")
    if not slash:
        last = first
        if first in _OPEN:
            raise _wrong_span()
    since, until = _end(first, time.min), _end(last, time.max)
    if since is not None and until is not None and since > until:
        raise _wrong_span()
    return since, until


def _end(text: str, of_day: time) -> datetime | None:
    if text in _OPEN:
        return None
    try:
        if len(text) == _DAY:
            return datetime.combine(date.fromisoformat(text), of_day, tzinfo=UTC)
        instant = datetime.fromisoformat(text.upper())
        if instant.tzinfo is None:
            raise _wrong_span()
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong_span() from None


def _wrong_box(reason: str) -> InputError:
    return InputError("bbox_invalid", reason, field="bbox")


def _wrong_span() -> InputError:
    reason = "It is an instant with its zone, a day, or two joined by a slash, the earlier first; .. is an open end."
    return InputError("datetime_invalid", reason, field="datetime")
