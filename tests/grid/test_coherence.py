"""Forecasts of an issue add up in the database, and what each place was forecast by itself stands beside them."""

from datetime import timedelta

import numpy as np
import pytest

from db.connection import Role, connect
from db.forecasts import forecast_of_run, skill_of_place
from db.hierarchy import TransformerPath, transformer_paths
from grid.backtest import LEVELS
from grid.coherence import add_up, error_shares, place_sums
from grid.forecast_model import forecast_series
from grid.forecaster import Forecaster
from tests.db.village import ask
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.town import add_load, build_town

NOW = MONDAY + timedelta(days=35, hours=9, minutes=10)
KNOWN_SLOTS = 35 * 48 + 18
#: Every total of the small town, with its parts.
SUMS = {"F1": ("T1", "T2"), "F2": ("T3",), "S1": ("F1", "F2"), "59350": ("T1", "T2", "T3"), "MEL": ("S1",)}
PATHS = [TransformerPath(11, 7, 5, 3, 1), TransformerPath(12, 7, 5, 4, 1), TransformerPath(13, 8, 5, 4, 1)]


def town_loads(slots=KNOWN_SLOTS, *, export=False):
    """Return loads of every place of the small town, by code; one transformer exports by day where asked to."""
    load = {code: daily_and_weekly(37, seed=seed)[:slots] for seed, code in enumerate(("T1", "T2", "T3"))}
    load["T3"] = load["T3"] - 60_000.0 * (np.arange(slots) % 48 > 24) if export else 0.3 * load["T3"]
    for total, parts in SUMS.items():
        load[total] = np.sum([load[part] for part in parts], axis=0)
    return load


async def issue(url, load, **changes):
    town = await build_town(url)
    for code, load_w in (load | changes).items():
        if load_w is not None:
            await add_load(url, town.place[code], MONDAY, load_w)
    async with await connect(url, Role.COMPUTE) as connection:
        issued = await Forecaster(history_days=35, horizon_h=48, fit_every=timedelta(0)).issue(connection, now=NOW)
    async with await connect(url, Role.READ) as connection:
        rows = await forecast_of_run(
            connection, forecast_run_id=issued.forecast_run_id, place_ids=list(town.place.values())
        )
    return town, {code: [row for row in rows if row.place_id == key] for code, key in town.place.items()}


def points(rows):
    return np.array([row.load_w for row in rows])


def off(said, total):
    """Return by how much a total and its parts differ at most, relative to the total."""
    parts = np.sum([points(said[part]) for part in SUMS[total]], axis=0)
    return np.abs(points(said[total]) / parts - 1.0).max()


@pytest.mark.parametrize("export", [False, True])
async def test_what_the_database_holds_adds_up_beside_what_did_not(database_url: str, export: bool):
    town, said = await issue(database_url, town_loads(export=export))
    for total in SUMS:
        assert off(said, total) < 1e-12, total
    base = {code: np.array([row.base_load_w for row in rows]) for code, rows in said.items()}
    assert np.abs(base["F1"] / (base["T1"] + base["T2"]) - 1.0).max() > 1e-4
    for rows in said.values():
        quantiles = np.array([row.quantile_load_w for row in rows])
        base_quantiles = np.array([row.base_quantile_load_w for row in rows])
        assert quantiles.shape == base_quantiles.shape == (96, LEVELS.size)
        assert (np.diff(quantiles, axis=1) >= 0.0).all()
        assert (np.diff(base_quantiles, axis=1) >= 0.0).all()
    async with await connect(database_url, Role.READ) as connection:
        skill = await skill_of_place(connection, place_id=town.place["S1"], as_of=NOW)
    assert skill is not None
    assert skill.mae_w is not None
    assert skill.coherent_mae_w == pytest.approx(skill.mae_w, rel=0.2)


async def test_sums_in_the_database_are_exact_to_the_last_bit(database_url: str):
    await issue(database_url, town_loads())
    differing = ask(
        database_url,
        "SELECT valid_from FROM forecast JOIN power_transformer USING (place_id) GROUP BY valid_from"
        " HAVING sum(load_w) <> (SELECT load_w FROM forecast AS whole JOIN place USING (place_id)"
        " WHERE level = 'territory' AND whole.valid_from = forecast.valid_from)",
    )
    assert differing == []


async def test_a_transformer_without_forecast_leaves_its_feeder_alone(database_url: str):
    _, said = await issue(database_url, town_loads(), T2=None)
    assert said["T2"] == []
    assert off({**said, "T2": said["F2"]}, "F1") > 0.1  # not the sum of those that are known
    assert np.abs(points(said["F1"]) / np.array([row.base_load_w for row in said["F1"]]) - 1.0).max() < 0.1
    assert max(off(said, total) for total in ("F2", "S1", "MEL")) < 1e-9


async def test_transformers_without_usage_points_are_no_part_of_any_sum(database_url: str):
    town = await build_town(database_url)
    ask(database_url, "DELETE FROM usage_point WHERE power_transformer_place_id = %s", town.place["T3"])
    async with await connect(database_url, Role.COMPUTE) as connection:
        paths = await transformer_paths(connection)
    assert paths == [
        TransformerPath(town.place[code], *(town.place[above] for above in ("F1", "S1", "59350", "MEL")))
        for code in ("T1", "T2")
    ]


def test_places_without_forecasts_follow_those_with():
    sums = place_sums(PATHS, np.array([1, 5, 7, 8, 11, 13], dtype=np.int32))
    keys = np.array([1, 5, 7, 8, 11, 13, 3, 4, 12])
    assert sums.place_count == 9
    found = {
        (int(keys[total]), tuple(keys[sums.part[sums.first[number] : sums.first[number + 1]]]))
        for number, total in enumerate(sums.total)
    }
    assert found == {(7, (11, 12)), (8, (13,)), (5, (7, 8)), (1, (5,)), (3, (11,)), (4, (13, 12)), (1, (3, 4))}


def test_a_network_without_territory_or_without_anything_has_fewer_sums():
    homeless = [TransformerPath(11, 7, 5, 3, None)]
    assert place_sums(homeless, np.array([5], dtype=np.int32)).total.size == 3
    assert place_sums([], np.array([5, 6], dtype=np.int32)).total.size == 0


def made_of(load):
    """Return the forecasts of the small town, each place by itself, and its sums."""
    codes = ["MEL", "S1", "59350", "F1", "F2", "T1", "T2", "T3"]
    key = dict(zip(codes, range(1, 9), strict=True))
    paths = [
        TransformerPath(key[code], key[feeder], key["S1"], key["59350"], key["MEL"])
        for code, feeder in (("T1", "F1"), ("T2", "F1"), ("T3", "F2"))
    ]
    made = forecast_series(np.stack([load[code] for code in codes])[:, : 35 * 48], MONDAY, horizon=96)
    return made, place_sums(paths, np.arange(1, 9, dtype=np.int32))


def test_errors_have_a_part_of_their_own_and_one_in_common():
    made, sums = made_of(town_loads(35 * 48))
    shares = error_shares(made, sums)
    squared = np.nanmean(made.error_w.astype(np.float64) ** 2, axis=(1, 2))
    np.testing.assert_allclose(shares.own_w2 + shares.common_w**2, squared, rtol=1e-6)
    assert shares.own_w2[0] == pytest.approx(0.02 * squared[0])
    assert (shares.common_w > 0.0).all()


def test_a_short_history_is_weighed_by_its_quantiles_and_these_move_with_the_point():
    made, sums = made_of({code: load[: 8 * 48] for code, load in town_loads().items()})
    assert not made.judged.any()
    found = add_up(made, sums)
    assert np.isnan(found.mae_w).all()
    assert (error_shares(made, sums).common_w == 0.0).all()
    moved = found.load_w - made.load_w
    expected = np.maximum(made.quantile_load_w + moved[:, :, np.newaxis], 0.0)
    np.testing.assert_allclose(found.quantile_load_w, expected)
    np.testing.assert_array_equal(found.load_w[3], found.load_w[5] + found.load_w[6])


def test_coherent_quantiles_cover_what_they_promise():
    truth = town_loads(37 * 48)
    codes = ["MEL", "S1", "59350", "F1", "F2", "T1", "T2", "T3"]
    inside = []
    for day in range(5):
        load = {code: load_w[day * 48 // 4 :] for code, load_w in truth.items()}
        made, sums = made_of(load)
        found = add_up(made, sums)
        came = np.stack([load[code][35 * 48 :][:48] for code in codes])
        band = found.quantile_load_w[:, :48]
        inside.append((came > band[:, :, 0]) & (came <= band[:, :, -1]))
    assert 0.75 < np.mean(inside) < 0.99


def test_what_comes_later_changes_no_coherent_forecast():
    load = town_loads(37 * 48)
    first = add_up(*made_of(load))
    wild = {code: np.concatenate((load_w[: 35 * 48], 9e9 + load_w[35 * 48 :])) for code, load_w in load.items()}
    np.testing.assert_array_equal(first.load_w, add_up(*made_of(wild)).load_w)
