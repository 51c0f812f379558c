"""``somel load readings``: measured values from a file."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from core.errors import ConfigurationError, InputError
from core.registers import REGISTER_BY_NAME, Register, RegisterKind
from core.settings import read_settings
from core.slots import INTERVAL_STEPS_S
from somel.progress import progress_bars
from somel.servers import servers

if TYPE_CHECKING:
    from ingest.files.report import Outcome, Report
    from ingest.files.wishes import Wishes

_EXIT_REFUSED = InputError.exit_code

Minutes = Annotated[int | None, typer.Option("--step", help="Minutes between two values; default: as the stamps tell")]


def readings(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz) or Parquet")],
    meter: Annotated[
        str | None, typer.Option(help="Registered meter, or 14-digit point of delivery, for the whole file")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of stamps that carry none, such as Europe/Paris")] = None,
    unit: Annotated[
        Literal["w", "kw", "wh", "kwh"] | None, typer.Option(help="Mean power, or energy of each interval")
    ] = None,
    stamps: Annotated[
        Literal["start", "end", "day-end"] | None,
        typer.Option(help="What a stamp names; default: the start, of Enedis' customer export the end"),
    ] = None,
    flow: Annotated[
        Literal["r50", "r4x", "r63", "r151"] | None, typer.Option(help="Enedis flow that the file was made from")
    ] = None,
    register: Annotated[str | None, typer.Option(help="What is measured; default: import_wh")] = None,
    step: Minutes = None,
    date_order: Annotated[
        Literal["ymd", "ydm", "dmy", "mdy"] | None, typer.Option(help="Order of year, month and day, where in doubt")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(help="Decimal mark, point or comma; default: the more frequent")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="What stands between cells; default: found")] = None,
    time_column: Annotated[
        str | None, typer.Option(help="Column of the stamps, by title or number; two of day and hour: `Date,Heure`")
    ] = None,
    value_column: Annotated[str | None, typer.Option(help="Column of the values")] = None,
    meter_column: Annotated[str | None, typer.Option(help="Column of the meters or points of delivery")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Accept history from this day on; default: three years back")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write every line with something to say about as CSV")] = None,
    *,
    header: Annotated[bool, typer.Option("--header/--no-header", help="Whether the first line names columns")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge everything, write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with all counts as one JSON object")] = False,
) -> None:
    """Store the readings of a file; good lines are kept beside bad ones, and every bad one is reported.

    Exit codes: 0 all stored, 3 something was refused.
    """
    from ingest.files.report import Report
    from ingest.files.wishes import DateOrder, StampMeaning, Unit, Wishes

    wishes = Wishes(
        zone=_zone(zone),
        unit=Unit(unit) if unit else None,
        stamps=StampMeaning(stamps) if stamps else None,
        flow=flow,
        register=_register(register),
        meter=meter,
        step_s=_step_s(step),
        date_order=DateOrder(date_order) if date_order else None,
        decimal=_mark(decimal),
        delimiter="\t" if delimiter == "\\t" else delimiter,
        time_column=time_column,
        value_column=value_column,
        meter_column=meter_column,
        has_header=header,
        since=since.replace(tzinfo=UTC) if since else None,
    )
    told = Report(_opened(report))
    outcome = _run(file, wishes, told, dry_run=dry_run)
    _show(outcome, told, as_json=as_json, report_at=report)
    if outcome.counts.refused:
        raise typer.Exit(_EXIT_REFUSED)


def _run(file: Path, wishes: "Wishes", report: "Report", *, dry_run: bool) -> "Outcome":
    from ingest.files.importing import import_readings

    settings = read_settings()
    database_url = servers(settings).database_url
    with report, progress_bars() as progress:
        return asyncio.run(
            import_readings(
                file,
                wishes,
                database_url=database_url,
                now=settings.clock.now(),
                report=report,
                dry_run=dry_run,
                progress=progress,
            )
        )


def _show(outcome: "Outcome", report: "Report", *, as_json: bool, report_at: Path | None) -> None:
    summary = outcome.summary(report)
    if as_json:
        typer.echo(json.dumps(summary))
        return
    counts = outcome.counts
    typer.echo(f"{outcome.file_name}: " + ", ".join(f"{name} {said}" for name, said in outcome.understood.items()))
    typer.echo(f"{counts.row_count:,} lines, {counts.empty:,} without a value, {counts.received:,} received")
    if outcome.dry_run:
        typer.echo(f"dry run, nothing written: {outcome.accepted:,} would be taken, {counts.refused:,} refused")
    else:
        typer.echo(
            f"{counts.stored:,} stored, {counts.duplicate:,} duplicate, {counts.revised:,} revised, "
            f"{counts.refused:,} refused"
        )
    typer.echo(f"from {summary['first_at'] or '–'} to {summary['last_at'] or '–'}, {outcome.meters:,} meters")
    if outcome.gaps:
        typer.echo(f"{outcome.gaps:,} gaps, {outcome.missing_slots:,} intervals missing")
    for code, count in sorted(report.codes.items()):
        typer.echo(f"  {count:>9,} {code}")
    for remark in report.first:
        typer.echo(f"    {remark.text}")
    if sum(report.codes.values()) > len(report.first):
        where = f"all are in {report_at}" if report_at else "--report FILE writes them all"
        typer.echo(f"    … these are the first {len(report.first)}; {where}")


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError("zone_unknown", f"{name!r} is no time zone; an example is Europe/Paris.") from error


def _register(name: str | None) -> Register | None:
    known = REGISTER_BY_NAME.get(name) if name else None
    if name and (known is None or known.kind is RegisterKind.INSTANT):
        can = (label for label, register in REGISTER_BY_NAME.items() if register.kind is not RegisterKind.INSTANT)
        offered = ", ".join(can)
        raise ConfigurationError("register_not_importable", f"{name!r} cannot be imported; these can: {offered}.")
    return known


def _step_s(minutes: int | None) -> int | None:
    if minutes is not None and minutes * 60 not in INTERVAL_STEPS_S:
        offered = ", ".join(str(step // 60) for step in INTERVAL_STEPS_S)
        raise ConfigurationError("step_not_possible", f"A step of {minutes} minutes is none of {offered}.")
    return None if minutes is None else minutes * 60


def _mark(decimal: str | None) -> str | None:
    if decimal not in {None, ".", ","}:
        raise ConfigurationError("decimal_mark_invalid", "The decimal mark is a point or a comma.")
    return decimal


def _opened(path: Path | None) -> TextIO | None:
    try:
        return path.open("w", encoding="utf-8", newline="") if path else None
    except OSError as error:
        raise ConfigurationError("report_unwritable", f"{path} cannot be written: {error}.") from error
