"""Nobody reaches what is another's: over every route of the document, whoever calls, however open a dataset is."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.enjoy.app import create_enjoy
from core.settings import read_settings
from db.connection import Role, connect
from db.dataset_rows import NewOrganisation
from db.datasets import insert_organisation
from db.keys import SCOPES, create_key
from tests.api.enjoy.test_datasets import VELO
from tests.enjoy.stations import bike

#: Parameters of paths that name a dataset, in whoever's routes.
NAMING = {"name", "dataset", "dataset_name", "collection", "collection_id", "collectionId", "record_id", "recordId"}
#: Words that stand nowhere but in the private dataset.
TITLE, WORDS, STATION, KEYWORD = "Quetzalcoatl", "Xylophagous", "Zeitgeber", "Wolpertinger"
MARKS = [word.encode() for word in (TITLE, WORDS, STATION, KEYWORD)]
METHODS = ("get", "post", "put", "patch", "delete")
REFUSED = {401, 403, 404}
AT = "2026-01-15T17:30:00Z"
#: Enough for every parameter that is not the dataset.
_FILLED = {"organisation": "lille", "version": "1", "z": "10", "x": "1", "y": "1", "field": "bikes"}


@dataclass(frozen=True)
class Route:
    """A route of the document, with what a request to it needs."""

    method: str
    path: str
    names_dataset: bool
    body: Any
    media_type: str
    query: dict[str, str]


def document() -> dict[str, Any]:
    context = create_app(read_settings(api_port=0), database_url="postgresql://nowhere.test/nothing").state.context
    return create_enjoy(context).openapi()


def routes(described: dict[str, Any]) -> Iterator[Route]:
    """Yield every route, found in the document alone: whoever adds one is tested."""
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                yield _route(method, path, item[method])


def _route(method: str, path: str, operation: dict[str, Any]) -> Route:
    parameters = operation.get("parameters", [])
    query = {one["name"]: str(_example(one)) for one in parameters if one["in"] == "query" and one.get("required")}
    content = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), "")
    body: dict[str, Any] = content.get(media_type, {})
    named = any(f"{{{name}}}" in path for name in NAMING)
    return Route(method, path, named, body.get("example"), media_type, query)


def _example(parameter: dict[str, Any]) -> Any:
    return next(iter(parameter["schema"].get("examples", [parameter.get("example", "1")])))


ROUTES = list(routes(document()))


@dataclass
class City:
    """Two organisations, each with keys; the first has a dataset that changes hands and openness."""

    loop: asyncio.AbstractEventLoop
    clients: dict[str, httpx.AsyncClient]

    def ask(self, caller: str, route: Route, name: str) -> httpx.Response:
        path = route.path
        for parameter in NAMING:
            path = path.replace(f"{{{parameter}}}", name)
        for parameter, value in _FILLED.items():
            path = path.replace(f"{{{parameter}}}", value)
        while "{" in path:
            path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
        return self.loop.run_until_complete(self._ask(caller, route, path))

    async def _ask(self, caller: str, route: Route, path: str) -> httpx.Response:
        content = None if route.body is None else json.dumps(route.body).encode()
        headers = {"Content-Type": route.media_type} if content else {}
        async with asyncio.timeout(20):
            return await self.clients[caller].request(
                route.method.upper(), path, content=content, headers=headers, params=route.query
            )

    def run(self, method: str, path: str, body: Any = None) -> httpx.Response:
        answer = self.loop.run_until_complete(self.clients["owner"].request(method, path, json=body))
        assert answer.status_code < 300, answer.text
        return answer


@pytest.fixture
def city(database_url: str) -> Iterator[City]:
    loop = asyncio.new_event_loop()
    app = create_app(read_settings(api_port=0, enjoy_stranger_quota=0, enjoy_key_quota=0), database_url=database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def make() -> dict[str, str]:
        async with await connect(database_url, Role.OWNER) as connection:
            ilevia = await insert_organisation(connection, NewOrganisation("ilevia", "Ilévia", "partner"))
            lille = await insert_organisation(connection, NewOrganisation("lille", "Lille", "commune"))
            ada = await insert_organisation(connection, NewOrganisation("dev-ada", "Developer", "developer"))
            made = {
                "owner": await create_key(connection, "owner", SCOPES, organisation_id=ilevia),
                "tenant": await create_key(connection, "tenant", SCOPES, organisation_id=lille),
                "writer": await create_key(connection, "writer", ["write:data"], organisation_id=lille),
                "developer": await create_key(connection, "developer", ["read:data"], organisation_id=ada),
            }
        return {name: secret for name, (_, secret) in made.items()}

    def client(secret: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return httpx.AsyncClient(transport=transport, base_url="http://somel.test/enjoy", headers=headers)

    secrets = loop.run_until_complete(make()) | {"stranger": ""}
    lifespan = app.router.lifespan_context(app)
    loop.run_until_complete(lifespan.__aenter__())
    try:
        yield City(loop, {name: client(secret) for name, secret in secrets.items()})
    finally:
        loop.run_until_complete(lifespan.__aexit__(None, None, None))
        loop.close()


def declare(city: City, name: str, openness: str) -> None:
    told = {"title": f"{TITLE} {name}", "description": f"{WORDS} {name}", "keywords": [KEYWORD]}
    city.run("POST", "/v1/datasets", VELO | told | {"name": name, "openness": openness})
    city.run("POST", f"/v1/datasets/{name}/records", [bike(STATION, AT, 4_711)])
    city.run("POST", f"/v1/datasets/{name}/records", [bike(STATION, "nonsense", 4_711)])  # refused, on record


def leaks(answer: httpx.Response) -> list[bytes]:
    return [mark for mark in MARKS if mark in answer.content or mark in str(answer.headers).encode()]


def may_read(caller: str, openness: str, *, shared: bool) -> bool:
    """Say who may read, as the documentation does: the oracle."""
    if caller == "owner" or openness == "open":
        return True
    return caller == "tenant" and (openness == "partners" or shared)


def test_the_document_has_routes_that_name_datasets():
    assert len([route for route in ROUTES if route.names_dataset]) >= 10


@pytest.mark.slow(60)
def test_no_route_gives_or_takes_what_is_private_to_another(city: City):
    """Every route, by everybody who may not: never a word of it, and nothing of it is changed."""
    declare(city, "secret", "private")
    before = city.run("GET", "/v1/datasets/secret").json()
    told_owner = [route.path for route in READING if leaks(city.ask("owner", route, "secret"))]
    assert len(told_owner) >= 2, "the words stand where they may"
    for caller in ("stranger", "tenant", "writer", "developer"):
        for route in ROUTES:
            answer = city.ask(caller, route, "secret")
            told = (caller, route.method, route.path, answer.status_code, answer.text[:300])
            assert not leaks(answer), told
            assert answer.status_code < 500, told
            if route.names_dataset:
                assert answer.status_code in REFUSED or _invalid(answer), told
    assert city.run("GET", "/v1/datasets/secret").json() == before


def _invalid(answer: httpx.Response) -> bool:
    """Tell whether a request was refused for what it is, before anybody looked which dataset it names."""
    return answer.status_code in {400, 415, 422}


READING = [route for route in ROUTES if route.method == "get" and route.names_dataset and "/events" not in route.path]


@pytest.mark.slow(60)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    openness=st.sampled_from(["open", "partners", "private"]),
    shared=st.booleans(),
    caller=st.sampled_from(["owner", "tenant", "writer", "developer", "stranger"]),
    route=st.sampled_from(READING),
)
def test_who_reads_is_who_may(city: City, openness: str, shared: bool, caller: str, route: Route):
    if city.loop.run_until_complete(city.clients["owner"].get("/v1/datasets/moving")).status_code == 404:
        declare(city, "moving", openness)
    described = {name: VELO[name] for name in ("licence", "theme")} | {"title": TITLE, "description": WORDS}
    city.run("PUT", "/v1/datasets/moving", described | {"openness": openness})
    city.run("PUT" if shared else "DELETE", "/v1/datasets/moving/shares/lille")
    allowed = may_read(caller, openness, shared=shared)
    answer = city.ask(caller, route, "moving")
    told = (openness, shared, caller, route.path, answer.status_code, answer.text[:300])
    assert answer.status_code < 500, told
    if not allowed:
        assert answer.status_code in REFUSED or _invalid(answer), told
        assert not leaks(answer), told
    seen = city.ask(caller, replace(route, path="/v1/datasets/{name}", query={}), "moving")
    assert (seen.status_code == 200) == allowed, told
    listed = city.ask(caller, replace(route, path="/v1/datasets", query={}), "moving")
    assert (TITLE in listed.text) == allowed, told
