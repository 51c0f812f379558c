"""Applications of one process have their routes in common: none is derived anew at a first request."""

from collections.abc import Iterator
from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from api.app import create_app
from api.routing import add_routes
from benchmarks import routing
from tests.api.conftest import settings_at

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def all_routes(app: FastAPI) -> Iterator[BaseRoute]:
    """Give the routes of an application and of those that are mounted in it."""
    for route in app.routes:
        yield route
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from all_routes(route.app)


def test_two_applications_have_the_same_routes_and_no_others():
    settings = settings_at(datetime(2026, 11, 28, 12, tzinfo=UTC))
    one, other = (list(all_routes(create_app(settings, database_url=NOWHERE))) for _ in range(2))
    assert all(isinstance(route, APIRoute | Route | Mount) for route in one), {type(route) for route in one}
    ours = [route for route in one if isinstance(route, APIRoute)]
    assert len(ours) > 250
    assert [id(route) for route in other if isinstance(route, APIRoute)] == [id(route) for route in ours]


def test_routes_of_routers_come_in_their_order():
    first, second, app = APIRouter(prefix="/v1"), APIRouter(tags=["b"]), FastAPI(openapi_url=None)

    @first.get("/a")
    @first.get("/b")
    def get_both() -> None: ...

    @second.get("/a")
    def get_one() -> None: ...

    before = len(app.routes)
    add_routes(app, [second, first])
    added = [route for route in app.routes[before:] if isinstance(route, APIRoute)]
    assert [(route.path, route.tags) for route in added] == [("/a", ["b"]), ("/v1/b", []), ("/v1/a", [])]


async def test_a_first_request_waits_for_no_route_to_be_derived():
    found = await routing.measure(routing.taken_on(), routing.included(), rounds=1, requests=20)
    assert found["first_request_ratio"] > 10  # 120 where nothing else runs
    assert found["request_ms"] < 20
