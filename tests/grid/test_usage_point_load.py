"""The load of a usage point on the half-hour grid, whatever the step of its meter."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Role, connect
from db.history import usage_point_load
from tests.grid.curves import MONDAY
from tests.grid.town import Town, add_readings, build_town


async def read(url: str, town: Town, *, slots: int = 4) -> NDArray[np.float64]:
    async with await connect(url, Role.COMPUTE) as connection:
        return await usage_point_load(
            connection, usage_point_ids=town.usage_points["T1"], start=MONDAY, end=MONDAY + slots * SLOT
        )


async def test_half_hours_quarters_and_hours_give_the_same_power(database_url: str):
    town = await build_town(database_url)
    first, second, third = town.usage_points["T1"]
    await add_readings(database_url, first, MONDAY, [1_000, 1_000, 3_000, 3_000])
    await add_readings(database_url, second, MONDAY, [500, 1_500, 800, 1_200, 2_000, 4_000, 3_000, 3_000], step_s=900)
    await add_readings(database_url, third, MONDAY, [1_000, 3_000], step_s=3_600)
    np.testing.assert_allclose(await read(database_url, town), np.tile([1_000.0, 1_000.0, 3_000.0, 3_000.0], (3, 1)))


async def test_an_hour_that_began_before_the_span_gives_its_second_half(database_url: str):
    town = await build_town(database_url)
    await add_readings(database_url, town.usage_points["T1"][0], MONDAY - SLOT, [2_000.0], step_s=3_600)
    load_w = await read(database_url, town)
    np.testing.assert_array_equal(load_w[0], [2_000.0, np.nan, np.nan, np.nan])


async def test_a_slot_with_a_missing_quarter_is_unknown(database_url: str):
    town = await build_town(database_url)
    point = town.usage_points["T1"][0]
    await add_readings(database_url, point, MONDAY, [1_000, 1_000, 1_000], step_s=900)
    np.testing.assert_array_equal((await read(database_url, town, slots=2))[0], [1_000.0, np.nan])


async def test_export_is_taken_off_and_bad_values_do_not_count(database_url: str):
    town = await build_town(database_url)
    point = town.usage_points["T1"][0]
    await add_readings(database_url, point, MONDAY, [1_000, 1_000])
    async with await connect(database_url, None) as connection:
        await connection.execute(
            "INSERT INTO interval_reading (usage_point_id, register_id, step_s, start_at, known_at, value)"
            " VALUES (%s, 2, 1800, %s, %s, 700)",
            [point, MONDAY, MONDAY],
        )
        await connection.execute("UPDATE interval_reading SET quality = 3 WHERE start_at = %s", [MONDAY + SLOT])
    load_w = await read(database_url, town, slots=2)
    np.testing.assert_array_equal(load_w[0], [1_000.0 - 1_400.0, np.nan])


async def test_values_after_the_span_are_not_read(database_url: str):
    town = await build_town(database_url)
    await add_readings(database_url, town.usage_points["T1"][0], MONDAY + timedelta(hours=2), [9_000])
    assert np.isnan(await read(database_url, town)).all()
