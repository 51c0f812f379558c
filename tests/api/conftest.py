"""One filled world for all tests that only read; an application and a client for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.openapi import describe
from core.settings import Settings, read_settings
from db.databases import create_database, drop_database
from somel.embedded.services import Services
from tests.api.evening import Evening, an_evening
from tests.api.world import NOW, World, build_world
from tests.grid.demand_response.evening import NOON

PASS_SECRET = "a secret of tests that is long enough"  # noqa: S105 - of tests


def settings_at(now: datetime) -> Settings:
    """Return settings whose clock shows `now` and goes on from there."""
    return read_settings(
        clock_wall_origin=datetime.now(UTC), clock_replay_origin=now, api_port=0, pass_secret=PASS_SECRET
    )


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="session")
def world(services: Services, template_database: str) -> Iterator[World]:
    """Build the world once; tests that use it change nothing in it."""
    url = asyncio.run(create_database(services.database_url, "api_world", template=template_database))
    yield asyncio.run(build_world(url))
    asyncio.run(drop_database(services.database_url, "api_world"))


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """Describe the API once, which takes two seconds; tests only read the document, the same of every application."""
    return describe(create_app(settings_at(NOW), database_url="postgresql://nowhere.test/nothing"))


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    application = create_app(settings_at(NOW), database_url=world.url)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def evening(database_url: str) -> AsyncIterator[Evening]:
    async with an_evening(database_url, settings_at(NOON)) as filled:
        yield filled


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Ask without a token."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://somel.test") as client:
        yield client


@pytest.fixture
async def client(anonymous: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    """Ask with a token of all scopes but administration."""
    anonymous.headers.update(bearer(world.secrets["all"]))
    return anonymous
