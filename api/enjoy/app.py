"""Enjoy as an application: its routes, errors and document."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import errors
from api.context import Context
from api.enjoy.catalogue import found, harvest, ogc_records, pages, preview
from api.enjoy.features import app as features
from api.enjoy.features.contracts import Contracts
from api.enjoy.limits import LimitRequests
from api.enjoy.passes import validations
from api.enjoy.passes.routing import ROUTERS as PASS_ROUTERS
from api.enjoy.routes import (
    account,
    asyncapi,
    datasets,
    events,
    exports,
    history,
    keys,
    members,
    organisations,
    records,
    sources,
    tiles,
    uploads,
    webhooks,
)
from api.enjoy.shops.routing import ROUTERS as SHOP_ROUTERS
from api.openapi import describe
from api.routing import add_routes
from enjoy.passes.published import PublishedList

#: Where it is mounted.
PREFIX: Final = "/enjoy"
_DESCRIPTION: Final = """\
The city's data behind one stable API.

A dataset has a permanent name and a contract: fields with types and units, what names a record, how fresh it is. A
contract never breaks; a new version leaves the old shape alive for a year at least. What is open needs no key.
"""
#: Headers that pages of others may send, and those that they may read.
_ASKED: Final = ["Authorization", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID"]
_TOLD: Final = [
    "Content-Crs",
    "Deprecation",
    "ETag",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
]
_ROUTERS: Final = (
    datasets.router,
    records.router,
    uploads.router,
    sources.router,
    organisations.router,
    exports.router,
    history.router,
    tiles.router,
    events.router,
    webhooks.router,
    account.router,
    account.page,
    keys.router,
    members.router,
    asyncapi.router,
    *PASS_ROUTERS,
    *SHOP_ROUTERS,
    harvest.router,
    preview.router,
    found.router,
    pages.router,
)


def create_enjoy(context: Context) -> FastAPI:
    """Return the application, to be mounted at `PREFIX`.

    Parameters
    ----------
    context : Context
        Shared with the application that it is mounted in, which opens and closes it.
    """
    app = FastAPI(
        title="Enjoy", version="1", description=_DESCRIPTION, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.context = context
    app.state.contracts = Contracts()
    app.state.published_list = PublishedList()
    errors.install(app)
    validations.install(app, context)  # first: what is asked most is found first
    features.install(app, context)
    pages.install(app)
    add_routes(app, _ROUTERS)
    ogc_records.install(app, context)
    app.add_middleware(LimitRequests, traffic=context.traffic)
    app.add_middleware(  # pages of anybody may call it; no browser sends a session's cookie along
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["DELETE", "GET", "PATCH", "POST", "PUT"],
        allow_headers=_ASKED,
        expose_headers=_TOLD,
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app
