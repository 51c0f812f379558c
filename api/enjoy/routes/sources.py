"""Sources: where records of a dataset are pulled from, and how that goes."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from api.context import InContext
from api.enjoy.access import Publishing
from api.enjoy.routes.datasets import DatasetName, Manager, own_dataset
from api.models.source import NewSource, SourceOf
from enjoy.pulling.pulls import declare_source, remove_source, source_of

router = APIRouter(prefix="/v1", tags=["datasets"])


@router.put("/datasets/{name}/source")
async def put_source(
    context: InContext, connection: Publishing, caller: Manager, name: DatasetName, body: NewSource
) -> SourceOf:
    """Have records pulled from an HTTP source, in the place of the one before; it is asked at once."""
    published = await own_dataset(connection, name, caller)
    source = await declare_source(
        connection,
        published,
        kind=body.kind,
        url=body.url,
        period_s=body.period_s,
        mapping=body.mapping,
        actor=caller.actor,
        now=context.clock.now(),
    )
    if caller.is_sandbox:
        await connection.rollback()
    return SourceOf.of(source)


@router.get("/datasets/{name}/source")
async def get_source(connection: Publishing, caller: Manager, name: DatasetName) -> SourceOf:
    """Tell where records are pulled from: the last success, the last failure, and the next try."""
    published = await own_dataset(connection, name, caller)
    return SourceOf.of(await source_of(connection, published))


@router.delete("/datasets/{name}/source", status_code=HTTPStatus.NO_CONTENT)
async def delete_source(context: InContext, connection: Publishing, caller: Manager, name: DatasetName) -> Response:
    """Pull no more; the records stay."""
    published = await own_dataset(connection, name, caller)
    await remove_source(connection, published, actor=caller.actor, now=context.clock.now())
    if caller.is_sandbox:
        await connection.rollback()
    return Response(status_code=HTTPStatus.NO_CONTENT)
