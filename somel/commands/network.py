"""``somel network``: low-voltage networks, and what plans do to their voltages and loadings."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from core.settings import read_settings
from somel.servers import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from db.connection import Connection
    from db.network import NetworkCheck

app = typer.Typer(no_args_is_help=True, help="Low-voltage networks, and what plans do to them.")


@app.callback()
def group() -> None:
    """Know networks, and check plans on them."""


@app.command("import")
def import_file(
    path: Annotated[
        Path,
        typer.Argument(
            help="A network that pandapower saved as JSON, gzipped or not; or a folder of such files, each named "
            "as its transformer, a CSV of the same name beside it"
        ),
    ],
    *,
    transformer: Annotated[
        str | None, typer.Option("--transformer", help="Code of the transformer that supplies it; not for a folder")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            "--points",
            help="CSV: usage_point (pseudonym) or meter (name), bus, phase; left out: spread over the file's loads",
        ),
    ] = None,
    single_phase_va: Annotated[
        int, typer.Option("--single-phase-va", min=0, help="Largest subscribed power put on one phase [VA]")
    ] = 12_000,
) -> None:
    """Store the network behind a transformer, instead of the one it may have had."""
    from grid.network.importing import networks_in

    is_folder = path.is_dir()
    if is_folder == (transformer is not None) or (is_folder and points is not None):
        raise typer.BadParameter("a file needs --transformer; in a folder, names of files say it, and where points are")
    files = networks_in(path) if is_folder else [(transformer or "", path, points)]
    _run(lambda connection: _import_all(connection, files, single_phase_va))


async def _import_all(
    connection: "Connection", files: "Iterable[tuple[str, Path, Path | None]]", single_phase_va: int
) -> None:
    """Import one network after the other, each in a transaction, and say what each is."""
    from grid.network.importing import import_network

    now = read_settings().clock.now()
    for code, file, points in files:
        found = await import_network(connection, file, code, now=now, points=points, single_phase_va=single_phase_va)
        typer.echo(
            f"{code}: {found.nodes} nodes, {found.lines} lines, {found.usage_points} usage points, "
            f"{found.single_phase} of them single-phase"
        )
        if points is None:
            typer.echo("usage points were spread over the file's loads: no file said where they are")


@app.command("simulate")
def simulate_networks(
    folder: Annotated[Path, typer.Argument(help="Where to write them, as `somel network import` takes them")],
    *,
    usage_points: Annotated[int, typer.Option(min=1, help="Size of the fleet, as in `somel simulate`")] = 2_000,
    seed: Annotated[int, typer.Option(help="Seed of every draw, as in `somel simulate`")] = 1,
) -> None:
    """Write likely networks behind the transformers of a simulated fleet: French cables, lengths and phases."""
    from simulators.low_voltage import low_voltage_networks
    from simulators.low_voltage_files import write_networks
    from somel.fleet import build

    fleet = build(read_settings(), usage_points=usage_points, seed=seed)
    count = write_networks(low_voltage_networks(fleet.network, seed), folder)
    typer.echo(f"{count} networks in {folder}; `somel network import {folder}` stores them")


@app.command()
def check(
    *,
    event: Annotated[UUID, typer.Option("--event", help="The event whose plan is checked")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
) -> None:
    """Check the plan of an event: voltages and loadings without it and with it."""
    from db.network import violations_of_event
    from grid.network.checking import check_plan
    from grid.network.loads import rules_of

    settings = read_settings()

    async def checked(connection: "Connection") -> Any:
        checks = await check_plan(connection, event, settings.clock.now(), rules=rules_of(settings))
        return checks, await violations_of_event(connection, event)

    checks, violations = _run(checked)
    for one in checks:
        typer.echo(json.dumps(asdict(one), default=str) if as_json else _line(one))
    for one in violations:
        typer.echo(
            json.dumps(asdict(one), default=str)
            if as_json
            else f"{one.stage}: {one.kind} {one.element} at {one.slot_start_at:%Y-%m-%dT%H:%MZ}, "
            f"{_ratio(one.value_ratio)}, limit {one.limit_ratio:.3f}"
        )
    if not as_json and not violations:
        typer.echo("every limit is kept" if checks else "no resource stands behind the event's place")


def _line(check: "NetworkCheck") -> str:
    transformer = f"transformer {_ratio(check.transformer_before_ratio)} -> {_ratio(check.transformer_after_ratio)}"
    if not check.modelled:
        return f"{check.power_transformer_code}: not modelled; {transformer}"
    return (
        f"{check.power_transformer_code}: voltage {_ratio(check.lowest_before_ratio)} to "
        f"{_ratio(check.highest_before_ratio)} -> {_ratio(check.lowest_after_ratio)} to "
        f"{_ratio(check.highest_after_ratio)}; lines {_ratio(check.line_before_ratio)} -> "
        f"{_ratio(check.line_after_ratio)}; {transformer}"
    )


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _run(work: "Callable[[Connection], Coroutine[Any, Any, Any]]") -> Any:
    from db.connection import Role, connect

    async def connected() -> Any:
        async with await connect(servers(read_settings()).database_url, Role.COMPUTE) as connection:
            return await work(connection)

    return asyncio.run(connected())
