"""The demo's own stage: servers with nothing in them, the territory, a registered fleet."""

import asyncio
import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.errors import ConfigurationError, ConflictError
from core.settings import Settings
from db.census import census
from db.connection import Role, connect
from db.migrate import migrate
from db.territory import load_communes, read_commune_facts
from simulators.fleet import Fleet
from simulators.stores import StoreShares
from somel.demo.options import DemoOptions
from somel.embedded.loopback import free_port
from somel.embedded.places import Places, open_folder
from somel.fleet import build, register
from somel.fleet_networks import import_networks
from somel.pass_secret import kept_secret
from somel.progress import Report
from somel.servers import Servers, embedded_services, named_servers
from somel.warming import compiled, parts

NAME = "demo"
#: So many homes have a battery, and so many a heat pump that obeys.
SHARES = StoreShares(battery_ratio=0.04, heat_pump_ratio=0.06)
_FIRST_PORT = 8_000


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold what the demo plays with.

    Attributes
    ----------
    options : DemoOptions
        What was asked for.
    servers : Servers
        Database and broker.
    fleet : Fleet
        The simulated fleet, registered.
    logs : Path
        Folder of the processes' logs.
    report : callable
        Takes progress: stage, done, total.
    say : callable
        Takes a sentence for whoever watches.
    """

    options: DemoOptions
    servers: Servers
    fleet: Fleet
    logs: Path
    report: Report
    say: Callable[[str], None]

    @property
    def broker(self) -> BrokerAddress:
        """Where the broker is."""
        return BrokerAddress.parse(self.servers.mqtt_url)

    def environment(self, clock: Clock) -> dict[str, str]:
        """Return the settings that all processes of the demo share."""
        return {
            "SOMEL_DATABASE_URL": self.servers.database_url,
            "SOMEL_MQTT_URL": self.servers.mqtt_url,
            "SOMEL_API_PORT": str(self.options.port),
            "SOMEL_CLOCK_WALL_ORIGIN": clock.wall_origin.isoformat(),
            "SOMEL_CLOCK_REPLAY_ORIGIN": clock.replay_origin.isoformat(),
            "SOMEL_CLOCK_SPEED": str(clock.speed),
            "SOMEL_PASS_SECRET": kept_secret(),
        }


@contextmanager
def stage_of(settings: Settings, options: DemoOptions, report: Report, say: Callable[[str], None]) -> Iterator[Stage]:
    """Make the stage anew, and stop its servers on leaving; a demo never touches those called `default`."""
    report("kernels", 0, len(parts()))  # compiled once; later demos find them
    for done, _ in enumerate(compiled(), start=1):
        report("kernels", done, len(parts()))
    report("kernels", len(parts()), len(parts()))
    with _servers(settings, report) as used:
        report("fleet", 0, 0)
        fleet = build(settings, usage_points=options.usage_points, seed=options.seed, shares=SHARES)
        asyncio.run(_furnish(used.database_url, fleet))
        asyncio.run(import_networks(used.database_url, fleet, options.seed, report))
        # Chosen now, so that an API that is started again is found where it was.
        options = replace(options, port=options.port or free_port(_FIRST_PORT))
        yield Stage(options, used, fleet, Places.from_environment().state / "demo-logs", report, say)


@contextmanager
def _servers(settings: Settings, report: Report) -> Iterator[Servers]:
    """Yield the servers that the settings name, else embedded ones with nothing in them."""
    named = named_servers(settings)
    if named:
        yield named
        return
    services = embedded_services(settings, NAME)
    services.bundle.ensure(report)
    with _alone(services.folder.with_suffix(".lock")):
        services.down()
        shutil.rmtree(services.folder, ignore_errors=True)
        try:
            services.up(report)
            yield Servers(services.database_url, services.mqtt_url)
        finally:
            services.down()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process.

    Raises
    ------
    ConflictError
        ``demo_running`` when another demo holds it.
    """
    open_folder(path.parent)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                "demo_running", "Another demo is running; end it first, it is quick to start."
            ) from error
        yield


async def _furnish(database_url: str, fleet: Fleet) -> None:
    await migrate(database_url)
    async with await connect(database_url, Role.OWNER) as connection:
        if (await census(connection)).rows:
            raise ConfigurationError(
                "demo_database_not_empty",
                "The database that SOMEL_DATABASE_URL names holds readings; the demo wants one with none.",
            )
        await load_communes(connection, read_commune_facts())
        await connection.commit()
    await register(database_url, fleet)
