"""``somel grid | api``: the processes of the platform, on the servers in use."""

from collections.abc import Callable, Coroutine
from typing import Any

import typer

from core.logs import configure_logs
from core.process import run_until_stopped
from core.settings import Settings, read_settings
from somel.servers import Servers, servers

Work = Callable[[Settings, Servers], Coroutine[Any, Any, None]]


def grid() -> None:
    """Forecast, plan and settle demand response, until stopped."""
    from grid.worker import run

    run_command(
        "grid",
        lambda settings, used: run(settings, database_url=used.database_url, ready=lambda: say("grid: ready")),
    )


def api() -> None:
    """Serve the API and the live page, until stopped."""
    from api.__main__ import run
    from somel.edge_service import authority_folder
    from somel.pass_secret import with_pass_secret

    def serve(settings: Settings, used: Servers) -> Coroutine[Any, Any, None]:
        known = with_pass_secret(settings).model_copy(update={"edge_dir": authority_folder(settings)})
        return run(known, database_url=used.database_url, ready=say)

    run_command("api", serve)


def say(text: str) -> None:
    """Print a line that whoever started the process may wait for."""
    typer.echo(text)


def run_command(name: str, work: Work) -> None:
    """Run a process of the platform on the servers in use, until stopped."""
    settings = read_settings()
    configure_logs(settings)
    used = servers(settings)
    raise typer.Exit(run_until_stopped(name, lambda: work(settings, used)))
