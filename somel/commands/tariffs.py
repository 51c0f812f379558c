"""``somel tariffs``: colours of days, prices and off-peak hours from files."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import Clock
from core.errors import InputError
from core.settings import read_settings
from somel.servers import servers

if TYPE_CHECKING:
    from somel.tariff_file import TariffFile

app = typer.Typer(no_args_is_help=True, help="Tariffs: colours of days, prices, off-peak hours.")


@app.callback()
def group() -> None:
    """Tariffs: colours of days, prices, off-peak hours."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with titles, or JSON: a list of objects")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge everything, write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with all counts as one JSON object")] = False,
) -> None:
    """Store what a file says, over what is stored of the same days, periods or usage points.

    Its columns say what it is: tariff,day,color · tariff,period,valid_from,price_eur_per_mwh ·
    usage_point_key,starts_at,ends_at; a column source may say where it was published.

    Exit codes: 0 all stored, 3 something was refused.
    """
    settings = read_settings()
    found = asyncio.run(_store(servers(settings).database_url, file, settings.clock, dry_run=dry_run))
    if as_json:
        counts = {"taken": found.taken, "refused": len(found.refused), "dry_run": dry_run, "codes": found.codes}
        typer.echo(json.dumps(counts))
    else:
        typer.echo(f"{file.name}: {found.taken:,} lines {'would be taken' if dry_run else 'stored'}")
        for number, code in found.refused:
            typer.echo(f"  line {number}: {code}")
    if found.refused:
        raise typer.Exit(InputError.exit_code)


async def _store(database_url: str, file: Path, clock: Clock, *, dry_run: bool) -> "TariffFile":
    from db.audit import record
    from db.connection import Role, connect
    from db.load import find_usage_point_id
    from db.tariffs import put_days, put_prices, read_calendar, replace_windows
    from somel.tariff_file import read_tariff_file

    now = clock.now()
    async with await connect(database_url, Role.COMPUTE) as connection:
        found = read_tariff_file(file, await read_calendar(connection))
        usage_points = {key: await find_usage_point_id(connection, key) for key in found.hours}
        for key in [key for key, known in usage_points.items() if known is None]:
            found.refused += [(0, f"usage_point_unknown {key}")]
            del found.hours[key]
        if dry_run:
            return found
        await put_days(connection, found.days, now=now)
        await put_prices(connection, found.prices)
        for key, windows in found.hours.items():
            await replace_windows(connection, usage_points[key] or 0, windows)
        facts = {"taken": found.taken, "refused": len(found.refused)}
        subject = f"file/{file.name}"
        await record(connection, at=now, actor="operator", action="tariffs.imported", subject=subject, facts=facts)
    return found
