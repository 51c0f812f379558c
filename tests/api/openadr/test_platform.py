"""The platform's own events reach VENs as OpenADR events, and their reports come back as telemetry and opt-outs."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core.clock import Clock
from db.connection import Role, connect
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event
from grid.openadr.bridge import PROGRAM_NAME, publish_commands
from ingest.line import database_lines
from ingest.openadr.reports import Reports, take_reports
from tests.api.openadr.conftest import Party, Vtn
from tests.grid.demand_response.evening import EVENT_STARTS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import Town, build_town

CODES = ("implausible", "not_over", "quality", "step", "value")
MORNING = NOON + timedelta(days=1)


@dataclass(frozen=True)
class Evening:
    """An approved event that commands three chargers behind T1."""

    town: Town
    event_id: Any

    def usage_point(self) -> int:
        return self.town.usage_points["T1"][0]


@pytest.fixture
async def evening(vtn: Vtn) -> Evening:
    town = await build_town(vtn.url)
    await forecast_flat(vtn.url, town, dict.fromkeys(("T1", "T2", "T3"), 30_000.0))
    await add_chargers(vtn.url, town, "T1")
    async with await connect(vtn.url, Role.COMPUTE) as connection:
        event = await draft(connection, town.place["F1"])
        await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
    return Evening(town, event.event_id)


async def house(bl: Party, ven: Party, name: str, charger: str) -> dict[str, Any]:
    """Let business logic make a VEN with a charger of the platform and return the charger."""
    client = {"clientID": ven.client_id}
    made = await bl.made("vens", {"objectType": "BL_VEN_REQUEST", "venName": name, **client})
    body = {"objectType": "BL_RESOURCE_REQUEST", "resourceName": charger, "venID": made["id"], **client}
    return await bl.made("resources", body)


async def rows(vtn: Vtn, query: str) -> list[Any]:
    async with await connect(vtn.url, None) as connection:
        return await (await connection.execute(query)).fetchall()


async def told(vtn: Vtn) -> int:
    async with await connect(vtn.url, Role.COMPUTE) as connection:
        return await publish_commands(connection, now=NOON)


async def ingested(vtn: Vtn) -> Any:
    async with await connect(vtn.url, Role.INGEST) as connection:
        return await take_reports(connection, MORNING)


async def own_events(ven: Party) -> list[dict[str, Any]]:
    targets = [target for resource in await ven.listed("resources") for target in resource.get("targets", ())]
    return await ven.listed("events", targets=targets) if targets else []


async def test_a_command_is_an_event_for_its_own_resource_alone(
    vtn: Vtn, bl: Party, ven: Party, other: Party, evening: Evening
) -> None:
    charger = await house(bl, ven, "house", "ev-T1-0")
    await house(bl, other, "neighbour", "ev-T1-1")
    assert (await told(vtn), await told(vtn)) == (2, 0)
    (event,) = await own_events(ven)
    ((setpoints, start),) = await rows(
        vtn,
        "SELECT dispatch_setpoint_w, start_at FROM command JOIN end_device USING (end_device_id)"
        " WHERE name = 'ev-T1-0'",
    )
    told_kw = [interval["payloads"][0]["values"][0] for interval in event["intervals"]]
    assert told_kw == pytest.approx([power_w / 1_000 for power_w in setpoints], abs=1e-4)
    assert event["intervalPeriod"] == {"start": start.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "duration": "PT1800S"}
    assert event["targets"] == [f"somel-resource-{charger['id']}"]
    (theirs,) = await own_events(other)
    assert theirs["id"] != event["id"]
    assert (await other("GET", f"/events/{event['id']}")).status_code == 404
    assert [row["programName"] for row in await ven.listed("programs")] == [PROGRAM_NAME]
    await rows_changed(vtn, "UPDATE command SET dispatch_setpoint_w = '{500}'")
    assert await told(vtn) == 2
    assert (await own_events(ven))[0]["intervals"][0]["payloads"][0]["values"] == [0.5]
    async with await connect(vtn.url, Role.COMPUTE) as connection:
        await cancel_event(connection, event_id=evening.event_id, now=NOON)
    assert await own_events(ven) == []
    assert await told(vtn) == 0  # it was told with the decision, not by the worker's next round


async def rows_changed(vtn: Vtn, statement: str) -> None:
    async with await connect(vtn.url, None) as connection:
        await connection.execute(statement)


async def test_a_ven_opts_out_by_its_report_of_its_own_command_alone(
    vtn: Vtn, bl: Party, ven: Party, other: Party, evening: Evening
) -> None:
    await house(bl, ven, "house", "ev-T1-0")
    mine = await other.made("vens", {"objectType": "VEN_VEN_REQUEST", "venName": "neighbour"})
    body = {"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "ev-T1-1", "venID": mine["id"]}
    await other.made("resources", body)  # by a VEN's own word alone a resource is nobody's device
    assert await told(vtn) == 1
    (event,) = await own_events(ven)

    def report(name: str, *states: str) -> dict[str, Any]:
        intervals = [
            {"id": number, "payloads": [{"type": "OPERATING_STATE", "values": [state]}]}
            for number, state in enumerate(states)
        ]
        return {
            "eventID": event["id"],
            "clientName": "x",
            "resources": [{"resourceName": name, "intervals": intervals}],
        }

    assert (await other("POST", "/reports", json=report("ev-T1-0", "IDLE_OPTED_OUT"))).status_code == 409
    await ven.made("reports", report("ev-T1-1", "IDLE_OPTED_OUT"))
    made = await ven.made("reports", report("ev-T1-0", "IDLE_OPTED_OUT", "RUNNING_CURTAILED"))
    states = "SELECT name, status FROM command JOIN end_device USING (end_device_id) ORDER BY name"
    assert {status for _, status in await rows(vtn, states)} == {"pending"}
    await ven("PUT", f"/reports/{made['id']}", json=report("ev-T1-0", "RUNNING_OPTED_OUT"))
    assert await rows(vtn, states) == [("ev-T1-0", "opted_out"), ("ev-T1-1", "pending"), ("ev-T1-2", "pending")]


def usage_report(event_id: str, *usage_kwh: Any, **more: Any) -> dict[str, Any]:
    """Return a report of usage from the event's start on; `more` says the step, the name, and payloads beside."""
    intervals = [
        {"id": number, "payloads": [{"type": "USAGE", "values": [value]}, *more.get("beside", ())]}
        for number, value in enumerate(usage_kwh)
    ]
    period = {"start": EVENT_STARTS.isoformat(), "duration": more.get("step", "PT30M")}
    resource = {"resourceName": more.get("name", "ev-T1-0"), "intervalPeriod": period, "intervals": intervals}
    return {"eventID": event_id, "clientName": "x", "resources": [resource]}


async def test_a_report_counts_as_telemetry_once_and_its_revisions_are_kept(
    vtn: Vtn, bl: Party, ven: Party, evening: Evening
) -> None:
    await house(bl, ven, "house", "ev-T1-0")
    await told(vtn)
    ((event,), quality) = await own_events(ven), {"type": "DATA_QUALITY", "values": ["ESTIMATED"]}
    report = partial(usage_report, event["id"])
    made = await ven.made("reports", report(0.25, 0.5))
    counts = await ingested(vtn)
    assert (counts.received, counts.stored, await ingested(vtn)) == (2, 2, None)
    read = "SELECT usage_point_id, register_id, quality, step_s, value FROM interval_reading ORDER BY start_at"
    point = evening.usage_point()
    assert await rows(vtn, read) == [(point, 1, 0, 1800, 250.0), (point, 1, 0, 1800, 500.0)]
    await ven("PUT", f"/reports/{made['id']}", json=report(0.25, 0.75, beside=[quality]))
    await ven.made("reports", report(0.25, name="AGGREGATED_REPORT"))
    counts = await ingested(vtn)
    assert (counts.stored, counts.duplicate, counts.revised) == (0, 0, 2)  # of the first, the quality
    assert [row[2:] for row in await rows(vtn, read)] == [(2, 1800, 250.0), (2, 1800, 750.0)]
    assert await rows(vtn, "SELECT count(*) FROM interval_reading_revision") == [(2,)]
    for wrong in (
        report(999.0),
        report("much"),
        report(1, step="PT7M"),
        report(1, step="P2D"),
        report(1, 2, beside=[{**quality, "values": ["GOOD"]}]),
    ):
        await ven.made("reports", wrong)
    counts = await ingested(vtn)
    assert (counts.refused, counts.stored + counts.revised) == (6, 0)
    codes = await rows(vtn, "SELECT code, refused_count FROM refused_message ORDER BY code")
    assert codes == [(f"report_{code}", 1 + (code == "quality")) for code in CODES]
    await rows_changed(
        vtn,
        "INSERT INTO end_device (name, kind, gateway_id, usage_point_id)"
        " SELECT 'meter-1', 'meter', gateway_id, usage_point_id FROM end_device WHERE name = 'ev-T1-0'",
    )
    await ven.made("reports", report(9.0))  # a charger's usage is not the house's, which has a meter
    assert (await ingested(vtn)).received == 0


async def test_a_worker_reads_reports_as_they_come(vtn: Vtn, bl: Party, ven: Party, evening: Evening) -> None:
    await house(bl, ven, "house", "ev-T1-0")
    event = await bl.made("events", {"programID": (await bl.made("programs", {"programName": "P"}))["id"]})
    line, stored = database_lines(vtn.url)["reports"], asyncio.Queue[int]()
    reading = asyncio.create_task(Reports(line, Clock(), every_s=0.05, stored=stored.put_nowait).run())
    interval = {
        "id": 0,
        "intervalPeriod": {"start": EVENT_STARTS.isoformat(), "duration": "PT30M"},
        "payloads": [{"type": "DEMAND", "values": [-2.0]}],
    }
    resource = {"resourceName": "ev-T1-0", "intervals": [interval]}
    await ven.made("reports", {"eventID": event["id"], "clientName": "x", "resources": [resource]})
    assert await asyncio.wait_for(stored.get(), 20) == 1
    reading.cancel()
    await asyncio.wait([reading])
    await line.close()
    # What flows out is export: 2 kW over half an hour.
    assert await rows(vtn, "SELECT register_id, value FROM interval_reading") == [(2, 1000.0)]
