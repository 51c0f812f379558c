"""``somel openadr``: who may use the OpenADR VTN, and what became of notifications."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from core.settings import read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="The OpenADR 3.1 VTN.")
client = typer.Typer(no_args_is_help=True, help="Clients of the OpenADR VTN: business logic and VENs.")
app.add_typer(client, name="client")


@client.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is")],
    role: Annotated[str, typer.Option("--role", help="bl: business logic, sees everything; ven: sees what is its own")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What its tokens may do; may be repeated; all of its role's")
    ] = None,
) -> None:
    """Make a client and print its credentials as JSON, once: only the secret's hash is kept."""
    from somel.openadr_clients import make_client

    made, secret = asyncio.run(make_client(_database(), name, role, scope))
    typer.echo(json.dumps({"client_id": made.client_id, "client_secret": secret, "scope": " ".join(made.scopes)}))


@client.command("list")
def show() -> None:
    """List the clients; their secrets are not known."""
    from somel.openadr_clients import read_clients

    clients = asyncio.run(read_clients(_database()))
    for one in clients:
        state = "revoked" if one.revoked_at else "valid"
        typer.echo(f"{one.client_id:<42} {one.role:<4} {one.name:<24} {state:<8} {' '.join(one.scopes)}")
    if not clients:
        typer.echo("no clients yet: make one with `somel openadr client create NAME --role ven`")


@client.command()
def revoke(client_id: Annotated[str, typer.Argument(help="As in `somel openadr client list`")]) -> None:
    """Revoke a client; it and its tokens are refused from now on."""
    from somel.openadr_clients import end_client

    asyncio.run(end_client(_database(), client_id))
    typer.echo(f"client {client_id} is revoked")


@app.command()
def deliveries(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many")] = 50,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that were given up")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="Only those that are still tried")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
) -> None:
    """List notifications to callbacks, the newest first."""
    from somel.openadr_deliveries import read_deliveries

    status: Literal["pending", "failed"] | None = "failed" if failed else "pending" if pending else None
    found = asyncio.run(read_deliveries(_database(), status, limit))
    for one in found:
        what = f"{one.object_type} {one.operation}"
        line = f"{one.openadr_delivery_id:>8}  {one.made_at:%Y-%m-%d %H:%M:%S}  {one.status:<9} {what:<20} "
        line += f"{one.callback_url}  {one.attempt_count} attempts: {one.answer or 'none yet'}"
        typer.echo(json.dumps(asdict(one), default=str) if as_json else line)
    if not found and not as_json:
        typer.echo("no such notifications")


@app.command()
def retry(
    delivery: Annotated[
        list[int] | None, typer.Argument(help="As in `somel openadr deliveries --failed`; left out: all of them")
    ] = None,
) -> None:
    """Have notifications that were given up tried again; they come after newer ones that were delivered meanwhile."""
    from somel.openadr_deliveries import try_again

    typer.echo(f"{asyncio.run(try_again(_database(), delivery))} notifications are tried again")


def _database() -> str:
    return servers(read_settings()).database_url
