"""A simulated fleet and the platform it is registered with."""

from collections.abc import Sequence
from pathlib import Path

from core.settings import Settings
from core.signature import read_public_key
from db.connection import Role, connect
from db.resources import end_device_ids, put_parameters
from db.territory import read_commune_facts, register_network
from simulators.fleet import Fleet, build_fleet
from simulators.links import FIRMWARE_VERSION, HARDWARE
from simulators.orders import Temper
from simulators.source import SourceLayout
from simulators.stores import StoreShares
from simulators.updates import Updates
from somel.embedded.places import Places


def build(
    settings: Settings,
    *,
    usage_points: int,
    seed: int,
    source: SourceLayout | None = None,
    temper: Temper | None = None,
    shares: StoreShares | None = None,
) -> Fleet:
    """Build a fleet on the communes of the metropolis."""
    return build_fleet(
        usage_points=usage_points,
        communes=read_commune_facts(),
        cache_dir=cache_folder(settings),
        shards=settings.shards,
        seed=seed,
        source=source,
        temper=temper,
        shares=shares,
    )


async def register(database_url: str, fleet: Fleet) -> None:
    """Register a fleet's network, meters, resources and parameters of stores; again nothing happens."""
    stores = fleet.stores.stores
    async with await connect(database_url, Role.OWNER) as connection:
        await register_network(connection, fleet.network)
        keys = await end_device_ids(connection, stores.names)
        for store, name in enumerate(stores.names):
            await put_parameters(connection, keys[name], stores.kind(store), stores.parameters(store))
        await connection.commit()


def cache_folder(settings: Settings) -> Path:
    """Return the folder that set-up keeps its downloads in."""
    return settings.cache_dir or Places.from_environment().cache


def firmware_updates(fleet: Fleet, keys: Sequence[Path], *, failures: float, seed: int) -> Updates:
    """Return how a fleet's gateways take firmware: they trust the public keys in PEM files; failures in %."""
    trusted = [read_public_key(path.read_bytes()) for path in keys]
    count = len(fleet.network.gateways)
    return Updates(count, trusted, hardware=HARDWARE, version=FIRMWARE_VERSION, seed=seed, failure_ratio=failures / 100)
