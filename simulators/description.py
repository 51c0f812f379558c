"""What a fleet consists of, as plain rows that whoever registers it can store as they are."""

from dataclasses import dataclass
from typing import Literal


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
        Fourteen digits that cannot be anybody's: they begin with 99, a region that Enedis does not have.
    power_transformer_code : str
        Transformer that supplies it.
    subscribed_va : int
        Subscribed apparent power. [VA]
    tariff : {'base', 'off_peak'}
        Tariff option.
    category : {'residential', 'business'}
        Who lives or works there.
    interval_step_s : int
        Step of its load curve. [s]
    """

    prm: str
    power_transformer_code: str
    subscribed_va: int
    tariff: Literal["base", "off_peak"]
    category: Literal["residential", "business"]
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
    kind: Literal["meter", "water_heater", "ev_charger"]
    gateway_name: str
    prm: str
    rated_power_w: int | None


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that is registered before a fleet may publish; parents come before what refers to them."""

    substations: list[Substation]
    feeders: list[Feeder]
    power_transformers: list[PowerTransformer]
    usage_points: list[UsagePoint]
    gateways: list[Gateway]
    end_devices: list[EndDevice]
