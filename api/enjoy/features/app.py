"""OGC API Features as an application: its addresses, and its errors as its standard has them."""

from typing import Final

from fastapi import FastAPI, Request, Response

from api.context import Context
from api.enjoy.features import items, legacy, pages
from api.enjoy.features.answers import PREFIX, base_of
from api.enjoy.features.contracts import Contracts
from api.enjoy.ogc import answer_with_problem, install_errors, mount
from core.errors import GoneError

_ADDRESSES: Final = {
    "/": pages.get_landing,
    "/conformance": pages.get_conformance,
    "/api": pages.get_document,
    "/collections": pages.get_collections,
    "/collections/{collection}": pages.get_collection,
    "/collections/{collection}/queryables": pages.get_queryables,
    "/collections/{collection}/schema": pages.get_schema,
    "/collections/{collection}/items": items.get_items,
    "/collections/{collection}/items/{feature}": items.get_item,
    "/collections/{collection}/latest": items.get_latest,
}


def install(app: FastAPI, context: Context) -> None:
    """Mount OGC API Features in Enjoy, and the former addresses of feeds beside it."""
    mount(app, PREFIX, create_features(context, app.state.contracts))
    for address in legacy.ADDRESSES:
        app.router.add_route(address, legacy.get_records, methods=["GET"], include_in_schema=False)


def create_features(context: Context, contracts: Contracts) -> FastAPI:
    """Return the application, to be mounted at `PREFIX` in Enjoy; what is kept of contracts it shares."""
    app = FastAPI(title="Enjoy: OGC API Features", openapi_url=None, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    app.state.context = context
    app.state.contracts = contracts
    for address, answer in _ADDRESSES.items():
        app.router.add_route(address, answer, methods=["GET"])
    install_errors(app)
    app.add_exception_handler(GoneError, _answer_with_successor)
    return app


async def _answer_with_successor(request: Request, error: Exception) -> Response:
    answer = await answer_with_problem(request, error)
    if isinstance(error, GoneError) and isinstance(successor := error.context.get("successor"), str):
        answer.headers["Link"] = f'<{base_of(request)}/collections/{successor}>; rel="successor-version"'
    return answer
