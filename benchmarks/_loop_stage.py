"""The stage of the closed loop: throw-away servers, a registered fleet with a past, a forecast, and the processes."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.settings import read_settings
from core.slots import SLOT_S
from db.census import census
from db.connection import Role, connect
from db.forecasts import latest_run
from db.migrate import migrate
from db.territory import load_communes, read_commune_facts
from grid.demand_response.limits import POWER_FACTOR
from grid.kernels.warm import warm_up
from simulators.fleet import Fleet
from simulators.orders import Temper
from simulators.publisher import backfill
from somel.demo.children import Children
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.throwaway import throwaway_services
from somel.fleet import build, register

_LOOK_EVERY_S: Final = 0.2
_PATIENCE_S: Final = 180.0
_NIGHT_SLOTS: Final = 26

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold servers, fleet and processes; `environment` gives the processes' settings for a clock."""

    services: Services
    fleet: Fleet
    children: Children
    say: Say

    @property
    def broker(self) -> BrokerAddress:
        """Where the broker is."""
        return BrokerAddress.parse(self.services.mqtt_url)

    def environment(self, clock: Clock) -> dict[str, str]:
        """Return the settings of the processes: an answer is waited for as long as the clock is quick."""
        return {
            "SOMEL_DATABASE_URL": self.services.database_url,
            "SOMEL_MQTT_URL": self.services.mqtt_url,
            "SOMEL_CLOCK_WALL_ORIGIN": clock.wall_origin.isoformat(),
            "SOMEL_CLOCK_REPLAY_ORIGIN": clock.replay_origin.isoformat(),
            "SOMEL_CLOCK_SPEED": str(clock.speed),
            "SOMEL_COMMAND_ANSWER_S": "0.7",
            "SOMEL_LOG_LEVEL": "info",
        }


@contextmanager
def stage_of(
    usage_points: int, temper: Temper, seed: int, say: Say, *, tight: tuple[datetime, float]
) -> Iterator[Stage]:
    """Start servers with nothing in them but a registered fleet; remove everything at the end.

    Its transformers are rated so that the limit of a plan is the second of `tight` times the highest load that each
    has in the night after the first, if nobody is asked anything: just enough for what the fleet does by itself.
    """
    warm_up()  # compiled once; the processes load it from the disk
    with throwaway_services(Places.from_environment()) as services, tempfile.TemporaryDirectory() as logs:
        fleet = build(read_settings(), usage_points=usage_points, seed=seed, temper=temper)
        fleet = _rated(fleet, *tight)
        asyncio.run(_furnish(services.database_url, fleet))
        with Children(Path(logs)) as children:
            yield Stage(services, fleet, children, say)


async def give_a_past(stage: Stage, origin: datetime, days: int) -> None:
    """Publish the days before over the broker, and wait for their sums and for the forecast made from them."""
    standing = Clock(datetime.now(UTC) + timedelta(days=1), origin, 1.0)
    ingest = stage.children.start("ingest-past", "ingest", environment=stage.environment(standing))
    await asyncio.to_thread(ingest.wait_ready)
    counts = await backfill(stage.fleet, start=origin - timedelta(days=days), end=origin, broker=stage.broker)
    async with (
        asyncio.timeout(_PATIENCE_S),
        await connect(stage.services.database_url, Role.OWNER, autocommit=True) as c,
    ):
        while True:
            found = await census(c)
            if found.rows >= counts.values_published and not found.rollups_pending:
                break
            stage.children.check()
            await asyncio.sleep(_LOOK_EVERY_S)
        stage.say(f"{found.rows:,} values of {days} days are stored and summed")
        grid = stage.children.start("grid-forecast", "grid", environment=stage.environment(standing))
        await asyncio.to_thread(grid.wait_ready)
        while await latest_run(c, as_of=origin) is None:
            stage.children.check()
            await asyncio.sleep(_LOOK_EVERY_S)
    stage.say("the forecast is issued")
    await asyncio.to_thread(stage.children.stop, grid)
    await asyncio.to_thread(stage.children.stop, ingest)


def _rated(fleet: Fleet, evening: datetime, ratio: float) -> Fleet:
    import_wh, export_wh = fleet.slot_wh(int(evening.timestamp()), _NIGHT_SLOTS)
    net_wh = np.add.reduceat(import_wh.astype(np.float64) - export_wh, fleet.first_point[:-1], axis=0)
    rated_va = np.ceil(ratio * net_wh.max(axis=1) * (3600 / SLOT_S) / POWER_FACTOR)
    transformers = [
        replace(one, rated_va=int(rated)) for one, rated in zip(fleet.network.power_transformers, rated_va, strict=True)
    ]
    return replace(fleet, network=replace(fleet.network, power_transformers=transformers))


async def _furnish(database_url: str, fleet: Fleet) -> None:
    await migrate(database_url)
    async with await connect(database_url, Role.OWNER) as connection:
        await load_communes(connection, read_commune_facts())
        await connection.commit()
    await register(database_url, fleet)
