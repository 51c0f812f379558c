"""``somel quarantine``: keep a gateway out, and let it in again."""

import asyncio
from typing import Annotated

import typer

from core.errors import InputError
from core.settings import read_settings


def quarantine(
    gateway: Annotated[str | None, typer.Argument(help="Name of the gateway; without it, list who is kept out")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, as a sentence; needed to keep one out")] = "",
    *,
    release: Annotated[bool, typer.Option("--release", help="Let it in again")] = False,
) -> None:
    """Keep a gateway out: nothing of it is stored, nothing is sent to it, and a guarded broker does not let it in.

    What it sends meanwhile is refused with `gateway_quarantined` and kept in `refused_message`. Without a name the
    command lists who is kept out.
    """
    from somel.edge_service import Edge

    edge = Edge.in_use(read_settings())
    if gateway is None:
        kept = asyncio.run(edge.quarantined())
        for entry in kept:
            typer.echo(f"{entry.name:<24} since {entry.quarantined_at:%Y-%m-%d %H:%M} UTC  {entry.quarantine_reason}")
        if not kept:
            typer.echo("no gateway is in quarantine")
    elif release:
        was_kept_out = asyncio.run(edge.release(gateway))
        typer.echo(f"{gateway} is let in again" if was_kept_out else f"{gateway} was not in quarantine")
    elif not reason:
        raise InputError("reason_missing", "Say why: `somel quarantine GATEWAY --reason TEXT`.")
    else:
        asyncio.run(edge.quarantine(gateway, reason))
        typer.echo(f"{gateway} is in quarantine")
