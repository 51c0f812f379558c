"""Pages for people: the search, a dataset, an organisation; and what went wrong, where a person asked."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.context import InContext
from api.enjoy.access import Sharing
from api.enjoy.catalogue.asking import (
    HTML,
    InAddresses,
    described,
    described_one,
    form_of,
    organisation_named,
    wants_html,
)
from api.enjoy.catalogue.calls import calls_of
from api.enjoy.catalogue.rendering import render
from api.enjoy.routes.datasets import DatasetName, OrganisationName
from api.errors import answer_with_problem, problem_of
from core.errors import PlatformError
from db.catalogue import MOST_COUNTED, Facet, Search, facets, search
from db.connection import Connection
from db.preview import newest_rows, numeric_fields
from enjoy.catalogue import dcat, turtle
from enjoy.catalogue.files import FORMS
from enjoy.catalogue.freshness import measure
from enjoy.catalogue.schema_org import schema_org_of

router = APIRouter(include_in_schema=False)

ON_A_PAGE: Final = 20
#: Rows of the preview, and subjects that a curve can be chosen of.
ROWS: Final = 12
SUBJECTS: Final = 300
_KEYWORDS: Final = 16
_MOST_WORDS: Final = 12
#: Below these, programs ask; they are told in their own form.
_FOR_PROGRAMS: Final = ("/v1/", "/ogc", "/records", "/tiles")

Words = Annotated[str, Query(max_length=200)]
Chosen = Annotated[str, Query(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/")
async def get_home(
    request: Request,
    context: InContext,
    connection: Sharing,
    *,
    q: Words = "",
    theme: Chosen = "",
    organisation: Chosen = "",
    keyword: Chosen = "",
    page: PageNumber = 1,
) -> Response:
    """Show the search and what it finds."""
    wanted = Search(
        words=q.replace("\x00", "").split()[:_MOST_WORDS],
        theme=theme or None,
        organisation=organisation or None,
        keyword=keyword.replace("\x00", "") or None,
    )
    hits = await search(connection, wanted, skip=(page - 1) * ON_A_PAGE, limit=ON_A_PAGE)
    asked = {"q": q, "theme": theme, "organisation": organisation, "keyword": keyword}
    return render(
        request,
        "home",
        asked=asked,
        narrowed=any(asked.values()),
        facets=_by_facet(await facets(connection)),
        cards=await _cards(connection, hits.datasets, context),
        total=hits.total,
        page=page,
        page_count=-(-hits.total // ON_A_PAGE),
        address=lambda number, **changed: _address(asked | changed, number),
    )


@router.get("/datasets/{name}")
async def get_dataset_page(
    request: Request, context: InContext, addresses: InAddresses, connection: Sharing, name: DatasetName
) -> Response:
    """Show a dataset: what it is, how fresh, how its records look, and how it is called."""
    form = (
        HTML
        if request.query_params.get("f") == "html"
        else form_of(request, (HTML, dcat.MEDIA_TYPE, turtle.MEDIA_TYPE))
    )
    if form != HTML:
        suffix = "ttl" if form == turtle.MEDIA_TYPE else "jsonld"
        return RedirectResponse(f"{addresses.dataset(name)}.{suffix}", status_code=303, headers={"Vary": "Accept"})
    one = await described_one(connection, name)
    contract = one.published.contract()
    rows = await newest_rows(connection, one.published, limit=SUBJECTS)
    key = [rows.names.index(field) for field in contract.key_fields]
    return render(
        request,
        "dataset",
        one=one,
        contract=contract,
        fresh=measure(one, context.clock.now()),
        rows=rows.rows[:ROWS],
        subjects=sorted({tuple(str(row[at]) for at in key) for row in rows.rows}),
        numeric=[field for field in contract.fields if field.name in numeric_fields(one.published)],
        calls=calls_of(addresses, one),
        forms=FORMS,
        most_counted=MOST_COUNTED,
        schema_org=schema_org_of(addresses, one),
    )


@router.get("/organisations/{name}")
async def get_organisation_page(
    request: Request, context: InContext, connection: Sharing, name: OrganisationName, page: PageNumber = 1
) -> Response:
    """Show an organisation and what it publishes."""
    found = await organisation_named(connection, name)
    hits = await search(connection, Search(organisation=name), skip=(page - 1) * ON_A_PAGE, limit=ON_A_PAGE)
    return render(
        request,
        "organisation",
        organisation=found,
        cards=await _cards(connection, hits.datasets, context),
        total=hits.total,
        page=page,
        page_count=-(-hits.total // ON_A_PAGE),
        address=lambda number, **_: f"?page={number}",
    )


async def answer_in_kind(request: Request, error: Exception) -> Response:
    """Answer a person with a page and a program with a problem document."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    if path.startswith(_FOR_PROGRAMS) or not wants_html(request):
        return await answer_with_problem(request, error)
    problem = problem_of(error)
    return render(request, "problem", status=problem.status, problem=problem)


def install(app: FastAPI) -> None:
    """Make `app` answer people with pages where something is wrong."""
    for kind in (PlatformError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_in_kind)


async def _cards(connection: Connection, datasets: Any, context: InContext) -> list[dict[str, Any]]:
    now = context.clock.now()
    return [{"one": one, "fresh": measure(one, now)} for one in await described(connection, datasets)]


def _by_facet(found: list[Facet]) -> dict[str, list[Facet]]:
    grouped: dict[str, list[Facet]] = {"organisation": [], "theme": [], "keyword": []}
    for one in found:
        grouped[one.facet].append(one)
    return grouped | {"keyword": grouped["keyword"][:_KEYWORDS]}


def _address(asked: dict[str, Any], number: int) -> str:
    told = {key: value for key, value in asked.items() if value} | ({"page": number} if number > 1 else {})
    return "?" + urlencode(told)
