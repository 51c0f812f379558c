"""``somel pki ven``: certificates by which OpenADR's VENs come to the broker."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import WALL_CLOCK
from core.settings import read_settings

if TYPE_CHECKING:  # imported when a command runs, so that help answers at once
    from somel.ven_service import VenDoor

app = typer.Typer(no_args_is_help=True, help="Certificates by which OpenADR's VENs come to the broker.")

Ven = Annotated[str, typer.Argument(help="Name of a VEN object of the VTN (venName)")]


@app.command()
def sign(
    ven: Ven,
    request: Annotated[Path, typer.Argument(help="Certificate signing request, PEM")],
    out: Annotated[
        Path | None, typer.Option("--out", help="File for the certificate; default: standard output")
    ] = None,
) -> None:
    """Sign a VEN's request: with the certificate it reads, at the broker's door for VENs, what is for it alone."""
    from edge.files import PUBLIC, write_file
    from somel.edge_service import read_text

    signed = asyncio.run(_door().sign(ven, read_text(request)))
    if out is None:
        typer.echo(signed.certificate, nl=False)
    else:
        write_file(out, signed.certificate.encode(), PUBLIC)
        typer.echo(f"{out}: valid until {signed.expires_at:%Y-%m-%d %H:%M} UTC")


@app.command()
def revoke(ven: Ven) -> None:
    """Revoke all certificates of a VEN and end its connection; its VEN object may be gone."""
    count = asyncio.run(_door().revoke(ven))
    typer.echo(f"{ven}: {count} certificates revoked")


@app.command("list")
def show(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False) -> None:
    """List the certificates of VENs."""
    now, issued = WALL_CLOCK.now(), asyncio.run(_door().certificates())
    for row in issued:
        if row.revoked_at is not None:
            state = f"revoked {row.revoked_at:%Y-%m-%d}"
        else:
            state = "expired" if now >= row.expires_at else "valid" if row.is_known else "its VEN object is gone"
        line = f"{row.ven_name:<24} {row.serial:<40} until {row.expires_at:%Y-%m-%d}  {state}"
        typer.echo(json.dumps(asdict(row) | {"state": state}, default=str) if as_json else line)
    if not issued and not as_json:
        typer.echo("no certificates yet: `somel pki ven sign VEN REQUEST` makes one")


@app.command()
def revoked(out: Annotated[Path, typer.Argument(help="File to write the revocation list of VENs to, PEM")]) -> None:
    """Write the revocation list of VENs as it is now, for a broker of yours; then send that one SIGHUP."""
    from edge.files import PUBLIC, write_file

    write_file(out, asyncio.run(_door().revoked()), PUBLIC)
    typer.echo(f"{out}: written; send your broker SIGHUP")


def _door() -> "VenDoor":
    from somel.edge_service import Edge
    from somel.ven_service import VenDoor

    return VenDoor(Edge.in_use(read_settings()))
