"""A fleet: the same arguments give the same fleet, on a network that hangs together, with believable load."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.identifiers import DEVICE_ID, PRM, shard_of
from core.slots import LOCAL_ZONE, SLOT_S, local_day
from simulators.fleet import Fleet
from simulators.network import RATINGS_VA, share_out
from simulators.placement import assign_communes, hilbert_index
from simulators.weeks import YEAR_SLOTS, slot_positions, year_of_weeks
from tests.simulators.conftest import COMMUNES

MakeFleet = Callable[..., Fleet]
MONDAY_S = int(datetime(2026, 1, 12, tzinfo=UTC).timestamp())


def test_the_same_arguments_give_the_same_fleet(make_fleet: MakeFleet) -> None:
    one, other = make_fleet(), make_fleet()
    assert one.network == other.network
    for ours, theirs in zip(one.slot_wh(MONDAY_S, 96), other.slot_wh(MONDAY_S, 96), strict=True):
        assert (ours == theirs).all()


def test_another_seed_gives_another_fleet(make_fleet: MakeFleet) -> None:
    assert (make_fleet().slot_wh(MONDAY_S, 48)[0] != make_fleet(seed=2).slot_wh(MONDAY_S, 48)[0]).any()


def test_a_usage_point_lives_the_same_life_in_a_larger_fleet(make_fleet: MakeFleet) -> None:
    small, large = make_fleet(60), make_fleet(300)
    assert (small.slot_wh(MONDAY_S, 48)[0] == large.slot_wh(MONDAY_S, 48)[0][:60]).all()


def test_a_day_is_the_same_published_at_once_or_slot_by_slot(fleet: Fleet) -> None:
    day_import, day_export = fleet.slot_wh(MONDAY_S, 96)
    for slot in (0, 17, 34, 40, 95):
        one_import, one_export = fleet.slot_wh(MONDAY_S + slot * SLOT_S, 1)
        assert (one_import[:, 0] == day_import[:, slot]).all()
        assert (one_export[:, 0] == day_export[:, slot]).all()


def test_the_power_of_a_slots_minutes_is_its_energy(fleet: Fleet) -> None:
    evening_s = MONDAY_S + 36 * SLOT_S
    import_wh, export_wh = fleet.slot_wh(evening_s, 1)
    mean_w = np.mean([fleet.power_w(evening_s + 60 * minute) for minute in range(30)], axis=0)
    assert mean_w / 2 == pytest.approx((import_wh - export_wh)[:, 0], abs=0.51)


def test_every_row_of_the_network_refers_to_a_row_before_it(make_fleet: MakeFleet) -> None:
    network = make_fleet(700).network
    substations = {row.code for row in network.substations}
    feeders = {row.code for row in network.feeders}
    transformers = {row.code for row in network.power_transformers}
    prms = {row.prm for row in network.usage_points}
    gateways = {row.name for row in network.gateways}
    assert {row.substation_code for row in network.feeders} == substations
    assert {row.feeder_code for row in network.power_transformers} == feeders
    assert {row.insee_code for row in network.power_transformers} <= {commune.insee_code for commune in COMMUNES}
    assert {row.power_transformer_code for row in network.usage_points} == transformers
    assert len(gateways) == len(transformers)
    assert {row.gateway_name for row in network.end_devices} == gateways
    assert {row.prm for row in network.end_devices} == prms
    assert len(prms) == 700


def test_names_are_fit_for_topics_and_no_prm_can_be_real(fleet: Fleet) -> None:
    network = fleet.network
    names = [row.name for row in network.end_devices] + [row.name for row in network.gateways]
    assert all(DEVICE_ID.fullmatch(name) for name in names)
    assert len(set(names)) == len(names)
    assert all(PRM.fullmatch(row.prm) and row.prm.startswith("99") for row in network.usage_points)
    assert all(gateway.shard == shard_of(gateway.name, 4) for gateway in network.gateways)


def test_transformers_supply_thirty_to_seventy_usage_points_and_can_carry_them(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(2_000)
    counts = Counter(row.power_transformer_code for row in fleet.network.usage_points)
    assert len(counts) == 42
    assert min(counts.values()) >= 30
    assert max(counts.values()) <= 70
    assert sum(counts.values()) == 2_000
    rated_va = np.array([row.rated_va for row in fleet.network.power_transformers])
    assert set(rated_va.tolist()) <= set(RATINGS_VA)
    winter_w = np.add.reduceat(fleet.curves.net_wh(MONDAY_S, 336), fleet.first_point[:-1], axis=0) * 2
    assert (winter_w.max(axis=1) < rated_va).all(), "what nobody can shift must fit"


def test_two_thousand_points_offer_some_hundred_kilowatts_at_six_each_weekday(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(2_000)
    assert 480 <= len(fleet.network.end_devices) - 2_000 - 300 <= 620  # about 30 % heaters and 15 % chargers
    power_w = []
    for days in range(35):
        day = date(2026, 10, 19) + timedelta(days=days)
        if day.weekday() < 5:
            six_s = int(local_day(day)[0].timestamp()) + (18 + (day == date(2026, 10, 25))) * 3600
            power_w.append(fleet.load.slot_wh(six_s, 2).sum())
    assert 600_000 < np.mean(power_w) < 1_500_000
    assert np.std(power_w) < 0.05 * np.mean(power_w)


def test_the_fleet_uses_about_what_french_homes_use(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(1_000)
    year_wh = sum(fleet.slot_wh(MONDAY_S + week * 7 * 86_400, 336)[0].sum(dtype=np.int64) for week in range(0, 52, 4))
    assert 3.5e6 < year_wh * 4 / 1_000 < 7e6
    assert fleet.slot_wh(int(datetime(2026, 6, 15, tzinfo=UTC).timestamp()), 336)[1].sum() > 0


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 1, 15), 48), (date(2026, 3, 29), 46), (date(2026, 10, 25), 50)])
def test_a_local_day_of_46_48_or_50_slots_follows_the_clock(fleet: Fleet, day: date, slots: int) -> None:
    start, end = local_day(day)
    import_wh, _ = fleet.slot_wh(int(start.timestamp()), slots)
    assert import_wh.shape == (120, slots)
    assert (end - start) // timedelta(minutes=30) == slots
    assert (import_wh.sum(axis=1) > 0).mean() > 0.9


def test_the_same_weekday_and_hour_come_from_the_same_place_whatever_the_year() -> None:
    winter = slot_positions(int(datetime(2026, 1, 14, 17, tzinfo=UTC).timestamp()), 1, LOCAL_ZONE)
    other = slot_positions(int(datetime(2025, 1, 15, 17, tzinfo=UTC).timestamp()), 1, LOCAL_ZONE)
    assert winter == other == (2 * 7 + 2) * 48 + 36
    spring = slot_positions(int(local_day(date(2026, 3, 29))[0].timestamp()), 46, LOCAL_ZONE)
    assert np.diff(spring).tolist().count(3) == 1, "two half-hours are skipped"
    autumn = slot_positions(int(local_day(date(2026, 10, 25))[0].timestamp()), 50, LOCAL_ZONE)
    assert np.diff(autumn).tolist().count(-1) == 1, "two half-hours come twice"


@given(total=st.integers(1, 5_000), weight=st.lists(st.floats(0.1, 100), min_size=1, max_size=60))
def test_shares_add_up_and_stray_less_than_one_from_their_due(total: int, weight: list[float]) -> None:
    weights = np.array(weight)
    shares = share_out(total, weights)
    assert shares.sum() == total
    assert (np.abs(shares - total * weights / weights.sum()) < 1).all()


def test_populous_communes_have_more_transformers() -> None:
    counts = Counter(commune.name for commune in assign_communes(COMMUNES, 100))
    assert counts["Lille"] > counts["Roubaix"] > counts["Villeneuve-d'Ascq"] >= counts["Chéreng"]


def test_the_hilbert_curve_visits_every_cell_once_and_steps_to_a_neighbour() -> None:
    side = 4_096
    cells = {hilbert_index((x + 0.5) / side, (y + 0.5) / side): (x, y) for x in range(8) for y in range(8)}
    assert sorted(cells) == list(range(64))
    path = [cells[index] for index in range(64)]
    assert all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in pairwise(path))


def test_a_fleet_without_usage_points_cannot_be(make_fleet: MakeFleet) -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        make_fleet(0)


def test_a_gap_in_a_curve_is_filled_from_the_nearest_week() -> None:
    wall = pd.date_range("2024-01-01", periods=3 * 336, freq="30min")
    power_w = np.repeat([100.0, np.nan, 300.0], 336)
    year_wh = year_of_weeks(wall, power_w, 1800)
    assert year_wh.shape == (YEAR_SLOTS,)
    assert (year_wh[:336] == 50).all()
    assert (year_wh[336:672] == 50).all(), "a week is filled from the week before it first"
    assert (year_wh[672:1008] == 150).all()
    assert not np.isnan(year_wh).any()


def test_a_commune_keeps_its_transformers_near_its_centroid(make_fleet: MakeFleet) -> None:
    centroid = {commune.insee_code: commune for commune in COMMUNES}
    for row in make_fleet(2_000).network.power_transformers:
        assert abs(row.lon - centroid[row.insee_code].lon) <= 0.0121
        assert abs(row.lat - centroid[row.insee_code].lat) <= 0.0121


def test_one_commune_is_enough() -> None:
    assert assign_communes(COMMUNES[:1], 3) == COMMUNES[:1] * 3
