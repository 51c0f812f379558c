"""Enjoy as its callers have it: two organisations with a key each, and a stranger."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from api.app import create_app
from api.enjoy.traffic import Traffic
from db.connection import Role, connect
from db.dataset_rows import NewOrganisation
from db.datasets import insert_organisation
from db.keys import SCOPES, create_key
from tests.api.conftest import settings_at
from tests.enjoy.test_publishing import NOW


@dataclass(frozen=True)
class Callers:
    """Hold clients: a publisher, another organisation, a sandbox and a reader of the publisher, and a stranger."""

    ilevia: httpx.AsyncClient
    lille: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    reader: httpx.AsyncClient
    stranger: httpx.AsyncClient
    url: str
    traffic: Traffic


@pytest.fixture
async def callers(database_url: str) -> AsyncIterator[Callers]:
    """Serve an empty platform on a database of its own."""
    async with await connect(database_url, Role.OWNER) as connection:
        ilevia = await insert_organisation(connection, NewOrganisation("ilevia", "Ilévia", "partner"))
        lille = await insert_organisation(connection, NewOrganisation("lille", "Lille", "commune"))
        keys = {
            "ilevia": await create_key(connection, "ada", SCOPES, organisation_id=ilevia),
            "lille": await create_key(connection, "bob", SCOPES, organisation_id=lille),
            "sandbox": await create_key(connection, "try", SCOPES, organisation_id=ilevia, is_sandbox=True),
            "reader": await create_key(connection, "eve", ["read:data"], organisation_id=ilevia),
        }
    app = create_app(settings_at(NOW), database_url=database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def client(secret: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return httpx.AsyncClient(transport=transport, base_url="http://somel.test/enjoy", headers=headers)

    async with app.router.lifespan_context(app):
        clients = {name: client(secret) for name, (_, secret) in keys.items()}
        yield Callers(**clients, stranger=client(None), url=database_url, traffic=app.state.context.traffic)
