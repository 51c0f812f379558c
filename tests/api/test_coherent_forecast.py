"""What the API tells of an issue adds up."""

from collections.abc import Mapping
from typing import Any

import httpx
import numpy as np

from api.app import create_app
from db.access import create_token
from db.connection import connect
from tests.api.conftest import bearer, settings_at
from tests.grid.test_coherence import NOW, SUMS, issue, town_loads

LEVELS = {"T": "power_transformer", "F": "feeder", "S": "substation", "5": "commune", "M": "territory"}


async def told(url: str, codes: list[str]) -> Mapping[str, list[dict[str, Any]]]:
    """Ask a server for the forecasts of places."""
    async with await connect(url, None) as connection:
        _, secret = await create_token(connection, "coherence", ["read:grid"])
    app = create_app(settings_at(NOW), database_url=url)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=bearer(secret)) as client,
    ):
        answers = {code: await client.get(f"/v1/places/{LEVELS[code[0]]}/{code}/forecast") for code in codes}
    return {code: answer.json()["items"] for code, answer in answers.items()}


async def test_forecasts_of_parts_add_up_to_that_of_their_total_and_both_kinds_are_told(database_url: str):
    await issue(database_url, town_loads())
    items = await told(database_url, ["T1", "T2", "T3", *SUMS])
    load_w = {code: np.array([slot["load_w"] for slot in slots]) for code, slots in items.items()}
    for total, parts in SUMS.items():
        np.testing.assert_allclose(load_w[total], sum(load_w[part] for part in parts), rtol=1e-12)
    for slots in items.values():
        assert len(slots) == 96
        assert all(len(slot["base_quantile_load_w"]) == len(slot["quantile_load_w"]) == 7 for slot in slots)
    assert any(slot["base_load_w"] != slot["load_w"] for slot in items["F1"])
