"""``somel chaos``: a storm against the way in, for maintainers."""

import json
import sys
from typing import Annotated

import typer


def chaos(
    readings: Annotated[int, typer.Option(min=1, help="Readings to publish at least")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Seed of the faults' order and times")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=4, help="Ingest workers")] = 1,
    database_stop_s: Annotated[
        float, typer.Option("--database-stop-s", min=0.0, help="How long the database is stopped once [s]")
    ] = 60.0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="End with the report as one JSON object")] = False,
    inside: Annotated[bool, typer.Option("--inside-namespace", hidden=True)] = False,
) -> None:
    """For maintainers: kill, stop, cut and fill what there is while readings pour in; exit 1 if any is lost or doubled.

    Runs on servers of its own, durable ones, which are thrown away afterwards. A fault that this machine cannot have
    is named as skipped.
    """
    from core.logs import configure_logs
    from core.settings import read_settings
    from somel.chaos.namespace import enter_namespace
    from somel.chaos.options import ChaosOptions, sentence
    from somel.chaos.storm import storm

    if not inside:
        enter_namespace()
    configure_logs(read_settings())
    report = storm(ChaosOptions(readings, seed, workers, database_stop_s), _say)
    typer.echo(json.dumps(report.summary()) if as_json else sentence(report))
    if not report.is_good:
        raise typer.Exit(1)


def _say(text: str) -> None:
    sys.stderr.write(f"chaos: {text}\n")
    sys.stderr.flush()
