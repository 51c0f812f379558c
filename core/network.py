"""What is registered before anything may be measured: the territory, its grid, points of supply and devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Territory:
    """The territory that everything is summed for: official code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Commune:
    """A municipality: INSEE code, name, inhabitants and centroid (WGS 84). [degrees]."""

    insee_code: str
    name: str
    population: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Substation:
    """A substation from high to medium voltage (poste source). [degrees]."""

    code: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Feeder:
    """A medium-voltage feeder (départ HTA). [V]."""

    code: str
    name: str
    substation_code: str
    nominal_voltage_v: int


@dataclass(frozen=True, slots=True)
class PowerTransformer:
    """A distribution transformer in one commune. [VA] [degrees]."""

    code: str
    name: str
    feeder_code: str
    insee_code: str
    rated_va: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """A place of supply.

    Attributes
    ----------
    prm : str
        Fourteen digits, leading zeros kept; personal data.
    power_transformer_code : str
        Transformer that supplies it.
    subscribed_va : int
        Subscribed apparent power. [VA]
    tariff : {'base', 'off_peak', 'tempo', 'ejp'}
        Tariff option.
    category : {'residential', 'business', 'public'}
        Who lives or works there.
    interval_step_s : int
        Step of its load curve. [s]
    """

    prm: str
    power_transformer_code: str
    subscribed_va: int
    tariff: Literal["base", "off_peak", "tempo", "ejp"]
    category: Literal["residential", "business", "public"]
    interval_step_s: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """A data concentrator at a transformer and the shard of topics that it publishes under."""

    name: str
    shard: int


@dataclass(frozen=True, slots=True)
class EndDevice:
    """A meter or a flexible device behind a gateway; with `rated_power_w` it is a resource for demand response. [W]."""

    name: str
    kind: Literal["meter", "sensor", "water_heater", "ev_charger", "battery", "heat_pump"]
    gateway_name: str
    prm: str
    rated_power_w: int | None


@dataclass(frozen=True, slots=True)
class Network:
    """All that is registered at once; parents come before what refers to them."""

    substations: Sequence[Substation] = ()
    feeders: Sequence[Feeder] = ()
    power_transformers: Sequence[PowerTransformer] = ()
    usage_points: Sequence[UsagePoint] = ()
    gateways: Sequence[Gateway] = ()
    end_devices: Sequence[EndDevice] = ()
