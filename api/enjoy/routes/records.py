"""Records: written under their key, deleted, and refused ones found again."""

from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from api.context import InContext
from api.enjoy.access import Caller, Publishes, Publishing
from api.enjoy.once import IdempotencyKey, answered_once, asked_once
from api.enjoy.routes.datasets import DatasetName, own_dataset
from api.models.dataset import ReceivedOf, RefusalOf, RefusedOf
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_before
from core.errors import ConflictError
from db.dataset_rows import Published
from db.datasets import NEWEST, refused_records
from enjoy import publishing
from enjoy.publishing import Received
from enjoy.records import listed

router = APIRouter(prefix="/v1", tags=["records"])

#: Refusals that are told at once; all of them are kept.
MOST_TOLD: Final = 1_000
Writer = Annotated[Caller, Depends(Publishes("write:data"))]
Shape = Annotated[
    int | None,
    Query(ge=1, le=10_000, description="Version whose shape records have; left out: the newest", alias="version"),
]
_EXAMPLE: Final = [{"station": "Rihour", "at": "2026-01-15T17:30:00Z", "bikes": 3}]


@router.post("/datasets/{name}/records")
async def post_records(
    request: Request,
    response: Response,
    context: InContext,
    connection: Publishing,
    caller: Writer,
    name: DatasetName,
    body: Annotated[
        dict[str, Any] | list[Any],
        Body(description="A record, a list of them, a GeoJSON Feature or FeatureCollection", examples=[_EXAMPLE]),
    ],
    version: Shape = None,
    idempotency_key: IdempotencyKey = None,
) -> ReceivedOf:
    """Write records under their keys: new ones, corrections, and the same again, which changes nothing.

    Those that do not keep the contract are refused with row, field and reason; the others are stored. With an
    `Idempotency-Key` the same request is done once however often it comes, and answered the same.
    """
    published = await own_dataset(connection, name, caller)
    number = shape_of(published, version)
    now = context.clock.now()

    async def write() -> ReceivedOf:
        return told_of(
            await publishing.receive(connection, published, listed(body), source="api", now=now, version=number)
        )

    once = asked_once(request, idempotency_key, sha256(await request.body()).digest())
    told = await answered_once(connection, caller, once, ReceivedOf, write, response=response, now=now)
    if caller.is_sandbox:
        await connection.rollback()
    return told


@router.delete("/datasets/{name}/records")
async def delete_records(
    context: InContext,
    connection: Publishing,
    caller: Writer,
    name: DatasetName,
    body: Annotated[list[dict[str, Any]], Body(description="Keys, with their times", examples=[_EXAMPLE])],
) -> dict[str, int]:
    """Delete records by key and time; return how many there were."""
    published = await own_dataset(connection, name, caller)
    keys = publishing.keys_of(published, body)
    deleted = await publishing.remove(connection, published, keys, now=context.clock.now())
    if caller.is_sandbox:
        await connection.rollback()
    return {"deleted": deleted}


@router.get("/datasets/{name}/refused-records")
async def get_refused(
    request: Request,
    connection: Publishing,
    caller: Writer,
    name: DatasetName,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[RefusedOf]:
    """List records that were refused, the newest first, for their publisher."""
    published = await own_dataset(connection, name, caller)
    before = read_before(cursor, NEWEST)
    rows = await refused_records(connection, published.dataset.dataset_id, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=RefusedOf.model_validate, key=lambda row: [row.refused_record_id])


def shape_of(published: Published, version: int | None) -> int | None:
    """Return the number of a version that is there.

    Raises
    ------
    ConflictError
        ``version_unknown``.
    """
    if version is not None and published.version(version) is None:
        raise ConflictError("version_unknown", f"The dataset has no version {version}.", version=version)
    return version


def told_of(received: Received) -> ReceivedOf:
    """Return what is told of records that were received."""
    written = received.written
    return ReceivedOf(
        inserted=written.inserted,
        updated=written.updated,
        unchanged=written.unchanged,
        refused=[RefusalOf.model_validate(one) for one in received.refusals[:MOST_TOLD]],
        refused_count=len(received.refusals),
    )
