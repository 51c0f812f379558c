"""A grid process that is killed in the middle of an event goes on where it was, and tells nobody anything twice."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.audit import WantedEntries, newest_entries
from db.closed_loop import EventTracking, adjustments_of_event, called_resources, tracking_of_event
from db.connection import Connection, Role, connect
from db.demand_response import event_by_id
from tests.grid.demand_response.evening import EVENT_STARTS
from tests.grid.demand_response.test_closed_loop import answered, approved, town_of

SPEED = 60.0


async def _grid(url: str, origin: datetime) -> Process:
    """Start the process five replayed minutes before the event starts."""
    clock = {
        "SOMEL_CLOCK_WALL_ORIGIN": origin.isoformat(),
        "SOMEL_CLOCK_REPLAY_ORIGIN": (EVENT_STARTS - timedelta(minutes=5)).isoformat(),
        "SOMEL_CLOCK_SPEED": str(SPEED),
    }
    environment = {**os.environ, "SOMEL_DATABASE_URL": url, "SOMEL_LOG_LEVEL": "error", **clock}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "grid", env=environment, stdout=DEVNULL)


async def _tracked(connection: Connection, event_id: UUID, after: datetime) -> list[EventTracking]:
    """Wait until the event was looked at later than `after`."""
    while True:
        rows = await tracking_of_event(connection, event_id)
        if rows and rows[0].tracked_at > after:
            return rows
        await asyncio.sleep(0.1)


@pytest.mark.slow(40)
@pytest.mark.timeout(200)
async def test_a_process_that_is_killed_goes_on_and_nobody_is_called_twice(database_url: str):
    town = await town_of(database_url)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, 18_000.0)
        first = [row.end_device_id for row in await called_resources(connection, event.event_id)]
        await answered(database_url, {first[0]: "accepted", first[1]: "opted_out", first[2]: "accepted"})
        origin = datetime.now(UTC)
        process = await _grid(database_url, origin)
        async with asyncio.timeout(90):
            before = await _tracked(connection, event.event_id, EVENT_STARTS)
            process.kill()
            await process.wait()
        process = await _grid(database_url, origin)
        async with asyncio.timeout(90):
            after = await _tracked(connection, event.event_id, before[0].tracked_at)
            process.terminate()
            assert await process.wait() == 0
        rows = await called_resources(connection, event.event_id)
        assert len(rows) == len({row.end_device_id for row in rows}) == 4
        assert [one.purpose for one in await adjustments_of_event(connection, event.event_id)] == ["redispatch"]
        assert [one.called_count for one in after] == [4, 4]
        found = await event_by_id(connection, event.event_id)
        assert found is not None
        assert found.status in ("active", "completed")
        started = await newest_entries(connection, WantedEntries(action="event.started"), limit=5)
        assert [entry.actor for entry in started] == ["process/grid"]
