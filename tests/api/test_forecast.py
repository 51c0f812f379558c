from datetime import timedelta

import httpx
import pytest

from tests.api.world import DAY, ISSUES


async def test_a_forecast_comes_with_its_skill_and_the_load_that_came(client: httpx.AsyncClient):
    forecast = (await client.get("/v1/places/feeder/F-1/forecast")).json()
    assert forecast["issued_at"] == "2026-01-15T18:00:00Z"
    assert forecast["quantiles"] == pytest.approx([0.05, 0.5, 0.95])
    assert forecast["skill"]["mape_ratio"] == pytest.approx(0.06)
    assert forecast["skill"]["naive_mape_ratio"] == pytest.approx(0.11)
    items = forecast["items"]
    assert len(items) == 96
    assert items[0]["quantile_load_w"] == [918.0, 1018.0, 1118.0]
    measured = [item["valid_from"] for item in items if item["measured_w"] is not None]
    assert measured[0] == "2026-01-15T18:00:00Z"
    assert len(measured) == 12  # the day's last twelve slots are known


async def test_a_forecast_says_what_weather_it_looked_at(client: httpx.AsyncClient):
    path = "/v1/places/feeder/F-1/forecast"
    with_it = (await client.get(path)).json()
    assert with_it["weather"] == {
        "source": "weather.example.org",
        "known_at": "2026-01-15T16:00:00Z",
        "known_then_ratio": 0.75,
    }
    without = (await client.get(path, params={"as_of": ISSUES[0].isoformat()})).json()
    assert without["weather"] == {"source": "none", "known_at": None, "known_then_ratio": None}


@pytest.mark.parametrize(("ask_after", "issue"), [(0, 0), (5, 0), (6, 1), (100, 1)])
async def test_the_newest_issue_known_at_a_moment_is_told(client: httpx.AsyncClient, ask_after: int, issue: int):
    moment = ISSUES[0] + timedelta(hours=ask_after)
    answer = await client.get("/v1/places/feeder/F-1/forecast", params={"as_of": moment.isoformat()})
    assert answer.json()["issued_at"] == ISSUES[issue].isoformat().replace("+00:00", "Z")
    assert answer.json()["items"][0]["load_w"] == 1_000.0 + ISSUES[issue].hour


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/v1/places/feeder/F-1/forecast?as_of={DAY:%Y-%m-%dT%H:%M:%SZ}", 404, "forecast_unknown"),
        ("/v1/places/feeder/F-2/forecast", 404, "forecast_unknown"),
        ("/v1/places/feeder/F-9/forecast", 404, "place_unknown"),
        ("/v1/places/feeder/F-1/forecast?as_of=2026-01-15T12:00:00", 422, "request_invalid"),
    ],
)
async def test_a_forecast_that_is_not_there_is_told(client: httpx.AsyncClient, path: str, status: int, code: str):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
