"""Operators compare plans before they draft one, and see how an event goes."""

from datetime import timedelta
from uuid import uuid4

import pytest

from db.closed_loop import EventTracking, store_tracking
from db.connection import Role, connect
from tests.api.evening import ASKED, Evening
from tests.grid.demand_response.evening import EVENT_STARTS


async def test_variants_are_planned_side_by_side_and_none_is_stored(evening: Evening):
    aimed = ASKED | {"target_w": 5_000.0}
    past = ASKED | {"starts_at": (EVENT_STARTS - timedelta(days=1)).isoformat()}
    answer = await evening.client.post("/v1/events/what-if", json={"variants": [ASKED, aimed, past]})
    assert answer.status_code == 200, answer.text
    everything, enough, none = answer.json()["items"]
    assert everything["called"] == 3
    assert 0 < enough["called"] < 3
    assert min(enough["plan"]["planned_reduction_w"]) >= 5_000
    assert sum(everything["plan"]["planned_reduction_w"]) > sum(enough["plan"]["planned_reduction_w"])
    assert (none["plan"], none["problem"]["code"]) == (None, "event_in_past")
    assert (await evening.client.get("/v1/events")).json()["items"] == []


async def test_what_is_compared_is_what_is_planned_when_drafted(evening: Evening):
    aimed = ASKED | {"target_w": 5_000.0}
    (outlook,) = (await evening.client.post("/v1/events/what-if", json={"variants": [aimed]})).json()["items"]
    drafted = (await evening.client.post("/v1/events", json=aimed)).json()
    assert drafted["plan"]["planned_reduction_w"] == pytest.approx(outlook["plan"]["planned_reduction_w"], rel=1e-6)
    assert drafted["plan"]["objective"] == outlook["plan"]["objective"]
    assert drafted["target_w"] == 5_000.0


@pytest.mark.parametrize("variants", [[], [ASKED] * 7, [ASKED | {"target_w": -1}]])
async def test_what_cannot_be_compared_is_refused(evening: Evening, variants: list[dict[str, object]]):
    answer = await evening.client.post("/v1/events/what-if", json={"variants": variants})
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_tracking_is_empty_before_an_event_and_told_by_slot_while_it_runs(evening: Evening):
    event = await evening.draft()
    address = f"/v1/events/{event['event_id']}/tracking"
    assert (await evening.client.get(address)).json() == {"items": [], "adjustments": []}
    row = EventTracking(
        EVENT_STARTS, EVENT_STARTS, 3, 2, 1, 0, planned_w=9_000, predicted_w=6_000, measured_w=None, coverage_ratio=0.0,
        shortfall_w=1_500,
    )  # fmt: skip
    async with await connect(evening.url, Role.COMPUTE) as connection:
        await store_tracking(connection, event["event_id"], [row])
        await connection.commit()
    (slot,) = (await evening.client.get(address)).json()["items"]
    assert (slot["planned_w"], slot["measured_w"], slot["shortfall_w"]) == (9_000, None, 1_500)
    table = await evening.client.get(f"/v1/events/{event['event_id']}/tables/tracking?format=csv")
    assert len(table.text.splitlines()) == 2
    assert (await evening.client.get(f"/v1/events/{uuid4()}/tracking")).status_code == 404


async def test_a_draft_is_planned_again_when_asked(evening: Evening):
    event = await evening.draft()
    answer = await evening.client.post(f"/v1/events/{event['event_id']}/plan")
    assert answer.status_code == 200
    assert answer.json()["plan"]["planned_at"] >= event["plan"]["planned_at"]
    assert answer.json()["status"] == "draft"


async def test_a_plan_is_checked_on_the_network_when_asked(evening: Evening):
    event = await evening.draft()
    address = f"/v1/events/{event['event_id']}/network-check"
    assert (await evening.client.get(address)).json()["code"] == "network_check_missing"
    answer = await evening.client.post(address)
    (check,) = answer.json()["items"]
    assert (check["power_transformer_code"], check["modelled"]) == ("T1", False)
    # The chargers leave the event for slots after it, where they come one after the other up to the limit.
    assert 0 < check["transformer_before_ratio"] < 1
    assert 0 < check["transformer_after_ratio"] <= 1.0
    assert (await evening.client.get(address)).json() == answer.json()
