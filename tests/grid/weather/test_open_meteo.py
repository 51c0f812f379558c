"""A weather service is asked once for all points, with limits, and believed only where it makes sense."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigurationError, InputError, PlatformError, RetryableError
from core.settings import Settings
from db.weather import WeatherColumns, WeatherPoint
from grid.weather.open_meteo import MOST_PAST_DAYS, OpenMeteo
from grid.weather.provider import WeatherProvider
from tests.grid.weather.service import (
    Service,
    as_asked,
    cut_short,
    drip,
    hang_up,
    hourly,
    said,
    status,
    weather_service,
)

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
LILLE, PARIS = WeatherPoint(1, "Lille", 50.63, 3.06), WeatherPoint(2, "Paris", 48.86, 2.35)


def test_forecasts_look_no_further_back_than_services_tell_the_weather():
    assert Settings.model_fields["history_days"].default <= MOST_PAST_DAYS


def provider(service: Service, *, now: datetime = NOON, timeout_s: float = 5.0, query: str = "") -> WeatherProvider:
    return OpenMeteo(service.url + query, now=lambda: now, timeout_s=timeout_s, wait_s=0.01)


async def ask(service: Service, *points: WeatherPoint, timeout_s: float = 5.0) -> WeatherColumns:
    asked = provider(service, timeout_s=timeout_s)
    return await asked.weather(points or (LILLE,), start=NOON - timedelta(days=2), end=NOON + timedelta(days=2))


async def test_several_points_come_in_one_request_with_the_time_they_became_known():
    with weather_service() as service:
        found = await ask(service, LILLE, PARIS)
    assert len(service.asked) == 1
    asked = service.asked[0]
    assert (asked["latitude"], asked["longitude"]) == (["50.6300,48.8600"], ["3.0600,2.3500"])
    assert (asked["past_days"], asked["forecast_days"], asked["wind_speed_unit"]) == (["2"], ["3"], ["ms"])
    assert len(found) == 2 * 24 * 5
    assert set(found.known_s.tolist()) == {int(NOON.timestamp())}
    assert found.temperature_degc[found.weather_point_id == 2].tolist() == [8.0] * 120
    assert found.cloud_cover_ratio[0] == 0.25


async def test_a_mean_named_by_its_end_is_moved_to_its_start():
    with weather_service(said(hourly(NOON, 4))) as service:
        found = await ask(service)
    np.testing.assert_array_equal(found.irradiance_w_m2, [1.0, 2.0, 3.0, np.nan])


@pytest.mark.parametrize(
    ("unit", "told", "metres_per_second"), [("km/h", 36.0, 10.0), ("kn", 10.0, 5.1444), ("m/s", 4.0, 4.0)]
)
async def test_units_are_taken_from_the_answer(unit: str, told: float, metres_per_second: float):
    body = hourly(NOON, 1)
    body["hourly_units"] = body["hourly_units"] | {"wind_speed_10m": unit}
    body["hourly"]["wind_speed_10m"] = [told]
    with weather_service(said(body)) as service:
        found = await ask(service)
    assert found.wind_speed_m_s[0] == pytest.approx(metres_per_second, rel=1e-4)


async def test_times_as_text_are_of_the_zone_that_the_answer_names():
    body = hourly(NOON, 2)
    body["utc_offset_seconds"], body["hourly"]["time"] = 3_600, ["2026-01-15T13:00", "2026-01-15T13:00+00:00"]
    with weather_service(said(body)) as service:
        found = await ask(service)
    assert found.valid_s.tolist() == [int(NOON.timestamp()), int(NOON.timestamp()) + 3_600]


async def test_what_is_missing_or_cannot_be_is_left_out():
    body = hourly(NOON, 3)
    del body["hourly"]["shortwave_radiation"]
    body["hourly"] |= {
        "temperature_2m": [None, 999.0, 5.0],
        "wind_speed_10m": [None] * 3,
        "cloud_cover": [None, 0, 100],
    }
    with weather_service(said(body)) as service:
        found = await ask(service)
    assert found.valid_s.tolist() == [int(NOON.timestamp()) + hour * 3_600 for hour in (1, 2)]
    np.testing.assert_array_equal(found.temperature_degc, [np.nan, 5.0])
    assert np.isnan(found.irradiance_w_m2).all()


@pytest.mark.parametrize("trouble", [status(503), status(429), hang_up, cut_short])
async def test_what_may_pass_is_tried_again(trouble):
    with weather_service(trouble, trouble, as_asked) as service:
        found = await ask(service)
    assert len(service.asked) == 3
    assert len(found) > 0


@pytest.mark.parametrize("trouble", [status(500), hang_up, cut_short])
async def test_after_three_attempts_it_is_said_that_nobody_answers(trouble):
    with weather_service(trouble) as service, pytest.raises(RetryableError, match="weather_unavailable"):
        await ask(service)
    assert len(service.asked) == 3


async def test_nobody_listening_is_the_same():
    with weather_service() as service:
        pass
    with pytest.raises(RetryableError, match="weather_unavailable"):
        await ask(service)


async def test_a_service_that_drips_is_left_in_time():
    began = time.monotonic()
    with weather_service(drip) as service, pytest.raises(RetryableError, match="weather_unavailable"):
        await ask(service, timeout_s=0.3)
    assert time.monotonic() - began < 8.0


async def test_a_refusal_is_not_asked_again_and_shows_no_key():
    with weather_service(status(400, b'{"error":true,"reason":"no such variable"}')) as service:
        asked = provider(service, query="?apikey=secret")
        with pytest.raises(ConfigurationError, match="no such variable") as refused:
            await asked.weather([LILLE], start=NOON, end=NOON)
    assert service.asked[0]["apikey"] == ["secret"]
    assert len(service.asked) == 1
    assert "secret" not in str(refused.value)


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return body


def with_hourly(**changed: object) -> dict[str, Any]:
    body = hourly(NOON, 3)
    body["hourly"] |= changed
    return body


@pytest.mark.parametrize(
    "body",
    [
        b"<html>sorry</html>",
        b"",
        [],
        [hourly(NOON, 3), hourly(NOON, 3)],
        without(hourly(NOON, 3), "hourly"),
        without(hourly(NOON, 3), "hourly", "time"),
        with_hourly(time=[]),
        with_hourly(temperature_2m=[1.0, 2.0]),
        with_hourly(temperature_2m=["warm", "cold", "so so"]),
        with_hourly(time=["yesterday", "today", "tomorrow"]),
        with_hourly(time=[1_800, 3_600, 7_200]),
        with_hourly(time=[7_200, 3_600, 0]),
    ],
)
async def test_an_answer_that_makes_no_sense_is_refused_whole(body: object):
    with weather_service(said(body)) as service, pytest.raises(InputError, match="weather_malformed"):
        await ask(service)
    assert len(service.asked) == 1


@pytest.mark.parametrize("units", [{}, {"temperature_2m": "°R"}])
async def test_a_quantity_without_a_unit_we_know_is_refused(units: dict[str, str]):
    body = hourly(NOON, 3) | {"hourly_units": units}
    with weather_service(said(body)) as service, pytest.raises(InputError, match="weather_unit_unknown"):
        await ask(service)


@pytest.mark.parametrize("url", ["ftp://example.org", "file:///etc/passwd", "http://", "weather"])
def test_an_address_that_is_not_http_is_refused_at_once(url: str):
    with pytest.raises(PlatformError, match="weather_url_unfit"):
        OpenMeteo(url, now=lambda: NOON)
