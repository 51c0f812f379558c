"""A filled catalogue, as its callers have it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest

from api.app import create_app
from db.connection import Role, connect
from db.databases import create_database, drop_database
from db.dataset_rows import NewOrganisation
from db.datasets import insert_organisation
from db.keys import SCOPES, create_key
from somel.embedded.services import Services
from tests.api.conftest import settings_at
from tests.api.enjoy.catalogue.filled import NOW, fill
from tests.api.enjoy.conftest import Callers


@dataclass(frozen=True)
class Shelf:
    """Name a database with a filled catalogue, and the secrets of two keys: a reader of ilevia and one of lille."""

    url: str
    reader: str
    lille: str


async def _filled(url: str) -> Shelf:
    async with await connect(url, Role.OWNER) as connection:
        ilevia = await insert_organisation(connection, NewOrganisation("ilevia", "Ilévia", "partner"))
        lille = await insert_organisation(connection, NewOrganisation("lille", "Lille", "commune"))
        _, reader = await create_key(connection, "eve", ["read:data"], organisation_id=ilevia)
        _, other = await create_key(connection, "bob", SCOPES, organisation_id=lille)
    await fill(url)
    return Shelf(url, reader, other)


@pytest.fixture(scope="module")
def filled(services: Services, template_database: str, request: pytest.FixtureRequest) -> Iterator[Shelf]:
    """Fill a catalogue once a file; tests that use it change nothing in it."""
    name = f"shelf_{request.module.__name__.rpartition('.')[2]}"
    url = asyncio.run(create_database(services.database_url, name, template=template_database))
    yield asyncio.run(_filled(url))
    asyncio.run(drop_database(services.database_url, name))


@pytest.fixture
async def shelf(filled: Shelf) -> AsyncIterator[Callers]:
    """Give those who may ask; what they see is filled once a file, and not to be changed."""
    app = create_app(settings_at(NOW), database_url=filled.url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def client(secret: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return httpx.AsyncClient(transport=transport, base_url="http://somel.test/enjoy", headers=headers)

    async with app.router.lifespan_context(app):
        reader, lille = client(filled.reader), client(filled.lille)
        traffic = app.state.context.traffic
        yield Callers(
            reader, lille, sandbox=reader, reader=reader, stranger=client(None), url=filled.url, traffic=traffic
        )


@pytest.fixture
async def own_shelf(callers: Callers) -> Callers:
    """Fill a catalogue for this test alone, which may change it."""
    await fill(callers.url)
    return callers
