"""An event moves only as the table of transitions says, by people or by the clock."""

from datetime import datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest

from core.errors import ConflictError, InputError, NotFoundError
from db.connection import Role, connect
from db.demand_response import Event, commands_of_event, event_by_id, set_event_status
from grid.demand_response.lifecycle import (
    TRANSITIONS,
    EventStatus,
    advance_events,
    draft_event,
    due_statuses,
    require_transition,
)
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import build_town

ALLOWED = {
    ("draft", "scheduled"),
    ("draft", "cancelled"),
    ("scheduled", "active"),
    ("scheduled", "cancelled"),
    ("active", "completed"),
    ("active", "cancelled"),
}


def event_that_is(status: str) -> Event:
    return Event(uuid4(), "Pointe", 1, status, EVENT_STARTS, EVENT_ENDS, NOON, NOON)


@pytest.mark.parametrize(("before", "after"), list(product(EventStatus, EventStatus)))
def test_a_transition_is_allowed_exactly_when_the_table_says_so(before: EventStatus, after: EventStatus):
    if (before, after) in ALLOWED:
        require_transition(event_that_is(before), after)
    else:
        with pytest.raises(ConflictError, match="event_transition"):
            require_transition(event_that_is(before), after)


def test_the_table_of_transitions_is_complete():
    assert set(TRANSITIONS) == set(EventStatus)


@pytest.mark.parametrize(
    ("status", "now", "due"),
    [
        ("draft", EVENT_STARTS - timedelta(seconds=1), []),
        ("draft", EVENT_STARTS, ["cancelled"]),
        ("scheduled", EVENT_STARTS - timedelta(seconds=1), []),
        ("scheduled", EVENT_STARTS, ["active"]),
        ("scheduled", EVENT_ENDS, ["active", "completed"]),
        ("active", EVENT_ENDS - timedelta(seconds=1), []),
        ("active", EVENT_ENDS, ["completed"]),
        ("completed", EVENT_ENDS, []),
        ("cancelled", EVENT_ENDS, []),
    ],
)
def test_the_clock_moves_an_event_at_its_edges(status: str, now: datetime, due: list[str]):
    assert due_statuses(event_that_is(status), now) == due


async def test_the_schema_and_the_code_know_the_same_statuses(database_url: str):
    town = await build_town(database_url)
    async with await connect(database_url, Role.COMPUTE) as connection:
        event = await draft(connection, town.place["F1"])
        for status in EventStatus:
            await set_event_status(connection, event_id=event.event_id, status=status, now=NOON)
        with pytest.raises(InputError):
            await set_event_status(connection, event_id=event.event_id, status="paused", now=NOON)
        await connection.rollback()


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "code"),
    [
        (EVENT_STARTS + timedelta(minutes=10), EVENT_ENDS, "event_off_grid"),
        (EVENT_STARTS, EVENT_ENDS + timedelta(seconds=1), "event_off_grid"),
        (EVENT_STARTS, EVENT_STARTS, "event_span_empty"),
        (NOON - timedelta(hours=1), EVENT_ENDS, "event_in_past"),
        (EVENT_STARTS + timedelta(days=8), EVENT_ENDS + timedelta(days=8), "event_too_far"),
        (EVENT_STARTS, EVENT_STARTS + timedelta(hours=25), "event_too_long"),
        (EVENT_STARTS.replace(tzinfo=None), EVENT_ENDS, "naive_time"),
    ],
)
async def test_a_span_that_cannot_be_is_refused_by_name(
    database_url: str, starts_at: datetime, ends_at: datetime, code: str
):
    town = await build_town(database_url)
    async with await connect(database_url, Role.COMPUTE) as connection:
        with pytest.raises(InputError) as refused:
            await draft(connection, town.place["F1"], starts_at=starts_at, ends_at=ends_at)
    assert refused.value.code == code


async def test_what_is_not_there_is_not_found(database_url: str):
    await build_town(database_url)
    async with await connect(database_url, Role.COMPUTE) as connection:
        with pytest.raises(NotFoundError, match="place_unknown"):
            await draft(connection, 999_999)
        with pytest.raises(InputError, match="event_name_missing"):
            await draft_event(connection, name=" ", place_id=1, starts_at=EVENT_STARTS, ends_at=EVENT_ENDS, now=NOON)
        for act in (plan_event, approve_event, cancel_event):
            with pytest.raises(NotFoundError, match="event_unknown"):
                await act(connection, event_id=uuid4(), now=NOON)


async def test_a_cancelled_event_takes_back_the_commands_that_were_not_sent(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE) as connection:
        event = await draft(connection, town.place["T1"])
        await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
        cancelled = await cancel_event(connection, event_id=event.event_id, now=NOON)
        commands = await commands_of_event(connection, event.event_id)
        assert cancelled.status == EventStatus.CANCELLED
        assert {(command.status, command.reason) for command in commands} == {("expired", "event_cancelled")}
        with pytest.raises(ConflictError, match="event_transition"):
            await cancel_event(connection, event_id=event.event_id, now=NOON)


async def test_the_clock_starts_and_ends_scheduled_events_and_drops_drafts(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        forgotten = await draft(connection, town.place["T1"])
        event = await draft(connection, town.place["T1"])
        await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
        assert await advance_events(connection, now=EVENT_STARTS - timedelta(seconds=1)) == []
        moved = await advance_events(connection, now=EVENT_STARTS)
        assert {(one.event_id, one.status) for one in moved} == {
            (forgotten.event_id, "cancelled"),
            (event.event_id, "active"),
        }
        assert [one.status for one in await advance_events(connection, now=EVENT_ENDS)] == ["completed"]
        stored = await event_by_id(connection, event.event_id)
        assert stored is not None
        assert (stored.status, stored.status_at) == ("completed", EVENT_ENDS)
