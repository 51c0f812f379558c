"""Which shape of a dataset is asked for, and the headers of answers that are made of it."""

from typing import Annotated, Final

from fastapi import Query, Request

from api.context import context_of
from api.enjoy.features.answers import PREFIX, base_of, deprecation_of, tag_of
from api.enjoy.features.contracts import Collection
from api.enjoy.features.reading import contracts_of
from db.connection import Connection

Version = Annotated[
    int | None, Query(ge=1, le=10_000, description="Version whose shape records have; left out: the newest")
]
_HELD_OPEN: Final = "public, no-cache"
_HELD_PRIVATE: Final = "private, no-cache"


async def shape_of(request: Request, connection: Connection, name: str, version: int | None = None) -> Collection:
    """Return a version of a dataset that the transaction may read, the newest when left out.

    Raises
    ------
    NotFoundError
        ``collection_unknown``.
    GoneError
        ``version_gone``: it has had its sunset.
    """
    asked = name if version is None else f"{name}.v{version}"
    return await contracts_of(request).find(connection, asked, context_of(request).clock.now())


def told_of(request: Request, shape: Collection, *parts: object) -> dict[str, str]:
    """Return the headers of an answer: its strong validator, who may keep it, and how long the shape still answers.

    Parameters
    ----------
    request : Request
        Whose parameters make one answer another.
    shape : Collection
        As the same transaction has it that the answer is read in.
    *parts : object
        What else makes one answer another.
    """
    tag = tag_of(shape.state, shape.version.version, sorted(request.query_params.multi_items()), *parts)
    headers = {
        "ETag": tag,
        "Vary": "Authorization, Accept-Encoding",
        "Cache-Control": _HELD_OPEN if shape.is_open else _HELD_PRIVATE,
    }
    return headers | deprecation_of(f"{base_of(request)}{PREFIX}", shape)
