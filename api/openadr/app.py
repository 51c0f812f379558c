"""The VTN as an application: its routes, errors and document."""

from typing import Any, Final

from fastapi import FastAPI

from api.context import Context
from api.openadr import problems
from api.openadr.broker import broker_of
from api.openadr.routes import auth, events, notifiers, programs, reports, resources, subscriptions, vens
from api.openadr.wiring import CallbackCheck, Wiring
from api.routing import add_routes
from core.settings import Settings
from outward.callbacks import check_callback

#: Where it is mounted.
PREFIX: Final = "/openadr3/3.1.0"
_DESCRIPTION: Final = """\
OpenADR 3.1 on the platform's own programs, events, resources and reports.

Tokens are had at `auth/token` by client credentials. Business logic sees everything; a VEN sees its own objects, and
programs and events without targets or with targets that it was granted and asks for.
"""
_ROUTERS: Final = (programs, events, reports, subscriptions, vens, resources, auth, notifiers)


def create_vtn(context: Context, wiring: Wiring | None = None) -> FastAPI:
    """Return the VTN, to be mounted at `PREFIX`.

    Parameters
    ----------
    context : Context
        Shared with the application that it is mounted in, which opens and closes it.
    wiring : Wiring, optional
        How notifiers are reached; as the settings say, when left out.
    """
    app = FastAPI(
        title="OpenADR 3 API",
        version="3.1.0",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    app.state.wiring = wiring or Wiring(_check_of(context.settings), broker_of(context))
    problems.install(app)
    add_routes(app, (module.router for module in _ROUTERS))
    derived = app.openapi
    app.openapi = lambda: _described(derived())  # type: ignore[method-assign]  # FastAPI's own way
    return app


def _check_of(settings: Settings) -> CallbackCheck:
    async def check(url: str, bearer_token: str | None, /) -> None:
        await check_callback(url, bearer_token, is_development=settings.openadr_development)

    return check


def _described(document: dict[str, Any]) -> dict[str, Any]:
    """Return FastAPI's document without what the VTN never answers."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].pop("422", None)
            for scheme in operation.get("security", ()):
                scheme.update({name: [] for name in scheme if name == "bearerAuth"})  # only OAuth2 knows scopes
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document
