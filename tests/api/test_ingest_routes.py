import base64

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_places import every_page
from tests.api.world import REFUSED


async def test_the_counts_of_ingest_add_up(client: httpx.AsyncClient):
    ingest = (await client.get("/v1/ingest")).json()
    assert ingest["received"] == sum(ingest[name] for name in ("stored", "duplicate", "revised", "refused"))
    assert ingest["stored"] == 48 + 24 + 95 + 48 + 48 + 2  # intervals of a day, and two readings of power
    assert ingest["revised"] == 3
    assert ingest["duplicate"] == 1
    assert ingest["refused"] == sum(count for _, count in REFUSED)
    assert ingest["batch_count"] == 2
    assert ingest["last_batch"]["worker"] == "ingest-1"


async def test_the_rate_counts_what_was_committed_in_the_last_minute(client: httpx.AsyncClient):
    ingest = (await client.get("/v1/ingest")).json()
    # The world was made a moment ago, unless these tests took longer than a minute to get here.
    assert ingest["received_per_s"] in {0.0, ingest["received"] / 60}


async def test_refusals_are_counted_by_code(client: httpx.AsyncClient):
    rows = (await client.get("/v1/ingest")).json()["refused_by_code"]
    assert {row["code"]: (row["message_count"], row["refused_count"]) for row in rows} == {
        "device_unknown": (1, 1),
        "payload_malformed": (1, 1),
        "value_negative": (2, 3),
    }


async def test_refused_messages_come_newest_first_with_their_payload(client: httpx.AsyncClient):
    items = (await client.get("/v1/refused-messages")).json()["items"]
    assert [item["code"] for item in items] == [code for code, _ in reversed(REFUSED)]
    assert base64.b64decode(items[0]["payload_base64"]) == b'{"a": 1}'
    assert items[0]["topic"] == "somel/v1/0/gw-0001/batch"


async def test_refused_messages_are_filtered_by_code(client: httpx.AsyncClient):
    answer = await client.get("/v1/refused-messages", params={"code": "value_negative"})
    assert [item["refused_count"] for item in answer.json()["items"]] == [1, 2]


async def test_a_payload_is_cut_at_the_length_asked_for(client: httpx.AsyncClient):
    answer = await client.get("/v1/refused-messages", params={"payload_limit": 3})
    item = answer.json()["items"][0]
    assert base64.b64decode(item["payload_base64"]) == b'{"a'
    assert item["payload_bytes"] == 8


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 6))
async def test_pages_of_refused_messages_joined_are_the_whole_list(client: httpx.AsyncClient, limit: int):
    pages = await every_page(client, "/v1/refused-messages", limit=limit)
    keys = [item["refused_message_id"] for page in pages for item in page]
    assert keys == sorted(set(keys), reverse=True)
    assert len(keys) == len(REFUSED)
    assert pages[-1]


@pytest.mark.parametrize(
    "query", ["cursor=WyJub25lIl0", "cursor=WyItMSJd", "payload_limit=5000", "code=A%20B", "limit=-1"]
)
async def test_a_bad_parameter_is_refused(client: httpx.AsyncClient, query: str):
    assert (await client.get(f"/v1/refused-messages?{query}")).status_code == 422
