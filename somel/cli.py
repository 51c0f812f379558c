"""``somel``: the command line of the platform."""

import sys
from asyncio import CancelledError
from importlib.metadata import version
from typing import Annotated

import typer

from core.errors import PlatformError
from somel.commands import (
    audit,
    chaos,
    conformance,
    consent,
    decode,
    demo,
    enjoy,
    events,
    firmware,
    forecast,
    gateways,
    ingest,
    load,
    network,
    openadr,
    pki,
    privacy,
    processes,
    quarantine,
    reader,
    services,
    settings,
    settlement,
    simulate,
    store,
    tariffs,
    token,
    vee,
    warm,
)

app = typer.Typer(
    name="somel",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The open backend of a smart metropolis: from meters to forecasts, demand response and open city data.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong use or settings, 3 bad input, 4 refused, 5 try later, 70 our fault.",
)
app.command()(demo.demo)
app.add_typer(services.app, name="services")
app.command()(store.migrate)
app.command()(warm.warm)
app.add_typer(ingest.app, name="ingest")
app.command()(processes.grid)
app.command()(processes.api)
app.command()(simulate.simulate)
app.command()(conformance.conformance)
app.add_typer(load.app, name="load")
app.add_typer(vee.app, name="vee")
app.add_typer(network.app, name="network")
app.add_typer(token.app, name="token")
app.add_typer(tariffs.app, name="tariffs")
app.add_typer(enjoy.app, name="enjoy")
app.add_typer(consent.app, name="consent")
app.add_typer(privacy.app, name="privacy")
app.add_typer(settlement.app, name="settlement")
app.add_typer(openadr.app, name="openadr")
app.add_typer(audit.app, name="audit")
app.command()(decode.decode)
app.command()(chaos.chaos)
app.command()(gateways.gateways)
app.add_typer(forecast.app, name="forecast")
app.add_typer(events.app, name="events")
app.add_typer(firmware.app, name="firmware")
app.add_typer(reader.app, name="reader")
app.add_typer(pki.app, name="pki")
app.command()(quarantine.quarantine)
app.command("settings")(settings.show)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"somel {version('somel')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=lambda wanted: _print_version(wanted=wanted), is_eager=True)
    ] = False,
) -> None:
    """Hold what comes before the subcommand."""
    del show_version


def main() -> None:
    """Run the command line and leave with the exit code of what went wrong, if anything did."""
    try:
        app()
    except PlatformError as error:
        typer.echo(f"somel: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, CancelledError):
        typer.echo("somel: stopped", err=True)
        sys.exit(130)
