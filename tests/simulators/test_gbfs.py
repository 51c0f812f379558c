"""The simulated feed says what GBFS says, and its stations live a day."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from core.errors import InputError
from simulators.gbfs import serving
from simulators.stations import StationFleet

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_stations_fill_in_the_middle_by_day_and_outside_by_night():
    fleet = StationFleet(260, seed=1)
    capacity = [one.capacity for one in fleet.stations()]
    for hours in range(24):
        status = fleet.status(NOON + timedelta(hours=hours))
        assert all(0 <= one.bikes <= docks for one, docks in zip(status, capacity, strict=True))
        assert all(one.bikes + one.docks == docks for one, docks in zip(status, capacity, strict=True))

    def middle(now: datetime) -> float:
        return sum(one.bikes for one in fleet.status(now)[:60]) / sum(capacity[:60])

    assert middle(NOON) > 0.6
    assert middle(NOON + timedelta(hours=12)) < 0.4
    changed = sum(
        one.bikes != other.bikes
        for one, other in zip(fleet.status(NOON), fleet.status(NOON + timedelta(minutes=30)), strict=True)
    )
    assert changed > 50


def test_what_a_station_reports_is_of_the_last_minute_and_stays_until_the_next():
    fleet = StationFleet(20, seed=2)
    for one in fleet.status(NOON):
        assert timedelta(0) <= NOON - one.reported_at < timedelta(minutes=1)
    assert StationFleet(20, seed=2).status(NOON) == fleet.status(NOON)
    assert StationFleet(20, seed=3).status(NOON) != fleet.status(NOON)


@pytest.mark.parametrize("version", ["2.3", "3.0"])
def test_what_has_not_changed_is_not_sent_again(version: str):
    now = NOON
    with serving(StationFleet(5, seed=1), lambda: now, version=version) as feed:
        assert httpx.get(feed).json()["version"] == version
        url = feed.replace("gbfs.json", "station_status.json")
        answer = httpx.get(url)
        assert (answer.json()["ttl"], len(answer.json()["data"]["stations"])) == (60, 5)
        known = {"If-None-Match": answer.headers["ETag"]}
        assert httpx.get(url, headers=known).status_code == 304
        now = NOON + timedelta(minutes=1)
        assert httpx.get(url, headers=known).status_code == 200
        assert httpx.get(feed.replace("gbfs", "alerts")).status_code == 404


def test_other_versions_are_not_served():
    fleet = StationFleet(1, 1)
    with pytest.raises(InputError, match="gbfs_version_unknown"), serving(fleet, lambda: NOON, version="1"):
        pass


async def test_the_command_serves_until_it_is_stopped():
    environment = {**os.environ, "SOMEL_CLOCK_REPLAY_ORIGIN": "2026-01-15T12:00:00Z"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "somel", "enjoy", "simulate", "--stations", "3",
        stdout=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(60):
        feed = (await process.stdout.readline()).decode().strip()
        assert (await asyncio.to_thread(httpx.get, feed)).json()["data"]["fr"]["feeds"]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
