"""The grid process forecasts when data is there, follows events, and stops when told to."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from core.errors import ConfigurationError
from core.settings import read_settings
from core.slots import slot_floor
from db.connection import Connection, Role, connect
from db.demand_response import event_by_id, results_of_event
from db.forecasts import latest_run
from grid import cluster
from grid.demand_response.plan import approve_event, plan_event
from grid.worker import run
from tests.grid.curves import daily_and_weekly
from tests.grid.demand_response.evening import EVENT_STARTS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import add_load, add_readings, answer, build_town


async def _wait_for_forecast(url: str, as_of: datetime) -> None:
    async with await connect(url, Role.READ, autocommit=True) as connection:
        while await latest_run(connection, as_of=as_of) is None:  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.1)


async def test_a_forecast_is_issued_at_the_start_and_not_again_too_soon(database_url: str):
    town = await build_town(database_url)
    now = datetime.now(UTC)
    start = slot_floor(now) - timedelta(days=35)
    await add_load(database_url, town.place["T1"], start, daily_and_weekly(35))
    for _ in range(2):
        ready = asyncio.Event()
        work = asyncio.create_task(run(read_settings(), database_url=database_url, ready=ready.set))
        async with asyncio.timeout(60):
            await ready.wait()
            await _wait_for_forecast(database_url, now + timedelta(hours=1))
        await asyncio.sleep(0.5)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    async with await connect(database_url, Role.READ) as connection:
        cursor = await connection.execute("SELECT count(*) FROM forecast_run")
        assert await cursor.fetchone() == (1,)


async def test_without_the_cluster_that_is_set_a_forecast_is_issued_all_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    town = await build_town(database_url)
    now = datetime.now(UTC)
    await add_load(database_url, town.place["T1"], slot_floor(now) - timedelta(days=35), daily_and_weekly(35))
    settings = read_settings(dask_scheduler="tcp://127.0.0.1:1")
    with capture_logs() as logs:
        work = asyncio.create_task(run(settings, database_url=database_url))
        async with asyncio.timeout(60):
            await _wait_for_forecast(database_url, now + timedelta(hours=1))
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    said = [line for line in logs if line["event"] == "work_goes_on_here"]
    assert [(line["code"], line["scheduler"]) for line in said] == [("dask_unreachable", "tcp://127.0.0.1:1")]


async def test_an_event_runs_its_course_by_the_clock_even_when_connections_break(database_url: str):
    town = await build_town(database_url, usage_points=1)
    point = town.usage_points["T1"][0]
    for days in range(1, 20):
        await add_readings(database_url, point, EVENT_STARTS - timedelta(days=days), [2_000, 2_000])
    await add_readings(database_url, point, EVENT_STARTS, [500, 700])
    await forecast_flat(database_url, town, {"T1": 20_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE) as connection:
        event = await draft(connection, town.place["T1"])
        await plan_event(connection, event_id=event.event_id, now=NOON)
        await approve_event(connection, event_id=event.event_id, now=NOON)
    await answer(database_url, event.event_id, "accepted")
    settings = read_settings(
        clock_wall_origin=datetime.now(UTC), clock_replay_origin=EVENT_STARTS - timedelta(minutes=2), clock_speed=600
    )
    work = asyncio.create_task(run(settings, database_url=database_url))
    async with asyncio.timeout(60), await connect(database_url, None, autocommit=True) as connection:
        await _wait_for_status(connection, event.event_id, "active")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'somel somel_compute'"
        )
        await _wait_for_status(connection, event.event_id, "completed")
        while len(results := await results_of_event(connection, event.event_id)) < 2:  # noqa: ASYNC110 - another task makes them
            await asyncio.sleep(0.1)
    work.cancel()
    assert [(one.baseline_w, one.measured_w) for one in results] == [(2_000.0, 500.0), (2_000.0, 700.0)]


async def _wait_for_status(connection: Connection, event_id: UUID, status: str) -> None:
    while (event := await event_by_id(connection, event_id)) is None or event.status != status:  # noqa: ASYNC110 - another process moves it
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_process_with_success(database_url: str, number: signal.Signals):
    town = await build_town(database_url)
    await add_load(
        database_url, town.place["T1"], slot_floor(datetime.now(UTC)) - timedelta(days=35), daily_and_weekly(35)
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "grid", env={**os.environ, "SOMEL_DATABASE_URL": database_url}
    )
    async with asyncio.timeout(60):
        await _wait_for_forecast(database_url, datetime.now(UTC) + timedelta(hours=1))
        process.send_signal(number)
        assert await process.wait() == 0


async def test_a_database_that_refuses_us_ends_the_process_and_says_so(database_url: str):
    with pytest.raises(ConfigurationError, match="database_refused"):
        await run(read_settings(), database_url=database_url + "_that_is_not_there")
