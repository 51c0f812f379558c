"""``somel enjoy services`` and ``somel enjoy rights``: what passes open, and the rights of those who have them."""

import asyncio
from typing import Annotated

import typer

from core.settings import read_settings
from somel.servers import servers


def services(
    service: Annotated[str | None, typer.Argument(help="One of them, in full")] = None,
    organisation: Annotated[str | None, typer.Option("--organisation", help="Only what it runs")] = None,
) -> None:
    """List the services that passes open, or tell of one: its venues, rights and rules."""
    from somel.pass_services import read_service, read_services

    if service is not None:
        for line in asyncio.run(read_service(_database(), service)).lines():
            typer.echo(line)
        return
    found = asyncio.run(read_services(_database(), organisation))
    for one in found:
        state = "" if one.is_open else "nobody joins"
        typer.echo(f"{one.name:<24} {one.organisation:<20} {one.kind:<8} {one.proof:<7} {one.title}  {state}".rstrip())
    if not found:
        typer.echo("no services yet: docs/services.md tells how one is declared")


def rights() -> None:
    """Derive the rights that are due now; `somel enjoy run` does it every minute by itself."""
    from somel.pass_services import derive_now

    typer.echo(f"rights were derived {asyncio.run(derive_now(_database())):,} times")


def _database() -> str:
    return servers(read_settings()).database_url
