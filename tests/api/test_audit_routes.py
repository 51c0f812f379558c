from itertools import pairwise

import httpx
import pytest

from tests.api.conftest import bearer
from tests.api.test_places import every_page
from tests.api.world import EVENTS, World


async def test_what_was_done_comes_newest_first_and_by_page(client: httpx.AsyncClient):
    pages = await every_page(client, "/v1/audit", limit=2)
    entries = [entry for page in pages for entry in page]
    assert [entry["number"] for entry in entries] == list(range(EVENTS, 0, -1))
    assert all(newer["previous_hash"] == older["hash"] for newer, older in pairwise(entries))
    assert (entries[-1]["action"], entries[-1]["facts"]) == ("event.drafted", {"é": 0})


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("subject=event/2", 1),
        ("action=event", EVENTS),
        ("action=event.approved", 0),
        ("actor=token/all&since=2026-01-15T00:02:00Z&until=2026-01-15T00:04:00Z", 2),
    ],
)
async def test_entries_are_filtered(client: httpx.AsyncClient, query: str, count: int):
    assert len((await client.get(f"/v1/audit?{query}")).json()["items"]) == count


@pytest.mark.parametrize("query", ["cursor=WyItMSJd", "action=Event", "since=2026-01-15", "limit=0"])
async def test_a_bad_parameter_is_refused(client: httpx.AsyncClient, query: str):
    assert (await client.get(f"/v1/audit?{query}")).status_code == 422


async def test_who_may_not_read_the_grid_may_not_read_the_log(anonymous: httpx.AsyncClient, world: World):
    assert (await anonymous.get("/v1/audit")).status_code == 401
    assert (await anonymous.get("/v1/audit", headers=bearer(world.secrets["ingest"]))).status_code == 403
