"""``somel firmware``: signed releases, and their way to the gateways stage by stage."""

import asyncio
import json
import os
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from core.errors import ConflictError, InputError
from core.settings import read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="Firmware of gateways: keys, signed releases, staged roll-outs.")
rollout = typer.Typer(no_args_is_help=True, help="Bring a release to the gateways, stage by stage.")
app.add_typer(rollout, name="rollout")

AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
RolloutId = Annotated[UUID, typer.Argument(help="Its identifier in `somel firmware rollout list`")]
PASSPHRASE = "SOMEL_FIRMWARE_PASSPHRASE"  # noqa: S105 - the name of a variable


@app.command()
def keygen(
    path: Annotated[Path, typer.Argument(help="Where the private key goes; the public one beside it, as .pub")],
    *,
    encrypted: Annotated[
        bool, typer.Option("--encrypted", help=f"Ask for a passphrase, or take it from {PASSPHRASE}")
    ] = False,
) -> None:
    """Make an Ed25519 key that signs releases; devices pin its public half."""
    from core.signature import key_id, make_key, public_key_of, public_key_pem

    passphrase = _passphrase(confirm=True) if encrypted else None
    pem = make_key(passphrase)
    public_key = public_key_of(pem, passphrase)
    _write_new(path, pem, 0o600)
    _write_new(path.with_name(path.name + ".pub"), public_key_pem(public_key), 0o644)
    typer.echo(f"private key  {path}\npublic key   {public_key}\nidentifier   {key_id(public_key)}")


@app.command()
def release(
    image: Annotated[Path, typer.Argument(help="The firmware image", exists=True, dir_okay=False)],
    version: Annotated[str, typer.Option("--version", help="Version of the image: major.minor.patch")],
    hardware: Annotated[list[str], typer.Option("--hardware", help="Model that it is for; may be repeated")],
    key: Annotated[list[Path], typer.Option("--key", help="Private key; repeat it to sign with several")],
    minimum_version: Annotated[str, typer.Option(help="Lowest version that it can be installed over")] = "0.0.0",
    days: Annotated[int, typer.Option(min=1, help="Days until devices refuse the manifest")] = 90,
    next_key: Annotated[
        list[Path] | None, typer.Option("--next-key", help="Public key (.pub) to trust from then on; may be repeated")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign an image and store it; nothing is offered to anybody until a roll-out starts."""
    from somel import firmware

    settings = read_settings()
    now = settings.clock.now().replace(microsecond=0)
    facts = firmware.ReleaseFacts(
        version, minimum_version, hardware, now + timedelta(days=days), [_public_key(path) for path in next_key or []]
    )
    keys = [_signing_key(path) for path in key]
    made = asyncio.run(firmware.release(servers(settings).database_url, image.read_bytes(), facts, keys, now=now))
    if as_json:
        _print_json(asdict(made))
    else:
        typer.echo(f"release {made.serial}: {made.version} for {', '.join(made.hardware)}, SHA-256 {made.sha256}")


@app.command()
def releases(*, as_json: AsJson = False) -> None:
    """List the releases."""
    from somel.firmware import releases as read_releases

    found = asyncio.run(read_releases(_database()))
    if as_json:
        _print_json([asdict(one) for one in found])
        return
    for one in found:
        signers = ", ".join(one.key_ids)
        typer.echo(
            f"{one.serial:>4}  {one.version:<12} {', '.join(one.hardware):<24} "
            f"until {one.expires_at:%Y-%m-%d}  signed by {signers}"
        )
    if not found:
        typer.echo("no releases yet: make one with `somel firmware release FILE`")


@rollout.command()
def start(
    serial: Annotated[int, typer.Argument(metavar="RELEASE", help="Its number in `somel firmware releases`")],
    cohorts: Annotated[str, typer.Option(help="Share of the gateways after each stage")] = "1%,10%,50%,100%",
    soak: Annotated[int, typer.Option(min=0, help="Seconds that a stage has to hold its success")] = 3_600,
    success: Annotated[float, typer.Option(min=1, max=100, help="Share that must have installed it, in %")] = 95.0,
    failures: Annotated[float, typer.Option(min=0, max=99, help="Share of failures that is borne, in %")] = 2.0,
) -> None:
    """Start a roll-out; ingest carries it out and pauses it by itself when too many gateways fail."""
    from somel import firmware

    settings = read_settings()
    pace = firmware.Pace(_ratios(cohorts), soak, success / 100, failures / 100)
    typer.echo(asyncio.run(firmware.start(servers(settings).database_url, serial, pace, now=settings.clock.now())))


@rollout.command()
def pause(rollout_id: RolloutId) -> None:
    """Pause a roll-out: nothing more is offered until it is resumed."""
    from somel import firmware

    asyncio.run(firmware.pause(_database(), rollout_id, now=read_settings().clock.now()))
    typer.echo(f"{rollout_id} is paused")


@rollout.command()
def resume(
    rollout_id: RolloutId,
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Try the gateways that failed again")] = False,
) -> None:
    """Go on with a paused roll-out; failures up to now no longer count."""
    from somel import firmware

    asyncio.run(firmware.resume(_database(), rollout_id, retry=retry, now=read_settings().clock.now()))
    typer.echo(f"{rollout_id} goes on")


@rollout.command()
def abort(rollout_id: RolloutId) -> None:
    """End a roll-out for good; what is installed stays."""
    from somel import firmware

    asyncio.run(firmware.abort(_database(), rollout_id, now=read_settings().clock.now()))
    typer.echo(f"{rollout_id} is aborted")


@rollout.command("list")
def show(*, as_json: AsJson = False) -> None:
    """List the roll-outs, the newest first."""
    from somel.firmware import rollouts

    found = asyncio.run(rollouts(_database()))
    if as_json:
        _print_json([asdict(one) for one in found])
        return
    for one in found:
        stage = f"{one.stage + 1}/{len(one.cohort_ratios)}"
        typer.echo(f"{one.firmware_rollout_id}  {one.version:<12} {one.status:<10} stage {stage:<6} {one.reason or ''}")
    if not found:
        typer.echo("no roll-outs yet: start one with `somel firmware rollout start RELEASE`")


@rollout.command()
def status(rollout_id: RolloutId, *, as_json: AsJson = False) -> None:
    """Show how a roll-out is doing: its stage, what the gateways report, and what was decided."""
    from somel.firmware import status as read_status

    found = asyncio.run(read_status(_database(), rollout_id))
    if as_json:
        _print_json(asdict(found))
        return
    one = found.rollout
    ratio = 100 * one.cohort_ratios[one.stage]
    typer.echo(f"release {one.serial}, {one.version}: {one.status}, stage {one.stage + 1} (up to {ratio:g} %)")
    if one.reason:
        typer.echo(f"  {one.reason}")
    for count in found.counts:
        fault = f" ({count.fault})" if count.fault else ""
        typer.echo(f"  stage {count.stage + 1}  {count.offer_count:>7}  {count.status}{fault}")
    for line in found.audit:
        typer.echo(f"  {line.at:%Y-%m-%d %H:%M:%SZ}  {line.action:<12} by {line.actor}: {line.detail}")


def _ratios(cohorts: str) -> list[float]:
    try:
        return [float(part.strip().rstrip("%")) / 100 for part in cohorts.split(",")]
    except ValueError as error:
        raise InputError("cohorts_invalid", "Cohorts look like 1%,10%,50%,100%.") from error


def _signing_key(path: Path) -> Any:
    from core.signature import needs_passphrase
    from somel.firmware import SigningKey

    pem = _read(path)
    return SigningKey(pem, _passphrase(confirm=False) if needs_passphrase(pem) else None)


def _public_key(path: Path) -> str:
    from core.signature import read_public_key

    return read_public_key(_read(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("key_unreadable", f"{path} cannot be read: {error.strerror}.") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise ConflictError("key_exists", f"{path} is there already, and a key is never written over.") from error
    except OSError as error:
        raise InputError("key_not_writable", f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(number, "wb") as file:
        file.write(content)


def _passphrase(*, confirm: bool) -> str:
    given = os.environ.get(PASSPHRASE)
    return given or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True))


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, default=str))


def _database() -> str:
    return servers(read_settings()).database_url
