"""An evening to operate in: a town whose chargers would all start at once, and somebody who may operate there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from api.app import create_app
from core.settings import Settings
from db.access import create_token
from db.connection import connect
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, add_chargers, forecast_flat
from tests.grid.town import Town, build_town

ASKED = {
    "name": "Pointe du soir",
    "place_level": "feeder",
    "place_code": "F1",
    "starts_at": EVENT_STARTS.isoformat(),
    "ends_at": EVENT_ENDS.isoformat(),
}


@dataclass(frozen=True, slots=True)
class Evening:
    """The town, and a client with a token that may operate."""

    url: str
    town: Town
    client: httpx.AsyncClient

    async def draft(self) -> dict[str, Any]:
        answer = await self.client.post("/v1/events", json=ASKED)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@asynccontextmanager
async def an_evening(database_url: str, settings: Settings) -> AsyncIterator[Evening]:
    """Build the town in an empty database and open an application on it."""
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 10_000.0, "T2": 10_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, None) as connection:
        _, secret = await create_token(connection, "operator", ["read:grid", "operate:grid"])
    app = create_app(settings, database_url=database_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        signed = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=signed) as client:
            yield Evening(database_url, town, client)
