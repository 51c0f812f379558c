"""Parameters that many routes share, and the checks that need more than one of them."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query

from api.models.fields import GivenInstant
from api.models.place import Level
from core.errors import InputError, NotFoundError
from db.connection import Connection
from db.load import find_usage_point_id
from db.places import find_place_id

#: Codes are anything that prints; the database refuses zero bytes.
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

PlaceLevel = Annotated[Level, Path(description="What kind of place", examples=["feeder"])]
PlaceCode = Annotated[
    str, Path(max_length=200, pattern=_PRINTABLE, description="Its code within the level", examples=["F-0001"])
]
Start = Annotated[GivenInstant, Query(description="Start of the span, included", examples=["2026-01-15T00:00:00Z"])]
End = Annotated[GivenInstant, Query(description="End of the span, not included", examples=["2026-01-16T00:00:00Z"])]
AsOf = Annotated[
    GivenInstant | None,
    Query(description="Answer as it was known then; left out: now", examples=["2026-01-20T06:00:00Z"]),
]
EventId = Annotated[UUID, Path(description="Event", examples=["3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"])]
Within = Annotated[
    str | None,
    Query(
        max_length=220,
        pattern=r"^[a-z_]+:[^\x00-\x1f\x7f]+$",
        description="A place, as level:code",
        examples=["feeder:F-0001"],
    ),
]
RefusalCode = Annotated[
    str | None, Query(max_length=100, pattern=r"^[a-z_]+$", description="Only this code", examples=["value_negative"])
]


def require_span(start: datetime, end: datetime) -> None:
    """Refuse a span that holds nothing.

    Raises
    ------
    InputError
        ``span_empty``.
    """
    if end <= start:
        raise InputError("span_empty", "`end` must lie after `start`.", field="end")


def place_unknown(level: str, code: str) -> NotFoundError:
    """Return the error for a place that is not there."""
    return NotFoundError("place_unknown", f"There is no {level} {code!r}.", place=f"{level}:{code}")


async def place_id_of(connection: Connection, level: str, code: str) -> int:
    """Return the key of a place.

    Raises
    ------
    NotFoundError
        ``place_unknown``.
    """
    place_id = await find_place_id(connection, level, code)
    if place_id is None:
        raise place_unknown(level, code)
    return place_id


async def place_named(connection: Connection, text: str, field: str) -> tuple[str, int]:
    """Return level and key of a place named ``level:code`` in the parameter `field`.

    Raises
    ------
    InputError
        ``level_unknown``.
    NotFoundError
        ``place_unknown``.
    """
    level, _, code = text.partition(":")
    if level not in {known.value for known in Level}:
        raise InputError("level_unknown", f"Not a level: {level}. There are {', '.join(Level)}.", field=field)
    return level, await place_id_of(connection, level, code)


async def usage_point_id_of(connection: Connection, usage_point_key: UUID) -> int:
    """Return the key inside the database of a pseudonym.

    Raises
    ------
    NotFoundError
        ``usage_point_unknown``.
    """
    usage_point_id = await find_usage_point_id(connection, usage_point_key)
    if usage_point_id is None:
        raise NotFoundError("usage_point_unknown", f"There is no usage point {usage_point_key}.")
    return usage_point_id
