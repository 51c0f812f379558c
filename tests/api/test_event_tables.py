"""Everything about events can be taken away as a table."""

import io
from datetime import datetime
from uuid import UUID

import pandas as pd
import pytest

from tests.api.evening import Evening
from tests.grid.demand_response.evening import EVENT_STARTS


async def test_plan_commands_and_results_are_tables(evening: Evening):
    event = await evening.draft()
    address = f"/v1/events/{event['event_id']}"
    await evening.client.post(f"{address}/approve")
    answer = await evening.client.get(f"{address}/tables/plan", params={"format": "csv"})
    plan = pd.read_csv(io.StringIO(answer.text))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(plan["planned_reduction_w"]) == event["plan"]["planned_reduction_w"]
    assert datetime.fromisoformat(plan["slot_start_at"][0]) == EVENT_STARTS
    answer = await evening.client.get(f"{address}/tables/commands", params={"format": "parquet"})
    commands = pd.read_parquet(io.BytesIO(answer.content))
    assert commands["resource"].nunique() == 3
    assert set(commands["status"]) == {"pending"}
    assert (commands["dispatch_setpoint_w"] >= 0).all()
    answer = await evening.client.get(f"{address}/tables/results", params={"format": "csv"})
    assert answer.text.startswith("slot_start_at,computed_at,usage_point_count,")


async def test_all_events_are_a_table_read_page_by_page_while_it_is_sent(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.routes.event_tables._AT_ONCE", 1)
    drafted = [await evening.draft() for _ in range(2)]
    answer = await evening.client.get("/v1/events/table", params={"format": "csv"})
    events = pd.read_csv(io.StringIO(answer.text))
    assert set(events["event_id"]) == {event["event_id"] for event in drafted}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/v1/events/{UUID(int=1)}/tables/plan?format=csv", 404, "event_unknown"),
        (f"/v1/events/{UUID(int=1)}/tables/soup?format=csv", 422, "request_invalid"),
        ("/v1/events/table", 422, "request_invalid"),
        ("/v1/events/table?format=xlsx", 422, "request_invalid"),
    ],
)
async def test_a_wrong_wish_is_a_problem(evening: Evening, path: str, status: int, code: str):
    answer = await evening.client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
