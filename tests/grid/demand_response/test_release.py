"""An event that is stopped lets go at once of all it holds, and of them one after the other where there is no room."""

import asyncio
from datetime import timedelta

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from api.app import create_app
from core.errors import ConflictError, InputError
from db.access import create_token
from db.audit import WantedEntries, newest_entries
from db.closed_loop import CalledResource, adjustments_of_event, called_resources
from db.connection import Connection, Role, connect
from db.demand_response import Event
from grid.demand_response.lifecycle import EventStatus, advance_events, draft_event
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event, stop_event, stop_events
from somel.cli import app
from tests.api.conftest import bearer, settings_at
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, forecast_flat
from tests.grid.town import Town, build_town

IN_IT = EVENT_STARTS + timedelta(minutes=20)
ROOM_W = 47_500 - 35_000


async def running(url: str, *, status: str = "accepted", chargers: int = 6) -> tuple[Town, Event]:
    """Bring an event on chargers of 7 kW to its start; after it there is room for 12.5 kW."""
    town = await build_town(url, usage_points=chargers, rated_va=50_000)
    await forecast_flat(url, town, {"T1": 35_000.0})
    await add_chargers(url, town, "T1")
    async with await connect(url, Role.COMPUTE, autocommit=True) as connection:
        event = await draft_event(
            connection, name="Pointe", place_id=town.place["T1"], starts_at=EVENT_STARTS, ends_at=EVENT_ENDS, now=NOON
        )
        await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
        await set_all(url, status)
        (event,) = await advance_events(connection, now=EVENT_STARTS)
    return town, event


async def set_all(url: str, status: str, *, specification: str = "1.1") -> None:
    async with await connect(url, None) as connection:
        await connection.execute("UPDATE command SET status = %s, attempt_count = 1", [status])
        await connection.execute("UPDATE gateway SET specification = %s", [specification])


async def commands(connection: Connection, event: Event) -> tuple[list[CalledResource], list[CalledResource]]:
    """Return the commands of the plan, and those that let go."""
    rows = await called_resources(connection, event.event_id)
    return [row for row in rows if row.issued_at == NOON], [row for row in rows if row.issued_at > NOON]


def drawn_w(rows: list[CalledResource]) -> np.ndarray:
    total_w = np.zeros(max(len(row.dispatch_setpoint_w) for row in rows))
    for row in rows:
        total_w[: len(row.dispatch_setpoint_w)] += row.dispatch_setpoint_w
    return total_w


async def test_those_held_back_come_back_one_after_the_other_from_the_slot_that_runs_on(database_url: str):
    _, event = await running(database_url)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        stopped = await stop_event(
            connection, event_id=event.event_id, now=IN_IT, actor="token/ada", reason=" fire at the substation "
        )
        assert (stopped.status, stopped.status_reason) == (EventStatus.CANCELLED, "fire at the substation")
        before, after = await commands(connection, event)
        assert {row.status for row in before} == {"replaced"}
        assert [row.status for row in after] == ["pending"] * 6
        assert {row.start_at for row in after} == {EVENT_STARTS}
        total_w = drawn_w(after)
        # In the event's slots the chargers' own 42 kW are part of the forecast, so that there is room for all 47.5 kW.
        assert total_w[0] == pytest.approx(42_000.0)
        assert total_w[2:].max() <= ROOM_W + 1
        # They drew nothing for 20 of 30 minutes: what they take is what they had been told to need, no more.
        left_wh = total_w[0] / 6 + total_w[1:].sum() / 2
        assert left_wh == pytest.approx(6 * 7_000.0, abs=10.0)
        (made,) = await adjustments_of_event(connection, event.event_id)
        assert (made.purpose, made.command_count, made.unserved_wh) == ("release", 6, 0.0)
        (entry, *_) = await newest_entries(connection, WantedEntries(action="event.stopped"), limit=1)
        assert (entry.actor, entry.subject) == ("token/ada", f"event/{event.event_id}")
        assert '"reason":"fire at the substation"' in entry.content
        with pytest.raises(ConflictError, match="event_transition"):
            await cancel_event(connection, event_id=event.event_id, now=IN_IT)
        with pytest.raises(InputError, match="reason_missing"):
            await stop_event(connection, event_id=event.event_id, now=IN_IT, actor="operator", reason=" ")


async def test_who_was_never_told_or_did_not_obey_is_not_told_to_come_back(database_url: str):
    _, event = await running(database_url)
    async with await connect(database_url, None, autocommit=True) as connection:
        rows = await called_resources(connection, event.event_id)
        for row, status in zip(rows, ("pending", "opted_out", "unanswered", "refused"), strict=False):
            await connection.execute("UPDATE command SET status = %s WHERE command_id = %s", [status, row.command_id])
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        await cancel_event(connection, event_id=event.event_id, now=IN_IT)
        before, after = await commands(connection, event)
        statuses = [row.status for row in sorted(before, key=lambda row: row.end_device_id)]
        assert statuses == ["expired", "opted_out", "unanswered", "refused", "replaced", "replaced"]
        assert len(after) == 2


async def test_before_anybody_is_held_back_commands_are_only_taken_back(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        events = []
        for name in ("Pointe", "Nobody's"):
            event = await draft_event(
                connection, name=name, place_id=town.place["T1"], starts_at=EVENT_STARTS, ends_at=EVENT_ENDS, now=NOON
            )
            await plan_event(connection, event_id=event.event_id, now=NOON)
            events.append(event)
        await approve_event(connection, event_id=events[0].event_id, now=NOON)
        await set_all(database_url, "accepted")
        stopped = await stop_events(connection, now=NOON + timedelta(minutes=1), actor="operator", reason="storm")
        assert [event.event_id for event in stopped] == [events[0].event_id]
        before, after = await commands(connection, events[0])
        assert ({row.status for row in before}, after) == ({"withdrawn"}, [])
        assert await stop_events(connection, now=NOON, actor="operator", reason="storm") == []


async def test_a_gateway_that_hears_no_more_after_its_command_comes_back_as_the_plan_said(database_url: str):
    _, event = await running(database_url)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        (done,) = await advance_events(connection, now=EVENT_ENDS)
        assert done.status == EventStatus.COMPLETED
        before, after = await commands(connection, event)
        assert after == []
        total_w = drawn_w(before)
        assert total_w[:2].tolist() == [0.0, 0.0]
        assert total_w[2:].max() <= ROOM_W + 1
        assert total_w.sum() / 2 == pytest.approx(42_000.0, abs=5.0)


async def test_stopping_does_not_fail_where_the_forecast_is_gone(database_url: str):
    _, event = await running(database_url)
    async with await connect(database_url, None, autocommit=True) as connection:
        await connection.execute("TRUNCATE forecast, forecast_run CASCADE")
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        await stop_event(connection, event_id=event.event_id, now=IN_IT, actor="operator", reason="storm")
        before, after = await commands(connection, event)
        assert ({row.status for row in before}, after) == ({"withdrawn"}, [])


async def test_an_operator_stops_events_by_the_api(database_url: str):
    _, event = await running(database_url, chargers=1)
    async with await connect(database_url, None) as connection:
        _, secret = await create_token(connection, "ada", ["read:grid", "operate:grid"])
        _, reader = await create_token(connection, "reader", ["read:grid"])
    api = create_app(settings_at(IN_IT), database_url=database_url)
    async with (
        api.router.lifespan_context(api),
        httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://somel.test") as client,
    ):
        path, body = f"/v1/events/{event.event_id}/stop", {"reason": "storm"}
        assert (await client.post(path, json=body, headers=bearer(reader))).status_code == 403
        assert (await client.post(path, json={"reason": ""}, headers=bearer(secret))).status_code == 422
        answer = await client.post(path, json=body, headers=bearer(secret))
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert (await client.post(path, json=body, headers=bearer(secret))).status_code == 409
        assert (await client.post("/v1/events/stop", json=body, headers=bearer(secret))).json() == []


def typed(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["events", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_an_operator_drafts_approves_shows_and_stops_from_the_command_line(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    async def prepare() -> None:
        town = await build_town(database_url)
        await forecast_flat(database_url, town, {"T1": 20_000.0})
        await add_chargers(database_url, town, "T1")

    asyncio.run(prepare())
    clock = {"WALL_ORIGIN": "2100-01-01T00:00:00Z", "REPLAY_ORIGIN": NOON.isoformat()}
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:9")
    for name, value in clock.items():
        monkeypatch.setenv(f"SOMEL_CLOCK_{name}", value)
    assert "no events yet" in typed("list")
    span = ("--from", f"{EVENT_STARTS:%Y-%m-%dT%H:%M:%S}", "--until", f"{EVENT_ENDS:%Y-%m-%dT%H:%M:%S}")
    said = typed("draft", "Pointe", "--place", "power_transformer/T1", *span, "--target-kw", "30")
    assert "it would reduce 21.0 / 21.0 kW" in said
    assert "it would miss its target by 11.1 / 11.1 kW" in said
    event = said.split()[0]
    assert f"{event}  draft" in typed("list")
    assert "is scheduled" in typed("approve", event)
    shown = typed("show", event)
    assert "commands  3 pending" in shown
    assert '"status": "scheduled"' in typed("show", event, "--json")
    assert "is cancelled: storm" in typed("stop", "--all", "--reason", "storm")
    assert "no event is scheduled or active" in typed("stop", "--all", "--reason", "storm")
    with pytest.raises(InputError, match="event_ambiguous"):
        typed("stop", "--reason", "storm")
    other = typed("draft", "Pointe", "--place", "power_transformer/T1", *span).split()[0]
    assert "is cancelled" in typed("cancel", other)
