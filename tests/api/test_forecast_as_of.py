"""What a forecast said of itself stays said: corrections that come later change nothing of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest

from api.app import create_app
from core.slots import SLOT
from db.connection import Role, connect
from db.rollup import roll_up_pending
from grid.forecaster import Forecaster
from tests.api.conftest import bearer, settings_at
from tests.api.world import DAY, NOW, World, build_world, intervals, write_intervals
from tests.grid.curves import daily_and_weekly
from tests.grid.town import add_load

FIRST = DAY + timedelta(days=2)
SECOND = FIRST + timedelta(hours=6)
START = FIRST - timedelta(days=35)
PATH = "/v1/places/feeder/F-2/forecast"


@pytest.fixture
async def issued(database_url: str) -> World:
    """Build the world with five weeks of load behind the second feeder, and issue a forecast."""
    world = await build_world(database_url)
    for code in ("F-2", "T-3"):
        await add_load(database_url, world.place[code], START, daily_and_weekly(35, mean_w=1_000.0), count=1)
    await _issue(database_url)
    return world


@pytest.fixture
async def client(issued: World) -> AsyncIterator[httpx.AsyncClient]:
    application = create_app(settings_at(NOW), database_url=issued.url)
    async with application.router.lifespan_context(application):
        transport = httpx.ASGITransport(application)
        headers = bearer(issued.secrets["grid"])
        async with httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=headers) as client:
            yield client


async def _issue(url: str, now: Any = FIRST) -> None:
    async with await connect(url, Role.COMPUTE) as connection:
        await Forecaster(history_days=35, horizon_h=48, fit_every=timedelta(0)).issue(connection, now=now)


async def _told(client: httpx.AsyncClient, **parameters: str) -> dict[str, Any]:
    answer = await client.get(PATH, params=parameters)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def test_skill_is_told_by_lead_and_against_last_week(client: httpx.AsyncClient):
    skill = (await _told(client))["skill"]
    blocks = [(block["lead_start_h"], block["lead_end_h"]) for block in skill["by_lead"]]
    assert blocks == [(0, 6), (6, 12), (12, 24), (24, 36), (36, 48)]
    assert (skill["method"], skill["origin_count"]) == ("expert_mix", 11)
    for told in (skill, *skill["by_lead"]):
        assert told["naive_ratio"] == pytest.approx(told["mae_w"] / told["naive_mae_w"])
        assert 0.0 < told["rcrps_ratio"] < told["rmae_ratio"] < 0.2
        assert 0.5 < told["coverage_ratio"] <= 1.0


async def test_a_correction_changes_nothing_of_what_was_issued(client: httpx.AsyncClient, issued: World):
    said = await _told(client)
    point = issued.usage_points[3]
    async with await connect(issued.url, Role.INGEST) as connection:
        wild = intervals(point, [9_000.0] * 480, start=FIRST - 480 * SLOT)
        await write_intervals(connection, [wild], known_at=SECOND)
        await roll_up_pending(connection, SECOND)
    await _issue(issued.url, SECOND)
    now = await _told(client)
    assert now["issued_at"] == "2026-01-17T06:00:00Z"
    assert now["skill"]["mae_w"] > 2 * said["skill"]["mae_w"]  # the correction is in the next forecast: this could fail
    assert now["skill"]["by_lead"] != said["skill"]["by_lead"]
    then = await _told(client, as_of=FIRST.isoformat())
    for name in ("issued_at", "known_until", "quantiles", "skill"):
        assert then[name] == said[name], name
    for before, after in zip(said["items"], then["items"], strict=True):
        assert {**before, "measured_w": None} == {**after, "measured_w": None}


async def test_before_its_first_issue_a_forecast_is_unknown(client: httpx.AsyncClient):
    answer = await client.get(PATH, params={"as_of": (FIRST - SLOT).isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (404, "forecast_unknown")


async def test_a_place_with_too_little_history_has_no_skill_by_lead(client: httpx.AsyncClient, issued: World):
    await add_load(issued.url, issued.place["59009"], FIRST - 96 * SLOT, np.full(96, 800.0))
    await _issue(issued.url, SECOND)
    answer = (await client.get("/v1/places/commune/59009/forecast")).json()
    assert answer["skill"]["by_lead"] == []
    assert answer["skill"]["mae_w"] is None
