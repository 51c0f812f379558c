"""A tourist office, a museum, a line of transport and a hotel that sells; and a clock that a test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.settings import read_settings
from db.connection import Connection, Role, connect
from db.keys import SCOPES, create_key
from tests.api.conftest import PASS_SECRET
from tests.api.enjoy.passes.conftest import HandSet
from tests.db.village import ask
from tests.enjoy.passes.town import NOON, Town, add_organisation
from tests.enjoy.passes.wallets.authority import ISSUER, Signing, make_account, make_signing

PRODUCT: dict[str, Any] = {
    "name": "city-pass-48",
    "service": "city-pass",
    "title": "Pass 48 heures",
    "title_en": "48-hour pass",
    "description": "Les musées et le métro.",
    "duration_h": 48,
    "price_eur_cent": 4500,
}


@dataclass
class Trade:
    """Hold clients of all that take part, and the clock on their wall."""

    url: str
    hands: HandSet
    signing: Signing
    clients: dict[str, httpx.AsyncClient]
    town: Town = field(default_factory=lambda: Town(""))

    def __getattr__(self, name: str) -> httpx.AsyncClient:
        return self.clients[name]

    @property
    def now(self) -> datetime:
        """Time on the wall; a test sets it."""
        return self.hands.now()

    @now.setter
    def now(self, at: datetime) -> None:
        self.hands.set(at)

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    @asynccontextmanager
    async def lend(self, role: Role) -> AsyncIterator[Connection]:
        """Lend a connection as the worker does, and commit what was done."""
        async with await connect(self.url, role) as connection:
            yield connection

    def ask(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return ask(self.url, query, *parameters)


@pytest.fixture
async def trade(database_url: str, tmp_path: Path) -> AsyncIterator[Trade]:
    """Serve a town whose tourist office has a service, with venues of others, and no product yet."""
    town, hands, signing = Town(database_url), HandSet(replay_origin=NOON), make_signing(tmp_path)
    for name in ("office", "museum", "metro", "hotel"):
        add_organisation(town, name, "partner")
    async with await connect(database_url, Role.OWNER) as connection:
        secrets = {
            name: (await create_key(connection, "ada", SCOPES, organisation_id=key))[1]
            for name, key in town.organisations.items()
        }
    settings = read_settings(
        api_port=0,
        pass_secret=PASS_SECRET,
        enjoy_url="https://enjoy.example/enjoy",
        wallet_apple_certificate=signing.certificate,
        wallet_apple_key=signing.key,
        wallet_apple_intermediate=signing.intermediate,
        wallet_google_account=make_account(tmp_path),
        wallet_google_issuer=ISSUER,
    )
    app = create_app(settings, database_url=database_url, wall=hands)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def client(secret: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return httpx.AsyncClient(transport=transport, base_url="http://somel.test/enjoy", headers=headers)

    async with app.router.lifespan_context(app):
        clients = {name: client(secret) for name, secret in secrets.items()} | {"stranger": client(None)}
        trade = Trade(database_url, hands, signing, clients, town)
        await _open_house(trade)
        yield trade


async def _open_house(trade: Trade) -> None:
    made = await trade.office.post("/v1/services", json={"name": "city-pass", "title": "City Pass", "kind": "tourism"})
    assert made.status_code == 201, made.text
    for venue, keeper, kind in (
        ("beaux-arts", "museum", "place"),
        ("belfry", "office", "place"),
        ("line-1", "metro", "transport"),
    ):
        body = {"title": venue.title(), "organisation": keeper, "kind": kind}
        put = await trade.office.put(f"/v1/services/city-pass/venues/{venue}", json=body)
        assert put.status_code == 200, put.text


async def on_sale(trade: Trade, **changed: Any) -> dict[str, Any]:
    """Declare the product, and let the museum and the metro accept."""
    body = PRODUCT | changed
    made = await trade.office.post("/v1/tourism/products", json=body)
    assert made.status_code == 201, made.text
    for venue, cents, partner in (("beaux-arts", 450, "museum"), ("belfry", 300, None), ("line-1", 100, "metro")):
        proposed = await trade.office.put(
            f"/v1/tourism/products/{body['name']}/venues/{venue}", json={"settlement_eur_cent": cents}
        )
        assert proposed.status_code == 200, proposed.text
        if partner is not None:
            number = proposed.json()["agreement_id"]
            accepted = await trade.clients[partner].post(f"/v1/tourism/agreements/{number}/acceptance")
            assert accepted.status_code == 200, accepted.text
    told: dict[str, Any] = (await trade.stranger.get(f"/v1/tourism/products/{body['name']}")).json()
    return told


async def sold(trade: Trade, **changed: Any) -> dict[str, Any]:
    """Sell passes by the office."""
    answer = await trade.office.post("/v1/tourism/sales", json={"product": "city-pass-48"} | changed)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told
