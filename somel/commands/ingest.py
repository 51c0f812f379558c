"""``somel ingest``: run workers; ``somel ingest status``: how they are doing."""

import asyncio
import json
from typing import Annotated

import typer

from core.logs import configure_logs
from core.process import run_until_stopped
from core.settings import read_settings
from somel.commands.processes import say
from somel.servers import running_servers, servers

app = typer.Typer(help="Store what gateways publish and send them their commands, until stopped.")

Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        help="Processes to run here, started again when one dies. Left out: one, in this process. All workers of all "
        "machines share the shards between them.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
SilentAfter = Annotated[
    float, typer.Option("--silent-after", min=0.01, help="A gateway not heard for so long is silent [h]")
]


@app.callback(invoke_without_command=True)
def run_workers(context: typer.Context, *, workers: Workers = None) -> None:
    """Store what gateways publish and send them their commands, until stopped."""
    if context.invoked_subcommand is not None:
        return
    from ingest.supervisor import supervise
    from ingest.worker import run

    settings = read_settings()
    configure_logs(settings)
    used = servers(settings)
    where = {"database_url": used.database_url, "mqtt_url": used.mqtt_url}
    raise typer.Exit(
        run_until_stopped(
            "ingest",
            lambda: (
                run(settings, **where, ready=_say_ready)
                if workers is None
                else supervise(settings, workers=workers, **where, ready=_say_ready)
            ),
        )
    )


@app.command()
def status(*, as_json: AsJson = False, silent_after: SilentAfter = 1.0) -> None:
    """Show workers, shards, counts, refusals and silent gateways; exit 5 when the database is away."""
    from ingest.backlog import broker_backlog
    from somel.ingest_status import read_status, tables

    settings = read_settings()
    used = running_servers(settings)
    found = asyncio.run(read_status(used.database_url, settings.shards, silent_after_s=silent_after * 3600))
    waiting = asyncio.run(broker_backlog(used.mqtt_url))
    typer.echo(json.dumps(found.summary(waiting), default=str) if as_json else tables(found, waiting))


def _say_ready() -> None:
    say("ingest: ready")
