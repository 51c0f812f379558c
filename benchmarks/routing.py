"""Taking on routes as they are (`api.routing.add_routes`) against FastAPI's ``include_router``.

Expected before it was first run: the first request waits some 100 ms instead of 750, as routes are derived once, when
their modules are imported; later requests the same.

Both make the whole application of the same routers. Each is asked, without a server, for an address that it does not
have: so the request is compared with every route, and touches no database. The applications take turns.

Figures on the last line with ``--json``:

``first_request_ratio``, ``first_request_ms``
    How many times as long the first request waits with ``include_router``; and how long without. [ms]
``request_ratio``, ``request_ms``
    The same of later requests; time of the processor. [ms]

Judged in the same run: the OpenAPI documents of both applications and of those mounted in them are the same, and so are
the answers to requests that need no database, refusals among them.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Final
from unittest.mock import patch

import httpx
from fastapi import APIRouter, FastAPI
from starlette.routing import Mount

from api.app import create_app
from core.settings import read_settings

#: Where applications get their routes.
_PLACES: Final = ("api.app", "api.enjoy.app", "api.enjoy.catalogue.ogc_records", "api.openadr.app")
_NOWHERE: Final = "postgresql://nobody@127.0.0.1:1/nothing"
_UNKNOWN: Final = "/enjoy/v1/nothing"
#: What needs no database, and the status of its answer.
_ASKED: Final = (
    ("GET", "/openapi.json", 200),
    ("GET", "/nothing", 404),
    ("PATCH", "/v1/events", 405),
    ("GET", "/enjoy/v1/session", 200),
    ("PUT", "/enjoy/v1/session", 405),
    ("POST", "/enjoy/v1/account", 422),
    ("GET", _UNKNOWN, 404),
    ("GET", "/enjoy/records/conformance", 200),
    ("GET", "/openadr3/3.1.0/auth/server", 200),
    ("GET", "/openadr3/3.1.0/nothing", 404),
)


def taken_on() -> FastAPI:
    """Return the application as it is."""
    return create_app(read_settings(api_port=0), database_url=_NOWHERE)


def included() -> FastAPI:
    """Return the application with its routers included."""

    def include(app: FastAPI, routers: Iterable[APIRouter]) -> None:
        for router in routers:
            app.include_router(router)

    with ExitStack() as stack:
        for place in _PLACES:
            stack.enter_context(patch(f"{place}.add_routes", include))
        return taken_on()


async def ask(app: FastAPI, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://somel.test") as client:
        answer = await client.request(method, path)
    return answer.status_code, dict(answer.headers), answer.content


async def first_request_s(make: Callable[[], FastAPI]) -> float:
    """Return how long the first request to a new application waits. [s]."""
    app = make()
    began_s = time.perf_counter()
    await ask(app, "GET", _UNKNOWN)
    return time.perf_counter() - began_s


async def request_s(app: FastAPI, count: int) -> float:
    """Return the processor's time for a request, without a client's part in it. [s]."""
    asked = {"type": "http", "method": "GET", "path": _UNKNOWN, "headers": [], "query_string": b"", "root_path": ""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(_message: Any) -> None: ...

    began_s = time.process_time()
    for _ in range(count):
        await app({**asked, "client": ("192.0.2.1", 1), "server": ("somel.test", 80), "scheme": "http"}, receive, send)
    return (time.process_time() - began_s) / count


def documents(app: FastAPI) -> Iterator[dict[str, Any]]:
    """Yield the OpenAPI documents of an application and of those mounted in it."""
    yield app.openapi()
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from documents(route.app)


async def judge(ours: FastAPI, theirs: FastAPI) -> None:
    """Compare answers and documents of two applications.

    Raises
    ------
    SystemExit
        They differ.
    """
    for method, path, status in _ASKED:
        answer = await ask(ours, method, path)
        if answer[0] != status or answer != await ask(theirs, method, path):
            raise SystemExit(f"wrong: {method} {path} is answered differently, or not as expected")
    if json.dumps(list(documents(ours))) != json.dumps(list(documents(theirs))):
        raise SystemExit("wrong: the documents differ")


async def measure(ours: FastAPI, theirs: FastAPI, *, rounds: int, requests: int) -> dict[str, float]:
    """Time two applications, and new ones like them."""
    first = [(await first_request_s(taken_on), await first_request_s(included)) for _ in range(rounds)]
    later = [(await request_s(ours, requests), await request_s(theirs, requests)) for _ in range(rounds)]
    figures: dict[str, float] = {}
    for name, pairs in (("first_request", first), ("request", later)):
        mine_s, peer_s = (statistics.median(column) for column in zip(*pairs, strict=True))
        figures |= {f"{name}_ratio": peer_s / mine_s, f"{name}_ms": mine_s * 1_000}
    return figures


async def run(rounds: int, requests: int) -> dict[str, float]:
    """Judge, then time."""
    ours, theirs = taken_on(), included()
    await judge(ours, theirs)
    return await measure(ours, theirs, rounds=rounds, requests=requests)


def main() -> None:
    """Measure, and print what was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")
    options.add_argument("--rounds", type=int, default=9, help="how often each is timed; the median counts")
    options.add_argument("--requests", type=int, default=200, help="later requests of a round")
    chosen = options.parse_args()
    figures = asyncio.run(run(chosen.rounds, chosen.requests))
    for name, value in figures.items():
        print(f"{name:<20} {value:>12,.3f}")
    if chosen.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
