"""``somel conformance``: whether a gateway obeys the specification, point by point."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import ConfigurationError, InputError
from core.identifiers import DEVICE_ID
from core.settings import Settings, read_settings
from somel.progress import progress_bars
from somel.servers import servers

if TYPE_CHECKING:
    from ingest.conformance.bench import Plan
    from ingest.conformance.observation import Observation
    from ingest.conformance.verdicts import Verdict

_PORTS = 65_536
_COLOURS = {"passed": "green", "failed": "red", "not seen": "yellow"}


def conformance(
    gateway: Annotated[str, typer.Option(help="Name of the gateway to watch")],
    for_s: Annotated[float, typer.Option("--for", min=5, help="Longest time to watch [s]")] = 120.0,
    proxy: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT",
            help="Listen here for the gateway, pass it on to the broker, and cut its connection; "
            "HOST 0.0.0.0 takes gateways from other machines, PORT 0 is any",
        ),
    ] = None,
    resource: Annotated[str | None, typer.Option(help="Device to send commands for; default: as meta says")] = None,
    broker: Annotated[str | None, typer.Option(help="Broker's URL; default: the platform's")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here")] = None,
    *,
    commands: Annotated[bool, typer.Option("--commands/--no-commands", help="Send harmless commands")] = True,
    cuts: Annotated[bool, typer.Option("--cuts/--no-cuts", help="Cut connections that go through the proxy")] = True,
    strict: Annotated[bool, typer.Option("--strict", help="What was not seen counts as failed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdicts as one JSON object")] = False,
) -> None:
    """Watch a gateway through the broker and say of every point of the specification whether it obeys.

    Exit codes: 0 nothing failed, 1 something did, 4 the broker does not let the bench in, 5 the broker is away.
    """
    from ingest.conformance.bench import Plan
    from ingest.conformance.checks import judge

    if not DEVICE_ID.fullmatch(gateway):
        raise InputError("gateway_name_invalid", f"{gateway!r} cannot be the name of a gateway.")
    settings = read_settings()
    plan = Plan(gateway, settings.shards, for_s, _place(proxy), resource, sends_commands=commands, cuts=cuts)
    started_at, began_s = datetime.now(UTC), time.monotonic()
    seen = _run(plan, broker or servers(settings).mqtt_url, settings)
    verdicts = judge(seen)
    if junit is not None:
        _write_junit(junit, verdicts, gateway, started_at, time.monotonic() - began_s, strict=strict)
    _show(verdicts, seen, as_json=as_json)
    if any(verdict.is_broken(strict=strict) for verdict in verdicts):
        raise typer.Exit(1)


def _place(proxy: str | None) -> tuple[str, int] | None:
    if proxy is None:
        return None
    host, _, port = proxy.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < _PORTS):
        raise ConfigurationError("proxy_invalid", f"{proxy!r} is no port and no HOST:PORT.")
    return host or "127.0.0.1", int(port)


def _run(plan: "Plan", broker: str, settings: Settings) -> "Observation":
    from core.broker_address import BrokerAddress
    from ingest.conformance.bench import run_bench
    from ingest.decode import warm_up

    address = BrokerAddress.parse(broker)
    warm_up()
    with progress_bars() as report:
        return asyncio.run(
            run_bench(
                plan,
                address,
                settings.clock,
                listening=lambda port: typer.echo(f"conformance: let the gateway connect to port {port}", err=True),
                progress=lambda done, total: report("points decided", done, total),
            )
        )


def _write_junit(
    path: Path, verdicts: "list[Verdict]", gateway: str, started_at: datetime, took_s: float, *, strict: bool
) -> None:
    from ingest.conformance.junit import to_junit

    document = to_junit(verdicts, gateway=gateway, started_at=started_at, took_s=took_s, strict=strict)
    try:
        path.write_bytes(document)
    except OSError as error:
        raise ConfigurationError("report_unwritable", f"{path} cannot be written: {error}.") from error


def _show(verdicts: "list[Verdict]", seen: "Observation", *, as_json: bool) -> None:
    results = [str(verdict.finding.result) for verdict in verdicts]
    counts = {result: results.count(result) for result in _COLOURS}
    if as_json:
        points = [verdict.summary() for verdict in verdicts]
        head = {"gateway": seen.gateway, "shard": seen.shard, "messages": len(seen.messages)}
        typer.echo(json.dumps({**head, "counts": counts, "points": points}))
        return
    table = Table("point", "result", "evidence", "section", box=None)
    for verdict, result in zip(verdicts, results, strict=True):
        coloured = f"[{_COLOURS[result]}]{result}[/]"
        table.add_row(verdict.check.name, coloured, _plain(verdict.finding.evidence), verdict.check.section)
    Console().print(table)
    typer.echo(", ".join(f"{count} {result}" for result, count in counts.items()))


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
