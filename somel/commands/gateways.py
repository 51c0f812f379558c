"""``somel gateways``: which are online, which fell silent, which flap."""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.settings import read_settings
from somel.servers import servers

if TYPE_CHECKING:
    from db.gateways import GatewayRow

_MOST = 1_000_000
Status = Literal["unknown", "online", "offline", "silent", "flapping"]


def gateways(
    status: Annotated[Status | None, typer.Option(help="Only those that are so")] = None,
    shard: Annotated[int | None, typer.Option(min=0, help="Only those of this shard")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
) -> None:
    """List the gateways and how they are."""
    settings = read_settings()
    now = settings.clock.now()
    found = asyncio.run(_read(servers(settings).database_url, now, status, shard))
    for gateway in found:
        typer.echo(json.dumps(asdict(gateway), default=str) if as_json else _line(gateway))
    if not found and not as_json:
        chosen = status or shard is not None
        typer.echo("no such gateway" if chosen else "no gateways yet: they are registered with the network")


async def _read(database_url: str, now: datetime, status: str | None, shard: int | None) -> "list[GatewayRow]":
    from db.connection import Role, connect
    from db.gateways import list_gateways

    async with await connect(database_url, Role.READ) as connection:
        return await list_gateways(connection, now=now, limit=_MOST, status=status, shard=shard)


def _line(gateway: "GatewayRow") -> str:
    marks = [name for name, holds in (("silent", gateway.is_silent), ("flapping", gateway.is_flapping)) if holds]
    since = f"since {gateway.status_at:%Y-%m-%d %H:%M:%SZ}" if gateway.status_at else ""
    heard = f"heard {gateway.heard_at:%Y-%m-%d %H:%M:%SZ}" if gateway.heard_at else "never heard"
    version = gateway.firmware_version or "–"
    state = ", ".join([gateway.status, *marks])
    return f"{gateway.name:<20} {gateway.shard:>4}  {state:<26} {since:<28} {heard:<28} {version}".rstrip()
