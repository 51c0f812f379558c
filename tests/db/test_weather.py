"""Weather is kept as it was known: what was told of a moment stays what was told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.errors import InputError
from db.connection import Connection, Role, connect
from db.weather import (
    Coordinates,
    WeatherColumns,
    WeatherCounts,
    WeatherHours,
    add_weather_point,
    insert_weather,
    middle_of_communes,
    newest_known_at,
    points_of_places,
    source_of,
    weather_as_of,
    weather_points,
)
from tests.grid.town import build_town

HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
NAN = np.nan


def told(
    *temperature_degc: float, known: datetime, start: datetime = NOON, point: int = 1, sun: float = NAN
) -> WeatherColumns:
    count = len(temperature_degc)
    return WeatherColumns(
        np.full(count, point),
        int(start.timestamp()) + 3_600 * np.arange(count),
        np.full(count, int(known.timestamp())),
        np.array(temperature_degc),
        np.full(count, NAN),
        np.full(count, sun),
        np.full(count, NAN),
    )


async def lille(connection: Connection) -> int:
    await add_weather_point(connection, "Lille", Coordinates(50.64, 3.06))
    return (await weather_points(connection))[0].weather_point_id


async def asked(
    connection: Connection, hours: int, *, as_of: datetime, known_by: Sequence[datetime] | None = None
) -> WeatherHours:
    return await weather_as_of(
        connection, weather_point_id=1, start=NOON, known_by=known_by or [as_of] * hours, as_of=as_of
    )


async def test_each_hour_has_the_newest_value_known_by_then(database_url: str):
    async with await connect(database_url, Role.COMPUTE) as connection:
        await lille(connection)
        await insert_weather(connection, "a", told(1.0, 2.0, known=NOON - 6 * HOUR))
        await insert_weather(connection, "a", told(11.0, known=NOON - 3 * HOUR, sun=200.0))
        hours = await asked(connection, 3, as_of=NOON)
        np.testing.assert_array_equal(hours.temperature_degc, [11.0, 2.0, NAN])
        np.testing.assert_array_equal(hours.irradiance_w_m2, [200.0, NAN, NAN])
        assert hours.known_s.tolist() == [int((NOON - 3 * HOUR).timestamp()), int((NOON - 6 * HOUR).timestamp()), 0]
        before = await asked(connection, 3, as_of=NOON - 3.5 * HOUR)
        np.testing.assert_array_equal(before.temperature_degc, [1.0, 2.0, NAN])


async def test_a_later_correction_changes_nothing_that_was_told_as_of_before(database_url: str):
    async with await connect(database_url, Role.COMPUTE) as connection:
        await lille(connection)
        await insert_weather(connection, "a", told(1.0, known=NOON - 6 * HOUR))
        first = await asked(connection, 1, as_of=NOON)
        await insert_weather(connection, "a", told(20.0, known=NOON + HOUR))
        await insert_weather(connection, "b", told(30.0, known=NOON + HOUR / 3_600))
        again, later = await asked(connection, 1, as_of=NOON), await asked(connection, 1, as_of=NOON + HOUR)
    assert again.temperature_degc.tolist() == first.temperature_degc.tolist() == [1.0]
    assert later.temperature_degc.tolist() == [20.0]


async def test_what_nobody_knew_in_time_is_told_as_hindsight_and_by_the_first_who_knew(database_url: str):
    async with await connect(database_url, Role.COMPUTE) as connection:
        await lille(connection)
        for number, after in enumerate((2, 5)):
            await insert_weather(connection, "a", told(float(number), known=NOON + after * HOUR))
        await insert_weather(connection, "a", told(7.0, known=NOON - HOUR, start=NOON + HOUR))
        hours = await asked(connection, 2, as_of=NOON + 6 * HOUR, known_by=[NOON] * 2)
    assert hours.temperature_degc.tolist() == [0.0, 7.0]
    assert hours.is_hindsight.tolist() == [True, False]


async def test_storing_twice_stores_once_and_a_contradiction_changes_nothing(database_url: str):
    async with await connect(database_url, Role.COMPUTE) as connection:
        await lille(connection)
        rows = told(1.0, NAN, 3.0, known=NOON, sun=5.0)
        assert await insert_weather(connection, "a", rows) == WeatherCounts(stored=3)
        assert await insert_weather(connection, "a", rows) == WeatherCounts(duplicate=3)
        assert await insert_weather(connection, "a", told(1.5, known=NOON, sun=5.0)) == WeatherCounts(contradicted=1)
        assert await insert_weather(connection, "b", told(1.5, known=NOON)) == WeatherCounts(stored=1)
        assert (await asked(connection, 1, as_of=NOON)).temperature_degc.tolist() == [1.0]
        assert await insert_weather(connection, "a", rows.of(slice(0, 0))) == WeatherCounts()


@pytest.mark.parametrize(
    "wrong",
    [
        told(99.0, known=NOON),
        told(NAN, known=NOON),
        told(1.0, known=NOON, start=NOON + HOUR / 2),
        told(1.0, known=NOON, point=9),
    ],
)
async def test_the_store_takes_no_impossible_weather(database_url: str, wrong: WeatherColumns):
    async with await connect(database_url, Role.COMPUTE) as connection:
        await lille(connection)
        with pytest.raises(InputError):
            await insert_weather(connection, "a", wrong)


async def test_the_time_of_the_newest_news_is_that_of_the_point_heard_of_least_lately(database_url: str):
    async with await connect(database_url, Role.COMPUTE) as connection:
        assert await newest_known_at(connection, source="a", as_of=NOON) is None
        await lille(connection)
        await insert_weather(connection, "a", told(1.0, known=NOON - 2 * HOUR))
        await insert_weather(connection, "a", told(1.0, known=NOON + HOUR))
        assert await newest_known_at(connection, source="a", as_of=NOON) == NOON - 2 * HOUR
        assert await newest_known_at(connection, source="b", as_of=NOON) is None
        known_at = NOON - 2 * HOUR
        told_by = await source_of(connection, weather_point_id=1, start=NOON, end=NOON + HOUR, known_at=known_at)
        assert told_by == "a"
        await add_weather_point(connection, "Roubaix", Coordinates(50.69, 3.17))
        assert await newest_known_at(connection, source="a", as_of=NOON) is None


async def test_places_take_the_nearest_point_that_is_not_far_away(database_url: str):
    town = await build_town(database_url)
    async with await connect(database_url, Role.COMPUTE) as connection:
        assert await points_of_places(connection, most_m=1e5) == {}
        await add_weather_point(connection, "Marseille", Coordinates(43.3, 5.4))
        await lille(connection)
        await add_weather_point(connection, "Lille", Coordinates(0.0, 0.0))  # stays where it is
        points = {point.name: point for point in await weather_points(connection)}
        assert (points["Lille"].latitude_deg, points["Lille"].longitude_deg) == (50.64, 3.06)
        nearest = await points_of_places(connection, most_m=1e5)
        assert nearest == dict.fromkeys(town.place.values(), points["Lille"].weather_point_id)
        assert await points_of_places(connection, most_m=10.0) == {}
        middle = await middle_of_communes(connection)
    assert middle is not None
    assert (middle.latitude_deg, middle.longitude_deg) == pytest.approx((50.63, 3.06))
