"""A demand-response event from plan to release on a simulated fleet with opt-outs, dead devices and lost messages.

``python -m benchmarks.closed_loop [--json]``: TimescaleDB and Mosquitto of its own, the real ingest and grid processes,
every reading, command and answer over MQTT. Exits with 1 when the measured reduction misses the target by more than
5 % or a transformer was above its limit in the hour after the event.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks._loop_judge import judge
from benchmarks._loop_stage import Stage, give_a_past, stage_of
from core.clock import Clock
from core.errors import InvariantError, PlatformError
from db.closed_loop import tracking_of_event
from db.connection import Connection, Role, connect
from db.demand_response import Event, event_by_id, flexible_resources
from db.places import find_place_id, list_places
from grid.demand_response.lifecycle import draft_event
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event
from simulators.live import live
from simulators.loss import Loss
from simulators.orders import Temper
from somel.demo.children import Child
from somel.demo.options import replay_origin

#: The fleet goes live at 18:00 local time; the event is from 19:00 to 20:30, and the hour after it is watched.
_BEGINS_LATER: Final = timedelta(minutes=30)
_EVENT_AFTER: Final = timedelta(minutes=60)
_EVENT_LENGTH: Final = timedelta(minutes=90)
_REBOUND: Final = timedelta(minutes=64)
_LEAD: Final = timedelta(seconds=8)
_KILLED_AFTER: Final = timedelta(minutes=20)
_LOOK_EVERY_S: Final = 0.3
_MISS_RATIO: Final = 0.05
#: About four minutes on two idle cores; whatever happens, it ends by itself after so long. [s]
_LONGEST_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for; see ``--help``."""

    usage_points: int
    days: int
    speed: float
    seed: int
    target_ratio: float
    opt_out_ratio: float
    dead_ratio: float
    loss_ratio: float
    headroom_ratio: float
    kill: bool


def main(arguments: list[str] | None = None) -> int:
    """Run the loop once and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--usage-points", type=int, default=2_000, help="size of the fleet (default 2000)")
    parser.add_argument("--days", type=int, default=21, help="days of readings before the event (default 21)")
    parser.add_argument("--speed", type=float, default=60.0, help="replayed seconds per second (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="seed of every draw (default 1)")
    parser.add_argument(
        "--target-ratio", type=float, default=0.65, help="target, of what calling everybody would plan (default 0.65)"
    )
    parser.add_argument("--opt-out-ratio", type=float, default=0.10, help="share of owners who decline (default 0.1)")
    parser.add_argument("--dead-ratio", type=float, default=0.05, help="share of devices that are dead (default 0.05)")
    parser.add_argument(
        "--loss-ratio", type=float, default=0.05, help="share of messages lost each way, unnoticed (default 0.05)"
    )
    parser.add_argument(
        "--headroom-ratio",
        type=float,
        default=1.05,
        help="limit of each transformer, of its highest load in that night without an event (default 1.05)",
    )
    parser.add_argument("--no-kill", dest="kill", action="store_false", help="do not kill the grid process meanwhile")
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    known = vars(parser.parse_args(arguments))
    as_json = known.pop("json")
    try:
        figures = measure(Options(**known), lambda text: print(text, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except TimeoutError:
        print(f"closed_loop: given up after {_LONGEST_S:.0f} s; is the machine busy?", file=sys.stderr)
        return 1
    for name, value in figures.items():
        print(f"{name:<40} {value}", file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(figures, allow_nan=False))
    return 0 if is_good(figures) else 1


def is_good(figures: dict[str, Any]) -> bool:
    """Tell whether the loop kept what it has to keep."""
    miss = abs(figures["measured_kw"] - figures["target_kw"])
    return bool(
        miss <= _MISS_RATIO * figures["target_kw"]
        and figures["worst_rebound_loading"] <= 1.0
        and not figures["called_twice"]
    )


def measure(options: Options, say: Any) -> dict[str, Any]:
    """Run one event on a stage of its own and return its figures."""
    began_s = time.monotonic()
    temper = Temper(options.opt_out_ratio, options.dead_ratio)
    origin = replay_origin(datetime.now(UTC)) + _BEGINS_LATER
    tight = (origin, options.headroom_ratio)
    with stage_of(options.usage_points, temper, options.seed, say, tight=tight) as stage:
        figures = asyncio.run(asyncio.wait_for(_play(stage, options, origin), _LONGEST_S))
    return {**figures, "took_s": round(time.monotonic() - began_s, 1)}


async def _play(stage: Stage, options: Options, origin: datetime) -> dict[str, Any]:
    await give_a_past(stage, origin, options.days)
    clock = Clock(datetime.now(UTC) + _LEAD, origin, options.speed)
    shared = stage.environment(clock)
    ingest, grid = (stage.children.start(name, name, environment=shared) for name in ("ingest", "grid"))
    for child in (ingest, grid):
        await asyncio.to_thread(child.wait_ready)
    loss, stop = Loss(options.loss_ratio, options.seed), asyncio.Event()
    ends_at = origin + _EVENT_AFTER + _EVENT_LENGTH
    until = ends_at + _REBOUND
    living = asyncio.create_task(
        live(stage.fleet, clock=clock, broker=stage.broker, since=origin, until=until, stop=stop, loss=loss)
    )
    try:
        async with await connect(stage.services.database_url, Role.COMPUTE, autocommit=True) as connection:
            event = await _begin(connection, stage, clock, origin + _EVENT_AFTER, options)
            await _follow(connection, stage, clock, event, grid if options.kill else None, until)
            counts = await living
            now = clock.now()
            done = await event_by_id(connection, event.event_id) or event
        figures = await judge(stage.services.database_url, stage.fleet, done, now)
    finally:
        stop.set()
        await asyncio.wait([living])
    return figures | {
        "status": done.status,
        "grid_killed": options.kill,
        "messages_lost_up": loss.lost_up,
        "messages_lost_down": loss.lost_down,
        "messages_repeated": counts.messages_repeated,
        "commands_received": counts.commands_received,
    }


async def _begin(connection: Connection, stage: Stage, clock: Clock, starts_at: datetime, options: Options) -> Event:
    """Wait until resources have said what they need, see what could be had at most, and approve an event for a part."""
    (territory,) = await list_places(connection, limit=1, level="territory")
    place_id = await find_place_id(connection, "territory", territory.code)
    if place_id is None:
        raise InvariantError("territory_missing", "The territory that was listed is not there.")
    nobody = await draft_event(
        connection,
        name="Pointe, tout",
        place_id=place_id,
        starts_at=starts_at,
        ends_at=starts_at + _EVENT_LENGTH,
        now=clock.now(),
    )
    known = -1
    while True:
        found = len(await flexible_resources(connection, place_id=place_id, event_id=nobody.event_id, now=clock.now()))
        if found and found == known:
            break
        known = found
        await asyncio.sleep(2.0)
    most = await plan_event(connection, event_id=nobody.event_id, now=clock.now())
    await cancel_event(connection, event_id=nobody.event_id, now=clock.now())
    target_w = round(options.target_ratio * min(most.planned_reduction_w), -4)
    event = await draft_event(
        connection,
        name="Pointe du soir",
        place_id=place_id,
        starts_at=starts_at,
        ends_at=starts_at + _EVENT_LENGTH,
        now=clock.now(),
        target_w=target_w,
    )
    plan = await plan_event(connection, event_id=event.event_id, now=clock.now())
    await approve_event(connection, event_id=event.event_id, now=clock.now())
    stage.say(
        f"{found} resources could give {min(most.planned_reduction_w) / 1000:.0f} kW; target {target_w / 1000:.0f} kW, "
        f"called for {min(plan.planned_reduction_w) / 1000:.0f} kW at {clock.now():%H:%M} UTC"
    )
    return event


async def _follow(
    connection: Connection, stage: Stage, clock: Clock, event: Event, victim: Child | None, until: datetime
) -> None:
    """Tell how it goes until the hour after the event is over; kill the grid process once in the middle."""
    told = None
    while clock.now() < until:
        stage.children.check()
        now = clock.now()
        if victim is not None and now >= event.starts_at + _KILLED_AFTER:
            victim.kill()
            stage.say(f"{now:%H:%M} UTC grid was killed, and is started again")
            victim = None
        rows = await tracking_of_event(connection, event.event_id)
        if rows and rows[0].tracked_at != told:
            told = rows[0].tracked_at
            slots = "  ".join(
                f"{(one.measured_w or one.predicted_w) / 1000:.0f}{'' if one.measured_w is None else '*'}"
                for one in rows
            )
            stage.say(
                f"{told:%H:%M} UTC called {rows[0].called_count}, accepted {rows[0].accepted_count}, "
                f"declined {rows[0].declined_count}: {slots} kW (* measured)"
            )
        await asyncio.sleep(_LOOK_EVERY_S)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PlatformError as error:
        print(f"closed_loop: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
