"""``somel services``: the embedded PostgreSQL and Mosquitto."""

import json
from dataclasses import asdict
from typing import Annotated, get_args

import typer

from core.errors import InputError
from core.settings import read_settings
from somel.embedded.services import ServerName
from somel.progress import progress_bars
from somel.servers import embedded_services

app = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL (TimescaleDB, PostGIS) and Mosquitto.")

Name = Annotated[str, typer.Option("--name", help="Which set of servers: `default`, or the demo's, `demo`")]


@app.command()
def up(name: Name = "default") -> None:
    """Start the servers, fetching them the first time; what runs is left alone."""
    services = embedded_services(read_settings(), name)
    with progress_bars() as report:
        services.up(report)
    for server in services.status():
        typer.echo(f"{server.name:<11} {server.state}  {server.url}")


@app.command()
def down(name: Name = "default") -> None:
    """Stop the servers; their data stays."""
    embedded_services(read_settings(), name).down()
    typer.echo("stopped")


@app.command()
def status(name: Name = "default", *, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """Show how the servers are; exit 5 when one of them crashed."""
    states = embedded_services(read_settings(), name).status()
    for server in states:
        facts = {key: str(value) if value is not None else None for key, value in asdict(server).items()}
        typer.echo(json.dumps(facts) if as_json else "\n".join(_lines(facts)))
    if any(server.state == "crashed" for server in states):
        raise typer.Exit(5)


@app.command()
def logs(
    server: Annotated[str, typer.Argument(help="postgresql or mosquitto")],
    name: Name = "default",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines")] = 50,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines")] = False,
) -> None:
    """Print what a server says."""
    known = {known: known for known in get_args(ServerName)}
    if server not in known:
        raise InputError("server_unknown", f"There is no server {server!r}: choose one of {', '.join(known)}.")
    said = False
    for line in embedded_services(read_settings(), name).logs(known[server], lines=lines, following=follow):
        typer.echo(line)
        said = True
    if not said:
        typer.echo(f"{server} has had nothing to say: it writes down warnings and errors only", err=True)


def _lines(facts: dict[str, str | None]) -> list[str]:
    head = f"{facts['name']}: {facts['state']}"
    return [head, *(f"  {key:<8} {value or '–'}" for key, value in facts.items() if key not in {"name", "state"})]
