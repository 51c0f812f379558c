"""``somel enjoy pass-keys``: the keys that passes are signed with."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from core.settings import Settings, read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="Keys that passes are signed with: list, rotate, revoke one that leaked.")


@app.command("list")
def list_keys() -> None:
    """List the keys: which signs, which is next, and which are believed still."""
    from somel.pass_keys import read_keys, state_of

    _, url = _places()
    now = datetime.now(UTC)
    found = asyncio.run(read_keys(url))
    for key in found:
        until = f"{key.signs_from:%Y-%m-%d} to {key.signs_until:%Y-%m-%d}, needed until {key.needed_until:%Y-%m-%d}"
        typer.echo(f"{key.kid} {state_of(key, now):<9} signs {until}")
    if not found:
        typer.echo("no keys yet: the first pass makes one, and so does `somel enjoy run`")


@app.command()
def rotate(
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Sign with it now; readers without a connection refuse it until they know")
    ] = False,
) -> None:
    """Make a key that takes over from the others: in eight days, when all readers have it."""
    from somel.pass_keys import rotate_keys

    settings, url = _places()
    kid = asyncio.run(rotate_keys(settings, url, is_at_once=at_once))
    typer.echo(f"{kid} is published and signs {'from now on' if at_once else 'in eight days'}")


@app.command()
def revoke(
    kid: Annotated[str, typer.Argument(help="Its identifier in `somel enjoy pass-keys list`")],
) -> None:
    """Believe nothing any more that a key signed, because it leaked: its passes have to be made anew."""
    from somel.pass_keys import revoke_leaked

    settings, url = _places()
    lost = asyncio.run(revoke_leaked(settings, url, kid))
    typer.echo(f"{kid} is revoked, and {lost} passes with it: holders get new ones when they open their card")


def _places() -> tuple[Settings, str]:
    from somel.pass_secret import with_pass_secret

    settings = read_settings()
    return with_pass_secret(settings), servers(settings).database_url
