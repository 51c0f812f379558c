"""Holders in their browsers: a platform with a pool and a library, whose wall clock a test can set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.clock import Clock
from db.connection import Role, connect
from db.keys import SCOPES, create_key
from tests.api.conftest import settings_at
from tests.enjoy.passes.town import NOON, Town, add_organisation, add_service

OURS = {"Origin": "http://somel.test"}
PASSPHRASE = "correct horse battery"  # noqa: S105 - of a test


class HandSet(Clock):
    """A clock that shows what a test says."""

    def at(self, wall: datetime) -> datetime:
        del wall
        return self.replay_origin

    def set(self, now: datetime) -> None:
        object.__setattr__(self, "replay_origin", now)


@dataclass
class Hall:
    """Hold a platform that is served, its town and its clock."""

    town: Town
    wall: HandSet
    transport: httpx.ASGITransport
    app: Any
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Return a browser on our own page, with cookies of its own."""
        client = httpx.AsyncClient(
            transport=self.transport, base_url="http://somel.test/enjoy", headers={**OURS, **headers}
        )
        self.browsers.append(client)
        return client

    async def key(self, organisation: str) -> str:
        """Return the secret of a key of an organisation that may do everything."""
        number = add_organisation(self.town, organisation)
        async with await connect(self.town.url, Role.OWNER) as connection:
            return (await create_key(connection, organisation, SCOPES, organisation_id=number))[1]

    async def holder(self, **wanted: str) -> tuple[httpx.AsyncClient, dict[str, Any]]:
        """Return a browser in which somebody has just made a card account, and what they were told."""
        client = self.browser()
        answer = await client.post("/v1/card", json=wanted)
        assert answer.status_code == 201, answer.text
        return client, answer.json()


@asynccontextmanager
async def hall_of(database_url: str) -> AsyncIterator[Hall]:
    """Serve a town with a pool and a library."""
    town, wall = Town(database_url), HandSet(replay_origin=NOON)
    for service in ("pool", "library"):
        add_service(town, service)
    app = create_app(settings_at(NOON), database_url=database_url, wall=wall)
    async with app.router.lifespan_context(app):
        yield Hall(town, wall, httpx.ASGITransport(app, raise_app_exceptions=False), app)


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    async with hall_of(database_url) as served:
        yield served
