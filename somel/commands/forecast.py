"""``somel forecast``: how good forecasts would have been, and were."""

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

import typer

from core.settings import read_settings
from somel.progress import progress_bars
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="How good forecasts would have been, and were.")

Known = Literal["then", "now"]


@app.callback()
def group() -> None:
    """Judge forecasts."""


@app.command()
def backtest(
    first: Annotated[str, typer.Option("--from", help="First local day of issues, YYYY-MM-DD")],
    end: Annotated[str, typer.Option("--to", help="Local day after the last, YYYY-MM-DD")],
    *,
    level: Annotated[str, typer.Option("--level", help="Kind of place")] = "feeder",
    code: Annotated[str | None, typer.Option("--code", help="Only the place of this code")] = None,
    issue_at: Annotated[str, typer.Option("--issue-at", help="Local time of day of the issues, HH:MM")] = "12:00",
    horizon_h: Annotated[
        int | None, typer.Option("--horizon-h", min=1, max=336, help="How far each looks [h]; left out: the setting")
    ] = None,
    history_days: Annotated[
        int | None,
        typer.Option("--history-days", min=1, max=1096, help="What each is made from [days]; left out: the setting"),
    ] = None,
    known: Annotated[
        Known,
        typer.Option("--known", help="then: what had been received by each issue; now: all of slots that had ended"),
    ] = "then",
    without_weather: Annotated[
        bool, typer.Option("--without-weather", help="Look at no weather, whatever was known of it at each issue")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with charts to this file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
) -> None:
    """Issue the forecasts of a past period again, from what was known then, and compare them with what came."""
    from grid.jobs import jobs_at
    from somel.hindcast.asked import asked
    from somel.hindcast.making import make
    from somel.hindcast.page import page, require_folder, write
    from somel.hindcast.table import table

    settings = read_settings()
    wanted = asked(
        level,
        code,
        period=(first, end, issue_at),
        horizon_h=horizon_h or settings.horizon_h,
        history_days=history_days or settings.history_days,
        known=known,
        weather=not without_weather,
    )
    if html is not None:
        require_folder(html)
    database_url = servers(settings).database_url
    with closing(jobs_at(settings.dask_scheduler)) as jobs, progress_bars() as report:
        facts, samples = asyncio.run(make(database_url, wanted, settings.clock.now(), report, jobs))
    if html is not None:
        write(html, page(facts, samples))
    typer.echo(json.dumps(facts) if as_json else table(facts))
    if html is not None:
        typer.echo(f"somel: the page is in {html}", err=True)
