"""Weather is fetched when it is due, and when nobody answers forecasts go on without it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.settings import read_settings
from core.slots import slot_floor
from db.connection import Connection, Role, connect
from db.forecasts import latest_run
from db.weather import weather_points
from grid.weather.fetching import TERRITORY, WeatherFetch
from grid.weather.open_meteo import OpenMeteo
from grid.worker import run
from tests.grid.curves import daily_and_weekly
from tests.grid.town import add_load, build_town
from tests.grid.weather.service import Service, as_asked, said, status, weather_service

HOUR = timedelta(hours=1)


def fetch(service: Service, *, pause_s: float = 60.0) -> WeatherFetch:
    return WeatherFetch(
        OpenMeteo(service.url, now=lambda: datetime.now(UTC), wait_s=0.01),
        every=3 * HOUR,
        history=timedelta(days=35),
        horizon=timedelta(days=2),
        pause_s=pause_s,
    )


async def stored(connection: Connection) -> int:
    ((count,),) = await (await connection.execute("SELECT count(*) FROM somel.weather_forecast")).fetchall()
    return int(count)


async def test_the_first_fetch_names_a_point_and_reaches_back_and_the_next_waits(database_url: str):
    await build_town(database_url)
    now = datetime.now(UTC)
    with weather_service() as service:
        async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
            step = fetch(service)
            await step(connection, now)
            assert [point.name for point in await weather_points(connection)] == [TERRITORY]
            assert await stored(connection) > 40 * 24
            soon = now + timedelta(seconds=30)
            await step(connection, soon)
            assert len(service.asked) == 1
            await step(connection, now + 4 * HOUR)
            assert [int(asked["past_days"][0]) for asked in service.asked] in ([43, 1], [44, 1], [43, 2], [44, 2])


async def test_without_points_and_communes_nobody_is_asked(database_url: str):
    with weather_service() as service:
        async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
            await fetch(service)(connection, datetime.now(UTC))
    assert service.asked == []


async def test_a_clock_that_replays_asks_for_no_weather(database_url: str):
    await build_town(database_url)
    with weather_service() as service:
        async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
            await fetch(service)(connection, datetime.now(UTC) - HOUR)
    assert service.asked == []


@pytest.mark.parametrize("trouble", [status(503), status(404), said(b"?")])
async def test_after_a_failure_it_pauses_and_then_tries_again(database_url: str, trouble):
    await build_town(database_url)
    now = datetime.now(UTC)
    with weather_service(trouble, trouble, trouble, as_asked) as service:
        async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
            step = fetch(service, pause_s=0.2)
            await step(connection, now)
            asked = len(service.asked)
            await step(connection, now)
            assert len(service.asked) == asked
            assert await stored(connection) == 0
            for _ in range(3):
                await asyncio.sleep(0.9)
                await step(connection, now)
            assert await stored(connection) > 0


@pytest.mark.parametrize("reply", [as_asked, status(500)])
async def test_the_worker_forecasts_whether_or_not_the_service_answers(database_url: str, reply):
    town = await build_town(database_url)
    now = datetime.now(UTC)
    await add_load(database_url, town.place["T1"], slot_floor(now) - timedelta(days=35), daily_and_weekly(35))
    with weather_service(reply) as service:
        work = asyncio.create_task(run(read_settings(weather_url=service.url), database_url=database_url))
        async with asyncio.timeout(90), await connect(database_url, Role.COMPUTE, autocommit=True) as connection:

            async def done() -> bool:
                has_weather = await stored(connection) > 0 or reply is not as_asked
                return (
                    has_weather and bool(service.asked) and await latest_run(connection, as_of=now + HOUR) is not None
                )

            while not await done():  # noqa: ASYNC110 - another task does it
                await asyncio.sleep(0.1)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
