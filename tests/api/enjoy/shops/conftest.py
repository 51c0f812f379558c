"""A street with shops: merchants who signed in, a town hall that lists, and customers whom nobody knows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from db.connection import Role, connect
from db.keys import create_key
from tests.api.conftest import settings_at
from tests.db.village import ask
from tests.enjoy.lending import standing

#: A Wednesday, noon in Lille.
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
HOURS: dict[str, Any] = {"weekly": [{"days": [1, 2, 3, 4, 5, 6], "from": "09:00", "until": "19:00"}]}
SHOP: dict[str, Any] = {
    "name": "le-fournil",
    "siret": "732 829 320 00074",
    "title": "Le Fournil de Wazemmes",
    "insee_code": "59350",
    "address": "12 rue Jules Guesde, 59000 Lille",
    "longitude": 3.0516,
    "latitude": 50.6262,
    "categories": ["bakery"],
    "hours": HOURS,
}
ORDERING: dict[str, Any] = {"slot_min": 60, "slot_orders": 2, "slot_ahead_days": 2}
BREAD: dict[str, Any] = {"title": "Pain au levain", "price_eur_cent": 450, "vat_ratio": 0.055, "stock": 7}


@dataclass
class Street:
    """Hold who acts, and what time it is for them."""

    app: FastAPI
    url: str
    hall: httpx.AsyncClient
    stranger: httpx.AsyncClient
    now: datetime = NOON
    merchants: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def pass_time(self, **span: float) -> None:
        """Let time pass for the application."""
        self.now += timedelta(**span)
        context = self.app.state.context
        self.app.state.context = replace(context, wall=standing(self.now))
        for route in self.app.routes:
            inner = getattr(route, "app", None)
            if isinstance(inner, FastAPI) and hasattr(inner.state, "context"):
                inner.state.context = self.app.state.context

    async def merchant(self, name: str, **more: object) -> httpx.AsyncClient:
        """Sign somebody up, have their shop listed, and return their browser, which acts for it."""
        browser = self.browser()
        who = {"email": f"{name}@example.org", "passphrase": "correct horse battery"}
        assert (await browser.post("/v1/account", json=who)).status_code == 201
        made = await browser.post("/v1/merchant/shop", json=SHOP | {"name": name} | more)
        assert made.status_code == 201, made.text
        browser.params = httpx.QueryParams(organisation=made.json()["organisation"])
        self.merchants[name] = browser
        listed = await self.hall.put(f"/v1/listings/{name}", json={"state": "listed"})
        assert listed.status_code == 200, listed.text
        return browser

    def browser(self) -> httpx.AsyncClient:
        """Return a browser on our own page, in which nobody has signed in."""
        return self._client({"Origin": "http://somel.test"})

    async def commune(self, insee_code: str | None) -> httpx.AsyncClient:
        """Return a client with a key of a commune, or of a partner where none is given."""
        if insee_code is not None:
            ask(
                self.url,
                "WITH place AS (INSERT INTO somel.place (level, code, name) VALUES ('commune', %s, 'x')"
                " RETURNING place_id) INSERT INTO somel.commune (place_id, insee_code, population, centroid)"
                " SELECT place_id, %s, 1, ST_SetSRID(ST_MakePoint(3, 50), 4326) FROM place RETURNING 1",
                insee_code,
                insee_code,
            )
        kind = "partner" if insee_code is None else "commune"
        [(made,)] = ask(
            self.url,
            "INSERT INTO catalogue.organisation (name, title, kind, insee_code) VALUES (%s, 'x', %s, %s)"
            " RETURNING organisation_id",
            f"town-{insee_code}".lower(),
            kind,
            insee_code,
        )
        async with await connect(self.url, Role.OWNER) as connection:
            _, secret = await create_key(connection, "town", ["manage:services"], organisation_id=made)
        return self._client({"Authorization": f"Bearer {secret}"})

    def _client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://somel.test/enjoy", headers=headers)

    def customer(self, order: dict[str, Any]) -> httpx.AsyncClient:
        """Return a client that has an order's secret."""
        return self._client({"Authorization": f"Bearer {order['secret']}"})


@pytest.fixture
async def street(database_url: str) -> AsyncIterator[Street]:
    """Serve a platform with a town hall and no shop yet."""
    [(hall,)] = ask(
        database_url,
        "INSERT INTO catalogue.organisation (name, title, kind) VALUES ('mel', 'Métropole', 'metropolis')"
        " RETURNING organisation_id",
    )
    async with await connect(database_url, Role.OWNER) as connection:
        _, secret = await create_key(connection, "hall", ["manage:services"], organisation_id=hall)
    app = create_app(settings_at(NOON), database_url=database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    hall_client, stranger = (
        httpx.AsyncClient(transport=transport, base_url="http://somel.test/enjoy", headers=headers)
        for headers in ({"Authorization": f"Bearer {secret}"}, {})
    )
    async with app.router.lifespan_context(app):
        made = Street(app, database_url, hall_client, stranger)
        made.pass_time(seconds=0)
        yield made
