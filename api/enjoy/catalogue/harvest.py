"""The catalogue for harvesters: DCAT-AP 3, in pages that Hydra links."""

import json
from bisect import bisect_right
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.enjoy.access import Sharing
from api.enjoy.catalogue.asking import (
    HTML,
    InAddresses,
    addresses_of,
    described,
    described_one,
    form_of,
    metropolis,
    organisation_named,
)
from api.enjoy.routes.datasets import DatasetName, OrganisationName
from db.catalogue import names
from db.connection import Connection
from db.datasets import list_published
from enjoy.catalogue import dcat, turtle
from enjoy.catalogue.dcat import View

router = APIRouter(tags=["catalogue"])

_MOST: Final = 500
_JSON_LD: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "DCAT-AP 3", "content": {dcat.MEDIA_TYPE: {"schema": {"type": "object"}, "example": {}}}}
}
After = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Name of the last dataset of the page before", examples=["velo"]
    ),
]
PageSize = Annotated[int, Query(ge=1, description=f"Datasets on a page; more than {_MOST} are given as {_MOST}")]
OnlyOrganisation = Annotated[
    str | None, Query(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Of one publisher", examples=["ilevia"])
]


@router.get("/catalog", include_in_schema=False)
async def get_catalog_in_any_form(
    request: Request,
    connection: Sharing,
    organisation: OnlyOrganisation = None,
    after: After = None,
    limit: PageSize = 100,
) -> Response:
    """Give the catalogue in the form that the caller likes best: JSON-LD, Turtle, or the page for people."""
    return await _in_any_form(request, connection, organisation, after, limit)


@router.get("/organisations/{name}/catalog", include_in_schema=False)
async def get_organisations_catalog_in_any_form(
    request: Request, connection: Sharing, name: OrganisationName, after: After = None, limit: PageSize = 100
) -> Response:
    """Give what an organisation publishes in the form that the caller likes best."""
    return await _in_any_form(request, connection, name, after, limit)


@router.get("/catalog.jsonld", responses=_JSON_LD, response_class=Response)
async def get_catalog(
    request: Request,
    connection: Sharing,
    organisation: OnlyOrganisation = None,
    after: After = None,
    limit: PageSize = 100,
) -> Response:
    """Give the catalogue as DCAT-AP 3, page by page: follow `hydra:next`."""
    return _written(await _catalog(request, connection, organisation, after, limit), dcat.MEDIA_TYPE)


@router.get("/catalog.ttl", include_in_schema=False)
async def get_catalog_as_turtle(
    request: Request,
    connection: Sharing,
    organisation: OnlyOrganisation = None,
    after: After = None,
    limit: PageSize = 100,
) -> Response:
    """Give the same as Turtle."""
    return _written(await _catalog(request, connection, organisation, after, limit), turtle.MEDIA_TYPE)


@router.get("/organisations/{name}/catalog.jsonld", responses=_JSON_LD, response_class=Response)
async def get_organisations_catalog(
    request: Request, connection: Sharing, name: OrganisationName, after: After = None, limit: PageSize = 100
) -> Response:
    """Give what one organisation publishes as DCAT-AP 3, page by page."""
    return _written(await _catalog(request, connection, name, after, limit), dcat.MEDIA_TYPE)


@router.get("/datasets/{name}.jsonld", responses=_JSON_LD, response_class=Response)
async def get_dataset_as_json_ld(addresses: InAddresses, connection: Sharing, name: DatasetName) -> Response:
    """Give one dataset as DCAT-AP 3."""
    return _written(dcat.dataset_document(addresses, await described_one(connection, name)), dcat.MEDIA_TYPE)


@router.get("/datasets/{name}.ttl", include_in_schema=False)
async def get_dataset_as_turtle(addresses: InAddresses, connection: Sharing, name: DatasetName) -> Response:
    """Give one dataset as Turtle."""
    return _written(dcat.dataset_document(addresses, await described_one(connection, name)), turtle.MEDIA_TYPE)


async def _in_any_form(
    request: Request, connection: Connection, organisation: str | None, after: str | None, limit: int
) -> Response:
    form = form_of(request)
    if form == HTML:
        addresses = addresses_of(request)
        place = addresses.home if organisation is None else addresses.organisation(organisation)
        return RedirectResponse(place, status_code=303, headers={"Vary": "Accept"})
    return _written(await _catalog(request, connection, organisation, after, limit), form, varies=True)


async def _catalog(
    request: Request, connection: Connection, organisation: str | None, after: str | None, limit: int
) -> dict[str, Any]:
    of = None if organisation is None else await organisation_named(connection, organisation)
    most = min(limit, _MOST)
    everything = await names(connection, organisation=organisation)
    page = await list_published(connection, limit=most, after=after or "", organisation=organisation)
    return dcat.catalog_document(
        addresses_of(request),
        of or await metropolis(connection),
        await described(connection, page),
        _view(request, everything, after, most),
        of=of,
    )


def _view(request: Request, everything: list[str], after: str | None, most: int) -> View:
    """Place the page that begins after a name among all names."""
    before = 0 if after is None else bisect_right(everything, after)
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    asked = {key: value for key, value in request.query_params.items() if key != "after"}

    def address(begin: int) -> str:
        query = urlencode(asked | {"after": everything[begin - 1]} if begin > 0 else asked)
        return f"{addresses_of(request).base}{path}" + (f"?{query}" if query else "")

    further = max(0, (len(everything) - 1 - before) // most)
    return View(
        here=address(before),
        first=address(0),
        last=address(before + further * most),
        previous=address(before - most) if before > 0 else None,
        following=address(before + most) if further > 0 else None,
        total=len(everything),
    )


def _written(document: dict[str, Any], form: str, *, varies: bool = False) -> Response:
    written = turtle.turtle_of(document) if form == turtle.MEDIA_TYPE else json.dumps(document, ensure_ascii=False)
    vary = {"Vary": "Accept"} if varies else {}
    return Response(written, media_type=form, headers=vary)
