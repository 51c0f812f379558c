"""``somel pki``: certificates of gateways, and the broker that lets in only those who have one."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from core.clock import WALL_CLOCK
from core.errors import ConfigurationError
from core.settings import Settings, read_settings
from somel.commands import pki_vens

if TYPE_CHECKING:  # imported when a command runs, so that help answers at once
    from edge.guard import Guard
    from somel.edge_service import Edge

app = typer.Typer(no_args_is_help=True, help="Certificates of gateways, and a broker that lets in only who has one.")
app.add_typer(pki_vens.app, name="ven")

Gateway = Annotated[str, typer.Argument(help="Name of a registered gateway")]
AnyGateway = Annotated[str | None, typer.Argument(help="Of this gateway alone")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line")]
Hosts = Annotated[
    list[str] | None, typer.Option("--host", help="Name or address gateways reach the broker by; may be repeated")
]
LogDenied = Annotated[
    bool,
    typer.Option(
        "--log-denied/--no-log-denied", help="Log each publication that is denied; the broker then logs all of them"
    ),
]
Reason = Literal["unspecified", "key_compromise", "superseded", "cessation_of_operation"]

_PASSPHRASE: Final = "SOMEL_ROOT_PASSPHRASE"  # noqa: S105 - the name of a variable
_HERE: Final = ("localhost", "127.0.0.1")
_SOON_DAYS: Final = 14


@app.command()
def init(
    root: Annotated[Path, typer.Option("--root", help="Folder of the root, to be carried away afterwards")],
    name: Annotated[str, typer.Option("--name", help="Whose authority it is")] = "SoMEL",
    host: Hosts = None,
    passphrase_file: Annotated[
        Path | None, typer.Option(help=f"File with the root's passphrase; else {_PASSPHRASE}, else you are asked")
    ] = None,
    gateway_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port for gateways; default: a free one")
    ] = (None),
    *,
    renew_issuing: Annotated[
        bool, typer.Option("--renew-issuing", help="Make another issuing authority from the root there is")
    ] = False,
    log_denied: LogDenied = True,
) -> None:
    """Make a root and an issuing authority, and guard the embedded broker with them."""
    from edge.authority import make_authorities
    from edge.authority import renew_issuing as issue_again
    from somel.edge_service import authority_folder

    settings, now = read_settings(), WALL_CLOCK.now()
    make = issue_again if renew_issuing else make_authorities
    passphrase = _passphrase(passphrase_file, confirm=not renew_issuing)
    authority = make(root, authority_folder(settings), name=name, passphrase=passphrase, now=now)
    typer.echo(f"root       {root}: carry it away; it is needed again only for another issuing authority")
    typer.echo(f"issuing    {authority.folder}, until {authority.certificate.not_valid_after_utc:%Y-%m-%d}")
    if settings.mqtt_url:
        typer.echo("broker     yours: `somel pki broker FOLDER` writes what guards it")
    else:
        described, hosts = _guard_of(settings, log_denied=log_denied), host or list(_HERE)
        _guard_embedded(settings, described, hosts, now, gateway_port=gateway_port)


@app.command()
def broker(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder to write to, as the broker will see it; default: the embedded broker's"),
    ] = None,
    host: Hosts = None,
    platform_port: Annotated[int, typer.Option(min=1, max=65535, help="Loopback port of platform processes")] = 1_883,
    gateway_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of gateways; default: 8883, of the embedded one as it was"),
    ] = None,
    ven_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of OpenADR's VENs; default: 8884, of the embedded one as it was"),
    ] = None,
    *,
    log_denied: LogDenied = True,
) -> None:
    """Write configuration, rules, certificates and passwords for a Mosquitto, with a new certificate for it.

    The broker's certificate is good for 397 days: run this again before, and start what uses the passwords again. The
    revocation list stays.
    """
    from edge.authority import Authority, ven_authority
    from edge.files import PRIVATE, write_file
    from somel.edge_service import authority_folder
    from somel.guard_writing import write_guard
    from somel.guarding import GuardFolder

    settings, now = read_settings(), WALL_CLOCK.now()
    described, hosts = _guard_of(settings, log_denied=log_denied), host or list(_HERE)
    if folder is None:
        _guard_embedded(settings, described, hosts, now, gateway_port=gateway_port, ven_port=ven_port)
        return
    guard = GuardFolder(folder.absolute())
    authority = Authority.open(authority_folder(settings), now)
    write_guard(
        guard,
        authority,
        described,
        hosts=hosts,
        gateway_port=gateway_port or 8_883,
        now=now,
        vens=ven_authority(authority.folder, now),
        ven_port=ven_port or 8_884,
    )
    write_file(guard.path / "mosquitto.conf", guard.configuration(platform_port).encode(), PRIVATE)
    typer.echo(f"written: include {guard.path / 'mosquitto.conf'} in your broker's configuration")
    for account in guard.passwords:
        typer.echo(f"{account:<10} {guard.url(platform_port, account)}")


@app.command()
def enrol(
    gateway: Gateway,
    hours: Annotated[int, typer.Option(min=1, max=24 * 90, help="How long the code is good for")] = 72,
) -> None:
    """Print a one-time code with which a gateway asks for its first certificate; it is shown this once."""
    typer.echo(asyncio.run(_edge().make_code(gateway, hours)))


@app.command()
def sign(
    gateway: Gateway,
    request: Annotated[Path, typer.Argument(help="Certificate signing request, PEM")],
    code: Annotated[str, typer.Option("--code", prompt=True, help="The gateway's one-time code")],
    out: Annotated[
        Path | None, typer.Option("--out", help="File for the certificate; default: standard output")
    ] = None,
) -> None:
    """Sign a gateway's request here, for one that cannot reach the API's `POST /v1/enrolment`."""
    from edge.files import PUBLIC, write_file
    from somel.edge_service import read_text

    enrolled = asyncio.run(_edge().sign(gateway, code, read_text(request)))
    text = enrolled.certificate + enrolled.chain
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_file(out, text.encode(), PUBLIC)
        typer.echo(f"{out}: valid until {enrolled.expires_at:%Y-%m-%d %H:%M} UTC")


@app.command()
def revoke(
    gateway: Gateway, reason: Annotated[Reason, typer.Option("--reason", help="Why (RFC 5280)")] = "unspecified"
) -> None:
    """Revoke all certificates of a gateway, put it into quarantine and end its connection."""
    count = asyncio.run(_edge().revoke(gateway, reason))
    typer.echo(f"{gateway}: {count} certificates revoked; it is in quarantine")


@app.command("list")
def show(gateway: AnyGateway = None, *, as_json: AsJson = False) -> None:
    """List the certificates issued, and which of them expire soon."""
    now, issued = WALL_CLOCK.now(), asyncio.run(_edge().certificates(gateway))
    for row in issued:
        state = _state(row.revoked_at, row.quarantined_at, row.expires_at, now)
        if as_json:
            facts = asdict(row) | {"sha256": row.sha256.hex(), "state": state}
            typer.echo(json.dumps(facts, default=str))
        else:
            typer.echo(f"{row.gateway_name:<24} {row.serial:<40} until {row.expires_at:%Y-%m-%d}  {state}")
    if not issued and not as_json:
        typer.echo("no certificates yet: `somel pki enrol GATEWAY` makes a code to ask for one with")


@app.command()
def events(
    gateway: AnyGateway = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many")] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """List what was done with gateways' identities, and what was attempted in vain; the newest first."""
    found = asyncio.run(_edge().events(gateway, limit))
    for row in found:
        line = f"{row.happened_at:%Y-%m-%d %H:%M:%S}  {row.action:<12} {row.gateway_name:<24} {row.detail}"
        typer.echo(json.dumps(asdict(row), default=str) if as_json else line)
    if not found and not as_json:
        typer.echo("nothing has happened yet")


@app.command()
def revoked(out: Annotated[Path, typer.Argument(help="File to write the revocation list to, PEM")]) -> None:
    """Write the revocation list as it is now, for a broker of yours; then send that one SIGHUP."""
    from edge.files import PUBLIC, write_file

    edge = _edge()

    async def make() -> bytes:
        async with await edge.connection() as connection:
            return await edge.revoked(connection, WALL_CLOCK.now())

    write_file(out, asyncio.run(make()), PUBLIC)
    typer.echo(f"{out}: written; send your broker SIGHUP")


def _state(revoked_at: datetime | None, held_at: datetime | None, expires_at: datetime, now: datetime) -> str:
    if revoked_at is not None:
        return f"revoked {revoked_at:%Y-%m-%d}"
    if now >= expires_at:
        return "expired"
    if held_at is not None:
        return "on hold: the gateway is in quarantine"
    days = (expires_at - now).days
    return f"expires in {days} days" if days < _SOON_DAYS else "valid"


def _edge() -> "Edge":
    from somel.edge_service import Edge

    return Edge.in_use(read_settings())


def _guard_of(settings: Settings, *, log_denied: bool) -> "Guard":
    from edge.guard import Guard

    return Guard(settings.shards, settings.sparkplug_group, log_denied=log_denied)


def _guard_embedded(
    settings: Settings,
    guard: "Guard",
    hosts: Sequence[str],
    now: datetime,
    *,
    gateway_port: int | None,
    ven_port: int | None = None,
) -> None:
    """Guard the embedded broker, and start it again if it runs."""
    from edge.authority import Authority, ven_authority
    from somel.edge_service import authority_folder
    from somel.guard_writing import write_guard
    from somel.servers import embedded_services

    server = embedded_services(settings).broker
    authority = Authority.open(authority_folder(settings), now)
    known = (server.guard.gateway_port, server.guard.ven_port) if server.guard.is_there else (None, None)
    write_guard(
        server.guard,
        authority,
        guard,
        hosts=hosts,
        gateway_port=gateway_port or known[0],
        now=now,
        vens=ven_authority(authority.folder, now),
        ven_port=ven_port or known[1],
    )
    if server.is_ready():
        server.stop()
        server.start()
    typer.echo(f"broker     guarded; gateways come to mqtts://{hosts[0]}:{server.guard.gateway_port}")
    typer.echo(f"vens       OpenADR's VENs come to mqtts://{hosts[0]}:{server.guard.ven_port}")


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is not None:
        try:
            return file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError("pki_file_unreadable", f"{file} cannot be read: {error}.") from error
    return os.environ.get(_PASSPHRASE) or str(
        typer.prompt("Passphrase of the root", hide_input=True, confirmation_prompt=confirm)
    )
