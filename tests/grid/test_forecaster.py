"""Between two fits forecasts go on from what was learned; a transformer without a past gets one from others."""

from datetime import timedelta

import numpy as np
import pytest

from core.slots import SLOT
from db.connection import Role, connect
from db.forecasts import latest_run, skill_of_place
from grid import cold_start
from grid import forecaster as module
from grid.forecaster import Forecaster
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.test_issue import KNOWN_SLOTS, NOW, values_of
from tests.grid.town import add_load, build_town


def forecaster(fit_every_h: float = 24.0) -> Forecaster:
    return Forecaster(history_days=35, horizon_h=48, fit_every=timedelta(hours=fit_every_h))


async def test_hours_later_nothing_is_fitted_and_the_newest_slots_count(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    town = await build_town(database_url)
    load_w = daily_and_weekly(38)
    for code in ("T1", "F1"):
        await add_load(database_url, town.place[code], MONDAY, load_w[:KNOWN_SLOTS])
    ours = forecaster()
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        await ours.issue(connection, now=NOW)
        monkeypatch.setattr(module, "fit_places", None)  # a fit would fail now
        for code in ("T1", "F1"):
            await add_load(database_url, town.place[code], MONDAY + KNOWN_SLOTS * SLOT, load_w[KNOWN_SLOTS:][:12])
        issued = await ours.issue(connection, now=NOW + timedelta(hours=6))
        assert issued.known_until == MONDAY + (KNOWN_SLOTS + 12) * SLOT
        run = await latest_run(connection, as_of=NOW + timedelta(hours=6))
        skill = await skill_of_place(connection, place_id=town.place["T1"], as_of=NOW + timedelta(hours=6))
        monkeypatch.undo()
        fresh = await forecaster().issue(connection, now=NOW + timedelta(hours=6))
    assert run is not None
    assert run.horizon_slots == 96
    assert skill is not None
    assert skill.method == "expert_mix"
    rolled_w = (await values_of(database_url, town, "T1", issued.forecast_run_id))[:, 0]
    fresh_w = (await values_of(database_url, town, "T1", fresh.forecast_run_id))[:, 0]
    truth_w = load_w[KNOWN_SLOTS + 12 :][:96]
    assert np.abs(rolled_w - truth_w).mean() < 1.1 * np.abs(fresh_w - truth_w).mean()


async def test_a_fit_is_made_again_when_it_is_due(database_url: str):
    town = await build_town(database_url)
    load_w = daily_and_weekly(38)
    await add_load(database_url, town.place["T1"], MONDAY, load_w)
    ours = forecaster(fit_every_h=3.0)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        await ours.issue(connection, now=NOW)
        before = ours._fitted
        await ours.issue(connection, now=NOW + timedelta(hours=1))
        assert ours._fitted is before
        await ours.issue(connection, now=NOW + timedelta(hours=4))
        assert ours._fitted is not before


async def test_a_transformer_without_a_past_is_forecast_by_what_it_supplies(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cold_start, "FEWEST_KNOWN", 2)
    town = await build_town(database_url)
    for number, code in enumerate(("T1", "T2")):
        await add_load(database_url, town.place[code], MONDAY, daily_and_weekly(35, seed=number)[:KNOWN_SLOTS])
    await add_load(database_url, town.place["T3"], MONDAY + (KNOWN_SLOTS - 96) * SLOT, np.full(96, 500.0))  # two days
    ours = forecaster()
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        issued = await ours.issue(connection, now=NOW)
        later = await ours.issue(connection, now=NOW + timedelta(hours=2))
        skill = await skill_of_place(connection, place_id=town.place["T3"], as_of=NOW)
    assert skill is not None
    assert (skill.method, skill.origin_count, skill.mae_w) == ("composition", 0, None)
    assert issued.fallback_count == 1
    new, old = [(await values_of(database_url, town, code, issued.forecast_run_id)) for code in ("T3", "T1")]
    assert new[:, 0].mean() == pytest.approx(old[:, 0].mean(), rel=0.2)  # as many usage points, of the same kind
    assert (new[:, 1] < new[:, 0]).all()
    moved = await values_of(database_url, town, "T3", later.forecast_run_id)
    np.testing.assert_allclose(moved[:-4, 0], new[4:, 0], rtol=0.1)


async def test_one_that_nobody_has_ever_heard_of_is_forecast_too(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cold_start, "FEWEST_KNOWN", 2)
    town = await build_town(database_url)
    for number, code in enumerate(("T1", "T3")):
        await add_load(database_url, town.place[code], MONDAY, daily_and_weekly(35, seed=number)[:KNOWN_SLOTS])
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        issued = await forecaster().issue(connection, now=NOW)
    assert issued.place_count == 3
    assert (await values_of(database_url, town, "T2", issued.forecast_run_id)).shape == (96, 8)
