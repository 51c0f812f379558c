"""A fleet: its network, its meters' energy in any slot, its power in any minute. Nothing in here talks to anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.identifiers import shard_of
from core.network import Commune, EndDevice, Gateway, Network, UsagePoint
from core.slots import SLOT_S, SLOTS_PER_WEEK
from simulators.curves import Curves, meter_wh
from simulators.evenings import FlexibleLoad
from simulators.flexible import Flexible, draw_flexible
from simulators.households import Households, draw_households, subscribed_va
from simulators.keeping import first_numbers
from simulators.network import Equipment, choose_ratings, describe_equipment, lay_out
from simulators.orders import Orders, Temper
from simulators.pool import CurvePool, load_pool, load_stations, pool_of_source
from simulators.source import SourceLayout
from simulators.store_load import StoreLoad
from simulators.stores import HomeStores, StoreShares, draw_stores

#: Weeks that ratings are chosen for: the coldest, and one of each other season. UTC Mondays of one year.
_RATING_WEEKS: Final = tuple(
    datetime(2025, month, day, tzinfo=UTC) for month, day in ((1, 13), (1, 27), (4, 7), (11, 24))
)
_PERSON_PREFIX: Final = "99"


@dataclass(frozen=True)
class Fleet:
    """Hold a fleet; usage points are numbered through the transformers, so each gateway's lie side by side.

    Attributes
    ----------
    network : Network
        What has to be registered.
    curves : Curves
        Load that nobody can shift.
    load : FlexibleLoad
        Load of the flexible devices.
    stores : StoreLoad
        Load of batteries and heat pumps.
    orders : Orders
        How commands are taken.
    first_point : ndarray, shape (gateway + 1,), int64
        First usage point of each gateway; the last entry is the number of usage points.
    sequence : ndarray, shape (gateway,), int64
        Last sequence number that each gateway used; the one thing in here that changes while it publishes. It is
        not remembered from one run to the next, so each run begins a new numbering.
    """

    network: Network
    curves: Curves
    load: FlexibleLoad
    stores: StoreLoad
    orders: Orders
    first_point: NDArray[np.int64]
    sequence: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.first_point[-1])

    @cached_property
    def meters(self) -> list[str]:
        """Names of the meters, by usage point."""
        return [meter_name(index) for index in range(len(self))]

    @cached_property
    def exports(self) -> NDArray[np.bool_]:
        """Tell which usage points have a roof or a battery, and so an export register; shape (usage_point,)."""
        exports: NDArray[np.bool_] = self.curves.households.solar_curve >= 0
        stores = self.stores.stores
        exports[stores.usage_point[stores.battery]] = True
        return exports

    def points_of(self, gateway: int) -> range:
        """Return the usage points of a gateway."""
        return range(int(self.first_point[gateway]), int(self.first_point[gateway + 1]))

    def gateway_of(self, usage_point: int) -> int:
        """Return the gateway of a usage point."""
        return int(np.searchsorted(self.first_point, usage_point, side="right")) - 1

    def slot_wh(self, first_s: int, slots: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return what the meters count in consecutive slots, flexible devices included.

        Parameters
        ----------
        first_s : int
            Start of the first slot, UTC epoch, on a slot's edge. [s]
        slots : int
            Number of slots.

        Returns
        -------
        import_wh, export_wh : ndarray, shape (usage_point, slot), int32
            Energy into and out of each usage point. [Wh]
        """
        net_wh = self.curves.net_wh(first_s, slots)
        np.add.at(net_wh, self.load.flexible.usage_point, self.load.slot_wh(first_s, slots))
        np.add.at(net_wh, self.stores.stores.usage_point, self.stores.slot_wh(first_s, slots))
        return meter_wh(net_wh)

    def power_w(self, at_s: int) -> NDArray[np.float64]:
        """Return each usage point's power in the minute that begins at `at_s` (epoch); import positive. [W]."""
        power_w = self.curves.net_wh(at_s - at_s % SLOT_S, 1)[:, 0] * (3600 / SLOT_S)
        np.add.at(power_w, self.load.flexible.usage_point, self.load.power_w(at_s))
        np.add.at(power_w, self.stores.stores.usage_point, self.stores.power_w(at_s))
        return power_w

    def value_count(self, slots: int) -> int:
        """Return how many interval values the fleet publishes in so many slots."""
        return slots * (len(self) + int(self.exports.sum()))


def build_fleet(
    *,
    usage_points: int,
    communes: Sequence[Commune],
    cache_dir: Path,
    shards: int,
    seed: int = 1,
    source: SourceLayout | None = None,
    temper: Temper | None = None,
    shares: StoreShares | None = None,
) -> Fleet:
    """Build a fleet; the same arguments always give the same one.

    Parameters
    ----------
    usage_points : int
        Number of usage points, each with one meter.
    communes : sequence of Commune
        Where they may be.
    cache_dir : Path
        Cache below which set-up has put the wheels of measured data.
    shards : int
        Number of shards of the topic tree.
    seed : int, default 1
        Seed of every draw.
    source : SourceLayout, optional
        Replay the meters of this file, as they were measured, instead of the shipped curves. The fleet then has no
        flexible devices: its curves contain whatever those homes had.
    temper : Temper, optional
        Opt-outs and dead devices; None for the usual.
    shares : StoreShares, optional
        How many homes have a battery or a heat pump that obeys; None: none.

    Raises
    ------
    ConfigurationError
        When the measured data is missing or the layout of `source` cannot be.
    """
    stations = load_stations(cache_dir)
    pool = pool_of_source(source) if source else load_pool(cache_dir)
    grid = lay_out(stations, communes, usage_points, seed)
    curves = Curves(pool, draw_households(pool, usage_points, seed))
    flexible = _draw_devices(pool, curves.households, seed)
    load, stores = FlexibleLoad(flexible), StoreLoad(_draw_stores(pool, curves.households, seed, shares))
    first_point = np.concatenate([[0], np.cumsum(grid.usage_points)])
    rated_va = choose_ratings(*_peaks(curves, load, stores, first_point))
    equipment = describe_equipment(grid, stations, rated_va)
    network = _describe(equipment, grid.usage_points, curves.households, (flexible, stores.stores), shards)
    names = [*resource_names(flexible), *stores.stores.names]
    orders = Orders(load, {name: index for index, name in enumerate(names)}, temper or Temper(), stores)
    return Fleet(network, curves, load, stores, orders, first_point, first_numbers(len(network.gateways)))


def meter_name(usage_point: int) -> str:
    """Return the name of a usage point's meter."""
    return f"m-{usage_point + 1:06d}"


def resource_names(flexible: Flexible) -> list[str]:
    """Return the names of the flexible devices: kind, and the number of the usage point's meter."""
    return [
        f"{'ev' if charger else 'wh'}-{point + 1:06d}"
        for charger, point in zip(flexible.charger, flexible.usage_point, strict=True)
    ]


def _draw_devices(pool: CurvePool, households: Households, seed: int) -> Flexible:
    """Draw flexible devices for homes; a replayed file gets none."""
    homes = np.flatnonzero(~households.business) if pool.home_year_wh is None else np.empty(0, dtype=np.int64)
    return draw_flexible(homes, seed)


def _draw_stores(pool: CurvePool, households: Households, seed: int, shares: StoreShares | None) -> HomeStores:
    homes = np.flatnonzero(~households.business) if pool.home_year_wh is None else np.empty(0, dtype=np.int64)
    return draw_stores(homes, households.heating_curve[homes] >= 0, seed, shares or StoreShares())


def _peaks(
    curves: Curves, load: FlexibleLoad, stores: StoreLoad, first_point: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each transformer's highest load without and with flexible devices, over the weeks to rate it for. [W]."""
    base_w, natural_w = np.zeros(len(first_point) - 1), np.zeros(len(first_point) - 1)
    for monday in _RATING_WEEKS:
        first_s = int(monday.timestamp())
        net_wh = curves.net_wh(first_s, SLOTS_PER_WEEK)
        for peak_w in (base_w, natural_w):
            by_transformer = np.add.reduceat(net_wh, first_point[:-1], axis=0)
            np.maximum(peak_w, by_transformer.max(axis=1) * (3600 / SLOT_S), out=peak_w)
            np.add.at(net_wh, load.flexible.usage_point, load.slot_wh(first_s, SLOTS_PER_WEEK))
            np.add.at(net_wh, stores.stores.usage_point, stores.slot_wh(first_s, SLOTS_PER_WEEK))
    return base_w, natural_w


def _describe(
    equipment: Equipment,
    points_each: NDArray[np.int64],
    households: Households,
    devices: tuple[Flexible, HomeStores],
    shards: int,
) -> Network:
    flexible, stores = devices
    substations, feeders, transformers = equipment
    gateways = [Gateway(name, shard_of(name, shards)) for name in (f"gw-{k + 1:04d}" for k in range(len(transformers)))]
    of_point = np.repeat(np.arange(len(transformers)), points_each)
    points = _usage_points(households, devices, [transformers[k].code for k in of_point])
    meters = [
        EndDevice(meter_name(index), "meter", gateways[of_point[index]].name, point.prm, None)
        for index, point in enumerate(points)
    ]
    resources = [
        EndDevice(
            name,
            "ev_charger" if flexible.charger[index] else "water_heater",
            gateways[of_point[flexible.usage_point[index]]].name,
            points[flexible.usage_point[index]].prm,
            int(flexible.rated_power_w[index]),
        )
        for index, name in enumerate(resource_names(flexible))
    ]
    storing = [
        EndDevice(
            name,
            "battery" if stores.battery[index] else "heat_pump",
            gateways[of_point[stores.usage_point[index]]].name,
            points[stores.usage_point[index]].prm,
            int(stores.rated_power_w[index]),
        )
        for index, name in enumerate(stores.names)
    ]
    return Network(substations, feeders, transformers, points, gateways, [*meters, *resources, *storing])


def _usage_points(
    households: Households, devices: tuple[Flexible, HomeStores], transformer_codes: Sequence[str]
) -> list[UsagePoint]:
    flexible, flexible_w = devices[0], np.zeros(len(transformer_codes))
    for some in devices:
        np.add.at(flexible_w, some.usage_point, some.rated_power_w)
    subscribed = subscribed_va(households, flexible_w)
    contact = np.zeros(len(transformer_codes), dtype=np.bool_)
    contact[flexible.usage_point[flexible.contact]] = True
    tariff: tuple[Literal["base"], Literal["off_peak"]] = ("base", "off_peak")
    category: tuple[Literal["residential"], Literal["business"]] = ("residential", "business")
    return [
        UsagePoint(
            prm=f"{_PERSON_PREFIX}{index + 1:012d}",
            power_transformer_code=code,
            subscribed_va=int(subscribed[index]),
            tariff=tariff[int(contact[index])],
            category=category[int(households.business[index])],
            interval_step_s=SLOT_S,
        )
        for index, code in enumerate(transformer_codes)
    ]
