"""Datasets: declared, described, shared, given new versions and withdrawn by their publisher."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.context import InContext
from api.enjoy.access import Caller, Publishes, Publishing, Sharing
from api.models.dataset import Dataset, Described, NewDataset, NewVersion, OrganisationOf, told_of
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_key
from core.errors import ForbiddenError, NotFoundError
from db import datasets as store
from db.connection import Connection
from db.dataset_rows import Published
from enjoy import publishing

router = APIRouter(prefix="/v1", tags=["datasets"])

DatasetName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Dataset", examples=["velo-stations"])]
OrganisationName = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Organisation", examples=["lille"])
]
Manager = Annotated[Caller, Depends(Publishes("manage:datasets"))]


async def dataset_named(connection: Connection, name: str) -> Published:
    """Return a dataset that the transaction may read.

    Raises
    ------
    NotFoundError
        ``dataset_unknown``: there is none, or it may not be read; which one is not told.
    """
    published = await store.find_published(connection, name)
    if published is None:
        raise NotFoundError("dataset_unknown", f"There is no dataset {name!r}.", dataset=name)
    return published


async def own_dataset(connection: Connection, name: str, caller: Caller) -> Published:
    """Return a dataset of the caller's organisation.

    Raises
    ------
    NotFoundError
        ``dataset_unknown``.
    ForbiddenError
        ``dataset_not_own``.
    """
    published = await dataset_named(connection, name)
    if published.dataset.organisation_id != caller.organisation_id:
        raise ForbiddenError("dataset_not_own", "The dataset is another organisation's.", dataset=name)
    return published


@router.get("/datasets")
async def get_datasets(
    request: Request,
    connection: Sharing,
    *,
    organisation: Annotated[
        str | None, Query(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Of one publisher", examples=["ilevia"])
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Dataset]:
    """List datasets that the caller may read, by name."""
    after = "" if cursor is None else read_key(cursor, str)
    rows = await store.list_published(connection, limit=bounded(limit) + 1, after=after, organisation=organisation)
    return page_of(request, rows, limit, item=told_of, key=lambda row: [row.dataset.name])


@router.post("/datasets", status_code=HTTPStatus.CREATED)
async def post_dataset(context: InContext, connection: Publishing, caller: Manager, body: NewDataset) -> Dataset:
    """Declare a dataset; its name and contract are for ever."""
    published = await publishing.declare(
        connection,
        caller.organisation_id or 0,
        body.name,
        body.said,
        body.contract,
        actor=caller.actor,
        now=context.clock.now(),
    )
    return told_of(published)


@router.get("/datasets/{name}")
async def get_dataset(connection: Sharing, name: DatasetName) -> Dataset:
    """Tell what a dataset is."""
    return told_of(await dataset_named(connection, name))


@router.put("/datasets/{name}")
async def put_dataset(
    context: InContext, connection: Publishing, caller: Manager, name: DatasetName, body: Described
) -> Dataset:
    """Say anew what a dataset is; its contract stays."""
    published = await own_dataset(connection, name, caller)
    now = context.clock.now()
    return told_of(
        await publishing.describe(connection, published, body.said, published.contract(), actor=caller.actor, now=now)
    )


@router.delete("/datasets/{name}", status_code=HTTPStatus.NO_CONTENT)
async def delete_dataset(context: InContext, connection: Publishing, caller: Manager, name: DatasetName) -> Response:
    """Withdraw a dataset: nobody sees it any more, and its name is not given again."""
    published = await own_dataset(connection, name, caller)
    await publishing.withdraw(connection, published, actor=caller.actor, now=context.clock.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/datasets/{name}/versions", status_code=HTTPStatus.CREATED)
async def post_version(
    context: InContext, connection: Publishing, caller: Manager, name: DatasetName, body: NewVersion
) -> Dataset:
    """Open a new version; the shape before answers until its sunset, with the same records."""
    published = await own_dataset(connection, name, caller)
    return told_of(
        await publishing.open_version(
            connection,
            published,
            body.contract,
            body.renamed,
            sunset_at=body.sunset_at,
            actor=caller.actor,
            now=context.clock.now(),
        )
    )


@router.get("/datasets/{name}/shares")
async def get_shares(connection: Publishing, caller: Manager, name: DatasetName) -> list[OrganisationOf]:
    """List who may read a private dataset beside its publisher."""
    published = await own_dataset(connection, name, caller)
    rows = await store.shares(connection, published.dataset.dataset_id)
    return [OrganisationOf.model_validate(row) for row in rows]


@router.put("/datasets/{name}/shares/{organisation}", status_code=HTTPStatus.NO_CONTENT)
async def put_share(
    context: InContext, connection: Publishing, caller: Manager, name: DatasetName, organisation: OrganisationName
) -> Response:
    """Let an organisation read a private dataset; twice is the same."""
    await _shared(context, connection, caller, name, organisation, with_them=True)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete("/datasets/{name}/shares/{organisation}", status_code=HTTPStatus.NO_CONTENT)
async def delete_share(
    context: InContext, connection: Publishing, caller: Manager, name: DatasetName, organisation: OrganisationName
) -> Response:
    """Let an organisation no longer read it; twice is the same."""
    await _shared(context, connection, caller, name, organisation, with_them=False)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _shared(
    context: InContext, connection: Connection, caller: Caller, name: str, organisation: str, *, with_them: bool
) -> None:
    published = await own_dataset(connection, name, caller)
    found = await store.find_organisation(connection, organisation)
    if found is None:
        raise NotFoundError("organisation_unknown", f"There is no organisation {organisation!r}.")
    await publishing.share(
        connection, published, found, with_them=with_them, actor=caller.actor, now=context.clock.now()
    )
