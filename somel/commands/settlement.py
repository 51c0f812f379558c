"""``somel settlement``: what events saved, as known at a moment; all indicative."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer

from core.errors import InputError, NotFoundError
from core.settings import read_settings
from somel.servers import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from db.connection import Connection, Role
    from db.settlement import StatementRow

app = typer.Typer(no_args_is_help=True, help="What events saved, as known at a moment. All figures are indicative.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line")]
EventArgument = Annotated[str, typer.Argument(help="Event, by its id")]
StatementArgument = Annotated[int, typer.Argument(help="Statement, by its number", min=1)]
_HALF_HOUR_MINUTES = 30


@app.command()
def methods(*, as_json: AsJson = False) -> None:
    """List the baseline methods."""
    from grid.settlement.methods import METHODS

    rows = [{"name": method.name, "meaning": method.meaning} for method in METHODS.values()]
    _show(rows, as_json=as_json)


@app.command()
def make(
    event: EventArgument,
    *,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As known then: 2026-01-20T06:00:00Z; left out: two minutes ago")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="See `somel settlement methods`")] = "high_5_of_10",
    program: Annotated[str | None, typer.Option("--program", help="Program that the event is settled under")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a statement of an event; one of the same method and moment is made again and must be the same."""
    from db.connection import Role
    from grid.settlement.statement import make_statement

    event_id, moment, now = _event_id(event), _instant(as_of), read_settings().clock.now()
    row = _run(
        lambda connection: make_statement(
            connection, event_id=event_id, now=now, actor="operator", method=method, as_of=moment, program=program
        ),
        Role.COMPUTE,
    )
    _show_statements([row], as_json=as_json)


@app.command("list")
def list_statements(event: EventArgument, *, as_json: AsJson = False) -> None:
    """List the statements of an event, those of the latest moment first."""
    from db.settlement import find_statements

    event_id = _event_id(event)
    _show_statements(_run(lambda connection: find_statements(connection, event_id=event_id)), as_json=as_json)


@app.command()
def verify(statement: StatementArgument, *, as_json: AsJson = False) -> None:
    """Make a stored statement again, as known at its moment; exit 1 when it is not the same."""
    from grid.settlement.statement import is_reproduced

    async def work(connection: "Connection") -> tuple["StatementRow", bool]:
        row = await _statement(connection, statement)
        return row, await is_reproduced(connection, row)

    row, same = _run(work)
    if as_json:
        typer.echo(json.dumps({"settlement_statement_id": statement, "hash": row.hash.hex(), "is_reproduced": same}))
    else:
        typer.echo(f"statement {statement} {'is reproduced' if same else 'IS NOT reproduced'}; hash {row.hash.hex()}")
    raise typer.Exit(0 if same else 1)


@app.command()
def diff(one: StatementArgument, other: StatementArgument, *, as_json: AsJson = False) -> None:
    """Say row by row why two statements of an event differ."""
    from grid.settlement.difference import difference

    found = _run(lambda connection: difference(connection, one, other))
    for row in found.rows:
        if as_json:
            typer.echo(json.dumps(_spelled(asdict(row)), default=str))
            continue
        figures = ", ".join(_changes(row.older, row.newer))
        typer.echo(f"{row.usage_point_key}  {row.slot_start_at:%Y-%m-%d %H:%M}Z  {figures}")
        for reason in row.reasons:
            reading = reason.reading
            values = "" if reading is None else f" {_word(reading.old_value)} → {_word(reading.new_value)}"
            typer.echo(f"    {reason.kind}: {reason.message}{values}")
    if not as_json:
        typer.echo(f"{len(found.rows)} of {found.row_count} rows differ")


@app.command("program")
def show_program(
    name: Annotated[str, typer.Argument(help="Program that events were settled under")], *, as_json: AsJson = False
) -> None:
    """Tell what the events of a program saved together, by method: of each event the latest statement counts."""
    from db.settlement import find_statements
    from grid.settlement.programs import program_totals

    totals = program_totals(_run(lambda connection: find_statements(connection, program=name)))
    names = ("reduction_wh", "adjusted_reduction_wh", "lower_wh", "upper_wh", "error_mean_wh")
    rows = [
        {"method": one.method, "events": len(one.statements), **{name: getattr(one, name) for name in names}}
        for one in totals
    ]
    _show(rows, as_json=as_json)


@app.command()
def export(
    statement: StatementArgument,
    file: Annotated[Path, typer.Option("--to", help="File to write; its folder must exist")],
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="How it is written")] = "csv",
) -> None:
    """Write a statement to a file, a row for each half-hour of each usage point."""
    from api.tables import TableFormat, at_once, table_of
    from db.settlement import slots_of_statement, usage_points_of_statement
    from grid.settlement.table import TableRow, table_rows

    async def work(connection: "Connection") -> bytes:
        head = await _statement(connection, statement)
        members = await usage_points_of_statement(connection, statement)
        rows = table_rows(head, members, await slots_of_statement(connection, statement))
        answer = await table_of(TableRow, at_once(rows), form=TableFormat(form), name="settlement")
        return b"".join([bytes(part) async for part in answer.body_iterator])  # type: ignore[arg-type]  # it gives bytes

    content = _run(work)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError("file_not_writable", f"{file} cannot be written: {error.strerror}.") from error
    typer.echo(f"{file}: {len(content)} bytes", err=True)


@app.command()
def skill(
    *,
    place: Annotated[str, typer.Option("--place", help="Place, as level:code, such as feeder:F-0001")],
    month: Annotated[str, typer.Option("--month", help="Local month, YYYY-MM, that is over")],
    at: Annotated[str, typer.Option("--at", help="Local time of day at which an event would begin, HH:MM")] = "18:00",
    slots: Annotated[int, typer.Option("--slots", min=1, max=48, help="How long it would be [half-hours]")] = 4,
    program: Annotated[str, typer.Option("--program", help="Only usage points settled under this program")] = "",
    as_json: AsJson = False,
) -> None:
    """Try every baseline method on the days of a month without an event, and store how wrong each was."""
    from db.connection import Role
    from db.places import find_place_id
    from grid.settlement.curves import Hours
    from grid.settlement.skill import passes, score_month

    first, hours, now = _month(month), Hours(_time(at), slots), read_settings().clock.now()
    level, _, code = place.partition(":")

    async def work(connection: "Connection") -> list[Any]:
        place_id = await find_place_id(connection, level, code)
        if place_id is None:
            raise NotFoundError("place_unknown", f"There is no {level} {code!r}.", place=place)
        return await score_month(connection, place_id, first, hours, now=now, program=program)

    names = ("bias_w", "mae_w", "cv_rmse_ratio", "absolute_error_ratio", "centring_error_ratio")
    rows = [
        {
            "method": row.method,
            "adjusted": "yes" if row.is_adjusted else "no",
            "slots": row.slot_count,
            **{name: getattr(row, name) for name in names},
            "checks": "pass" if passes(row.absolute_error_ratio, row.centring_error_ratio) else "fail",
        }
        for row in _run(work, Role.COMPUTE)
    ]
    _show(rows, as_json=as_json)


async def _statement(connection: "Connection", key: int) -> "StatementRow":
    from db.settlement import find_statements

    found = await find_statements(connection, settlement_statement_id=key)
    if not found:
        raise NotFoundError("statement_unknown", f"There is no statement {key}.", settlement_statement_id=key)
    return found[0]


def _show_statements(rows: Sequence["StatementRow"], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            typer.echo(json.dumps(_spelled(asdict(row) | {"hash": row.hash.hex()}), default=str))
        return
    names = ["method", "as_of", "usage_point_count", "complete_count", "slot_count", "reduction_wh"]
    names += ["adjusted_reduction_wh", "lower_wh", "upper_wh"]
    shown = [{name: getattr(row, name) for name in names} | {"hash": row.hash.hex()[:12]} for row in rows]
    _show(
        [{"statement": row.settlement_statement_id} | one for row, one in zip(rows, shown, strict=True)], as_json=False
    )


def _show(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            typer.echo(json.dumps(_spelled(row), default=str))
        return
    if not rows:
        typer.echo("nothing")
        return
    cells = [[name.replace("_", " ") for name in rows[0]], *([_word(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
    for line in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _changes(older: object, newer: object) -> Iterable[str]:
    """Yield the figures that differ, as old → new."""
    for name in ("baseline_w", "adjusted_baseline_w", "measured_w"):
        old, new = getattr(older, name, None), getattr(newer, name, None)
        if _word(old) != _word(new):
            yield f"{name} {_word(old)} → {_word(new)}"


def _spelled(value: Any) -> Any:
    """Return a value without NaN, which JSON has not."""
    if isinstance(value, dict):
        return {name: _spelled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    return None if isinstance(value, float) and isnan(value) else value


def _word(value: object) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _event_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError("event_id_not_readable", f"Not the id of an event: {text}.") from error


def _instant(text: str | None) -> datetime | None:
    from core.slots import require_aware

    try:
        return None if text is None else require_aware(datetime.fromisoformat(text))
    except ValueError as error:
        raise InputError("filter_not_readable", f"Not a time: {text}.") from error


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InputError("filter_not_readable", f"Not a month: {text}.") from error


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError as error:
        raise InputError("filter_not_readable", f"Not a time of day: {text}.") from error
    if found.minute % _HALF_HOUR_MINUTES or found.second:
        raise InputError("event_off_grid", "An event has to start on a half-hour.", at=text)
    return found


def _run(work: "Callable[[Connection], Coroutine[Any, Any, Any]]", role: "Role | None" = None) -> Any:
    from db.connection import Role, connect

    async def connected() -> Any:
        async with await connect(servers(read_settings()).database_url, role or Role.READ) as connection:
            return await work(connection)

    return asyncio.run(connected())
