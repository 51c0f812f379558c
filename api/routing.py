"""Routes of modules, as applications take them on."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI


def add_routes(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Have an application answer at the addresses of `routers`, in their order.

    The routes are taken as they are: what a router gives them (prefix, tags, dependencies) they have from the start,
    and an application adds nothing. FastAPI's ``include_router`` would derive every one of them anew, for each
    application, when the first request comes, and have each request search the routers one inside another.
    """
    for router in routers:
        app.router.routes.extend(router.routes)
