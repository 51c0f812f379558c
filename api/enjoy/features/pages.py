"""Where everything begins, what is conformed to, and collections with what is said of them."""

from collections.abc import AsyncIterator

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.context import context_of
from api.enjoy.features import describing
from api.enjoy.features.answers import base_of, deprecation_of, json_answer, links_of
from api.enjoy.features.asking import parameters_of
from api.enjoy.features.contracts import Collection, is_alive
from api.enjoy.features.document import document_of
from api.enjoy.features.formats import HTML, JSON, OF_DOCUMENT, OF_PAGES, OF_SCHEMAS, OPENAPI, SCHEMA, Format, wanted
from api.enjoy.features.reading import collection_of, contracts_of, reading
from db.catalogue import summaries
from db.connection import Connection
from db.feature_states import list_states

#: Of datasets that are read at a time.
_SOME = 500


def format_of(request: Request, offered: tuple[Format, ...], f: str | None) -> Format:
    """Return the format that a request wants."""
    return wanted(offered, f, request.headers.get("accept"))


def page_for_people(request: Request, name: str = "") -> Response:
    """Send people to the page that shows a dataset, or all of them."""
    above = request.scope.get("root_path", "").rpartition("/")[0]
    return RedirectResponse(f"{above}/datasets{'/' if name else ''}{name}", headers={"Vary": "Accept, Authorization"})


async def get_landing(request: Request) -> Response:
    """Answer with where everything begins."""
    given = parameters_of(request, ["f"])
    if format_of(request, OF_PAGES, given.get("f")) is HTML:
        return page_for_people(request)
    return json_answer(request, describing.landing_of(base_of(request)))


async def get_conformance(request: Request) -> Response:
    """Answer with what is conformed to."""
    given = parameters_of(request, ["f"])
    format_of(request, (JSON,), given.get("f"))
    return json_answer(request, describing.CONFORMANCE)


async def get_document(request: Request) -> Response:
    """Answer with how to call this, as OpenAPI 3.0."""
    given = parameters_of(request, ["f"])
    format_of(request, OF_DOCUMENT, given.get("f"))
    async with reading(request) as connection:
        collections = [one async for one in _alive(request, connection)]
    return json_answer(request, document_of(base_of(request), collections), shown=OPENAPI)


async def get_collections(request: Request) -> Response:
    """Answer with all collections that the caller may read."""
    given = parameters_of(request, ["f"])
    if format_of(request, OF_PAGES, given.get("f")) is HTML:
        return page_for_people(request)
    base = base_of(request)
    async with reading(request) as connection:
        alive = [one async for one in _alive(request, connection)]
        told = await summaries(connection, [one.published for one in alive if one.is_newest])
    found = [describing.collection_of(base, one, told.get(one.view.dataset_id)) for one in alive]
    links = links_of(request, JSON, OF_PAGES)
    return json_answer(request, {"links": links, "collections": found})


async def get_collection(request: Request) -> Response:
    """Answer with what a collection is."""
    given = parameters_of(request, ["f"])
    async with reading(request) as connection:
        collection = await collection_of(request, connection)
        if format_of(request, OF_PAGES, given.get("f")) is HTML:
            return page_for_people(request, collection.published.dataset.name)
        told = await summaries(connection, [collection.published])
    described = describing.collection_of(base_of(request), collection, told.get(collection.view.dataset_id))
    return json_answer(request, described, headers=_headers(request, collection))


async def get_queryables(request: Request) -> Response:
    """Answer with what a collection can be filtered by."""
    given = parameters_of(request, ["f"])
    format_of(request, OF_SCHEMAS, given.get("f"))
    async with reading(request) as connection:
        collection = await collection_of(request, connection)
    described = describing.queryables_of(base_of(request), collection)
    return json_answer(request, described, shown=SCHEMA, headers=_headers(request, collection))


async def get_schema(request: Request) -> Response:
    """Answer with what is in a collection."""
    given = parameters_of(request, ["f"])
    format_of(request, OF_SCHEMAS, given.get("f"))
    async with reading(request) as connection:
        collection = await collection_of(request, connection)
    described = describing.schema_of(base_of(request), collection)
    return json_answer(request, described, shown=SCHEMA, headers=_headers(request, collection))


async def _alive(request: Request, connection: Connection) -> AsyncIterator[Collection]:
    """Yield every version that still answers of every dataset that may be read."""
    contracts, now, after = contracts_of(request), context_of(request).clock.now(), ""
    while named := await list_states(connection, limit=_SOME, after=after):
        for one in named:
            published = await contracts.published(connection, one.name, one.state)
            for version in published.versions if published is not None else ():
                if published is not None and is_alive(version, now):
                    yield contracts.collection(published, version, one.state)
        after = named[-1].name


def _headers(request: Request, collection: Collection) -> dict[str, str]:
    held = {"Cache-Control": f"{'public' if collection.is_open else 'private'}, no-cache"}
    return held | deprecation_of(base_of(request), collection)
