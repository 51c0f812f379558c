"""``somel consent``: what customers agreed to, given, withdrawn, imported and listed."""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from core.errors import InputError
from core.settings import read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="What customers agreed to, for which purpose, and until when.")

Key = Annotated[UUID, typer.Argument(help="Pseudonymous key of the usage point")]
Purpose = Annotated[str, typer.Option("--purpose", help="What for: enjoy (counted in published sums)")]


class How(StrEnum):
    """How a customer said so."""

    ONLINE = "online"
    PAPER = "paper"
    TELEPHONE = "telephone"


@app.command()
def give(
    key: Key,
    proof: Annotated[str, typer.Option("--proof", help="Where its proof is kept, such as a file number")],
    text_version: Annotated[str, typer.Option("--text", help="Version of the text that was agreed to")],
    given_at: Annotated[
        datetime | None, typer.Option("--at", help="When the customer gave it (UTC); left out: now")
    ] = None,
    how: Annotated[How, typer.Option("--how", help="How")] = How.PAPER,
    purpose: Purpose = "enjoy",
) -> None:
    """Record that a customer agrees; they are counted from the next month on."""
    from datetime import UTC

    from db.connection import Role
    from db.consents import NewUsagePointConsent
    from enjoy.privacy import consent
    from somel.privacy import run

    now = read_settings().clock.now()
    at = now if given_at is None else given_at.replace(tzinfo=UTC)
    new = NewUsagePointConsent(key, purpose, text_version, at, how, proof)
    stored = run(_database(), Role.COMPUTE, lambda connection: consent.give(connection, new, actor="operator", now=now))
    typer.echo("recorded" if stored else "a consent for this purpose holds already; nothing changed")


@app.command()
def withdraw(
    key: Key, how: Annotated[How, typer.Option("--how", help="How")] = How.PAPER, purpose: Purpose = "enjoy"
) -> None:
    """Record that a customer no longer agrees; nothing is published with them from now on."""
    from db.connection import Role
    from enjoy.privacy import consent
    from somel.privacy import run

    now = read_settings().clock.now()
    run(
        _database(),
        Role.COMPUTE,
        lambda connection: consent.withdraw(connection, key, purpose, how=how, actor="operator", now=now),
    )
    typer.echo("withdrawn")


@app.command("list")
def list_consents(key: Key, *, as_json: Annotated[bool, typer.Option("--json", help="JSON lines")] = False) -> None:
    """List what was agreed to at a usage point, for whatever purpose, the newest first."""
    from db.connection import Role
    from enjoy.privacy.consent import consents_of
    from somel.privacy import plain, run

    rows = run(_database(), Role.READ, lambda connection: consents_of(connection, key))
    for one in rows:
        if as_json:
            typer.echo(json.dumps(plain(one), default=str))
            continue
        until = "holds" if one.withdrawn_at is None else f"until {one.withdrawn_at:%Y-%m-%d %H:%M}Z"
        what = one.purpose if one.resource is None else f"{one.purpose} ({one.resource})"
        typer.echo(f"{one.given_at:%Y-%m-%d}  {what:<24} {one.given_how:<10} {until}  {one.proof or ''}".rstrip())
    if not rows and not as_json:
        typer.echo("nothing was agreed to here")


@app.command()
def count() -> None:
    """Count consents by purpose."""
    from db.connection import Role
    from db.consents import count_consents
    from somel.privacy import run

    rows = run(_database(), Role.READ, count_consents)
    for one in rows:
        typer.echo(f"{one.purpose:<8} {one.standing:>9,} hold {one.withdrawn:>9,} withdrawn")
    if not rows:
        typer.echo("no consents yet: `somel consent import FILE` takes them from a CSV file")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with titles, in UTF-8")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="End with all counts as one JSON object")] = False,
) -> None:
    """Record the consents of a file; the same again changes nothing.

    Its columns: usage_point_key, purpose, text_version, given_at, how, proof, and perhaps proof_sha256.

    Exit codes: 0 all taken, 3 something was refused.
    """
    from somel.privacy import import_file as taken

    settings = read_settings()
    found = taken(servers(settings).database_url, file, settings.clock)
    if as_json:
        typer.echo(json.dumps({"stored": found.stored, "known": found.known, "refused": len(found.refused)}))
    else:
        typer.echo(f"{file.name}: {found.stored:,} new, {found.known:,} known already")
        for number, code, reason in found.refused:
            typer.echo(f"  line {number}: {reason} [{code}]")
    if found.refused:
        raise typer.Exit(InputError.exit_code)


def _database() -> str:
    return servers(read_settings()).database_url
