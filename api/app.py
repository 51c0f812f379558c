"""The application: routes, middleware, errors and the files of the page, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.staticfiles import StaticFiles

from api import errors
from api.context import make_context, opened
from api.enjoy.app import PREFIX as ENJOY_PREFIX
from api.enjoy.app import create_enjoy
from api.headers import StrictHeaders
from api.limits import LimitBodies
from api.metrics import MeasureRequests
from api.openadr.app import PREFIX, create_vtn
from api.openapi import describe
from api.routes import (
    audit,
    capacity_limits,
    emergency,
    enrolment,
    event_tables,
    events,
    firmware,
    forecast,
    gateways,
    health,
    ingest,
    load,
    network,
    overload,
    page,
    places,
    privacy,
    resources,
    session,
    settlement,
    stream,
    tariffs,
    usage_points,
    vee,
    watching,
)
from api.routing import add_routes
from core.clock import WALL_CLOCK, Clock
from core.settings import Settings

_DESCRIPTION: Final = """\
Load, forecasts and demand response of a territory, and how ingest is doing.

Times are aware UTC; spans are `[start, end)`; slots are half-hours named by their start. Power into a usage point is
positive; units are in the names (`_w`, `_wh`, `_va`). Lists come in pages: follow `next` until it is null. Errors are
problem documents (RFC 9457) with a stable `code`.
"""
_TAGS: Final = [
    {"name": "territory", "description": "Places of the grid and of the territory"},
    {"name": "load", "description": "What was measured"},
    {"name": "forecast", "description": "What is expected"},
    {"name": "demand response", "description": "Events, their plans and their results"},
    {"name": "settlement", "description": "What events saved, as known at a moment; indicative"},
    {"name": "ingest", "description": "What was received, and what was refused"},
    {"name": "validation", "description": "What can be believed, and what is missing"},
    {"name": "audit", "description": "What was done, by whom"},
    {"name": "privacy", "description": "What people agreed to, what is stored of them, and who looked at it"},
    {"name": "news", "description": "Changes as they happen"},
    {"name": "enrolment", "description": "Certificates of gateways"},
    {"name": "session", "description": "Sign-in of the page"},
    {"name": "health", "description": "For operators and their tools"},
]
#: Half the time of the best, and some hundredths more to send.
_PACKED: Final = 5
_UNPACKED: Final = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/vnd.apache.parquet")  # is packed already
_ROUTERS: Final = (
    places,
    usage_points,
    load,
    forecast,
    watching,
    network,
    event_tables,  # before events: `table` is no event's key
    events,
    emergency,
    ingest,
    vee,
    stream,
    health,
    session,
    enrolment,
    page,
    gateways,
    firmware,
    audit,
    resources,
    tariffs,
    overload,
    capacity_limits,
    settlement,
    privacy,
)


def create_app(settings: Settings, *, database_url: str, wall: Clock = WALL_CLOCK) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    settings : Settings
        As read at the start of the process.
    database_url : str
        ``postgresql://`` URL of a login role that may act as somel_read and somel_compute.
    wall : Clock, optional
        What people and their phones go by.
    """
    context = make_context(settings, database_url, wall=wall)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with opened(context):
            yield

    app = FastAPI(
        title="somel",
        version=_version(),
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.context = context
    errors.install(app)
    enjoy = create_enjoy(context)
    app.state.enjoy = enjoy
    app.mount(ENJOY_PREFIX, enjoy, name="enjoy")  # first: what is asked most is found first
    add_routes(app, (module.router for module in _ROUTERS))
    app.mount("/static", StaticFiles(directory=page.WEB), name="static")
    app.mount(PREFIX, create_vtn(context), name="openadr")
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=_PACKED, exclude_content_types=_UNPACKED)
    app.add_middleware(LimitBodies)
    app.add_middleware(StrictHeaders)
    app.add_middleware(MeasureRequests, metrics=context.metrics)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app


def _version() -> str:
    try:
        return version("somel")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
