"""``somel enjoy``: who publishes, and their keys."""

import asyncio
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from core.settings import read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="Enjoy: organisations that publish, and their keys.")


class Kind(StrEnum):
    """What an organisation is."""

    METROPOLIS = "metropolis"
    COMMUNE = "commune"
    PARTNER = "partner"


class MemberRole(StrEnum):
    """As what somebody belongs to an organisation."""

    OWNER = "owner"
    PUBLISHER = "publisher"
    READER = "reader"


@app.command()
def organisation(
    name: Annotated[str, typer.Argument(help="Permanent name: small letters, digits and -")],
    title: Annotated[str, typer.Argument(help="Name for people")],
    kind: Annotated[Kind, typer.Option("--kind", help="What it is")] = Kind.PARTNER,
    homepage: Annotated[str | None, typer.Option("--homepage", help="Its own site")] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="Where questions about its data go")] = None,
) -> None:
    """Add an organisation that publishes."""
    from db.dataset_rows import NewOrganisation
    from somel.enjoy import add_organisation

    new = NewOrganisation(name, title, kind, homepage=homepage, contact=contact)
    asyncio.run(add_organisation(_database(), new))
    typer.echo(f"{name} may publish; `somel enjoy key {name}` makes it a key")


@app.command()
def organisations() -> None:
    """List the organisations."""
    from somel.enjoy import read_organisations

    found = asyncio.run(read_organisations(_database()))
    for one in found:
        typer.echo(f"{one.name:<24} {one.kind:<10} {one.title}")
    if not found:
        typer.echo("no organisations yet: add one with `somel enjoy organisation NAME TITLE`")


@app.command()
def key(
    organisation: Annotated[str, typer.Argument(help="Organisation that it acts for")],
    name: Annotated[str, typer.Option("--name", help="What it is for")] = "publisher",
    scope: Annotated[list[str] | None, typer.Option("--scope", help="What it may do; may be repeated")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days until it expires")] = 365,
    *,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="What it writes is tried and never stored")] = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    from db.keys import SCOPES
    from somel.enjoy import make_key

    expires_at = datetime.now(UTC) + timedelta(days=days)
    making = make_key(_database(), organisation, name, scope or list(SCOPES), is_sandbox=sandbox, expires_at=expires_at)
    typer.echo(asyncio.run(making))


@app.command()
def keys(organisation: Annotated[str, typer.Argument(help="Organisation")]) -> None:
    """List the keys of an organisation; their secrets are not known."""
    from somel.enjoy import read_keys

    found = asyncio.run(read_keys(_database(), organisation))
    for one in found:
        kind = "sandbox" if one.is_sandbox else ""
        typer.echo(f"{one.api_key_id:>4}  {one.name:<24} {' '.join(one.scopes):<40} {kind:<8} until {one.expires_at}")
    if not found:
        typer.echo(f"no keys yet: make one with `somel enjoy key {organisation}`")


@app.command()
def revoke(key_id: Annotated[int, typer.Argument(help="Its number in `somel enjoy keys`")]) -> None:
    """Revoke a key; it is refused from now on."""
    from somel.enjoy import end_key

    asyncio.run(end_key(_database(), key_id))
    typer.echo(f"key {key_id} is revoked")


@app.command()
def rotate(
    key_id: Annotated[int, typer.Argument(help="Its number in `somel enjoy keys`")],
    overlap_h: Annotated[int, typer.Option("--overlap-h", min=0, max=168, help="Hours the old secret stays good")] = 24,
) -> None:
    """Give a key a new secret and print it, once; the old one is good for some hours yet."""
    from somel.enjoy import turn_key

    typer.echo(asyncio.run(turn_key(_database(), key_id, overlap_h=overlap_h)))


@app.command()
def quota(
    key_id: Annotated[int, typer.Argument(help="Its number in `somel enjoy keys`")],
    per_minute: Annotated[
        int | None, typer.Argument(min=0, help="Requests a minute; 0: any; left out: the setting's")
    ] = None,
) -> None:
    """Say how many requests a key may make in a minute."""
    from somel.enjoy import set_key_quota

    asyncio.run(set_key_quota(_database(), key_id, per_minute))
    typer.echo(f"key {key_id}: {'as the settings say' if per_minute is None else per_minute or 'any number'} a minute")


@app.command()
def invite(
    organisation: Annotated[str, typer.Argument(help="Organisation")],
    role: Annotated[MemberRole, typer.Option("--role", help="As what")] = MemberRole.OWNER,
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="Days that the link is good")] = 7,
) -> None:
    """Print a link by which one person joins an organisation; hand it to them yourself."""
    from somel.enjoy import invite as invited

    secret = asyncio.run(invited(_database(), organisation, role.value, days=days))
    typer.echo(f"/enjoy/account#invitation={secret}")


@app.command()
def passphrase(email: Annotated[str, typer.Argument(help="What somebody signs in by")]) -> None:
    """Give somebody who has forgotten it another passphrase, and print it, once."""
    from somel.enjoy import new_passphrase

    typer.echo(asyncio.run(new_passphrase(_database(), email)))


def _database() -> str:
    return servers(read_settings()).database_url
