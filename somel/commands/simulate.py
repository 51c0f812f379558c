"""``somel simulate``: a fleet of gateways, meters and flexible devices that replays measured curves."""

import asyncio
import json
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.logs import configure_logs
from core.process import run_until_stopped
from core.settings import Settings, read_settings
from somel.commands.processes import say
from somel.progress import progress_bars
from somel.servers import servers

if TYPE_CHECKING:  # imported when the command runs, so that help answers at once
    from core.broker_address import BrokerAddress

Unit = Literal["wh", "kwh", "w", "kw"]


def simulate(
    usage_points: Annotated[int, typer.Option(min=1, help="Size of the fleet")] = 2_000,
    seed: Annotated[int, typer.Option(help="Seed of every draw")] = 1,
    backfill_days: Annotated[
        int, typer.Option(min=0, help="Days to publish first, as fast as the broker takes them")
    ] = 0,
    since: Annotated[datetime | None, typer.Option(help="First live slot (UTC); default: the one that runs")] = None,
    source: Annotated[Path | None, typer.Option(help="Parquet or CSV of measured curves to replay instead")] = None,
    source_time: Annotated[str, typer.Option(help="Its column of times, the starts of its steps")] = "time",
    source_value: Annotated[str, typer.Option(help="Its column of values")] = "kwh",
    source_id: Annotated[str, typer.Option(help="Its column of meters; empty when it holds one")] = "id",
    source_unit: Annotated[Unit, typer.Option(help="Unit of its values")] = "kwh",
    source_step_s: Annotated[int, typer.Option(help="Step of its values, in seconds")] = 1_800,
    source_zone: Annotated[str, typer.Option(help="Zone of times that carry none")] = "UTC",
    firmware_key: Annotated[
        list[Path] | None, typer.Option(help="Public key (.pub) that the gateways trust for firmware; may be repeated")
    ] = None,
    firmware_failures: Annotated[float, typer.Option(min=0, max=100, help="Share of updates that fail, in %")] = 0.0,
    certificates: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the gateways' certificates and keys: publish by TLS; who has none there is enrolled"
        ),
    ] = None,
    opt_out_ratio: Annotated[
        float, typer.Option(min=0, max=1, help="Share of owners who decline the commands of an evening")
    ] = 0.02,
    dead_ratio: Annotated[
        float, typer.Option(min=0, max=1, help="Share of flexible devices that never answer and draw as by themselves")
    ] = 0.0,
    loss_ratio: Annotated[
        float,
        typer.Option(
            min=0, max=0.9, help="Share of live messages lost between gateway and broker, each way, unnoticed by both"
        ),
    ] = 0.0,
    battery_ratio: Annotated[float, typer.Option(min=0, max=1, help="Share of homes with a battery that obeys")] = 0.0,
    heat_pump_ratio: Annotated[
        float, typer.Option(min=0, max=1, help="Share of homes with a heat pump that obeys")
    ] = 0.0,
    *,
    live: Annotated[bool, typer.Option("--live/--no-live", help="Go on live until stopped")] = True,
    registered: Annotated[bool, typer.Option("--registered", help="The fleet is registered already")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with the counts as one JSON object")] = False,
) -> None:
    """Register a simulated fleet and let it publish, live and for days past, until stopped."""
    from core.broker_address import BrokerAddress
    from simulators.loss import Loss
    from simulators.orders import Temper
    from simulators.run import run
    from simulators.source import SourceLayout
    from simulators.stores import StoreShares
    from somel.fleet import build, firmware_updates, register

    settings = read_settings()
    configure_logs(settings)
    guarded = _guarded(settings, certificates) if certificates else None
    used = servers(settings)
    columns = (source_time, source_value, source_id or None, source_unit, source_step_s, source_zone)
    layout = SourceLayout(source, *columns) if source else None
    temper, shares = Temper(opt_out_ratio, dead_ratio), StoreShares(battery_ratio, heat_pump_ratio)
    fleet = build(settings, usage_points=usage_points, seed=seed, source=layout, temper=temper, shares=shares)
    if not registered:
        asyncio.run(register(used.database_url, fleet))
    if certificates:
        _enrol(settings, used.database_url, [gateway.name for gateway in fleet.network.gateways], certificates)
    updates = firmware_updates(fleet, firmware_key, failures=firmware_failures, seed=seed) if firmware_key else None

    async def publish() -> None:
        with progress_bars() as report:
            counts = await run(
                settings,
                fleet=fleet,
                broker=guarded or BrokerAddress.parse(used.mqtt_url),
                days=backfill_days,
                since=since.replace(tzinfo=UTC) if since else None,
                go_live=live,
                stop=_stopped_by_signal(),
                on_progress=lambda done, total: report("back-fill", done, total),
                on_live=lambda: say("simulate: ready"),
                updates=updates,
                loss=Loss(loss_ratio, seed),
            )
        typer.echo(json.dumps(counts.summary(), indent=None if as_json else 2))

    raise typer.Exit(run_until_stopped("simulate", publish))


def _guarded(settings: Settings, certificates: Path) -> "BrokerAddress":
    from somel.fleet_identities import guarded_address

    return guarded_address(settings, certificates)


def _enrol(settings: Settings, database_url: str, gateways: Sequence[str], certificates: Path) -> None:
    """Enrol who has no certificate yet, and say how many."""
    from somel.fleet_identities import enrol_simulated

    with progress_bars() as report:
        count = asyncio.run(enrol_simulated(settings, database_url, gateways, certificates, report))
    say(f"simulate: {count} of {len(gateways)} gateways enrolled; the rest have certificates")


def _stopped_by_signal() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets: the fleet says goodbye before it goes."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
