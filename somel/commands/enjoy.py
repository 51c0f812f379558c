"""``somel enjoy``: who publishes, their keys, and the process that does the periodic work."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from core.settings import Settings, read_settings
from somel.commands import pass_keys
from somel.progress import progress_bars
from somel.servers import Servers, servers

app = typer.Typer(no_args_is_help=True, help="Enjoy: organisations that publish, their keys and data, and its process.")
app.add_typer(pass_keys.app, name="pass-keys")

#: Refusals that are printed.
_SHOWN = 20


class Kind(StrEnum):
    """What an organisation is."""

    METROPOLIS = "metropolis"
    COMMUNE = "commune"
    PARTNER = "partner"


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
def upload(
    file: Annotated[Path, typer.Argument(help="CSV, GeoJSON or Parquet", exists=True, dir_okay=False)],
    dataset: Annotated[str, typer.Option("--dataset", help="Dataset that its rows are records of")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would become of the rows")] = False,
) -> None:
    """Write the records of a file into a dataset, for its publisher, and print what became of the rows."""
    from somel.enjoy import upload_file

    with progress_bars() as report:
        done = asyncio.run(
            upload_file(_database(), file, dataset, is_dry_run=dry_run, on_rows=lambda rows: report("rows", rows, 0))
        )
    counts = f"{done.inserted_count:,} new, {done.updated_count:,} corrected, {done.unchanged_count:,} as before"
    tried = "; nothing was stored" if dry_run else ""
    typer.echo(f"{done.row_count:,} rows: {counts}, {done.refused_count:,} refused{tried}")
    for one in done.refusals[:_SHOWN]:
        typer.echo(f"row {one['row']}, {one['field'] or 'as a whole'}: {one['reason']} [{one['code']}]")
    if done.refused_count > _SHOWN:
        typer.echo(f"and {done.refused_count - _SHOWN:,} more: report {done.upload_id}")


@app.command()
def source(
    dataset: Annotated[str, typer.Argument(help="Dataset that its items are records of")],
    gbfs: Annotated[str | None, typer.Option("--gbfs", help="Discovery file of a GBFS feed, 2 or 3")] = None,
    json: Annotated[str | None, typer.Option("--json", help="Any JSON that holds a list")] = None,
    every: Annotated[int, typer.Option("--every", min=10, help="Seconds between two pulls")] = 60,
    items: Annotated[str, typer.Option("--items", help="Path to the list; empty: it is the whole document")] = "",
    field: Annotated[
        list[str] | None, typer.Option("--field", help="field=path, from the item or, with $., from the document")
    ] = None,
    constant: Annotated[list[str] | None, typer.Option("--constant", help="field=value, the same in every one")] = None,
    longitude: Annotated[str, typer.Option("--longitude", help="Path of the longitude")] = "lon",
    latitude: Annotated[str, typer.Option("--latitude", help="Path of the latitude")] = "lat",
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Pull no more")] = False,
) -> None:
    """Have records pulled from an HTTP source by `somel enjoy run`, or tell how that goes."""
    from enjoy.pulling.mapping import SourceMapping
    from somel.enjoy_sources import constants_of, declare, read_source, stop_pulling, told

    database = _database()
    if remove:
        asyncio.run(stop_pulling(database, dataset))
        typer.echo(f"{dataset} is pulled no more")
        return
    url = gbfs or json
    if url:
        mapping = SourceMapping(
            items, _pairs(field), constants_of(_pairs(constant)), longitude=longitude, latitude=latitude
        )
        kind = "gbfs" if gbfs else "json"
        asyncio.run(declare(database, dataset, kind=kind, url=url, period_s=every, mapping=mapping))
    for line in told(asyncio.run(read_source(database, dataset))):
        typer.echo(line)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on the loopback; 0: any free one")] = 0,
    stations: Annotated[int, typer.Option(min=1, max=5_000, help="How many")] = 260,
    seed: Annotated[int, typer.Option(help="Seed of every draw")] = 1,
    version: Annotated[str, typer.Option("--version", help="2.3 or 3.0")] = "2.3",
) -> None:
    """Serve simulated bicycle stations as a GBFS feed, until stopped; prints the address of its discovery file."""
    from core.logs import configure_logs
    from core.process import run_until_stopped
    from simulators.gbfs import serve
    from simulators.stations import StationFleet

    settings = read_settings()
    configure_logs(settings)
    fleet = StationFleet(stations, seed)
    raise typer.Exit(
        run_until_stopped("gbfs", lambda: serve(fleet, settings.clock, port=port, version=version, ready=typer.echo))
    )


def _pairs(given: list[str] | None) -> dict[str, str]:
    wrong = [one for one in given or [] if "=" not in one]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not name=value")
    return dict(one.split("=", 1) for one in given or [])


@app.command()
def rules() -> None:
    """Print the broker's rules (Mosquitto's acl_file) that let each organisation publish to its datasets by MQTT.

    An organisation's account is enjoy-<name>; what was declared since takes printing them anew.
    """
    from somel.enjoy import broker_rules

    typer.echo(asyncio.run(broker_rules(_database())), nl=False)


@app.command()
def run() -> None:
    """Do the periodic work of Enjoy, until stopped: pull sources, publish what came by MQTT, delete what is too old."""
    from enjoy.worker import run as work
    from somel.commands.processes import run_command, say
    from somel.pass_secret import with_pass_secret

    def working(settings: Settings, used: Servers) -> Coroutine[Any, Any, None]:
        known = with_pass_secret(settings)
        return work(known, database_url=used.database_url, ready=lambda: say("enjoy: ready"))

    run_command("enjoy", working)


def _database() -> str:
    return servers(read_settings()).database_url


class MemberRole(StrEnum):
    """As what somebody belongs to an organisation."""

    OWNER = "owner"
    PUBLISHER = "publisher"
    DESK = "desk"
    READER = "reader"


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
