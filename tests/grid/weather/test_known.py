"""A forecast may know of the weather what was known when it was issued, and its past what was known then."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from db.connection import Role, connect
from grid.weather.known import LEAD_IN, PointWeather, Span, filled, point_weather
from tests.grid.weather.sky import HOUR, add_point, add_weather, columns, temperature_degc

DAY = timedelta(days=1)
END = datetime(2026, 2, 9, 8, 30, tzinfo=UTC)
SPAN = Span(END - 20 * DAY, END, END + 2 * DAY, END + timedelta(minutes=10))
FIRST, COUNT = SPAN.hours()


async def known(url: str, span: Span = SPAN) -> PointWeather | None:
    async with await connect(url, Role.COMPUTE) as connection:
        return await point_weather(connection, 1, span)


def test_hours_reach_from_the_lead_in_to_the_end_of_the_horizon():
    assert FIRST <= SPAN.start - LEAD_IN < FIRST + HOUR
    assert FIRST + COUNT * HOUR >= SPAN.until > FIRST + (COUNT - 1) * HOUR


def test_for_an_hour_that_has_passed_what_the_first_forecast_of_it_could_know_counts():
    for number, moment in enumerate(SPAN.known_by()):
        begins = FIRST + number * HOUR
        days, rest = divmod(SPAN.issued_at - moment, DAY)
        assert rest == timedelta(0)
        if begins > END - HOUR:
            assert days == 0
            continue
        origin = END - days * DAY
        assert origin <= begins + HOUR  # it had not passed yet
        assert begins - origin < 2 * DAY  # it was within the horizon
        assert begins - (origin - DAY) >= 2 * DAY  # of no earlier one


def test_with_a_short_horizon_too_no_hour_counts_as_known_after_it_began():
    short = Span(SPAN.start, END, END + 6 * HOUR, SPAN.issued_at)
    first, count = short.hours()
    begins = [first + number * HOUR for number in range(count)]
    passed = [(at, by) for at, by in zip(begins, short.known_by(), strict=True) if at <= END - HOUR]
    assert all(by - (SPAN.issued_at - END) <= at + HOUR for at, by in passed)


async def test_weather_known_days_ahead_is_all_known_then(database_url: str):
    await add_point(database_url)
    values = temperature_degc(FIRST, COUNT)
    await add_weather(database_url, columns(FIRST, values, known=timedelta(hours=60), irradiance=300.0))
    found = await known(database_url)
    assert found is not None
    assert found.known_then_ratio == 1.0
    assert found.source == "sky"
    assert found.known_at == FIRST + (COUNT - 1) * HOUR - timedelta(hours=60)
    slots = (SPAN.until - SPAN.start + LEAD_IN) // timedelta(minutes=30)
    assert found.temperature_degc.shape == found.irradiance_w_m2.shape == (slots,)
    offset = (SPAN.start - LEAD_IN - FIRST) // timedelta(minutes=30)
    expected = np.repeat(values.astype(np.float32), 2)[offset : offset + slots]
    np.testing.assert_array_equal(found.temperature_degc, expected)


async def test_measured_weather_beside_a_fresh_forecast_is_hindsight_and_says_so(database_url: str):
    await add_point(database_url)
    values = temperature_degc(FIRST, COUNT)
    past = (SPAN.end - FIRST) // HOUR
    await add_weather(database_url, columns(FIRST, values[: past - 6], known=-2 * HOUR))
    await add_weather(database_url, columns(FIRST + (past - 6) * HOUR, values[past - 6 :], known=END - 6 * HOUR))
    found = await known(database_url)
    assert found is not None
    assert found.known_then_ratio == 0.0
    assert np.isfinite(found.temperature_degc).all()


@pytest.mark.parametrize(
    ("missing", "age", "has_weather"),
    [
        (slice(0, 0), 0.0, True),
        (slice(COUNT - 1, COUNT), 0.0, False),  # the horizon's last hour
        (slice(COUNT - 20, COUNT - 17), 0.0, True),  # a short gap is filled
        (slice(COUNT - 20, COUNT - 16), 0.0, False),
        (slice(300, 340), 0.0, True),  # less than a tenth of the past
        (slice(300, 360), 0.0, False),
        (slice(0, 0), 25.0, False),  # stale
    ],
)
async def test_with_too_little_or_too_old_weather_there_is_none(
    database_url: str, missing: slice, age: float, has_weather: bool
):
    await add_point(database_url)
    values = temperature_degc(FIRST, COUNT)
    values[missing] = np.nan
    told = columns(FIRST, values, known=END - age * HOUR)
    await add_weather(database_url, told.of(np.isfinite(values)))
    assert (await known(database_url) is not None) == has_weather


async def test_an_empty_store_has_none(database_url: str):
    await add_point(database_url)
    assert await known(database_url) is None


def test_short_gaps_are_filled_on_a_straight_line_and_longer_ones_left():
    gap = np.array([np.nan, 1.0, np.nan, np.nan, np.nan, 5.0, np.nan, np.nan, np.nan, np.nan, 6.0, np.nan])
    expected = [np.nan, 1.0, 2.0, 3.0, 4.0, 5.0, np.nan, np.nan, np.nan, np.nan, 6.0, np.nan]
    np.testing.assert_array_equal(filled(gap), expected)
    assert np.isnan(filled(np.full(3, np.nan))).all()
