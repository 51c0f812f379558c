"""What is registered before anything may be measured: places, points of supply and devices, as plain rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Territory:
    """The territory that everything is summed for: official code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Commune:
    """A municipality: INSEE code, name, municipal population and a point inside it (WGS 84). [degrees]."""

    insee_code: str
    name: str
    population: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Substation:
    """A substation from high to medium voltage (WGS 84). [degrees]."""

    code: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Feeder:
    """A medium-voltage feeder of a substation; nominal voltage between phases. [V]."""

    code: str
    name: str
    substation_code: str
    nominal_voltage_v: int


@dataclass(frozen=True, slots=True)
class PowerTransformer:
    """A distribution transformer: the feeder that supplies it, its commune, rated apparent power, place. [VA]."""

    code: str
    name: str
    feeder_code: str
    insee_code: str
    rated_va: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """A place of supply, by its PRM, which is personal: subscribed apparent power [VA], step of its load curve [s]."""

    prm: str
    power_transformer_code: str
    subscribed_va: int
    tariff: str
    category: str
    interval_step_s: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway and the shard of topics that it publishes under."""

    name: str
    shard: int


@dataclass(frozen=True, slots=True)
class EndDevice:
    """A device behind a gateway at a usage point; with `rated_power_w` it takes part in demand response. [W]."""

    name: str
    kind: str
    gateway_name: str
    prm: str
    rated_power_w: int | None


@dataclass(frozen=True, slots=True)
class Network:
    """All that `db.territory.register_network` registers at once."""

    substations: Sequence[Substation] = ()
    feeders: Sequence[Feeder] = ()
    power_transformers: Sequence[PowerTransformer] = ()
    usage_points: Sequence[UsagePoint] = ()
    gateways: Sequence[Gateway] = ()
    end_devices: Sequence[EndDevice] = ()


class NetworkRows(Protocol):
    """Anything with the lists of a `Network`, whose rows have the attributes of its rows.

    So the simulators, which do not import the store, can hand over their own.
    """

    @property
    def substations(self) -> Sequence[object]:
        """Rows like `Substation`."""

    @property
    def feeders(self) -> Sequence[object]:
        """Rows like `Feeder`."""

    @property
    def power_transformers(self) -> Sequence[object]:
        """Rows like `PowerTransformer`."""

    @property
    def usage_points(self) -> Sequence[object]:
        """Rows like `UsagePoint`."""

    @property
    def gateways(self) -> Sequence[object]:
        """Rows like `Gateway`."""

    @property
    def end_devices(self) -> Sequence[object]:
        """Rows like `EndDevice`."""
