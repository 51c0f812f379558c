import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from db.connection import Role, connect
from db.demand_response import EventResult, store_results
from tests.api.evening import ASKED, Evening
from tests.api.test_places import every_page
from tests.api.world import EVENTS
from tests.grid.demand_response.evening import EVENT_STARTS, NOON


async def test_a_draft_is_planned_and_asks_nothing_of_anybody(evening: Evening):
    event = await evening.draft()
    assert event["status"] == "draft"
    assert event["place"]["code"] == "F1"
    assert sum(event["plan"]["planned_reduction_w"]) > 0
    assert len(event["plan"]["planned_reduction_w"]) == 2
    assert sum(event["commands"].values()) == 0
    assert (await evening.client.get(f"/v1/events/{event['event_id']}")).json() == event


async def test_a_new_event_says_where_it_is(evening: Evening):
    answer = await evening.client.post("/v1/events", json=ASKED)
    assert answer.headers["location"] == f"/v1/events/{answer.json()['event_id']}"


async def test_an_approved_event_is_scheduled_and_its_commands_wait_to_be_sent(evening: Evening):
    event = await evening.draft()
    answer = await evening.client.post(f"/v1/events/{event['event_id']}/approve")
    assert answer.status_code == 200
    assert answer.json()["status"] == "scheduled"
    assert answer.json()["commands"]["pending"] == 3


async def test_a_cancelled_event_takes_its_unsent_commands_back(evening: Evening):
    event = await evening.draft()
    await evening.client.post(f"/v1/events/{event['event_id']}/approve")
    answer = await evening.client.post(f"/v1/events/{event['event_id']}/cancel")
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["commands"]["pending"] == 0
    again = await evening.client.post(f"/v1/events/{event['event_id']}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "event_transition")


async def test_an_event_that_is_approved_twice_at_once_is_approved_once(evening: Evening):
    path = f"/v1/events/{(await evening.draft())['event_id']}/approve"
    answers = await asyncio.gather(*(evening.client.post(path) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_the_measured_reduction_stands_beside_the_planned_one(evening: Evening):
    event = await evening.draft()
    async with await connect(evening.url, Role.COMPUTE) as connection:
        result = EventResult(EVENT_STARTS, EVENT_STARTS, 3, 21_000.0, 4_000.0, 18_000.0)
        await store_results(connection, event["event_id"], [result])
    (told,) = (await evening.client.get(f"/v1/events/{event['event_id']}")).json()["results"]
    assert (told["measured_reduction_w"], told["planned_reduction_w"]) == (17_000.0, 18_000.0)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"place_code": "F9"}, 404, "place_unknown"),
        ({"place_level": "planet"}, 422, "request_invalid"),
        ({"name": ""}, 422, "request_invalid"),
        ({"name": "   "}, 422, "event_name_missing"),
        ({"name": "a\u0000b"}, 422, "request_invalid"),
        ({"starts_at": "2026-01-29T18:00:00"}, 422, "request_invalid"),
        ({"starts_at": (EVENT_STARTS + timedelta(minutes=7)).isoformat()}, 422, "event_off_grid"),
        ({"ends_at": EVENT_STARTS.isoformat()}, 422, "event_span_empty"),
        ({"starts_at": (NOON - timedelta(hours=1)).isoformat()}, 422, "event_in_past"),
    ],
)
async def test_an_event_that_cannot_be_is_refused_and_not_stored(
    evening: Evening, change: dict[str, str], status: int, code: str
):
    answer = await evening.client.post("/v1/events", json=ASKED | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await evening.client.get("/v1/events")).json()["items"] == []


async def test_an_unknown_event_is_not_found(client: httpx.AsyncClient):
    for method, part in (("GET", ""), ("POST", "/approve"), ("POST", "/cancel")):
        answer = await client.request(method, f"/v1/events/{uuid4()}{part}")
        assert (answer.status_code, answer.json()["code"]) == (404, "event_unknown")
    assert (await client.get("/v1/events/tonight")).status_code == 422


@pytest.mark.parametrize("limit", range(1, EVENTS + 2))
async def test_pages_of_events_joined_are_the_whole_list(client: httpx.AsyncClient, limit: int):
    pages = await every_page(client, "/v1/events", limit=limit)
    items = [item for page in pages for item in page]
    assert items == (await client.get("/v1/events")).json()["items"]
    assert len(items) == EVENTS
    starts = [item["starts_at"] for item in items]
    assert starts == sorted(starts, reverse=True)
    assert pages[-1]


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient):
    answer = await client.get("/v1/events?cursor=WyJmZWVkZXIiLCJGLTEiXQ")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")
