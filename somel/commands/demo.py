"""``somel demo``: the whole platform on measured data, live."""

import asyncio
import json
from typing import Annotated

import typer

from core.logs import configure_logs
from core.settings import read_settings
from somel.demo.options import DemoOptions
from somel.progress import progress_bars


def demo(
    *,
    run_for: Annotated[
        float | None, typer.Option("--for", min=30, help="Seconds of live running; without it, until Ctrl-C")
    ] = None,
    usage_points: Annotated[int, typer.Option(min=50, max=20_000, help="Usage points of the fleet")] = 2_000,
    days: Annotated[
        int, typer.Option(min=28, max=365, help="Days that are back-filled; 28 is what judging a forecast takes")
    ] = 35,
    speed: Annotated[float, typer.Option(min=1, max=600, help="Replayed seconds per second")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of every draw")] = 1,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the page; 0: any free one")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object on the last line")] = False,
) -> None:
    """Run the whole platform on measured data: back-fill, live page, forecasts and one demand-response event.

    It uses servers of its own, made anew each time. It ends with a summary, and with exit code 1 when readings were
    lost, the forecast did not beat the weekly naive one, or less than 80 % of the planned reduction was measured.
    """
    from somel.demo.stage import stage_of
    from somel.demo.story import play

    settings = read_settings()
    quiet = {"log_level": "warning"} if settings.log_level == "info" else {}  # the story is told in sentences
    configure_logs(settings.model_copy(update=quiet))
    options = DemoOptions(usage_points, days, speed, run_for, seed, settings.api_port if port is None else port)
    with progress_bars() as report, stage_of(settings, options, report, typer.echo) as stage:
        summary = asyncio.run(play(stage))
    for line in summary.lines():
        typer.echo(line)
    faults = list(summary.faults())
    for fault in faults:
        typer.echo(f"not good enough: {fault}", err=True)
    if as_json:
        typer.echo(json.dumps(summary.as_dict(), allow_nan=False))
    raise typer.Exit(1 if faults else 0)
