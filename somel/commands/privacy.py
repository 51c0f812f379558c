"""``somel privacy``: export and erasure, who looked at what, and the publication of energy."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from core.settings import read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="What is stored of people: export, erasure, who looked at it.")

Key = Annotated[UUID, typer.Argument(help="Pseudonymous key of the usage point")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines")]


@app.command()
def tables(*, as_json: AsJson = False) -> None:
    """List every table that holds something of a single usage point, and what erasure does with it."""
    from db.connection import Role
    from db.person import personal_tables
    from somel.privacy import plain, run

    for one in run(_database(), Role.READ, personal_tables):
        text = json.dumps(plain(one)) if as_json else f"{one.name:<34} {one.on_erasure:<8} {one.reason}"
        typer.echo(text)


@app.command()
def export(key: Key, file: Annotated[Path, typer.Argument(help="ZIP file to write; a new one")]) -> None:
    """Write everything that is stored of a usage point to a ZIP of JSON lines, with a manifest."""
    from somel.privacy import export_to

    size = export_to(_database(), key, file, read_settings().clock)
    typer.echo(f"{file}: {size:,} bytes")


@app.command()
def erase(
    key: Key,
    before: Annotated[
        datetime | None, typer.Option("--before", help="When the customer left (UTC); left out: now")
    ] = None,
    *,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Erase what is stored of a usage point, and say what is kept and why. It cannot be undone."""
    from db.connection import Role
    from enjoy.privacy.erasure import erase_person
    from somel.privacy import run

    now = read_settings().clock.now()
    at = now if before is None else before.replace(tzinfo=UTC)
    if not sure:
        typer.confirm(f"Erase what is stored of {key} of before {at:%Y-%m-%d %H:%M}Z?", abort=True)
    erased = run(
        _database(),
        Role.COMPUTE,
        lambda connection: erase_person(connection, key, at, actor="operator", now=now),
    )
    for name, count in sorted(erased.deleted.items()):
        typer.echo(f"deleted {count:>9,} of {name}")
    for name, reason in sorted(erased.kept.items()):
        typer.echo(f"kept    {name}: {reason}")


@app.command("erase-again")
def erase_again() -> None:
    """Erase what came again of what was erased, such as values that a gateway delivered once more."""
    from db import person
    from db.connection import Role
    from somel.privacy import run

    typer.echo(f"{run(_database(), Role.COMPUTE, person.erase_again):,} rows had come again and are erased")


@app.command()
def accesses(
    usage_point: Annotated[UUID | None, typer.Option("--usage-point", help="Only of this one")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only by this actor, such as token/control-room")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most entries to show")] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """List who read what is stored of single usage points, the newest first."""
    from db.connection import Role
    from db.personal_access import WantedAccesses, list_accesses
    from somel.privacy import plain, run

    wanted = WantedAccesses(usage_point, actor)
    rows = run(_database(), Role.READ, lambda connection: list_accesses(connection, wanted, limit=limit))
    for one in rows:
        if as_json:
            typer.echo(json.dumps(plain(one), default=str))
        else:
            when = f"{one.accessed_at:%Y-%m-%d %H:%M:%S}Z"
            typer.echo(f"{when}  {one.actor}  {one.subject:<8} {one.usage_point_key}  {one.purpose}")
    if not rows and not as_json:
        typer.echo("nobody has read anything of a single usage point")


@app.command()
def forget(
    months: Annotated[
        int | None, typer.Option("--months", min=6, help="Keep so many; left out: SOMEL_ACCESS_LOG_MONTHS")
    ] = None,
) -> None:
    """Delete what the access log holds of longer ago than it is kept."""
    from somel.privacy import forget as forgotten

    kept = read_settings().access_log_months if months is None else months
    typer.echo(f"{forgotten(_database(), kept):,} entries of more than {kept} months ago are deleted")


@app.command()
def publish() -> None:
    """Publish energy now, as far as it is old enough: what the Enjoy process does again and again."""
    from somel.privacy import publish as published

    days = published(_database(), read_settings())
    typer.echo(f"{days:,} days published" if days else "nothing is old enough, or nobody agreed, or nobody publishes")


def _database() -> str:
    return servers(read_settings()).database_url
