"""A VTN with a database of its own, and clients of it that have their tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.openadr.app import PREFIX, create_vtn
from api.openadr.wiring import Wiring
from core.errors import InputError
from db.connection import Role, connect
from db.openadr_clients import create_client
from tests.api.conftest import settings_at

NOW = datetime(2026, 1, 17, 12, tzinfo=UTC)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Callbacks:
    """What callbacks were asked; those of `refusing.example` do not repeat the word."""

    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def check(self, url: str, bearer_token: str | None, /) -> None:
        self.asked.append((url, bearer_token))
        if "refusing" in url:
            raise InputError("callback_unproven", "The callback did not repeat the word.")


@dataclass(frozen=True)
class Party:
    """A client of the VTN with its token."""

    http: httpx.AsyncClient
    client_id: str
    secret: str

    async def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, path, **options)

    async def made(self, noun: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object and return it."""
        answer = await self.http.post(f"/{noun}", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def listed(self, noun: str, **query: Any) -> list[dict[str, Any]]:
        """Return the objects of a list."""
        answer = await self.http.get(f"/{noun}", params=query)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()
        return rows


@dataclass(frozen=True)
class Vtn:
    """A VTN in this process, its database, and what its callbacks were asked."""

    app: FastAPI
    url: str
    callbacks: Callbacks

    def anonymous(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"http://vtn.test{PREFIX}")

    @asynccontextmanager
    async def party(self, role: str, scopes: list[str] | None = None) -> AsyncIterator[Party]:
        """Make a client of a role and let it have a token."""
        async with await connect(self.url, Role.OWNER) as connection:
            client, secret = await create_client(connection, f"a {role}", role, scopes)
        async with self.anonymous() as http:
            form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
            answer = await http.post("/auth/token", data=form)
            assert answer.status_code == 200, answer.text
            http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield Party(http, client.client_id, secret)


@pytest.fixture
async def vtn(database_url: str) -> AsyncIterator[Vtn]:
    application = create_app(settings_at(NOW), database_url=database_url)
    callbacks = Callbacks()
    mounted = next(route for route in application.routes if getattr(route, "name", "") == "openadr")
    mounted.app = create_vtn(application.state.context, Wiring(callbacks.check))  # type: ignore[attr-defined]
    async with application.router.lifespan_context(application):
        yield Vtn(application, database_url, callbacks)


@pytest.fixture
async def bl(vtn: Vtn) -> AsyncIterator[Party]:
    async with vtn.party("bl") as party:
        yield party


@pytest.fixture
async def ven(vtn: Vtn) -> AsyncIterator[Party]:
    async with vtn.party("ven") as party:
        yield party


@pytest.fixture
async def other(vtn: Vtn) -> AsyncIterator[Party]:
    async with vtn.party("ven") as party:
        yield party
