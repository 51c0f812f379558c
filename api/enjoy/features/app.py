"""OGC API Features as an application: its addresses, and its errors as its standard has them."""

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.context import Context
from api.enjoy.features import items, legacy, pages
from api.enjoy.features.answers import PREFIX, base_of
from api.enjoy.features.contracts import Contracts
from api.errors import answered, problem_of
from core.errors import GoneError, PlatformError

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
    """Mount OGC API Features in Enjoy; the address without its last slash leads to the one with it."""

    async def lead(request: Request) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}{PREFIX}/")

    app.router.add_route(PREFIX, lead, methods=["GET"], include_in_schema=False)
    inner = create_features(context)
    app.mount(PREFIX, inner, name="features")
    for address in legacy.ADDRESSES:
        app.router.add_route(address, legacy.answering(inner.state.contracts), methods=["GET"], include_in_schema=False)


def create_features(context: Context) -> FastAPI:
    """Return the application, to be mounted at `PREFIX` in Enjoy."""
    app = FastAPI(title="Enjoy: OGC API Features", openapi_url=None, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    app.state.context = context
    app.state.contracts = Contracts()
    for address, answer in _ADDRESSES.items():
        app.router.add_route(address, answer, methods=["GET"])
    for kind in (PlatformError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer_with_problem)
    return app


async def _answer_with_problem(request: Request, error: Exception) -> Response:
    """Answer with a problem document; what is wrong with a request is 400 in this standard."""
    problem = problem_of(error)
    if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        bad = HTTPStatus.BAD_REQUEST
        problem = problem.model_copy(update={"status": bad, "title": bad.phrase})
    answer = answered(request, error, problem)
    if isinstance(error, GoneError) and isinstance(successor := error.context.get("successor"), str):
        answer.headers["Link"] = f'<{base_of(request)}/collections/{successor}>; rel="successor-version"'
    return answer
