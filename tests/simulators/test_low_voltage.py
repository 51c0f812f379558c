"""Networks behind a fleet's transformers: radial, of French cables, believable, a place and a phase for everybody."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from grid.network.comparison import PHASE_OF, compare
from grid.network.pandapower_file import read_network
from grid.network.tree import radial
from simulators.cables import MAINS, SERVICE, TRANSFORMERS
from simulators.fleet import Fleet
from simulators.low_voltage import SINGLE_PHASE_VA, LowVoltageNetwork, low_voltage_networks
from simulators.low_voltage_files import write_networks
from simulators.network import RATINGS_VA

MakeFleet = Callable[..., Fleet]
WINTER_S = int(datetime(2025, 1, 13, tzinfo=UTC).timestamp())


def test_every_usage_point_has_one_place_and_small_ones_share_the_phases(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(600)
    networks = list(low_voltage_networks(fleet.network, 1))
    assert networks == list(low_voltage_networks(make_fleet(600).network, 1))
    assert networks != list(low_voltage_networks(fleet.network, 2))
    assert [one.transformer for one in networks] == list(fleet.network.power_transformers)
    subscribed = dict(zip(fleet.meters, fleet.network.usage_points, strict=True))
    assert sorted(point.meter for one in networks for point in one.points) == fleet.meters
    for one in networks:
        assert {subscribed[point.meter].power_transformer_code for point in one.points} == {one.transformer.code}
        by_main: dict[str, list[tuple[str, int]]] = {}
        for point in one.points:
            main = one.bus[point.bus].split()[1]
            by_main.setdefault(main, []).append((point.phase, subscribed[point.meter].subscribed_va))
        for small in ([one for one in points if one[0] != "abc"] for points in by_main.values()):
            # Each went to the phase with the least, so that no two differ by more than the largest of them.
            shares = [sum(va for phase, va in small if phase == its) for its in ("a", "b", "c")]
            assert max(shares) - min(shares) <= max((va for _, va in small), default=0)
        for point in one.points:
            assert (point.phase == "abc") == (subscribed[point.meter].subscribed_va > SINGLE_PHASE_VA)


def test_networks_are_radial_and_as_long_as_french_ones(make_fleet: MakeFleet) -> None:
    networks = list(low_voltage_networks(make_fleet(2_000).network, 1))
    mains_m = []
    for one in networks:
        ends = [segment.to_bus for segment in one.segments]
        assert ends == list(range(2, len(one.bus)))  # each bus but those of the transformer ends one cable
        assert all(segment.from_bus < segment.to_bus for segment in one.segments)
        mains_m.append(sum(segment.length_m for segment in one.segments if segment.cable is not SERVICE))
        assert all(5 <= segment.length_m <= 25 for segment in one.segments if segment.cable is SERVICE)
        assert 0.98 < one.source_ratio < 1.03
    assert 750 < np.mean(mains_m) < 1_100
    used = {segment.cable for one in networks for segment in one.segments}
    assert {*MAINS[:2], SERVICE} <= used <= {*MAINS, SERVICE}
    assert set(RATINGS_VA) == set(TRANSFORMERS)


def test_a_cold_week_is_within_limits_and_a_return_at_once_drags_voltages_down(
    make_fleet: MakeFleet, tmp_path: Path
) -> None:
    fleet = make_fleet(240)
    networks = list(low_voltage_networks(fleet.network, 1))
    assert write_networks(networks, tmp_path) == len(networks)
    import_wh, export_wh = fleet.slot_wh(WINTER_S, 144)
    natural_w = 2.0 * (import_wh - export_wh.astype(np.float64))
    at_once_w = 2.0 * fleet.curves.net_wh(WINTER_S, 144)
    flexible = fleet.load.flexible
    np.add.at(at_once_w, flexible.usage_point, flexible.rated_power_w[:, np.newaxis])
    row_of = {meter: row for row, meter in enumerate(fleet.meters)}
    for one in networks:
        network, loads = read_network(tmp_path / f"{one.transformer.code}.json.gz")
        assert (radial(network).node_of_bus >= 0).all()
        assert sum(len(table.name) for table in loads) == len(one.points)
        rows = [row_of[point.meter] for point in one.points]
        bus, phase = np.array([[point.bus, PHASE_OF[point.phase]] for point in one.points], dtype=np.int64).T
        natural, at_once = (((1 + 0.25j) * watts[rows]).astype(np.complex128) for watts in (natural_w, at_once_w))
        found = compare(network, bus, phase, natural, at_once)
        assert found.before.converged.all()
        assert found.after.converged.all()
        assert 0.9 < found.before.voltage_pu.min() < 0.99
        assert found.before.voltage_pu.max() < 1.1
        assert found.before.line_ratio.max() < 1.0
        assert found.after.voltage_pu.min() < found.before.voltage_pu.min()


def test_a_transformer_without_usage_points_has_a_busbar_alone(make_fleet: MakeFleet) -> None:
    network = make_fleet().network
    alone = type(network)(network.substations, network.feeders, network.power_transformers[:1])
    (found,) = low_voltage_networks(alone, 1)
    assert isinstance(found, LowVoltageNetwork)
    assert (len(found.bus), found.segments, found.points) == (2, (), ())
    with pytest.raises(StopIteration):
        next(low_voltage_networks(type(network)(), 1))
