"""Panels are found by how load falls with the sun, taken out before experts are asked, and put back as the sun goes."""

from datetime import timedelta

import numpy as np
import pytest

from core.slots import SLOT
from db.connection import Role, connect
from db.forecasts import forecast_of_run
from grid.forecast_model import COMBINED, forecast_series
from grid.forecaster import Forecaster
from grid.history import LoadHistory
from grid.rolling import roll
from grid.weather.features import sun_column
from grid.weather.known import LEAD_IN
from grid.weather.panels import FEWEST_DAYS, has_panels, panel_area_m2, panel_load_w
from grid.weather.places import place_groups
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.town import add_load, build_town
from tests.grid.weather.sky import HOUR, add_point, add_weather, columns

DAYS = 35
SLOTS = DAYS * 48
NOW = MONDAY + timedelta(days=DAYS)


def sky(days: int, *, seed: int = 5) -> np.ndarray:
    """Return irradiance from midnight on: a bell a day, under clouds that last for hours. [W/m2]."""
    slot = np.arange(days * 48)
    cover = np.repeat(np.random.default_rng(seed).uniform(0.1, 1.0, days * 8), 6)
    return np.asarray(np.maximum(0.0, np.sin(np.pi * (slot % 48 - 16) / 20)) * 700.0 * cover)


SUN = sky(DAYS + 2)
PLAIN = np.stack([daily_and_weekly(DAYS + 2, seed=seed) for seed in range(3)])
#: Net loads of places with 60 m2 of perfect panels each.
NET = PLAIN - 60.0 * SUN


def test_panels_are_found_where_they_are_and_as_large_as_they_are():
    assert has_panels(NET[:, :SLOTS], SUN[:SLOTS], MONDAY).all()
    assert not has_panels(PLAIN[:, :SLOTS], SUN[:SLOTS], MONDAY).any()
    few = (FEWEST_DAYS - 1) * 48
    assert not has_panels(NET[:, :few], SUN[:few], MONDAY).any()
    area_m2 = panel_area_m2(NET[:, :SLOTS], SUN[:SLOTS], MONDAY)
    noon = 25  # of the sky above, counted from 23:00 UTC
    np.testing.assert_allclose(area_m2[:, (noon + 46) % 48], 60.0, rtol=0.1)
    assert (area_m2 >= 0.0).all()
    # The sun follows UTC: a history that begins elsewhere in the day finds the same panels at the same time.
    later = panel_area_m2(NET[:, 13 : SLOTS - 35], SUN[13 : SLOTS - 35], MONDAY + 13 * SLOT)
    np.testing.assert_allclose(later[:, (noon + 46) % 48], 60.0, rtol=0.1)
    part_w = panel_load_w(area_m2, SUN, MONDAY)
    assert np.abs(part_w + 60.0 * SUN).mean() < 0.1 * 60.0 * SUN.mean()


def test_gaps_in_load_and_sun_do_no_harm():
    net, sun = NET[:, :SLOTS].copy(), SUN[:SLOTS].copy()
    net[:, 300:500] = np.nan
    sun[900:905] = np.nan
    assert has_panels(net, sun, MONDAY).all()
    assert np.isfinite(panel_area_m2(net, sun, MONDAY)).all()
    assert not has_panels(np.full_like(net, np.nan), sun, MONDAY).any()


def test_a_forecast_with_its_panels_taken_out_is_better_than_one_with_a_column_of_the_sun():
    area_m2 = panel_area_m2(NET[:, :SLOTS], SUN[:SLOTS], MONDAY)
    part_w = panel_load_w(area_m2, SUN, MONDAY)
    with_column = forecast_series(NET[:, :SLOTS], MONDAY, horizon=96, extra=sun_column(SUN))
    with_panels = forecast_series(NET[:, :SLOTS], MONDAY, horizon=96, known_w=part_w)
    error_w = [np.abs(made.load_w - NET[:, SLOTS:]).mean() for made in (with_column, with_panels)]
    assert error_w[1] < 0.92 * error_w[0]
    assert with_panels.scores.mae_w.mean() < 0.92 * with_column.scores.mae_w.mean()
    # The mark to beat is last week's load as it was, panels and all.
    np.testing.assert_allclose(with_panels.naive_load_w, with_column.naive_load_w)
    np.testing.assert_allclose(with_panels.scores.naive_mae_w, with_column.scores.naive_mae_w)
    np.testing.assert_allclose(with_panels.scores.naive_mape_ratio, with_column.scores.naive_mape_ratio)


def test_a_part_of_nothing_changes_nothing():
    plain = forecast_series(PLAIN[:, :SLOTS], MONDAY, horizon=96)
    nothing = forecast_series(PLAIN[:, :SLOTS], MONDAY, horizon=96, known_w=np.zeros_like(PLAIN))
    np.testing.assert_array_equal(nothing.load_w, plain.load_w)
    np.testing.assert_array_equal(nothing.quantile_load_w, plain.quantile_load_w)
    np.testing.assert_array_equal(nothing.error_w, plain.error_w)


def test_what_is_rolled_on_has_the_panels_of_the_sun_as_it_is_known_then():
    part_w = -60.0 * SUN[np.newaxis].repeat(3, axis=0)
    made = forecast_series(NET[:, :SLOTS], MONDAY, horizon=96, known_w=part_w)
    rest = forecast_series(PLAIN[:, :SLOTS], MONDAY, horizon=96)
    first = (made.rolling[0].tail.start - MONDAY) // SLOT
    rolled = roll(made.rolling, NET[:, SLOTS : SLOTS + 20], horizon=76, known_w=part_w[:, first:])
    plain = roll(rest.rolling, PLAIN[:, SLOTS : SLOTS + 20], horizon=76)
    assert rolled is not None
    assert plain is not None
    np.testing.assert_allclose(rolled[0], plain[0] + part_w[:, SLOTS + 20 :], rtol=1e-6)


@pytest.fixture
async def url(database_url: str) -> str:
    """Name the database of a town where one transformer has panels and one has none, and its sky."""
    town = await build_town(database_url)
    await add_load(database_url, town.place["T1"], MONDAY, NET[0][: SLOTS + 12])
    await add_load(database_url, town.place["T2"], MONDAY, PLAIN[1][: SLOTS + 12])
    await add_point(database_url)
    days = LEAD_IN // timedelta(days=1)
    whole = np.concatenate((sky(days, seed=6), SUN, sky(2, seed=7)))
    told = columns(MONDAY - LEAD_IN, np.full(whole.size // 2, 12.0), known=timedelta(hours=60))
    told.irradiance_w_m2[:] = whole.reshape(-1, 2).mean(axis=1)
    await add_weather(database_url, told)
    return database_url


async def test_only_places_with_panels_have_theirs_taken_out_and_go_on_with_them(url: str):
    async with await connect(url, Role.COMPUTE) as connection:
        cursor = await connection.execute("SELECT place_id FROM place WHERE code IN ('T1', 'T2') ORDER BY code")
        place_id = np.array([row[0] for row in await cursor.fetchall()], np.int32)
        history = LoadHistory(place_id, MONDAY, NOW, np.stack((NET[0], PLAIN[1]))[:, :SLOTS])
        plain, panels = await place_groups(connection, history, issued_at=NOW, horizon=96)
        assert (plain.rows.tolist(), panels.rows.tolist()) == ([1], [0])
        assert plain.area_m2 is plain.panels_w is None
        assert panels.panels_w is not None
        assert panels.panels_w.shape == (1, SLOTS + 96)

        forecaster = Forecaster(history_days=DAYS, horizon_h=48, fit_every=timedelta(days=1))
        for now in (NOW, NOW + 6 * HOUR):
            issued = await forecaster.issue(connection, now=now)
            assert issued.weather_count == 2
            rows = await forecast_of_run(
                connection, forecast_run_id=issued.forecast_run_id, place_ids=[int(place_id[0])]
            )
            said_w = np.array([row.load_w for row in rows])
            first = (now - MONDAY) // SLOT
            came_w = NET[0][first : first + 84]
            assert np.abs(said_w[:84] - came_w[: said_w[:84].size]).mean() < 0.05 * np.abs(came_w).mean()


def test_places_with_panels_are_forecast_by_the_same_experts():
    made = forecast_series(NET[:, :SLOTS], MONDAY, horizon=96, known_w=-60.0 * SUN[np.newaxis].repeat(3, axis=0))
    assert made.method == (COMBINED,) * 3
    assert (np.diff(made.quantile_load_w, axis=2) >= 0).all()
