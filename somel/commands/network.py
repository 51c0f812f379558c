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
    from collections.abc import Callable, Coroutine

    from db.connection import Connection
    from db.network import NetworkCheck

app = typer.Typer(no_args_is_help=True, help="Low-voltage networks, and what plans do to them.")


@app.callback()
def group() -> None:
    """Know networks, and check plans on them."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A network that pandapower saved as JSON, packed by gzip or not")],
    *,
    transformer: Annotated[str, typer.Option("--transformer", help="Code of the transformer that supplies it")],
    points: Annotated[
        Path | None,
        typer.Option("--points", help="CSV: usage_point, bus, phase; left out: spread over the file's loads"),
    ] = None,
    single_phase_va: Annotated[
        int, typer.Option("--single-phase-va", min=0, help="Largest subscribed power put on one phase [VA]")
    ] = 12_000,
) -> None:
    """Store the network behind a transformer, instead of the one it may have had."""
    from grid.network.importing import import_network

    now = read_settings().clock.now()
    found = _run(
        lambda connection: import_network(
            connection, file, transformer, now=now, points=points, single_phase_va=single_phase_va
        )
    )
    typer.echo(
        f"{transformer}: {found.nodes} nodes, {found.lines} lines, {found.usage_points} usage points, "
        f"{found.single_phase} of them single-phase"
    )
    if points is None:
        typer.echo("usage points were spread over the file's loads: no file said where they are")


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
