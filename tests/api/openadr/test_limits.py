"""Events of business logic that name places are limits of plans, as long as they are there; VENs learn of no place."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from core.slots import SLOT
from db.access import create_token
from db.capacity_limits import CapacityLimit, list_capacity_limits
from db.connection import Role, connect
from db.dispatch_solutions import limit_slots_of_event
from grid.demand_response.plan import plan_event
from tests.api.openadr.conftest import Party, Vtn
from tests.grid.demand_response.evening import EVENT_ENDS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import Town, build_town

FEEDER = "somel-place-feeder-F1"
PERIOD = {"start": EVENT_ENDS.isoformat(), "duration": "PT2H"}


def limiting(program: dict[str, Any], *kilowatts: Any, **more: Any) -> dict[str, Any]:
    """Return an event that limits the feeder after the evening's event, two hours for each value."""
    intervals = [
        {"id": number, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [value]}]}
        for number, value in enumerate(kilowatts)
    ]
    return {
        "programID": program["id"],
        "eventName": "Works",
        "intervalPeriod": PERIOD,
        "intervals": intervals,
        "targets": [FEEDER],
        **more,
    }


async def limits(vtn: Vtn, *, withdrawn: bool = False) -> list[CapacityLimit]:
    async with await connect(vtn.url, Role.READ) as connection:
        return await list_capacity_limits(connection, limit=99, withdrawn=withdrawn)


async def as_operator(vtn: Vtn, method: str, path: str) -> tuple[int, Any]:
    """Ask the platform's own API of limits; return the status, and the events that limits follow or what is wrong."""
    async with await connect(vtn.url, Role.OWNER) as connection:
        _, secret = await create_token(connection, "operator", ["read:grid", "operate:grid"])
    transport = httpx.ASGITransport(vtn.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://operators.test") as http:
        headers = {"Authorization": f"Bearer {secret}"}
        answer = await http.request(method, f"/v1/capacity-limits{path}", headers=headers)
    told = answer.json()
    return answer.status_code, told.get("code") or [item["openadr_event_id"] for item in told["items"]]


async def in_kw(vtn: Vtn) -> list[tuple[str, float, float, float]]:
    """Return the limits that count: place, kilowatts, from and until in hours after the evening's event."""
    found = []
    for one in await limits(vtn):
        assert one.valid_until is not None
        first, last = ((at - EVENT_ENDS) / timedelta(hours=1) for at in (one.valid_from, one.valid_until))
        found.append((one.code, one.limit_w / 1e3, first, last))
    return sorted(found)


@pytest.fixture
async def town(vtn: Vtn) -> Town:
    return await build_town(vtn.url)


@pytest.fixture
async def program(bl: Party) -> dict[str, Any]:
    return await bl.made("programs", {"programName": "Grid"})


async def planned_rooms(vtn: Vtn, town: Town) -> set[tuple[str, float, int]]:
    """Plan the evening anew; return the limits above transformers that bind: place, room, first slot."""
    async with await connect(vtn.url, Role.COMPUTE) as connection:
        event = await draft(connection, town.place["F1"])
        await plan_event(connection, event_id=event.event_id, now=NOON)
        slots = await limit_slots_of_event(connection, event.event_id)
        await connection.rollback()
    return {(one.place_code, one.room_w, (one.slot_start_at - EVENT_ENDS) // SLOT) for one in slots}


async def test_a_plan_keeps_the_limit_of_an_event_until_it_is_deleted(
    vtn: Vtn, bl: Party, town: Town, program: dict[str, Any]
) -> None:
    await forecast_flat(vtn.url, town, {"T1": 30_000.0, "T2": 30_000.0, "F1": 60_000.0})
    for code in ("T1", "T2"):
        await add_chargers(vtn.url, town, code)
    assert await planned_rooms(vtn, town) == set()
    event = await bl.made("events", limiting(program, 70, 82))
    rooms = await planned_rooms(vtn, town)
    assert {(code, room) for code, room, slot in rooms if 0 <= slot < 4} == {("F1", 10_000.0)}
    assert {(code, room) for code, room, slot in rooms if slot >= 4} <= {("F1", 22_000.0)}
    await bl("DELETE", f"/events/{event['id']}")
    assert await planned_rooms(vtn, town) == set()


async def test_limits_follow_their_event_and_its_program(
    vtn: Vtn, bl: Party, town: Town, program: dict[str, Any]
) -> None:
    event = await bl.made("events", limiting(program, 70, 82))
    path, made = f"/events/{event['id']}", await limits(vtn)
    assert await in_kw(vtn) == [("F1", 70.0, 0.0, 2.0), ("F1", 82.0, 2.0, 4.0)]
    assert {(one.source, one.reason, one.openadr_event_id) for one in made} == {("openadr", "Works", event["id"])}
    assert {one.created_by for one in made} == {f"bl/{bl.client_id}"}
    assert await as_operator(vtn, "GET", "") == (200, [event["id"]] * 2)
    assert await as_operator(vtn, "DELETE", f"/{made[0].capacity_limit_id}") == (409, "capacity_limit_follows_event")
    await bl("PUT", path, json=limiting(program, 70, 90))
    assert await in_kw(vtn) == [("F1", 70.0, 0.0, 2.0), ("F1", 90.0, 2.0, 4.0)]
    # What stayed as it was is the same row; what changed is kept, as taken back.
    assert made[-1].capacity_limit_id in {one.capacity_limit_id for one in await limits(vtn)}
    assert [one.limit_w for one in await limits(vtn, withdrawn=True) if one.withdrawn_at] == [82_000.0]
    urgent = await bl.made("events", limiting(program, 95, priority=0, targets=[FEEDER, "somel-place-territory-MEL"]))
    assert await in_kw(vtn) == [("F1", 90.0, 2.0, 4.0), ("F1", 95.0, 0.0, 2.0), ("MEL", 95.0, 0.0, 2.0)]
    other = await bl.made("programs", {"programName": "Other", "targets": ["somel-place-power_transformer-T1"]})
    await bl("PUT", f"/events/{urgent['id']}", json=limiting(other, 95, priority=0, targets=None))
    assert await in_kw(vtn) == [("F1", 70.0, 0.0, 2.0), ("F1", 90.0, 2.0, 4.0), ("T1", 95.0, 0.0, 2.0)]
    descriptor = {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "IMPORT_CAPACITY_LIMIT", "units": "W"}
    body = {"programName": "Other", "targets": ["somel-place-power_transformer-T2"], "payloadDescriptors": [descriptor]}
    assert (await bl("PUT", f"/programs/{other['id']}", json=body)).status_code == 200
    assert (await in_kw(vtn))[-1] == ("T2", 0.095, 0.0, 2.0)
    for gone in (other, program):
        await bl("DELETE", f"/programs/{gone['id']}")
    assert await in_kw(vtn) == []
    async with await connect(vtn.url, None) as connection:
        query = "SELECT action, count(*) FROM audit_entry WHERE subject = %s AND action LIKE 'capacity%%' GROUP BY 1"
        cursor = await connection.execute(query, [f"openadr/{event['id']}"])
        assert dict(await cursor.fetchall()) == {"capacity_limit.set": 3, "capacity_limit.withdrawn": 3}


async def test_what_no_place_can_keep_is_a_400_that_changes_nothing(
    vtn: Vtn, bl: Party, ven: Party, town: Town, program: dict[str, Any]
) -> None:
    event = await bl.made("events", limiting(program, 70))
    refused = [
        (limiting(program, 70, targets=["somel-place-feeder-F9"]), "openadr_place_unknown"),
        (limiting(program, 70, targets=["somel-place-commune-59350"]), "openadr_place_unknown"),
        (limiting(program, "much"), "openadr_limit_invalid"),
        (limiting(program, 70, intervalPeriod={"start": EVENT_ENDS.isoformat()}), "openadr_limit_invalid"),
        (limiting(program, *[70] * 600, targets=[FEEDER, "somel-place-feeder-F2"]), "openadr_limit_invalid"),
    ]
    for body, code in refused:
        for answer in (await bl("POST", "/events", json=body), await bl("PUT", f"/events/{event['id']}", json=body)):
            assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert len(await bl.listed("events")) == len(await limits(vtn)) == 1
    over = limiting(program, 5, intervalPeriod={"start": "2026-01-01T00:00:00Z", "duration": "PT1H"})
    await bl.made("events", over)
    await bl.made("events", limiting(program, "for VENs alone", targets=["group-1"]))
    assert await in_kw(vtn) == [("F1", 70.0, 0.0, 2.0)]
    # A VEN can neither set limits nor ask which places there are, and sees no event of a place.
    for target in (FEEDER, "somel-place-feeder-F9"):
        answer = await ven("POST", "/events", json=limiting(program, 1, targets=[target]))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert await ven.listed("events", targets=[target]) == []
    assert (await ven("GET", f"/events/{event['id']}")).status_code == 404
