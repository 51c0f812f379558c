"""The demo's story: back-fill, live, forecast, one event, and what came of it."""

import asyncio
import json
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.clock import Clock
from core.settings import read_settings
from core.tasks import cancel
from db.census import Census, census
from db.connection import Role, connect
from enjoy.passes.secret import PassSecret
from grid.skill_summary import SkillSummary, skill_summary
from simulators.publisher import backfill
from somel.demo.air import tell_air
from somel.demo.children import Child, Children
from somel.demo.city_data import add_organisations, publish_city_data
from somel.demo.event import UNFINISHED, EventOutcome, run_event
from somel.demo.opened import open_city
from somel.demo.operator import Operator
from somel.demo.options import replay_origin
from somel.demo.partner import push_car_parks
from somel.demo.people import give_consents
from somel.demo.stage import SHARES, Stage
from somel.demo.summary import Summary
from somel.embedded.loopback import free_port
from somel.pass_secret import kept_secret
from somel.privacy import publish_with
from somel.tokens import make_token

SCOPES = ["read:grid", "read:ingest", "operate:grid"]
LEAD = timedelta(seconds=12)  # for the processes to start before the replayed clock does
STILL_S = 30.0  # after so long without a change nothing more is coming
LATE_S = 90.0
_FEED_PORT = 26_000


class Stop(asyncio.Event):
    """Is set when somebody wants the live part to end; before that part, nobody can wait for it."""

    is_live = False


@dataclass(frozen=True, slots=True)
class Backfilled:
    """Say how many values the back-fill published, and how fast they were stored. [1/s]."""

    published: int
    rows_per_s: float


async def play(stage: Stage) -> Summary:
    """Play the demo; the first Ctrl-C ends its live part, any other ends it at once."""
    stop = Stop()
    playing = asyncio.ensure_future(_play(stage, stop))

    def interrupt() -> None:
        if stop.is_set() or not stop.is_live:
            playing.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    return await playing


async def _play(stage: Stage, stop: Stop) -> Summary:
    origin = replay_origin(datetime.now(UTC))
    with Children(stage.logs) as children:
        filled = await fill(stage, children, origin)
        await tell_air(stage.servers.database_url, origin)
        stage.say(f"back-fill: {filled.published:,} values, {filled.rows_per_s:,.0f} rows/s through the broker")
        await publish_energy(stage, origin)
        clock = Clock(datetime.now(UTC) + LEAD, origin, stage.options.speed)
        url, simulator = await start_processes(stage, children, clock)
        key = await start_enjoy(stage, children, clock)
        secret = PassSecret(kept_secret().encode())
        opened = await open_city(stage.servers.database_url, secret, now=datetime.now(UTC))
        for line in opened.lines(url):
            stage.say(line)
        stop.is_live = True
        partner = asyncio.create_task(push_car_parks(Operator(url, key), clock), name="partner")
        try:
            outcome = await live(stage, children, clock, url, stop)
        finally:
            await cancel(partner)
        sent = await asyncio.to_thread(children.stop, simulator)
        published = filled.published + published_live(sent)
        counted = await settle(stage, children, published)
        return summarise(counted, published, filled, outcome, await read_skill(stage, clock))


async def fill(stage: Stage, children: Children, origin: datetime) -> Backfilled:
    """Publish the past over MQTT and wait until ingest has stored all of it."""
    standing = Clock(datetime.now(UTC) + timedelta(days=1), origin, stage.options.speed)
    child = children.start("ingest-backfill", "ingest", environment=stage.environment(standing))
    await asyncio.to_thread(child.wait_ready)
    begun = datetime.now(UTC)
    counts = await backfill(
        stage.fleet,
        start=origin - timedelta(days=stage.options.days),
        end=origin,
        broker=stage.broker,
        on_progress=lambda done, total: stage.report("back-fill", done, total),
    )
    stored = await settle(stage, children, counts.values_published)
    await asyncio.to_thread(children.stop, child)
    ended = stored.last_commit_at or datetime.now(UTC)
    return Backfilled(counts.values_published, stored.rows / (ended - begun).total_seconds())


async def publish_energy(stage: Stage, origin: datetime) -> None:
    """Publish the history through disclosure control, of those who agreed before it began."""
    await add_organisations(stage.servers.database_url)
    agreed = await give_consents(
        stage.servers.database_url, origin - timedelta(days=stage.options.days), stage.options.seed
    )
    standing = Clock(datetime.now(UTC) + timedelta(days=1), origin, stage.options.speed)
    days = await publish_with(stage.servers.database_url, read_settings(), standing)
    stage.say(f"energy: {agreed:,} of {stage.options.usage_points:,} agreed; {days} days of homes and others published")


async def start_processes(stage: Stage, children: Children, clock: Clock) -> tuple[str, Child]:
    """Start ingest, grid, API and simulator; return the API's address and the simulator."""
    shared = stage.environment(clock)
    started = [children.start(name, name, environment=shared) for name in ("ingest", "grid", "api")]
    lines = [await asyncio.to_thread(child.wait_ready) for child in started]
    arguments = ["--usage-points", str(stage.options.usage_points), "--seed", str(stage.options.seed)]
    arguments += ["--battery-ratio", str(SHARES.battery_ratio), "--heat-pump-ratio", str(SHARES.heat_pump_ratio)]
    arguments += ["--since", f"{clock.replay_origin:%Y-%m-%dT%H:%M:%S}", "--registered", "--json"]
    simulator = children.start("simulate", "simulate", *arguments, environment=shared, supervised=False)
    await asyncio.to_thread(simulator.wait_ready)
    return lines[-1].rstrip("/"), simulator


async def start_enjoy(stage: Stage, children: Children, clock: Clock) -> str:
    """Publish the city's data and start what brings it in; return the key that the partner pushes with."""
    shared = stage.environment(clock) | {"SOMEL_ENJOY_DEVELOPMENT": "true"}  # the bicycles' feed is on the loopback
    port = str(free_port(_FEED_PORT))  # the same when it is started again
    feed = children.start("bicycles", "enjoy", "simulate", "--port", port, environment=shared)
    feed_url = await asyncio.to_thread(feed.wait_ready)
    key = await publish_city_data(stage.servers.database_url, feed_url=feed_url, now=clock.now())
    worker = children.start("enjoy", "enjoy", "run", environment=shared)
    await asyncio.to_thread(worker.wait_ready)
    return key


async def live(stage: Stage, children: Children, clock: Clock, url: str, stop: Stop) -> EventOutcome:
    """Run one event on the running platform, and go on until it is time to stop; return what came of the event."""
    _, secret = await make_token(stage.servers.database_url, "demo", SCOPES, None)
    stage.say(f"live at {clock.speed:.0f}×, look at {url}/#token={secret}")
    stage.say("Ctrl-C ends it" if stage.options.run_for_s is None else f"for {stage.options.run_for_s:.0f} s")
    watch = asyncio.create_task(_event(stage, Operator(url, secret), clock))
    await _until_over(stage, children, stop, watch)
    if watch.done():
        return watch.result()
    await cancel(watch)
    return UNFINISHED


async def _event(stage: Stage, operator: Operator, clock: Clock) -> EventOutcome:
    """Run the event once resources have said what they need."""
    async with await connect(stage.servers.database_url, Role.OWNER, autocommit=True) as connection:
        while True:
            if (await census(connection)).flexibility_statements:
                break
            await asyncio.sleep(0.5)
    return await run_event(operator, clock, stage.say)


async def _until_over(stage: Stage, children: Children, stop: Stop, watch: asyncio.Task[EventOutcome]) -> None:
    """Wait until somebody stops it, or the time is up and the event, which may take a little longer, is measured."""
    loop = asyncio.get_running_loop()
    length_s = stage.options.run_for_s
    begun_s = loop.time()
    while not stop.is_set():
        for name in children.check():
            stage.say(f"{name} was killed and is started again: nothing is lost")
        if watch.done():
            watch.result()  # a failed event ends the demo at once
        elapsed_s = loop.time() - begun_s
        if length_s is not None and elapsed_s >= (length_s if watch.done() else 2 * length_s + LATE_S):
            return
        await asyncio.sleep(0.5)


async def settle(stage: Stage, children: Children, published: int) -> Census:
    """Wait until everything published is stored or refused and all sums are made, or nothing moves any more."""
    loop = asyncio.get_running_loop()
    before, moved_at_s = None, loop.time()
    async with await connect(stage.servers.database_url, Role.OWNER, autocommit=True) as connection:
        while True:
            children.check()
            found = await census(connection)
            if found.rows + found.refused >= published and not found.rollups_pending:
                return found
            if found != before:
                before, moved_at_s = found, loop.time()
            if loop.time() > moved_at_s + STILL_S:
                return found
            await asyncio.sleep(0.5)


async def read_skill(stage: Stage, clock: Clock) -> SkillSummary | None:
    """Return how good the forecasts were lately, over the feeders."""
    async with await connect(stage.servers.database_url, Role.READ) as connection:
        return await skill_summary(connection, now=clock.now())


def summarise(
    counted: Census, published: int, filled: Backfilled, outcome: EventOutcome, skill: SkillSummary | None
) -> Summary:
    """Put the figures together."""
    return Summary(
        stored=counted.stored,
        duplicate=counted.duplicate,
        refused=counted.refused,
        lost=published - counted.rows - counted.refused,
        forecast_mape=100 * skill.mape_ratio if skill else float("nan"),
        naive_mape=100 * skill.naive_mape_ratio if skill else float("nan"),
        planned_kw=outcome.planned_kw,
        measured_kw=outcome.measured_kw,
        backfill_rows_per_s=filled.rows_per_s,
    )


def published_live(output: str) -> int:
    """Return how many values the simulator says it published, from the JSON on its last line."""
    values: int = json.loads(output.strip().splitlines()[-1])["values_published"]
    return values
